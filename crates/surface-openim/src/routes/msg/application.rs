//! What application servers do beside sending: answering a webhook in its chat, asking what became of a send, and
//! removing old messages for everybody.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::caller::Caller;
use domain::gate;
use domain::messages::{Origin, Post, Recipient, SendMessage};
use domain::time::Millis;
use serde::Deserialize;
use wire::openim::content_type;
use wire::openim::proto::SendMsgResp;
use wire::openim::rest::msg::{
    CheckMsgIsSendSuccessResponse, DeleteMsgPhysicalRequest, SendMsgRequest, SendSimpleMsgRequest,
};

use super::{response, send};
use crate::Surface;
use crate::convert::{conversation_ids, group_id, user_id};
use crate::errors::{Answer, Refusal, of_sending};
use crate::routes::{Asked, Empty};
use crate::sends::Outcome;

pub(super) async fn send_msg(
    surface: Arc<Surface>,
    caller: Caller,
    asked: Asked,
    request: SendMsgRequest,
) -> Answer<SendMsgResp> {
    gate::may_administer(&caller)?;
    let note = |outcome| {
        surface
            .sends
            .note(caller.account, &asked.operation_id, outcome)
    };
    note(Outcome::Underway);
    let sent = send(&surface, &caller, &request, &request.recv_id, String::new()).await;
    note(if sent.is_ok() {
        Outcome::Sent
    } else {
        Outcome::Failed
    });
    sent.map(response)
}

/// Of the send that had the same operation id as this request.
pub(super) async fn check_msg_is_send_success(
    surface: Arc<Surface>,
    caller: Caller,
    asked: Asked,
    _request: Empty,
) -> Answer<CheckMsgIsSendSuccessResponse> {
    let outcome = surface.sends.outcome(caller.account, &asked.operation_id);
    Ok(CheckMsgIsSendSuccessResponse {
        status: outcome as i32,
    })
}

/// The message that an application server answers, as the `key` of the request's address names it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answered {
    #[serde(rename = "sendID")]
    sender: String,
    #[serde(rename = "recvID")]
    recipient: String,
    #[serde(rename = "groupID")]
    group: String,
}

impl Answered {
    fn read(query: &str) -> Answer<Self> {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let key = pairs.find_map(|(name, value)| (name == "key").then_some(value));
        let key = key.ok_or_else(|| Refusal::args("key is missing"))?;
        let json = STANDARD
            .decode(key.as_bytes())
            .map_err(|_| Refusal::args("key is not base64"))?;
        serde_json::from_slice(&json).map_err(|error| Refusal::args(error.to_string()))
    }
}

/// Answers a message in its own chat: a person's goes back to them, in a group somebody named in the body speaks.
pub(super) async fn send_simple_msg(
    surface: Arc<Surface>,
    caller: Caller,
    asked: Asked,
    request: SendSimpleMsgRequest,
) -> Answer<SendMsgResp> {
    gate::may_administer(&caller)?;
    let answered = Answered::read(&asked.query)?;
    if request.content.is_empty() {
        return Err(Refusal::args("content is empty"));
    }
    let (sender, to) = if answered.group.is_empty() {
        let to = Recipient::Person(user_id("sendID of key", &answered.sender)?);
        (user_id("recvID of key", &answered.recipient)?, to)
    } else {
        let to = Recipient::Group(group_id(&answered.group)?);
        (user_id("sendID", &request.send_id)?, to)
    };
    let account = surface.domain.find_account(&sender).await?;
    let command = SendMessage {
        sender,
        to,
        send_time: None,
        trace: String::new(),
        post: Post {
            sender_platform: caller.platform.number(),
            sender_nickname: account.nickname.clone(),
            sender_face_url: account.face_url.clone(),
            origin: Origin::System,
            content_type: content_type::MARKDOWN,
            content: serde_json::json!({ "content": request.content })
                .to_string()
                .into(),
            create_time: surface.domain.now(),
            ..Post::default()
        },
    };
    let sent = surface.domain.send_message(&caller, command).await;
    sent.map(response).map_err(of_sending)
}

pub(super) async fn delete_msg_physical(
    surface: Arc<Surface>,
    caller: Caller,
    request: DeleteMsgPhysicalRequest,
) -> Answer<()> {
    gate::may_administer(&caller)?;
    let ids = conversation_ids(&request.conversation_ids)?;
    if ids.is_empty() || ids.len() > domain::limits::IDS_MAX {
        return Err(Refusal::args("conversationIDs must be 1 to 1000"));
    }
    let before = moment(request.timestamp)?;
    for id in &ids {
        surface
            .domain
            .erase_messages_before(&caller, id, before)
            .await?;
    }
    Ok(())
}

/// The original means seconds and is given milliseconds at times; no second of this millennium is that large.
fn moment(timestamp: i64) -> Answer<Millis> {
    const MILLISECONDS: i64 = 100_000_000_000;
    match timestamp {
        ..=0 => Err(Refusal::args("timestamp must be positive")),
        seconds if seconds < MILLISECONDS => Ok(seconds * 1000),
        milliseconds => Ok(milliseconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_message_that_is_answered() {
        let json = r#"{"sendID":"alice","recvID":"bot","groupID":""}"#;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("key", &STANDARD.encode(json))
            .finish();
        let answered = Answered::read(&query).expect("a key");
        assert_eq!(
            (answered.sender.as_str(), answered.recipient.as_str()),
            ("alice", "bot")
        );
        for bad in ["", "key=", "key=%%%", "key=W10"] {
            assert!(Answered::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        assert_eq!(moment(1_800_000_000), Ok(1_800_000_000_000));
        assert_eq!(moment(1_800_000_000_000), Ok(1_800_000_000_000));
        assert!(moment(0).is_err() && moment(-5).is_err());
    }
}
