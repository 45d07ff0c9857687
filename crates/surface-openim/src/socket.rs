//! One device's socket: requests in, answers and pushes out (`reference/openim/websocket.md` §2–§6). The loop itself is
//! `realtime::pump`; this is what it says and understands. A device that breaks the framing or speaks for somebody
//! else is cut off, as the original does; everything else gets an answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{Utf8Bytes, WebSocket};
use bytes::Bytes;
use domain::caller::Caller;
use domain::hooks::with_trace;
use domain::sessions::Platform;
use prost::Message;
use realtime::pump::{self, Incoming, KeepAlive, Protocol, Reply};
use realtime::{Connection, Frame, Outgoing, Published};
use serde::{Deserialize, Serialize};
use wire::openim::envelope::{Encoding, Request, ResponseRef, decode_request, encode_response};
use wire::openim::proto::{
    SetAppBackgroundStatusReq, SetAppBackgroundStatusResp, SubUserOnlineStatus,
};
use wire::openim::{errors, ids};

use crate::Surface;
use crate::convert::user_id;
use crate::dial::{Accepted, dial_reply};
use crate::encode;
use crate::errors::{Answer, Refusal};
use crate::requests;

/// The largest request after it was inflated. The largest sensible one is a message of 128 KiB.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// What a client reads at most (`websocket.md` §2); a larger frame would end its connection.
const RESPONSE_BYTES_MAX: usize = 1024 * 1024;

/// Native devices ping every 24 s. Browsers do not, and may be held back in the background: they are pinged, and a
/// pong counts.
const NATIVE: KeepAlive = KeepAlive {
    ping_every: None,
    idle_timeout: Duration::from_secs(35),
};
const WEB: KeepAlive = KeepAlive {
    ping_every: Some(Duration::from_secs(25)),
    idle_timeout: Duration::from_secs(75),
};

/// Speaks with a device until one side has had enough.
pub(crate) async fn serve(surface: Arc<Surface>, socket: WebSocket, accepted: Accepted) {
    let Accepted {
        caller,
        encoding,
        wants_response,
        registration,
    } = accepted;
    let keep_alive = match caller.platform {
        Platform::Web | Platform::MiniWeb => WEB,
        Platform::Ios
        | Platform::Android
        | Platform::Windows
        | Platform::Mac
        | Platform::Linux
        | Platform::AndroidPad
        | Platform::Ipad
        | Platform::Admin
        | Platform::Harmony => NATIVE,
    };
    let greeting = wants_response.then(|| Frame::Text(dial_reply(None).into()));
    let device = Device {
        surface,
        caller,
        encoding,
        connection: registration.connection().clone(),
    };
    pump::run(socket, registration, device, keep_alive, greeting).await;
}

struct Device {
    surface: Arc<Surface>,
    caller: Caller,
    encoding: Encoding,
    connection: Arc<Connection>,
}

impl Protocol for Device {
    fn event(&self, published: &Published) -> Option<Frame> {
        if let Outgoing::Event(event) = &published.outgoing {
            let (account, user) = (self.caller.account, &self.caller.user_id);
            self.surface.domain.delivered(account, user, event);
        }
        published.encoded(encode::slot(self.encoding), |outgoing| {
            encode::frame(&self.surface, outgoing, self.encoding)
        })
    }

    async fn frame(&self, frame: Incoming) -> Reply {
        match frame {
            Incoming::Text(text) => text_ping(&text),
            Incoming::Binary(bytes) => self.request(&bytes).await,
        }
    }
}

impl Device {
    async fn request(&self, bytes: &[u8]) -> Reply {
        let started = Instant::now();
        let request = match decode_request(bytes, self.encoding, REQUEST_BYTES_MAX) {
            Ok(request) => request,
            Err(error) => {
                tracing::debug!(%error, "an openim device broke the framing");
                return Reply::close();
            }
        };
        if request.send_id != self.caller.user_id.as_str() {
            tracing::debug!("an openim device spoke for another user");
            return Reply::close();
        }
        let Some(answer) = with_trace(&request.operation_id, self.answer(&request)).await else {
            tracing::debug!(
                request.req_identifier,
                "an openim device asked for something unheard of"
            );
            return Reply::close();
        };
        let (code, name) = answer
            .as_ref()
            .err()
            .map_or((0, ""), |refusal| (refusal.code, refusal.name()));
        metrics::histogram!("switchboard_openim_socket_request_seconds", "request" => label(request.req_identifier))
            .record(started.elapsed());
        tracing::debug!(
            request = request.req_identifier,
            operation_id = request.operation_id,
            code,
            duration_ms = started.elapsed().as_secs_f64() * 1000.0,
            "openim socket request"
        );
        let frame = self.response(
            &request,
            (code, name),
            answer.as_deref().unwrap_or_default(),
        );
        if request.req_identifier == ids::LOGOUT_MSG {
            Reply::last(frame)
        } else {
            Reply::frame(frame)
        }
    }

    fn response(&self, request: &Request, (err_code, err_msg): (i32, &str), data: &[u8]) -> Frame {
        let response = ResponseRef {
            req_identifier: request.req_identifier,
            msg_incr: &request.msg_incr,
            operation_id: &request.operation_id,
            err_code,
            err_msg,
            data,
        };
        let frame = encode_response(response, self.encoding);
        if frame.len() < RESPONSE_BYTES_MAX {
            return Frame::Binary(frame);
        }
        let too_large = ResponseRef {
            err_code: errors::ARGS_ERROR,
            err_msg: "the answer is larger than a client reads: ask for less",
            data: &[],
            ..response
        };
        Frame::Binary(encode_response(too_large, self.encoding))
    }

    /// The answer to a request, or `None` when there is no such request.
    async fn answer(&self, request: &Request) -> Option<Answer<Vec<u8>>> {
        let data = &request.data;
        let (surface, caller) = (&*self.surface, &self.caller);
        Some(match request.req_identifier {
            ids::SEND_MSG => {
                answer(data, async |data| {
                    requests::send(surface, caller, &request.operation_id, data).await
                })
                .await
            }
            ids::GET_NEWEST_SEQ => {
                answer(data, async |asked| {
                    requests::newest_seqs(surface, caller, asked).await
                })
                .await
            }
            ids::PULL_MSG_BY_RANGE => {
                answer(data, async |asked| {
                    requests::pull_ranges(surface, caller, asked).await
                })
                .await
            }
            ids::PULL_MSG_BY_SEQ_LIST => {
                answer(data, async |asked| {
                    requests::pull_seqs(surface, caller, asked).await
                })
                .await
            }
            ids::GET_CONV_MAX_READ_SEQ => {
                answer(data, async |asked| {
                    requests::has_read_and_max_seqs(surface, caller, asked).await
                })
                .await
            }
            ids::PULL_CONV_LAST_MESSAGE => {
                answer(data, async |asked| {
                    requests::newest_messages(surface, caller, asked).await
                })
                .await
            }
            ids::SET_BACKGROUND_STATUS => {
                answer(data, async |asked: SetAppBackgroundStatusReq| {
                    self.connection.set_background(asked.is_background);
                    Ok(SetAppBackgroundStatusResp {})
                })
                .await
            }
            ids::SUB_USER_ONLINE_STATUS => {
                answer(data, async |asked| self.watch(asked).await).await
            }
            ids::SEND_SIGNAL_MSG => Err(Refusal::new(
                errors::SERVER_INTERNAL_ERROR,
                "calls are not part of this server",
            )),
            // The session stays valid: the device only stops listening, and is not pushed to any more.
            ids::LOGOUT_MSG => match surface.domain.forget_session_device(caller).await {
                Ok(()) => Ok(Vec::new()),
                Err(error) => Err(error.into()),
            },
            _ => return None,
        })
    }

    /// 2005: follows some users and leaves others; the answer is the present state of those newly followed.
    async fn watch(
        &self,
        asked: SubUserOnlineStatus,
    ) -> Answer<wire::openim::proto::SubUserOnlineStatusTips> {
        let presence = &self.surface.realtime.presence;
        let keys = async |texts: &[String]| -> Answer<Vec<_>> {
            // Unknown users can be asked about; they are offline.
            let ids: Vec<_> = texts
                .iter()
                .filter_map(|text| user_id("userID", text).ok())
                .collect();
            Ok(self.surface.domain.find_accounts(&ids).await?)
        };
        let left = keys(&asked.unsubscribe_user_id).await?;
        presence.unwatch(&self.connection, left.iter().map(|account| account.key));
        let followed = keys(&asked.subscribe_user_id).await?;
        let states = presence
            .watch(&self.connection, followed.iter().map(|account| account.key))
            .map_err(|_| Refusal::args("this connection follows as many users as it may"))?;
        let users = followed
            .iter()
            .zip(states)
            .map(|(account, online)| (account.user_id.to_string(), online));
        Ok(encode::presence_tips(users))
    }
}

/// Reads the protobuf request, asks, writes the protobuf answer.
async fn answer<Req, Resp, F>(data: &Bytes, ask: F) -> Answer<Vec<u8>>
where
    Req: Message + Default,
    Resp: Message,
    F: AsyncFnOnce(Req) -> Answer<Resp>,
{
    let request = Req::decode(data.clone()).map_err(|error| Refusal::args(error.to_string()))?;
    Ok(ask(request).await?.encode_to_vec())
}

/// The only text that a device may send: newer web clients ping this way, because a browser cannot send ping frames.
fn text_ping(text: &Utf8Bytes) -> Reply {
    #[derive(Deserialize, Serialize)]
    struct TextPing {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        body: serde_json::Value,
    }
    match serde_json::from_str::<TextPing>(text) {
        Ok(ping) if ping.kind == "ping" => {
            let pong = TextPing {
                kind: "pong".to_owned(),
                body: ping.body,
            };
            match serde_json::to_string(&pong) {
                Ok(pong) => Reply::frame(Frame::Text(pong.into())),
                Err(_) => Reply::close(),
            }
        }
        Ok(pong) if pong.kind == "pong" => Reply::none(),
        _ => Reply::close(),
    }
}

fn label(identifier: i32) -> &'static str {
    match identifier {
        ids::SEND_MSG => "send",
        ids::GET_NEWEST_SEQ => "newest_seqs",
        ids::PULL_MSG_BY_RANGE => "pull_ranges",
        ids::PULL_MSG_BY_SEQ_LIST => "pull_seqs",
        ids::GET_CONV_MAX_READ_SEQ => "read_seqs",
        ids::PULL_CONV_LAST_MESSAGE => "newest_messages",
        ids::SET_BACKGROUND_STATUS => "background",
        ids::SUB_USER_ONLINE_STATUS => "watch",
        ids::LOGOUT_MSG => "logout",
        _ => "other",
    }
}
