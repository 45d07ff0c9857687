//! `/conversation/*`: one user's list of conversations and how it is set.

use std::sync::Arc;

use axum::Router;
use domain::accounts::Receive;
use domain::caller::Caller;
use domain::conversations::{ConversationEntry, SetConversations, SettingsChange};
use domain::gate;
use domain::messages::Recipient;
use wire::openim::proto::MsgData;
use wire::openim::rest::conversation::{
    Conversation, ConversationElem, GetAllConversationsRequest, GetAllConversationsResponse,
    GetConversationOfflinePushUserIdsRequest, GetConversationOfflinePushUserIdsResponse,
    GetConversationRequest, GetConversationResponse, GetConversationsRequest,
    GetConversationsResponse, GetFullConversationIdsResponse, GetIncrementalConversationsResponse,
    GetNotNotifyConversationIdsRequest, GetNotNotifyConversationIdsResponse,
    GetOwnerConversationRequest, GetOwnerConversationResponse, GetPinnedConversationIdsRequest,
    GetPinnedConversationIdsResponse, GetSortedConversationListRequest,
    GetSortedConversationListResponse, MsgInfo, SetConversationsRequest,
    UpdateConversationsByUserRequest,
};
use wire::openim::rest::jssdk::ConversationMsg;
use wire::openim::rest::{FullIdsRequest, VersionRequest};
use wire::openim::{errors, session_type};

use super::{Routes, equal_or_listed, jssdk, route};
use crate::Surface;
use crate::convert::{
    conversation, conversation_id, conversation_ids, group_id, page, receive, user_id, user_ids,
};
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Router::new()
        .route(
            "/get_sorted_conversation_list",
            route(get_sorted_conversation_list),
        )
        .route(
            "/update_conversations_by_user",
            route(update_conversations_by_user),
        )
        .route("/get_all_conversations", route(get_all_conversations))
        .route("/get_conversation", route(get_conversation))
        .route(
            "/get_conversation_offline_push_user_ids",
            route(get_conversation_offline_push_user_ids),
        )
        .route("/get_conversations", route(get_conversations))
        .route("/set_conversations", route(set_conversations))
        .route(
            "/get_full_conversation_ids",
            route(get_full_conversation_ids),
        )
        .route(
            "/get_incremental_conversations",
            route(get_incremental_conversations),
        )
        .route("/get_owner_conversation", route(get_owner_conversation))
        .route(
            "/get_not_notify_conversation_ids",
            route(get_not_notify_conversation_ids),
        )
        .route(
            "/get_pinned_conversation_ids",
            route(get_pinned_conversation_ids),
        )
}

/// Pinned ones first, then the newest, each with its newest message.
async fn get_sorted_conversation_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetSortedConversationListRequest,
) -> Answer<GetSortedConversationListResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let page = page(
        request.pagination.as_ref(),
        domain::limits::PAGE_ROWS_MAX as u32,
    )?;
    let entries = if request.conversation_ids.is_empty() {
        surface.domain.all_conversations(&caller, &owner).await?
    } else {
        let ids = conversation_ids(&request.conversation_ids)?;
        surface.domain.conversations(&caller, &owner, &ids).await?
    };
    if entries.is_empty() {
        return Err(Refusal::new(
            errors::RECORD_NOT_FOUND_ERROR,
            "no such conversation",
        ));
    }
    let mut overview = jssdk::overview(&surface, &caller, &owner, entries).await?;
    jssdk::sort(&mut overview);
    let conversation_total = overview.len() as i64;
    let unread_total = overview.iter().map(|(_, shown)| unread(shown)).sum();
    let skipped = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let shown = overview
        .into_iter()
        .map(|(_, shown)| shown)
        .skip(skipped)
        .take(page.rows as usize)
        .collect();
    let shown = jssdk::with_messages(&surface, &caller, &owner, shown).await?;
    Ok(GetSortedConversationListResponse {
        conversation_total,
        unread_total,
        conversation_elems: shown
            .conversations
            .into_iter()
            .filter_map(element)
            .collect(),
    })
}

fn unread(shown: &ConversationMsg) -> i64 {
    (shown.max_seq - shown.read_seq).max(0)
}

fn element(shown: ConversationMsg) -> Option<ConversationElem> {
    let unread_count = unread(&shown);
    let conversation = shown.conversation?;
    let user = shown.user.unwrap_or_default();
    let group = shown.group.unwrap_or_default();
    let info = |message: MsgData| MsgInfo {
        server_msg_id: message.server_msg_id,
        client_msg_id: message.client_msg_id,
        session_type: message.session_type,
        send_id: message.send_id,
        recv_id: message.recv_id,
        // Of a chat of two it is the other side that is shown, of a group who spoke.
        sender_name: if group.group_id.is_empty() {
            user.nickname
        } else {
            message.sender_nickname
        },
        face_url: if group.group_id.is_empty() {
            user.face_url
        } else {
            message.sender_face_url
        },
        group_id: message.group_id,
        group_name: group.group_name,
        group_face_url: group.face_url,
        group_type: group.group_type,
        group_member_count: group.member_count,
        latest_msg_recv_time: message.send_time,
        msg_from: message.msg_from,
        content_type: message.content_type,
        content: String::from_utf8_lossy(&message.content).into_owned(),
        ex: message.ex,
    };
    Some(ConversationElem {
        conversation_id: conversation.conversation_id,
        recv_msg_opt: conversation.recv_msg_opt,
        unread_count,
        is_pinned: conversation.is_pinned,
        msg_info: shown.last_msg.map(info),
    })
}

async fn update_conversations_by_user(
    surface: Arc<Surface>,
    caller: Caller,
    request: UpdateConversationsByUserRequest,
) -> Answer<()> {
    let owner = user_id("userID", &request.user_id)?;
    gate::may_act_for(&caller, &owner)?;
    if let Some(ex) = request.ex {
        surface
            .domain
            .set_ex_everywhere(&caller, &owner, ex)
            .await?;
    }
    Ok(())
}

async fn get_all_conversations(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetAllConversationsRequest,
) -> Answer<GetAllConversationsResponse> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let entries = surface.domain.all_conversations(&caller, &owner).await?;
    Ok(GetAllConversationsResponse {
        conversations: records(&entries),
    })
}

async fn get_conversation(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetConversationRequest,
) -> Answer<GetConversationResponse> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let id = conversation_id(&request.conversation_id)?;
    let entries = surface.domain.conversations(&caller, &owner, &[id]).await?;
    let entry = entries
        .first()
        .ok_or_else(|| Refusal::new(errors::RECORD_NOT_FOUND_ERROR, "no such conversation"))?;
    Ok(GetConversationResponse {
        conversation: conversation(entry),
    })
}

async fn get_conversation_offline_push_user_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetConversationOfflinePushUserIdsRequest,
) -> Answer<GetConversationOfflinePushUserIdsResponse> {
    let id = conversation_id(&request.conversation_id)?;
    let users = user_ids("userIDs", &request.user_ids)?;
    let told = surface.domain.not_silent_in(&caller, &id, users).await?;
    Ok(GetConversationOfflinePushUserIdsResponse {
        user_ids: told.iter().map(ToString::to_string).collect(),
    })
}

async fn get_conversations(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetConversationsRequest,
) -> Answer<GetConversationsResponse> {
    if request.conversation_ids.is_empty() {
        return Err(Refusal::args("conversationIDs is empty"));
    }
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let ids = conversation_ids(&request.conversation_ids)?;
    let entries = surface.domain.conversations(&caller, &owner, &ids).await?;
    Ok(GetConversationsResponse {
        conversations: records(&entries),
    })
}

async fn set_conversations(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetConversationsRequest,
) -> Answer<()> {
    let wanted = request
        .conversation
        .ok_or_else(|| Refusal::args("conversation is missing"))?;
    let peer = match wanted.conversation_type {
        session_type::SINGLE => Recipient::Person(user_id("userID", &wanted.user_id)?),
        session_type::NOTIFICATION => Recipient::Notified(user_id("userID", &wanted.user_id)?),
        session_type::GROUP => Recipient::Group(group_id(&wanted.group_id)?),
        _ => return Err(Refusal::args("conversationType must be 1, 3 or 4")),
    };
    let command = SetConversations {
        owners: user_ids("userIDs", &request.user_ids)?,
        peer,
        change: SettingsChange {
            receive: wanted.recv_msg_opt.map(receive).transpose()?,
            is_pinned: wanted.is_pinned,
            is_private: wanted.is_private_chat,
            burn_s: wanted.burn_duration,
            group_at: wanted.group_at_type,
            is_destructing: wanted.is_msg_destruct,
            destruct_s: wanted.msg_destruct_time,
            attached_info: wanted.attached_info,
            ex: wanted.ex,
        },
    };
    Ok(surface.domain.set_conversations(&caller, command).await?)
}

async fn get_full_conversation_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: FullIdsRequest,
) -> Answer<GetFullConversationIdsResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let (version, ids) = surface.domain.conversation_ids(&caller, &owner).await?;
    let (equal, conversation_ids) = equal_or_listed(request.id_hash, &ids);
    Ok(GetFullConversationIdsResponse {
        version: version.number,
        version_id: version.id,
        equal,
        conversation_ids,
    })
}

async fn get_incremental_conversations(
    surface: Arc<Surface>,
    caller: Caller,
    request: VersionRequest,
) -> Answer<GetIncrementalConversationsResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let known = (request.version_id.as_str(), request.version);
    let changes = surface
        .domain
        .conversation_changes(&caller, &owner, known)
        .await?;
    Ok(GetIncrementalConversationsResponse {
        version: changes.version.number,
        version_id: changes.version.id,
        full: changes.is_full,
        delete: changes.deleted,
        insert: records(&changes.inserted),
        update: records(&changes.updated),
    })
}

async fn get_owner_conversation(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetOwnerConversationRequest,
) -> Answer<GetOwnerConversationResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let page = page(
        request.pagination.as_ref(),
        domain::limits::PAGE_ROWS_MAX as u32,
    )?;
    let found = surface
        .domain
        .conversations_page(&caller, &owner, page)
        .await?;
    Ok(GetOwnerConversationResponse {
        total: found.total as i64,
        conversations: records(&found.entries),
    })
}

async fn get_not_notify_conversation_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetNotNotifyConversationIdsRequest,
) -> Answer<GetNotNotifyConversationIdsResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let entries = surface.domain.all_conversations(&caller, &owner).await?;
    let silent = ids(&entries, |entry| {
        entry.settings.receive == Receive::Silently
    });
    Ok(GetNotNotifyConversationIdsResponse {
        conversation_ids: silent,
    })
}

async fn get_pinned_conversation_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetPinnedConversationIdsRequest,
) -> Answer<GetPinnedConversationIdsResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let entries = surface.domain.all_conversations(&caller, &owner).await?;
    Ok(GetPinnedConversationIdsResponse {
        conversation_ids: ids(&entries, |entry| entry.settings.is_pinned),
    })
}

fn records(entries: &[ConversationEntry]) -> Vec<Conversation> {
    entries.iter().map(conversation).collect()
}

fn ids(
    entries: &[ConversationEntry],
    is_wanted: impl Fn(&ConversationEntry) -> bool,
) -> Vec<String> {
    entries
        .iter()
        .filter(|entry| is_wanted(entry))
        .map(|entry| entry.id.to_string())
        .collect()
}
