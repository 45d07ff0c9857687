//! `/jssdk/*`: what a client library that keeps nothing on the device reads at login. It speaks protobuf here
//! (see `dual_route`).

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use domain::conversations::ConversationEntry;
use domain::ids::UserId;
use domain::limits;
use wire::openim::rest::conversation::Conversation;
use wire::openim::rest::friend::FriendInfoOnly;
use wire::openim::rest::jssdk::{
    ConversationMsg, ConversationsResponse, GetActiveConversationsRequest, GetConversationsRequest,
};
use wire::openim::rest::{GroupInfo, UserInfo};

use super::{Routes, dual_route};
use crate::Surface;
use crate::convert::{
    conversation, conversation_ids, friend_only, group_ids, group_info, msg_data, user_ids,
    user_info,
};
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
    let mut overview = overview(&surface, &caller, &caller.user_id, entries).await?;
    sort(&mut overview);
    overview.truncate(count);
    let shown = overview.into_iter().map(|(_, shown)| shown).collect();
    with_messages(&surface, &caller, &caller.user_id, shown).await
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
    let overview = overview(&surface, &caller, &caller.user_id, entries).await?;
    let shown = overview.into_iter().map(|(_, shown)| shown).collect();
    with_messages(&surface, &caller, &caller.user_id, shown).await
}

/// Pinned ones first, then the newest.
pub(super) fn sort(overview: &mut [(i64, ConversationMsg)]) {
    overview.sort_by_key(|(last_time, shown)| {
        let is_pinned = shown
            .conversation
            .as_ref()
            .is_some_and(|conversation| conversation.is_pinned);
        Reverse((is_pinned, *last_time))
    });
}

/// The owner's conversations with how far they have grown and when they last did.
pub(super) async fn overview(
    surface: &Surface,
    caller: &Caller,
    owner: &UserId,
    entries: Vec<ConversationEntry>,
) -> Answer<Vec<(i64, ConversationMsg)>> {
    let states = surface.domain.seq_states(caller, owner).await?;
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
pub(super) async fn with_messages(
    surface: &Surface,
    caller: &Caller,
    owner: &UserId,
    mut shown: Vec<ConversationMsg>,
) -> Answer<ConversationsResponse> {
    let ids = texts(&shown, |found| &found.conversation_id);
    let mut messages = HashMap::new();
    for ids in conversation_ids(&ids)?.chunks(limits::PULLED_MESSAGES_MAX) {
        for message in surface.domain.newest_messages(caller, owner, ids).await? {
            messages.insert(message.route.conversation.to_string(), msg_data(&message));
        }
    }
    let peers = texts(&shown, |found| &found.user_id);
    let people = People::of(surface, caller, owner, &peers).await?;
    let groups = groups(surface, &texts(&shown, |found| &found.group_id)).await?;
    for shown in &mut shown {
        let Some(conversation) = &shown.conversation else {
            continue;
        };
        shown.last_msg = messages.remove(&conversation.conversation_id);
        shown.user = people.users.get(&conversation.user_id).cloned();
        shown.friend = people.friends.get(&conversation.user_id).cloned();
        shown.group = groups.get(&conversation.group_id).cloned();
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

/// The ids of one kind in these conversations, each once.
fn texts(shown: &[ConversationMsg], of: fn(&Conversation) -> &String) -> Vec<String> {
    let conversations = shown.iter().filter_map(|shown| shown.conversation.as_ref());
    let mut texts: Vec<_> = conversations
        .map(|found| of(found).clone())
        .filter(|text| !text.is_empty())
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// The other sides of chats of two, by id, and which of them are friends.
#[derive(Default)]
struct People {
    users: HashMap<String, UserInfo>,
    friends: HashMap<String, FriendInfoOnly>,
}

impl People {
    async fn of(
        surface: &Surface,
        caller: &Caller,
        owner: &UserId,
        ids: &[String],
    ) -> Answer<Self> {
        let mut people = Self::default();
        for ids in user_ids("userID", ids)?.chunks(limits::IDS_MAX) {
            for account in surface.domain.find_accounts(ids).await? {
                let id = account.user_id.to_string();
                people.users.insert(id, user_info(&account));
            }
            for friend in surface.domain.friends_among(caller, owner, ids).await? {
                let id = friend.account.user_id.to_string();
                people.friends.insert(id, friend_only(owner, &friend));
            }
        }
        Ok(people)
    }
}

async fn groups(surface: &Surface, ids: &[String]) -> Answer<HashMap<String, GroupInfo>> {
    let mut groups = HashMap::new();
    for ids in group_ids(ids)?.chunks(limits::IDS_MAX) {
        for group in surface.domain.groups(ids).await? {
            groups.insert(group.id.to_string(), group_info(&group));
        }
    }
    Ok(groups)
}
