//! What we add to `/msg/*`: edits, reactions, pinned messages, readers, deliveries (`docs/openim-extras.md`). Devices are
//! told by notices of types that OpenIM's own SDKs pass over.

use std::sync::Arc;

use bytes::Bytes;
use domain::caller::Caller;
use domain::limits;
use domain::messages::{
    DeliveryState as State, Edit, EditMessage, MessageEdits, PinMessage, PinnedMessage,
    ReactionCount, ReactionKey, SetReaction,
};
use serde_json::Value;
use wire::openim::rest::extras::{
    DeliveryState, EditMsgRequest, EditedMsg, GetDeliveryStatesResponse, GetEditsResponse,
    GetGroupMsgReadersRequest, GetGroupMsgReadersResponse, GetPinnedMsgsResponse,
    GetReactionsResponse, MsgEdit, MsgReaction, MsgReactions, MsgSeqsRequest,
    OfConversationRequest, PinMsgRequest, PinnedMsg, SetReactionRequest,
};

use super::msg::log_entry;
use super::{Routes, route};
use crate::Surface;
use crate::convert::{conversation_id, page, user_id};
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/edit_msg", route(edit_msg))
        .route("/get_edits", route(get_edits))
        .route("/set_reaction", route(set_reaction))
        .route("/get_reactions", route(get_reactions))
        .route("/pin_msg", route(pin_msg))
        .route("/unpin_msg", route(unpin_msg))
        .route("/get_pinned_msgs", route(get_pinned_msgs))
        .route("/get_group_msg_readers", route(get_group_msg_readers))
        .route("/get_delivery_states", route(get_delivery_states))
}

async fn edit_msg(surface: Arc<Surface>, caller: Caller, request: EditMsgRequest) -> Answer<()> {
    let content = match request.content {
        element @ Value::Object(_) => element.to_string(),
        // As it stands in a chat log.
        Value::String(text) => text,
        _ => return Err(Refusal::args("content must be an element")),
    };
    let command = EditMessage {
        user: user_id("userID", &request.user_id)?,
        conversation: conversation_id(&request.conversation_id)?,
        seq: request.seq,
        content: Bytes::from(content),
        ex: request.ex,
    };
    Ok(surface.domain.edit_message(&caller, command).await?)
}

async fn get_edits(
    surface: Arc<Surface>,
    caller: Caller,
    request: MsgSeqsRequest,
) -> Answer<GetEditsResponse> {
    let user = user_id("userID", &request.user_id)?;
    let id = conversation_id(&request.conversation_id)?;
    let edits = surface
        .domain
        .message_edits(&caller, &user, &id, &request.seqs)
        .await?;
    Ok(GetEditsResponse {
        messages: edits.into_iter().map(edited_msg).collect(),
    })
}

async fn set_reaction(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetReactionRequest,
) -> Answer<()> {
    let command = SetReaction {
        user: user_id("userID", &request.user_id)?,
        conversation: conversation_id(&request.conversation_id)?,
        key: ReactionKey {
            seq: request.seq,
            reaction: request.reaction,
            line: request.line,
        },
        on: request.on,
    };
    Ok(surface.domain.set_reaction(&caller, command).await?)
}

async fn get_reactions(
    surface: Arc<Surface>,
    caller: Caller,
    request: MsgSeqsRequest,
) -> Answer<GetReactionsResponse> {
    let user = user_id("userID", &request.user_id)?;
    let id = conversation_id(&request.conversation_id)?;
    let counts = surface
        .domain
        .message_reactions(&caller, &user, &id, &request.seqs)
        .await?;
    let mut messages: Vec<MsgReactions> = Vec::new();
    for count in counts {
        let seq = count.key.seq;
        if messages.last().is_none_or(|last| last.seq != seq) {
            messages.push(MsgReactions {
                seq,
                reactions: Vec::new(),
            });
        }
        if let Some(last) = messages.last_mut() {
            last.reactions.push(msg_reaction(count));
        }
    }
    Ok(GetReactionsResponse { messages })
}

async fn pin_msg(surface: Arc<Surface>, caller: Caller, request: PinMsgRequest) -> Answer<()> {
    set_pin(&surface, &caller, &request, true).await
}

async fn unpin_msg(surface: Arc<Surface>, caller: Caller, request: PinMsgRequest) -> Answer<()> {
    set_pin(&surface, &caller, &request, false).await
}

async fn set_pin(
    surface: &Surface,
    caller: &Caller,
    request: &PinMsgRequest,
    on: bool,
) -> Answer<()> {
    let command = PinMessage {
        user: user_id("userID", &request.user_id)?,
        conversation: conversation_id(&request.conversation_id)?,
        seq: request.seq,
        on,
    };
    Ok(surface.domain.pin_message(caller, command).await?)
}

async fn get_pinned_msgs(
    surface: Arc<Surface>,
    caller: Caller,
    request: OfConversationRequest,
) -> Answer<GetPinnedMsgsResponse> {
    let user = user_id("userID", &request.user_id)?;
    let id = conversation_id(&request.conversation_id)?;
    let pinned = surface.domain.pinned_messages(&caller, &user, &id).await?;
    Ok(GetPinnedMsgsResponse {
        pinned_msgs: pinned.into_iter().map(pinned_msg).collect(),
    })
}

async fn get_group_msg_readers(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetGroupMsgReadersRequest,
) -> Answer<GetGroupMsgReadersResponse> {
    let user = user_id("userID", &request.user_id)?;
    let id = conversation_id(&request.conversation_id)?;
    let page = page(request.pagination.as_ref(), limits::PAGE_ROWS_MAX as u32)?;
    let readers = surface
        .domain
        .message_readers(&caller, &user, &id, request.seq, page)
        .await?;
    Ok(GetGroupMsgReadersResponse {
        read_count: readers.read_count as i64,
        unread_count: readers.unread_count as i64,
        read_user_ids: readers.read.iter().map(ToString::to_string).collect(),
        unread_user_ids: readers.unread.iter().map(ToString::to_string).collect(),
    })
}

async fn get_delivery_states(
    surface: Arc<Surface>,
    caller: Caller,
    request: OfConversationRequest,
) -> Answer<GetDeliveryStatesResponse> {
    let user = user_id("userID", &request.user_id)?;
    let id = conversation_id(&request.conversation_id)?;
    let states = surface.domain.delivery_states(&caller, &user, &id).await?;
    Ok(GetDeliveryStatesResponse {
        states: states.into_iter().map(delivery_state).collect(),
    })
}

fn edited_msg(edits: MessageEdits) -> EditedMsg {
    EditedMsg {
        seq: edits.seq,
        edited_at: edits.edited_at,
        edits: edits.edits.iter().map(msg_edit).collect(),
    }
}

fn msg_edit(edit: &Edit) -> MsgEdit {
    MsgEdit {
        user_id: edit.editor.to_string(),
        edit_time: edit.at,
        content: String::from_utf8_lossy(&edit.content).into_owned(),
        ex: edit.ex.clone(),
    }
}

fn msg_reaction(count: ReactionCount) -> MsgReaction {
    MsgReaction {
        reaction: count.key.reaction,
        line: count.key.line,
        count: count.count.cast_signed(),
        is_mine: count.is_mine,
        user_ids: count.first.iter().map(ToString::to_string).collect(),
    }
}

fn pinned_msg(pinned: PinnedMessage) -> PinnedMsg {
    let PinnedMessage { mark, message } = pinned;
    let entry = log_entry(
        &message.route,
        Arc::unwrap_or_clone(message.post),
        message.status,
        message.send_time,
        message.seq,
    );
    PinnedMsg {
        user_id: mark.by.to_string(),
        pin_time: mark.at,
        chat_log: entry.chat_log,
    }
}

fn delivery_state(state: State) -> DeliveryState {
    DeliveryState {
        user_id: state.user.to_string(),
        delivered_seq: state.delivered_seq,
        has_read_seq: state.read_seq,
    }
}
