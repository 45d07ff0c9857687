//! The dial: what a device says when it opens its socket, and both ways of refusing it
//! (`reference/openim/websocket.md` §1). Once it is taken, `socket.rs` speaks with it.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::caller::Caller;
use domain::ids::SessionKey;
use domain::sessions::Platform;
use realtime::{ConnectionInfo, Refused, Registration, pump};
use serde::Deserialize;
use wire::openim::envelope::{Encoding, Framing};
use wire::openim::errors;
use wire::openim::rest::Reply;

use crate::Surface;
use crate::convert;
use crate::errors::{Answer, Refusal};
use crate::socket;

/// The largest frame that a device may send, compressed.
pub(crate) const FRAME_BYTES_MAX: usize = 51_200;

pub(crate) fn router(surface: Arc<Surface>) -> Router {
    Router::new().fallback(get(dial)).with_state(surface)
}

async fn dial(
    State(surface): State<Arc<Surface>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let query = query.unwrap_or_default();
    let wants_response = Dial::wants_response(&query);
    let upgrade = pump::configure(upgrade, FRAME_BYTES_MAX);
    match accept(&surface, &query, &headers).await {
        Ok(accepted) => upgrade.on_upgrade(async move |socket| {
            Box::pin(socket::serve(surface, socket, accepted)).await;
        }),
        Err(refusal) => {
            tracing::debug!(
                code = refusal.code,
                detail = refusal.detail,
                "openim dial refused"
            );
            metrics::counter!("switchboard_openim_dials_refused_total", "code" => refusal.code.to_string())
                .increment(1);
            if wants_response {
                upgrade.on_upgrade(async move |socket| say_and_close(socket, &refusal).await)
            } else {
                (
                    [(header::CONTENT_TYPE, "application/json")],
                    dial_reply(Some(&refusal)),
                )
                    .into_response()
            }
        }
    }
}

/// A device that was taken, with its place in the hub.
pub(crate) struct Accepted {
    pub caller: Caller,
    pub encoding: Encoding,
    /// It waits for a first text frame that says so.
    pub wants_response: bool,
    pub registration: Registration,
}

async fn accept(surface: &Arc<Surface>, query: &str, headers: &HeaderMap) -> Answer<Accepted> {
    if !surface.realtime.hub.has_room() {
        return Err(full());
    }
    let dial = Dial::read(query, headers)?;
    let caller = surface
        .tokens
        .authenticate(&surface.domain, &dial.token)
        .await?;
    if caller.user_id.as_str() != dial.user_id || caller.platform != dial.platform {
        return Err(Refusal::new(
            errors::TOKEN_INVALID_ERROR,
            "the token is for another user or platform",
        ));
    }
    let registration = surface
        .realtime
        .hub
        .register(ConnectionInfo {
            account: caller.account,
            user_id: caller.user_id.clone(),
            // Administrators have no session; no login of theirs replaces another.
            session: caller.session.unwrap_or(SessionKey(0)),
            platform: caller.platform,
            surface: "openim",
            is_background: dial.is_background,
        })
        .map_err(|refused| match refused {
            Refused::Full => full(),
            Refused::GoingAway => {
                Refusal::new(errors::SERVER_INTERNAL_ERROR, "this server is stopping")
            }
        })?;
    if let Some(session) = caller.session {
        surface
            .domain
            .session_connected(caller.account, session, caller.platform);
    }
    Ok(Accepted {
        caller,
        encoding: dial.encoding,
        wants_response: dial.wants_response,
        registration,
    })
}

fn full() -> Refusal {
    Refusal::new(
        errors::CONN_OVER_MAX_NUM_LIMIT,
        "there are as many connections as this server takes",
    )
}

/// What the query says.
#[derive(Debug, PartialEq, Eq)]
struct Dial {
    token: String,
    user_id: String,
    platform: Platform,
    encoding: Encoding,
    wants_response: bool,
    is_background: bool,
}

/// The members of the parameter `v`, which replaces all others.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackedDial {
    token: String,
    #[serde(rename = "userID")]
    user_id: String,
    #[serde(rename = "platformID")]
    platform_id: i32,
    #[serde(rename = "operationID")]
    operation_id: String,
    compression: String,
    sdk_type: String,
    send_response: bool,
    background: bool,
}

impl Dial {
    fn read(query: &str, headers: &HeaderMap) -> Answer<Self> {
        if let Some(packed) = parameter(query, "v") {
            let packed = unpack(&packed).ok_or_else(|| refused("v is not base64url of JSON"))?;
            return Self::checked(packed);
        }
        let text = |name| parameter(query, name).unwrap_or_default().into_owned();
        let flag = |name| match parameter(query, name).as_deref() {
            None | Some("") => Ok(false),
            Some(value) => {
                parse_bool(value).ok_or_else(|| refused(&format!("{name} is not a bool")))
            }
        };
        let compression = match parameter(query, "compression") {
            Some(value) => value.into_owned(),
            None => headers
                .get("compression")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        };
        Self::checked(PackedDial {
            token: text("token"),
            user_id: text("sendID"),
            platform_id: text("platformID")
                .parse()
                .map_err(|_| refused("platformID is not a number"))?,
            operation_id: text("operationID"),
            compression,
            sdk_type: text("sdkType"),
            send_response: flag("isMsgResp")?,
            background: flag("isBackground")?,
        })
    }

    /// Whether a refusal must be said in a frame: a browser cannot read the body of a failed upgrade.
    fn wants_response(query: &str) -> bool {
        match parameter(query, "v") {
            Some(packed) => unpack(&packed).is_some_and(|packed| packed.send_response),
            None => parameter(query, "isMsgResp")
                .and_then(|value| parse_bool(&value))
                .unwrap_or(false),
        }
    }

    fn checked(packed: PackedDial) -> Answer<Self> {
        for (name, value) in [
            ("token", &packed.token),
            ("sendID", &packed.user_id),
            ("operationID", &packed.operation_id),
        ] {
            if value.is_empty() {
                return Err(refused(&format!("{name} is missing")));
            }
        }
        let framing = match packed.sdk_type.as_str() {
            "" | "go" => Framing::Gob,
            "js" => Framing::Json,
            _ => return Err(refused("sdkType must be go or js")),
        };
        Ok(Self {
            token: packed.token,
            user_id: packed.user_id,
            platform: convert::platform(packed.platform_id)
                .map_err(|_| refused("platformID is unknown"))?,
            encoding: Encoding {
                framing,
                gzip: packed.compression == "gzip",
            },
            wants_response: packed.send_response,
            is_background: packed.background,
        })
    }
}

fn refused(detail: &str) -> Refusal {
    Refusal::new(errors::CONN_ARGS_ERROR, detail)
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

fn unpack(packed: &str) -> Option<PackedDial> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(packed).ok()?).ok()
}

/// Go's spellings of a bool.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// The JSON that answers a dial, in a frame or in a body.
pub(crate) fn dial_reply(refusal: Option<&Refusal>) -> String {
    let reply = match refusal {
        None => Reply::<()>::bare(0, String::new(), String::new()),
        Some(refusal) => Reply::bare(
            refusal.code,
            refusal.name().to_owned(),
            refusal.detail.clone(),
        ),
    };
    // A struct of a number and two strings always serialises.
    serde_json::to_string(&reply).unwrap_or_default()
}

async fn say_and_close(mut socket: WebSocket, refusal: &Refusal) {
    // A client that is gone already need not be told.
    let _ = socket
        .send(Message::Text(dial_reply(Some(refusal)).into()))
        .await;
    let _ = socket.send(Message::Close(None)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str =
        "sendID=alice&token=t&platformID=7&operationID=1&isBackground=false&compression=gzip";

    fn read(query: &str) -> Answer<Dial> {
        Dial::read(query, &HeaderMap::new())
    }

    #[test]
    fn a_native_dial_is_gob_and_gzip() {
        let dial = read(NATIVE).expect("complete");
        assert_eq!(
            dial.encoding,
            Encoding {
                framing: Framing::Gob,
                gzip: true
            }
        );
        assert_eq!(
            (dial.user_id.as_str(), dial.platform, dial.wants_response),
            ("alice", Platform::Linux, false)
        );
    }

    #[test]
    fn every_missing_or_wrong_parameter_is_1602() {
        for name in ["sendID", "token", "platformID", "operationID"] {
            let without: Vec<_> = NATIVE
                .split('&')
                .filter(|part| !part.starts_with(name))
                .collect();
            assert_eq!(read(&without.join("&")).expect_err(name).code, 1602);
        }
        for extra in ["sdkType=perl", "isMsgResp=perhaps", "isBackground=maybe"] {
            let query = NATIVE.replace("&isBackground=false", "");
            assert_eq!(
                read(&format!("{query}&{extra}")).expect_err(extra).code,
                1602
            );
        }
        assert_eq!(
            read(&NATIVE.replace("platformID=7", "platformID=12"))
                .expect_err("12")
                .code,
            1602
        );
        assert!(read(&NATIVE.replace("&isBackground=false", "")).is_ok());
    }

    #[test]
    fn the_packed_form_replaces_everything_else() {
        let packed = URL_SAFE_NO_PAD.encode(
            r#"{"token":"t","userID":"bob","platformID":5,"operationID":"o","sdkType":"js","sendResponse":true}"#,
        );
        let query = format!("v={packed}&sendID=alice");
        let dial = read(&query).expect("complete");
        assert_eq!(
            (dial.user_id.as_str(), dial.encoding.framing),
            ("bob", Framing::Json)
        );
        assert!(dial.wants_response && Dial::wants_response(&query));
        assert_eq!(read("v=%%%").expect_err("broken").code, 1602);
    }

    #[test]
    fn the_header_asks_for_compression_when_the_query_does_not() {
        let headers = HeaderMap::from_iter([(
            "compression".parse().expect("name"),
            "gzip".parse().expect("value"),
        )]);
        let query = NATIVE.replace("&compression=gzip", "");
        assert!(
            Dial::read(&query, &headers)
                .expect("complete")
                .encoding
                .gzip
        );
        assert!(!read(&query).expect("complete").encoding.gzip);
    }
}
