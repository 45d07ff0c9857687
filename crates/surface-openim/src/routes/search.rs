//! `/msg/search_content` and `/msg/get_conversation_history`: finding messages by what they say, for people and for
//! administrators. Additions to OpenIM, which has neither.

use std::sync::Arc;

use domain::caller::Caller;
use domain::limits;
use domain::messages::Message;
use domain::search::{FindMessages, SearchPlace};
use wire::openim::rest::msg::SearchChatLog;
use wire::openim::rest::search::{
    ConversationChatLog, GetConversationHistoryRequest, GetConversationHistoryResponse,
    SearchContentRequest, SearchContentResponse,
};

use super::msg::log_entry;
use super::{Routes, route};
use crate::Surface;
use crate::convert::{conversation_id, page, user_id, user_ids};
use crate::errors::{Answer, Refusal};

/// Messages in one answer; they come with their whole content.
const PAGE_ROWS_MAX: u32 = 100;

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/search_content", route(search_content))
        .route("/get_conversation_history", route(get_conversation_history))
}

async fn search_content(
    surface: Arc<Surface>,
    caller: Caller,
    request: SearchContentRequest,
) -> Answer<SearchContentResponse> {
    if request.content_types.len() > limits::SEARCH_CONTENT_TYPES_MAX {
        return Err(Refusal::args("contentTypes are too many"));
    }
    let command = FindMessages {
        person: user_id("userID", &request.user_id)?,
        conversation: match request.conversation_id.as_str() {
            "" => None,
            id => Some(conversation_id(id)?),
        },
        keyword: request.keyword,
        senders: user_ids("senderUserIDs", &request.sender_user_ids)?,
        content_types: request.content_types,
        sent_from: time("startTime", request.start_time)?,
        sent_before: time("endTime", request.end_time)?,
        place: match request.cursor.as_str() {
            "" => None,
            text => Some(SearchPlace::from_text(text)?),
        },
        page: page(request.pagination.as_ref(), PAGE_ROWS_MAX)?,
    };
    let found = surface.domain.find_messages(&caller, &command).await?;
    Ok(SearchContentResponse {
        chat_logs: found.messages.into_iter().map(chat_log).collect(),
        next_cursor: found.next.map_or_else(String::new, SearchPlace::to_text),
    })
}

async fn get_conversation_history(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetConversationHistoryRequest,
) -> Answer<GetConversationHistoryResponse> {
    let id = conversation_id(&request.conversation_id)?;
    if request.begin_seq < 0 || request.end_seq < 0 {
        return Err(Refusal::args("beginSeq and endSeq must not be negative"));
    }
    let end = match request.end_seq {
        0 => i64::MAX,
        end => end,
    };
    let page = match &request.pagination {
        Some(pagination) => Some(page(Some(pagination), PAGE_ROWS_MAX)?),
        None => None,
    };
    let history = surface
        .domain
        .conversation_history(&caller, &id, request.begin_seq, end, page)
        .await?;
    Ok(GetConversationHistoryResponse {
        min_seq: history.conversation.min_seq,
        max_seq: history.conversation.max_seq,
        chat_logs: history.messages.into_iter().map(chat_log).collect(),
    })
}

fn chat_log(message: Message) -> ConversationChatLog {
    let conversation_id = message.route.conversation.to_string();
    let SearchChatLog {
        chat_log,
        is_revoked,
    } = log_entry(
        &message.route,
        Arc::unwrap_or_clone(message.post),
        message.status,
        message.send_time,
        message.seq,
    );
    ConversationChatLog {
        conversation_id,
        chat_log,
        is_revoked,
    }
}

/// A bound in milliseconds; 0 is none.
fn time(field: &str, ms: i64) -> Answer<Option<i64>> {
    match ms {
        0 => Ok(None),
        ms if ms > 0 => Ok(Some(ms)),
        _ => Err(Refusal::args(format!("{field} must not be negative"))),
    }
}
