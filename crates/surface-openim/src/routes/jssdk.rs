//! `/jssdk/*`: what a client library that keeps nothing on the device reads at login. It speaks protobuf here
//! (see `dual_route`).

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use domain::conversations::ConversationEntry;
use domain::limits;
use wire::openim::rest::jssdk::{
    ConversationMsg, ConversationsResponse, GetActiveConversationsRequest, GetConversationsRequest,
};

use super::{Routes, dual_route};
use crate::Surface;
use crate::convert::{conversation, conversation_ids, msg_data, user_info};
use crate::errors::Answer;

const ACTIVE_MAX: i64 = 500;
const ACTIVE_DEFAULT: usize = 100;

pub(super) fn routes() -> Routes {
    Router::new()
        .route(
            "/get_active_conversations",
            dual_route(get_active_conversations),
        )
        .route("/get_conversations", dual_route(get_conversations))
}

/// Pinned ones first, then the newest.
async fn get_active_conversations(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetActiveConversationsRequest,
) -> Answer<ConversationsResponse> {
    let count = match request.count {
        count @ 1..=ACTIVE_MAX => count as usize,
        _ => ACTIVE_DEFAULT,
    };
    let entries = surface
        .domain
        .all_conversations(&caller, &caller.user_id)
        .await?;
    let mut overview = overview(&surface, &caller, entries).await?;
    overview.sort_by_key(|(last_time, shown)| {
        let is_pinned = shown
            .conversation
            .as_ref()
            .is_some_and(|conversation| conversation.is_pinned);
        Reverse((is_pinned, *last_time))
    });
    overview.truncate(count);
    with_messages(
        &surface,
        &caller,
        overview.into_iter().map(|(_, shown)| shown).collect(),
    )
    .await
}

async fn get_conversations(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetConversationsRequest,
) -> Answer<ConversationsResponse> {
    let ids = conversation_ids(&request.conversation_ids)?;
    let entries = surface
        .domain
        .conversations(&caller, &caller.user_id, &ids)
        .await?;
    let overview = overview(&surface, &caller, entries).await?;
    with_messages(
        &surface,
        &caller,
        overview.into_iter().map(|(_, shown)| shown).collect(),
    )
    .await
}

/// The conversations with how far they have grown and when they last did.
async fn overview(
    surface: &Surface,
    caller: &Caller,
    entries: Vec<ConversationEntry>,
) -> Answer<Vec<(i64, ConversationMsg)>> {
    let states = surface.domain.seq_states(caller, &caller.user_id).await?;
    let states: HashMap<_, _> = states
        .into_iter()
        .map(|state| (state.id.clone(), state))
        .collect();
    let show = |entry: &ConversationEntry| {
        let state = states.get(&entry.id);
        let shown = ConversationMsg {
            conversation: Some(conversation(entry)),
            max_seq: state.map_or(0, |state| state.max_seq),
            read_seq: state.map_or(0, |state| state.has_read_seq),
            ..ConversationMsg::default()
        };
        (state.map_or(0, |state| state.last_time), shown)
    };
    Ok(entries.iter().map(show).collect())
}

/// Adds the newest messages and the other sides.
async fn with_messages(
    surface: &Surface,
    caller: &Caller,
    mut shown: Vec<ConversationMsg>,
) -> Answer<ConversationsResponse> {
    let texts =
        |of: fn(&wire::openim::rest::conversation::Conversation) -> &String| -> Vec<String> {
            shown
                .iter()
                .filter_map(|shown| shown.conversation.as_ref())
                .map(|found| of(found).clone())
                .collect()
        };
    let ids = conversation_ids(&texts(|found| &found.conversation_id))?;
    let peers = crate::convert::user_ids("userID", &texts(|found| &found.user_id))?;
    let mut messages = HashMap::new();
    for ids in ids.chunks(limits::PULLED_MESSAGES_MAX) {
        for message in surface
            .domain
            .newest_messages(caller, &caller.user_id, ids)
            .await?
        {
            messages.insert(message.route.conversation.to_string(), msg_data(&message));
        }
    }
    let mut users = HashMap::new();
    for peers in peers.chunks(limits::IDS_MAX) {
        for account in surface.domain.find_accounts(peers).await? {
            users.insert(account.user_id.to_string(), user_info(&account));
        }
    }
    for shown in &mut shown {
        let Some(conversation) = &shown.conversation else {
            continue;
        };
        shown.last_msg = messages.remove(&conversation.conversation_id);
        shown.user = users.get(&conversation.user_id).cloned();
    }
    let unread_count = shown
        .iter()
        .map(|shown| (shown.max_seq - shown.read_seq).max(0))
        .sum();
    Ok(ConversationsResponse {
        unread_count,
        conversations: shown,
    })
}
