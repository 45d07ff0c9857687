//! An OpenIM server of one socket route, in memory: it numbers messages, acknowledges them and pushes them to both
//! sides, and can be told to make one of the mistakes that the generator exists to find.

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use prost::Message as _;
use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::openim::envelope::{Encoding, Framing, ResponseRef, decode_request, encode_response};
use wire::openim::proto::{MsgData, PullMsgs, PushMessages, UserSendMsgResp};
use wire::openim::{conversation_id, ids};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The tenth message is pushed twice.
    Twice,
    /// The tenth message is acknowledged and never pushed.
    Lost,
    /// The tenth message leaves out a seq.
    Gap,
    /// The tenth message is refused.
    Refused,
}

pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Fake {
    pub(crate) async fn start(fault: Fault) -> Fake {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let hub = Arc::new(Hub {
            fault,
            ..Hub::default()
        });
        let router = Router::new().route("/", any(upgrade)).with_state(hub);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Fake {
            address,
            _tasks: tasks,
        }
    }
}

#[derive(Default)]
struct Hub {
    fault: Fault,
    connections: Mutex<HashMap<String, Vec<mpsc::Sender<Bytes>>>>,
    /// Newest seq of each conversation.
    seqs: Mutex<HashMap<String, i64>>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dial {
    #[serde(rename = "sendID")]
    send_id: String,
    token: String,
    #[serde(default)]
    compression: String,
}

async fn upgrade(
    State(hub): State<Arc<Hub>>,
    Query(dial): Query<Dial>,
    socket: WebSocketUpgrade,
) -> Response {
    assert_eq!(dial.token, "token");
    let encoding = Encoding {
        framing: Framing::Gob,
        gzip: dial.compression == "gzip",
    };
    socket.on_upgrade(move |socket| async move { hub.pump(socket, dial.send_id, encoding).await })
}

impl Hub {
    async fn pump(&self, mut socket: WebSocket, user: String, encoding: Encoding) {
        let (sender, mut queue) = mpsc::channel(64);
        self.connections
            .lock()
            .unwrap()
            .entry(user)
            .or_default()
            .push(sender.clone());
        loop {
            let frame = tokio::select! {
                Some(frame) = queue.recv() => frame,
                message = socket.recv() => match message {
                    Some(Ok(Message::Binary(frame))) => self.answer(&frame, encoding),
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => return,
                },
            };
            if socket.send(Message::Binary(frame)).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, frame: &[u8], encoding: Encoding) -> Bytes {
        let request = decode_request(frame, encoding, 51_200).unwrap();
        assert_eq!(request.req_identifier, ids::SEND_MSG);
        let mut message = MsgData::decode(request.data).unwrap();
        assert_eq!(message.send_id, request.send_id);
        let conversation = conversation_id::single(&message.send_id, &message.recv_id);
        let is_tenth = self.number(&conversation, &mut message);
        if is_tenth && self.fault == Fault::Refused {
            return encode_response(
                ResponseRef {
                    req_identifier: ids::SEND_MSG,
                    msg_incr: &request.msg_incr,
                    err_code: 1302,
                    err_msg: "BlockedByPeer",
                    ..ResponseRef::default()
                },
                encoding,
            );
        }
        let ack = UserSendMsgResp {
            client_msg_id: message.client_msg_id.clone(),
            ..UserSendMsgResp::default()
        };
        let times = match self.fault {
            Fault::Twice if is_tenth => 2,
            Fault::Lost if is_tenth => 0,
            _ => 1,
        };
        for _ in 0..times {
            self.push(&conversation, &message, encoding);
        }
        encode_response(
            ResponseRef {
                req_identifier: ids::SEND_MSG,
                msg_incr: &request.msg_incr,
                operation_id: &request.operation_id,
                data: &ack.encode_to_vec(),
                ..ResponseRef::default()
            },
            encoding,
        )
    }

    fn number(&self, conversation: &str, message: &mut MsgData) -> bool {
        let mut seqs = self.seqs.lock().unwrap();
        let seq = seqs.entry(conversation.to_owned()).or_default();
        *seq += 1;
        let is_tenth = *seq == 10;
        if is_tenth && self.fault == Fault::Gap {
            *seq += 1;
        }
        message.seq = *seq;
        message.server_msg_id = "5".repeat(32);
        is_tenth
    }

    fn push(&self, conversation: &str, message: &MsgData, encoding: Encoding) {
        let pulled = PullMsgs {
            msgs: vec![message.clone()],
            ..PullMsgs::default()
        };
        let push = PushMessages {
            msgs: BTreeMap::from([(conversation.to_owned(), pulled)]),
            ..PushMessages::default()
        };
        let frame = encode_response(
            ResponseRef {
                req_identifier: ids::PUSH_MSG,
                operation_id: "push",
                data: &push.encode_to_vec(),
                ..ResponseRef::default()
            },
            encoding,
        );
        let connections = self.connections.lock().unwrap();
        for user in [&message.recv_id, &message.send_id] {
            for connection in connections.get(user).into_iter().flatten() {
                connection.try_send(frame.clone()).unwrap();
            }
        }
    }
}
