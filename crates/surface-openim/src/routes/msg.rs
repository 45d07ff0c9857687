//! `/msg/*`: sending as an administrator, and what devices do to messages that exist. The three routes that repeat
//! socket requests share their code with the socket.

mod application;

use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use domain::caller::Caller;
use domain::conversations::ConversationKind;
use domain::gate;
use domain::limits;
use domain::messages::{
    ClearConversations, DeleteMessages, FoundMessage, MarkRead, MessageFilter, Options, Origin,
    Post, RecallMessage, Recipient, Route, SendBusiness, SendMessage, Sent, SetReadSeq, Spread,
    Status, content_type,
};
use domain::ports::{AccountFilter, Page};
use domain::time::Millis;
use serde_json::Value;
use wire::openim::proto::{
    GetConversationsHasReadAndMaxSeqReq, GetConversationsHasReadAndMaxSeqResp, GetMaxSeqReq,
    GetMaxSeqResp, PullMessageBySeqsReq, PullMessageBySeqsResp, SendMsgResp,
};
use wire::openim::rest::msg::{
    BatchSendMsgRequest, BatchSendMsgResponse, BatchSendMsgResult, ChatLog,
    ClearConversationMsgRequest, DeleteMsgPhsicalBySeqRequest, DeleteMsgsRequest, DeleteSyncOpt,
    GetServerTimeResponse, MarkConversationAsReadRequest, MarkMsgsAsReadRequest, RevokeMsgRequest,
    SearchChatLog, SearchMsgRequest, SearchMsgResponse, SendBusinessNotificationRequest,
    SendMsgRequest, SetConversationHasReadSeqRequest, UserClearAllMsgRequest,
};
use wire::openim::{content_type as wire_type, elements, errors, session_type};

use super::{Empty, Routes, asked_route, route};
use crate::Surface;
use crate::convert::{self, conversation_id, conversation_ids, group_id, page, total, user_id};
use crate::errors::{Answer, Refusal};
use crate::requests;

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/newest_seq", route(newest_seq))
        .route("/pull_msg_by_seq", route(pull_msg_by_seq))
        .route(
            "/get_conversations_has_read_and_max_seq",
            route(has_read_and_max_seq),
        )
        .route("/search_msg", route(search_msg))
        .route("/revoke_msg", route(revoke_msg))
        .route("/mark_msgs_as_read", route(mark_msgs_as_read))
        .route(
            "/mark_conversation_as_read",
            route(mark_conversation_as_read),
        )
        .route(
            "/set_conversation_has_read_seq",
            route(set_conversation_has_read_seq),
        )
        .route("/clear_conversation_msg", route(clear_conversation_msg))
        .route("/user_clear_all_msg", route(user_clear_all_msg))
        .route("/delete_msgs", route(delete_msgs))
        .route(
            "/delete_msg_phsical_by_seq",
            route(delete_msg_phsical_by_seq),
        )
        .route("/get_server_time", route(get_server_time))
        .route("/send_msg", asked_route(application::send_msg))
        .route(
            "/send_simple_msg",
            asked_route(application::send_simple_msg),
        )
        .route(
            "/check_msg_is_send_success",
            asked_route(application::check_msg_is_send_success),
        )
        .route(
            "/delete_msg_physical",
            route(application::delete_msg_physical),
        )
        .route(
            "/send_business_notification",
            route(send_business_notification),
        )
        .route("/batch_send_msg", route(batch_send_msg))
}

async fn newest_seq(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetMaxSeqReq,
) -> Answer<GetMaxSeqResp> {
    requests::newest_seqs(&surface, &caller, request).await
}

async fn pull_msg_by_seq(
    surface: Arc<Surface>,
    caller: Caller,
    request: PullMessageBySeqsReq,
) -> Answer<PullMessageBySeqsResp> {
    requests::pull_ranges(&surface, &caller, request).await
}

async fn has_read_and_max_seq(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetConversationsHasReadAndMaxSeqReq,
) -> Answer<GetConversationsHasReadAndMaxSeqResp> {
    requests::has_read_and_max_seqs(&surface, &caller, request).await
}

async fn search_msg(
    surface: Arc<Surface>,
    caller: Caller,
    request: SearchMsgRequest,
) -> Answer<SearchMsgResponse> {
    let (sent_from, sent_before) = match request.send_time.as_str() {
        "" => (None, None),
        day => {
            let begin =
                day_begin(day).ok_or_else(|| Refusal::args("sendTime must be YYYY-MM-DD"))?;
            (Some(begin), Some(begin + DAY_MS))
        }
    };
    let wanted = |field, text: &str| {
        if text.is_empty() {
            Ok(None)
        } else {
            user_id(field, text).map(Some)
        }
    };
    let filter = MessageFilter {
        sender: wanted("sendID", &request.send_id)?,
        recipient: wanted("recvID", &request.recv_id)?,
        content_type: Some(request.content_type).filter(|number| *number != 0),
        kind: match request.session_type {
            0 => None,
            session_type::SINGLE => Some(ConversationKind::Direct),
            session_type::GROUP => Some(ConversationKind::Group),
            session_type::NOTIFICATION => Some(ConversationKind::Notification),
            _ => return Ok(SearchMsgResponse::default()),
        },
        sent_from,
        sent_before,
        conversation: match request.conversation_id.as_str() {
            "" => None,
            id => Some(conversation_id(id)?),
        },
        text: Some(request.content).filter(|text| !text.is_empty()),
    };
    let page = page(request.pagination.as_ref(), limits::PAGE_ROWS_MAX as u32)?;
    let (count, found) = surface
        .domain
        .search_messages(&caller, &filter, page)
        .await?;
    Ok(SearchMsgResponse {
        chat_logs: found.into_iter().map(chat_log).collect(),
        chat_logs_num: total(count),
    })
}

async fn revoke_msg(
    surface: Arc<Surface>,
    caller: Caller,
    request: RevokeMsgRequest,
) -> Answer<()> {
    let command = RecallMessage {
        user: user_id("userID", &request.user_id)?,
        conversation: conversation_id(&request.conversation_id)?,
        seq: seq(request.seq)?,
    };
    Ok(surface.domain.recall_message(&caller, command).await?)
}

async fn mark_msgs_as_read(
    surface: Arc<Surface>,
    caller: Caller,
    request: MarkMsgsAsReadRequest,
) -> Answer<()> {
    let command = MarkRead {
        reader: user_id("userID", &request.user_id)?,
        conversation: conversation_id(&request.conversation_id)?,
        seqs: request.seqs,
        has_read_seq: None,
    };
    Ok(surface.domain.mark_read(&caller, command).await?)
}

async fn mark_conversation_as_read(
    surface: Arc<Surface>,
    caller: Caller,
    request: MarkConversationAsReadRequest,
) -> Answer<()> {
    let command = MarkRead {
        reader: user_id("userID", &request.user_id)?,
        conversation: conversation_id(&request.conversation_id)?,
        seqs: request.seqs,
        has_read_seq: Some(seq(request.has_read_seq)?),
    };
    Ok(surface.domain.mark_read(&caller, command).await?)
}

async fn set_conversation_has_read_seq(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetConversationHasReadSeqRequest,
) -> Answer<()> {
    let command = SetReadSeq {
        reader: user_id("userID", &request.user_id)?,
        conversation: conversation_id(&request.conversation_id)?,
        has_read_seq: seq(request.has_read_seq)?,
    };
    Ok(surface.domain.set_read_seq(&caller, command).await?)
}

async fn clear_conversation_msg(
    surface: Arc<Surface>,
    caller: Caller,
    request: ClearConversationMsgRequest,
) -> Answer<()> {
    let command = ClearConversations {
        user: user_id("userID", &request.user_id)?,
        conversations: Some(conversation_ids(&request.conversation_ids)?),
        spread: spread(request.delete_sync_opt),
    };
    Ok(surface.domain.clear_conversations(&caller, command).await?)
}

async fn user_clear_all_msg(
    surface: Arc<Surface>,
    caller: Caller,
    request: UserClearAllMsgRequest,
) -> Answer<()> {
    let command = ClearConversations {
        user: user_id("userID", &request.user_id)?,
        conversations: None,
        spread: spread(request.delete_sync_opt),
    };
    Ok(surface.domain.clear_conversations(&caller, command).await?)
}

async fn delete_msgs(
    surface: Arc<Surface>,
    caller: Caller,
    request: DeleteMsgsRequest,
) -> Answer<()> {
    let command = DeleteMessages {
        user: user_id("userID", &request.user_id)?,
        conversation: conversation_id(&request.conversation_id)?,
        seqs: request.seqs,
        spread: spread(request.delete_sync_opt),
    };
    Ok(surface.domain.delete_messages(&caller, command).await?)
}

async fn delete_msg_phsical_by_seq(
    surface: Arc<Surface>,
    caller: Caller,
    request: DeleteMsgPhsicalBySeqRequest,
) -> Answer<()> {
    let id = conversation_id(&request.conversation_id)?;
    Ok(surface
        .domain
        .erase_messages(&caller, &id, &request.seqs)
        .await?)
}

async fn get_server_time(
    surface: Arc<Surface>,
    _caller: Caller,
    _request: Empty,
) -> Answer<GetServerTimeResponse> {
    Ok(GetServerTimeResponse {
        server_time: surface.domain.now(),
    })
}

async fn send_business_notification(
    surface: Arc<Surface>,
    caller: Caller,
    request: SendBusinessNotificationRequest,
) -> Answer<SendMsgResp> {
    let command = SendBusiness {
        sender: user_id("sendUserID", &request.send_user_id)?,
        recipient: user_id("recvUserID", &request.recv_user_id)?,
        key: request.key,
        data: request.data,
    };
    Ok(response(
        surface.domain.send_business(&caller, command).await?,
    ))
}

/// One message for many people; who could not be reached is named, the others have it.
async fn batch_send_msg(
    surface: Arc<Surface>,
    caller: Caller,
    request: BatchSendMsgRequest,
) -> Answer<BatchSendMsgResponse> {
    gate::may_administer(&caller)?;
    if request.message.session_type == session_type::GROUP {
        return Err(Refusal::args("sessionType must be 1"));
    }
    if request.recv_ids.len() > limits::IDS_MAX {
        return Err(Refusal::args("recvIDs are too many"));
    }
    let client_msg_id = surface.message_id();
    let mut answer = BatchSendMsgResponse::default();
    let mut deliver = async |recipients: Vec<String>| {
        for recipient in recipients {
            match send(
                &surface,
                &caller,
                &request.message,
                &recipient,
                client_msg_id.clone(),
            )
            .await
            {
                Ok(sent) => answer.results.push(BatchSendMsgResult {
                    server_msg_id: sent.server_msg_id,
                    client_msg_id: sent.client_msg_id,
                    send_time: sent.send_time,
                    recv_id: recipient,
                }),
                // What is wrong with the message is wrong for everybody.
                Err(refusal) if refusal.code == errors::ARGS_ERROR => return Err(refusal),
                Err(_) => answer.failed_user_ids.push(recipient),
            }
        }
        Ok(())
    };
    if !request.is_send_all {
        deliver(request.recv_ids.clone()).await?;
        return Ok(answer);
    }
    let mut page = Page {
        offset: 0,
        rows: limits::PAGE_ROWS_MAX as u32,
    };
    loop {
        let kinds = vec![domain::accounts::AccountKind::User];
        let filter = AccountFilter {
            kinds,
            ..AccountFilter::default()
        };
        let (_, accounts) = surface.domain.accounts_page(&caller, &filter, page).await?;
        if accounts.is_empty() {
            break;
        }
        page.offset += accounts.len() as u64;
        deliver(
            accounts
                .iter()
                .map(|account| account.user_id.to_string())
                .collect(),
        )
        .await?;
    }
    Ok(answer)
}

async fn send(
    surface: &Surface,
    caller: &Caller,
    request: &SendMsgRequest,
    recipient: &str,
    client_msg_id: String,
) -> Answer<Sent> {
    if !elements::SENDABLE.contains(&request.content_type) {
        return Err(Refusal::args("unsupported content type"));
    }
    elements::validate(request.content_type, &request.content)
        .map_err(|rule| Refusal::new(errors::SERVER_INTERNAL_ERROR, rule))?;
    let is_oa = request.content_type == wire_type::OA_NOTIFICATION;
    let recipient = || user_id("recvID", recipient);
    let to = match request.session_type {
        _ if is_oa => Recipient::Notified(recipient()?),
        session_type::SINGLE => Recipient::Person(recipient()?),
        session_type::NOTIFICATION => Recipient::Notified(recipient()?),
        session_type::GROUP => Recipient::Group(group_id(&request.group_id)?),
        _ => return Err(Refusal::args("sessionType must be 1, 3 or 4")),
    };
    let mut options = Options::default();
    if request.is_online_only {
        options = options.with_off(Options::ONLINE_ONLY);
    }
    if request.not_offline_push {
        options = options.with_off(Options::OFFLINE_PUSH);
    }
    let command = SendMessage {
        sender: user_id("sendID", &request.send_id)?,
        to,
        send_time: Some(request.send_time).filter(|time| *time != 0),
        trace: String::new(),
        post: Post {
            client_msg_id,
            sender_platform: request.sender_platform_id,
            sender_nickname: request.sender_nickname.clone(),
            sender_face_url: request.sender_face_url.clone(),
            origin: Origin::System,
            content_type: request.content_type,
            content: content(&request.content, is_oa),
            create_time: surface.domain.now(),
            options,
            push: request
                .offline_push_info
                .clone()
                .map(|push| Box::new(convert::push_text(push))),
            ex: request.ex.clone(),
            ..Post::default()
        },
    };
    surface
        .domain
        .send_message(caller, command)
        .await
        .map_err(crate::errors::of_sending)
}

/// The element as it travels: an OA notification is JSON inside a JSON string.
fn content(element: &Value, is_oa: bool) -> Bytes {
    if is_oa {
        return serde_json::json!({ "detail": element.to_string() })
            .to_string()
            .into();
    }
    element.to_string().into()
}

fn response(sent: Sent) -> SendMsgResp {
    SendMsgResp {
        server_msg_id: sent.server_msg_id,
        client_msg_id: sent.client_msg_id,
        send_time: sent.send_time,
        modify: None,
    }
}

fn chat_log(found: FoundMessage) -> SearchChatLog {
    let FoundMessage { message, route } = found;
    log_entry(
        &route,
        message.post,
        message.status,
        message.send_time,
        message.seq,
    )
}

/// A message as the routes that list messages show it.
pub(super) fn log_entry(
    route: &Route,
    post: Post,
    status: Status,
    send_time: Millis,
    seq: i64,
) -> SearchChatLog {
    let (recv_id, group_id) = convert::addressees(route, &post);
    let is_revoked = post.content_type == content_type::RECALLED;
    SearchChatLog {
        is_revoked,
        chat_log: ChatLog {
            server_msg_id: post.server_msg_id,
            client_msg_id: post.client_msg_id,
            send_id: route.sender.to_string(),
            recv_id,
            group_id,
            sender_platform_id: post.sender_platform,
            sender_nickname: post.sender_nickname,
            sender_face_url: post.sender_face_url,
            session_type: convert::session_type(route.kind, &route.recipient),
            msg_from: post.origin as i32,
            content_type: post.content_type,
            content: String::from_utf8_lossy(&post.content).into_owned(),
            status: status as i32,
            send_time,
            create_time: post.create_time,
            ex: post.ex,
            seq,
            ..ChatLog::default()
        },
    }
}

fn spread(option: Option<DeleteSyncOpt>) -> Spread {
    option.map_or(Spread::default(), |option| Spread {
        to_self: option.is_sync_self,
        to_others: option.is_sync_other,
    })
}

fn seq(number: i64) -> Answer<i64> {
    if number < 1 {
        Err(Refusal::args("seq must be positive"))
    } else {
        Ok(number)
    }
}

const DAY_MS: Millis = 24 * 60 * 60 * 1000;

/// Midnight (UTC) of a day written as `YYYY-MM-DD`.
fn day_begin(text: &str) -> Option<Millis> {
    let day: jiff::civil::Date = text.parse().ok()?;
    Some(
        day.to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight() {
        assert_eq!(day_begin("1970-01-01"), Some(0));
        assert_eq!(day_begin("2000-02-29"), Some(951_782_400_000));
        assert_eq!(day_begin("2026-11-21"), Some(1_795_219_200_000));
        for bad in [
            "",
            "2026",
            "2026-13-01",
            "2026-00-01",
            "2026-01-xx",
            "2026-01-32",
        ] {
            assert_eq!(day_begin(bad), None, "{bad}");
        }
    }
}
