//! `/conversation/*`: one user's list of conversations and how it is set.

use std::sync::Arc;

use axum::Router;
use domain::accounts::Receive;
use domain::caller::Caller;
use domain::conversations::{ConversationEntry, SetConversations, SettingsChange};
use domain::messages::Recipient;
use wire::openim::rest::conversation::{
    Conversation, GetAllConversationsRequest, GetAllConversationsResponse, GetConversationRequest,
    GetConversationResponse, GetConversationsRequest, GetConversationsResponse,
    GetFullConversationIdsResponse, GetIncrementalConversationsResponse,
    GetNotNotifyConversationIdsRequest, GetNotNotifyConversationIdsResponse,
    GetOwnerConversationRequest, GetOwnerConversationResponse, GetPinnedConversationIdsRequest,
    GetPinnedConversationIdsResponse, SetConversationsRequest,
};
use wire::openim::rest::{FullIdsRequest, VersionRequest};
use wire::openim::{errors, session_type};

use super::{Routes, route};
use crate::Surface;
use crate::convert::{
    conversation, conversation_id, conversation_ids, page, receive, user_id, user_ids,
};
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/get_all_conversations", route(get_all_conversations))
        .route("/get_conversation", route(get_conversation))
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
        session_type::GROUP => {
            return Err(Refusal::new(
                errors::RECORD_NOT_FOUND_ERROR,
                "no such group",
            ));
        }
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

/// The hash of the client's list is not compared: every known client sends 0, which matches nothing.
async fn get_full_conversation_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: FullIdsRequest,
) -> Answer<GetFullConversationIdsResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let (version_id, version, ids) = surface.domain.conversation_ids(&caller, &owner).await?;
    Ok(GetFullConversationIdsResponse {
        version,
        version_id,
        equal: false,
        conversation_ids: ids.iter().map(ToString::to_string).collect(),
    })
}

async fn get_incremental_conversations(
    surface: Arc<Surface>,
    caller: Caller,
    request: VersionRequest,
) -> Answer<GetIncrementalConversationsResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let answer = surface
        .domain
        .conversation_changes(&caller, &owner, &request.version_id, request.version)
        .await?;
    Ok(GetIncrementalConversationsResponse {
        version: answer.version,
        version_id: answer.version_id,
        full: answer.is_full,
        delete: Vec::new(),
        insert: records(&answer.inserted),
        update: records(&answer.updated),
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
