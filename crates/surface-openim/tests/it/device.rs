//! A device in a few lines: it dials, asks and is told, over a real WebSocket with the real framing.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use wire::openim::envelope::{
    Encoding, Framing, RequestRef, Response, decode_response, encode_request,
};
use wire::openim::ids;
use wire::openim::proto::{MsgData, PushMessages, UserSendMsgResp};

use crate::harness::Server;

pub const PLAIN: Encoding = Encoding {
    framing: Framing::Gob,
    gzip: false,
};
pub const GZIP: Encoding = Encoding {
    framing: Framing::Gob,
    gzip: true,
};

const PATIENCE: Duration = Duration::from_secs(10);

pub struct Device {
    pub user: String,
    pub encoding: Encoding,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asked: u32,
    /// Frames that came while an answer was waited for.
    waiting: Vec<Response>,
}

impl Device {
    pub async fn dial(
        server: &Server,
        user: &str,
        token: &str,
        platform: i32,
        encoding: Encoding,
    ) -> Self {
        let (socket, _) = connect_async(Self::url(server, user, token, platform, encoding))
            .await
            .unwrap();
        Self {
            user: user.to_owned(),
            encoding,
            socket,
            asked: 0,
            waiting: Vec::new(),
        }
    }

    /// A device of a new session.
    pub async fn login(server: &Server, user: &str, platform: i32) -> Self {
        let token = server.token(user, platform).await;
        Self::dial(server, user, &token, platform, GZIP).await
    }

    pub fn url(
        server: &Server,
        user: &str,
        token: &str,
        platform: i32,
        encoding: Encoding,
    ) -> String {
        let compression = if encoding.gzip {
            "&compression=gzip"
        } else {
            ""
        };
        let sdk = if encoding.framing == Framing::Json {
            "&sdkType=js"
        } else {
            ""
        };
        format!(
            "{}/?sendID={user}&token={token}&platformID={platform}&operationID=1&isBackground=false{compression}{sdk}",
            server.socket
        )
    }

    /// Asks and waits for the answer to just this.
    pub async fn ask(&mut self, identifier: i32, data: &[u8]) -> Response {
        let msg_incr = self.send(identifier, data).await;
        loop {
            let response = self.frame().await.expect("an answer");
            if response.msg_incr == msg_incr {
                assert_eq!(
                    (response.req_identifier, response.operation_id.as_str()),
                    (identifier, "op")
                );
                return response;
            }
            self.waiting.push(response);
        }
    }

    /// Asks without waiting; returns what the answer will be known by.
    pub async fn send(&mut self, identifier: i32, data: &[u8]) -> String {
        self.asked += 1;
        let msg_incr = format!("{}_{}", self.user, self.asked);
        let user = self.user.clone();
        let request = RequestRef {
            req_identifier: identifier,
            send_id: &user,
            operation_id: "op",
            msg_incr: &msg_incr,
            data,
            ..RequestRef::default()
        };
        self.send_raw(encode_request(request, self.encoding)).await;
        msg_incr
    }

    pub async fn send_raw(&mut self, bytes: Bytes) {
        // The server may have hung up; then the next read says so.
        let _ = self.socket.send(Message::Binary(bytes)).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        let _ = self.socket.send(Message::text(text.to_owned())).await;
    }

    /// The next WebSocket message of any kind; `None` when the server has hung up.
    pub async fn message(&mut self) -> Option<Message> {
        match tokio::time::timeout(PATIENCE, self.socket.next())
            .await
            .expect("the server says something")
        {
            Some(Ok(Message::Close(_)) | Err(_)) | None => None,
            Some(Ok(message)) => Some(message),
        }
    }

    async fn frame(&mut self) -> Option<Response> {
        loop {
            match self.message().await? {
                Message::Binary(bytes) => {
                    return Some(decode_response(&bytes, self.encoding, 4 << 20).expect("a frame"));
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a native device never gets {other:?}"),
            }
        }
    }

    /// The next thing that was not asked for; `None` when the server has hung up.
    pub async fn told(&mut self) -> Option<Response> {
        if self.waiting.is_empty() {
            self.frame().await
        } else {
            Some(self.waiting.remove(0))
        }
    }

    /// The next message that was pushed, and the conversation it came in.
    pub async fn pushed(&mut self) -> (String, MsgData) {
        let response = self.told().await.expect("a push");
        assert_eq!(
            (response.req_identifier, response.msg_incr.as_str()),
            (ids::PUSH_MSG, "")
        );
        let push = PushMessages::decode(response.data).unwrap();
        let (conversation, mut pulled) = push
            .msgs
            .into_iter()
            .chain(push.notification_msgs)
            .next()
            .expect("one conversation");
        (conversation, pulled.msgs.remove(0))
    }

    /// The next push, which is a notice of this type that is kept nowhere; gives its conversation and what it says.
    pub async fn noticed(&mut self, content_type: i32) -> (String, Value) {
        let (conversation, notice) = self.pushed().await;
        assert_eq!(notice.content_type, content_type, "{notice:?}");
        assert!(conversation.starts_with("n_"), "{conversation}");
        assert_eq!((notice.seq, notice.msg_from), (0, 200));
        (conversation, detail(&notice))
    }

    pub async fn say(&mut self, to: &str, client_msg_id: &str, text: &str) -> Response {
        let data = text_message(&self.user, to, client_msg_id, text);
        self.ask(ids::SEND_MSG, &data.encode_to_vec()).await
    }

    pub async fn said(&mut self, to: &str, client_msg_id: &str, text: &str) -> UserSendMsgResp {
        let response = self.say(to, client_msg_id, text).await;
        assert_eq!(response.err_code, 0, "{}", response.err_msg);
        UserSendMsgResp::decode(response.data).unwrap()
    }
}

/// What a notice says: JSON inside a JSON string.
pub fn detail(notice: &MsgData) -> Value {
    let content: Value = serde_json::from_slice(&notice.content).unwrap();
    serde_json::from_str(content["detail"].as_str().unwrap()).unwrap()
}

pub fn group_message(from: &str, group: &str, client_msg_id: &str, text: &str) -> MsgData {
    MsgData {
        session_type: 3,
        group_id: group.to_owned(),
        ..text_message(from, "", client_msg_id, text)
    }
}

pub fn text_message(from: &str, to: &str, client_msg_id: &str, text: &str) -> MsgData {
    MsgData {
        send_id: from.to_owned(),
        recv_id: to.to_owned(),
        client_msg_id: client_msg_id.to_owned(),
        sender_platform_id: 7,
        session_type: 1,
        msg_from: 100,
        content_type: 101,
        content: serde_json::json!({ "content": text }).to_string().into(),
        create_time: 1,
        status: 1,
        attached_info: "null".to_owned(),
        ..MsgData::default()
    }
}
