//! The REST side (`reference/openim/rest.md`): one file for each group of routes. Here is what all of them share: the
//! order of checks, the envelope, CORS and the shape of a handler.

mod auth;
mod conversation;
mod extras;
mod friend;
mod group;
mod jssdk;
mod msg;
mod object;
mod object_bytes;
mod retention;
mod search;
mod statistics;
mod third;
mod user;
mod webhooks;

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::caller::Caller;
use domain::hooks::with_trace;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower_http::compression::CompressionLayer;
use wire::openim::rest::Reply;

use crate::Surface;
use crate::errors::{Answer, Refusal};

/// The longest request body. The original takes whatever its proxy lets through; a thousand users to register fit
/// into this.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

pub(crate) fn router(surface: Arc<Surface>) -> Router {
    Router::new()
        .nest("/auth", auth::routes())
        .nest("/user", user::routes())
        .nest("/friend", friend::routes())
        .nest("/group", group::routes())
        .nest("/jssdk", jssdk::routes())
        .nest(
            "/conversation",
            conversation::routes().merge(retention::routes()),
        )
        .nest(
            "/msg",
            msg::routes()
                .merge(search::routes())
                .merge(extras::routes()),
        )
        .nest("/object", object::routes())
        .nest("/third", third::routes())
        .nest("/statistics", statistics::routes())
        .nest("/webhooks", webhooks::routes())
        .fallback(async || (StatusCode::NOT_FOUND, "404 page not found"))
        .method_not_allowed_fallback(async || (StatusCode::NOT_FOUND, "404 page not found"))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(cors))
        .with_state(surface)
}

/// The routes that carry the bytes of files. They have no limit of size or time here, because each has its own.
pub(crate) fn transfer_router(surface: Arc<Surface>) -> Router {
    Router::new()
        .nest("/object", object_bytes::routes())
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(middleware::from_fn(cors))
        .with_state(surface)
}

type Routes = Router<Arc<Surface>>;

/// What every handler below is made from: one call as it came.
struct Call {
    surface: Arc<Surface>,
    /// The path as the client wrote it.
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Times, logs and wraps what `answer` makes of a call.
fn endpoint<T, F, Fut>(answer: F) -> MethodRouter<Arc<Surface>>
where
    T: Serialize,
    F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<T>> + Send,
{
    post(
        async move |State(surface): State<Arc<Surface>>,
                    OriginalUri(uri): OriginalUri,
                    headers: HeaderMap,
                    body: Bytes| {
            let started = Instant::now();
            let operation_id = header_text(&headers, "operationID").to_owned();
            let call = Call {
                surface,
                path: uri.path().to_owned(),
                query: uri.query().unwrap_or_default().to_owned(),
                headers,
                body,
            };
            let answer = with_trace(&operation_id, answer(call)).await;
            reply(answer, uri.path(), &operation_id, started)
        },
    )
}

/// A handler that knows who asks.
fn route<Req, Resp, F, Fut>(handler: F) -> MethodRouter<Arc<Surface>>
where
    Req: DeserializeOwned + Send + 'static,
    Resp: Serialize,
    F: Fn(Arc<Surface>, Caller, Req) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<Resp>> + Send,
{
    endpoint(move |call: Call| {
        let handler = handler.clone();
        async move {
            let caller = authenticate(&call.surface, &call.headers).await?;
            handler(call.surface, caller, parse(&call.body)?).await
        }
    })
}

/// What stands beside the body of a request.
struct Asked {
    operation_id: String,
    query: String,
}

/// A handler that knows who asks, and what stands beside the body.
fn asked_route<Req, Resp, F, Fut>(handler: F) -> MethodRouter<Arc<Surface>>
where
    Req: DeserializeOwned + Send + 'static,
    Resp: Serialize,
    F: Fn(Arc<Surface>, Caller, Asked, Req) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<Resp>> + Send,
{
    endpoint(move |call: Call| {
        let handler = handler.clone();
        async move {
            let caller = authenticate(&call.surface, &call.headers).await?;
            let asked = Asked {
                operation_id: header_text(&call.headers, "operationID").to_owned(),
                query: call.query,
            };
            handler(call.surface, caller, asked, parse(&call.body)?).await
        }
    })
}

/// A handler for clients that speak JSON or protobuf: who asks in protobuf gets `data` as the base64 of protobuf.
fn dual_route<Req, Resp, F, Fut>(handler: F) -> MethodRouter<Arc<Surface>>
where
    Req: DeserializeOwned + Message + Default + 'static,
    Resp: Serialize + Message,
    F: Fn(Arc<Surface>, Caller, Req) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<Resp>> + Send,
{
    endpoint(move |call: Call| {
        let handler = handler.clone();
        async move {
            let caller = authenticate(&call.surface, &call.headers).await?;
            if header_text(&call.headers, "content-type").starts_with("application/x-protobuf") {
                let request =
                    Req::decode(call.body).map_err(|error| Refusal::args(error.to_string()))?;
                let data = handler(call.surface, caller, request).await?;
                Ok(Either::Protobuf(STANDARD.encode(data.encode_to_vec())))
            } else {
                let data = handler(call.surface, caller, parse(&call.body)?).await?;
                Ok(Either::Json(data))
            }
        }
    })
}

/// The data of an answer in the language of its request.
#[derive(Serialize)]
#[serde(untagged)]
enum Either<T> {
    Json(T),
    Protobuf(String),
}

/// A handler that anybody may call.
fn open_route<Req, Resp, F, Fut>(handler: F) -> MethodRouter<Arc<Surface>>
where
    Req: DeserializeOwned + Send + 'static,
    Resp: Serialize,
    F: Fn(Arc<Surface>, Req) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<Resp>> + Send,
{
    endpoint(move |call: Call| {
        let handler = handler.clone();
        async move {
            check_operation_id(&call.headers)?;
            handler(call.surface, parse(&call.body)?).await
        }
    })
}

async fn authenticate(surface: &Surface, headers: &HeaderMap) -> Answer<Caller> {
    check_operation_id(headers)?;
    let token = header_text(headers, "token");
    if token.is_empty() {
        return Err(Refusal::args("header must have token"));
    }
    surface.tokens.authenticate(&surface.domain, token).await
}

fn check_operation_id(headers: &HeaderMap) -> Answer<()> {
    if header_text(headers, "operationID").is_empty() {
        return Err(Refusal::args("header must have operationID"));
    }
    Ok(())
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Reads a body. The SDKs write `null` for what is empty, so nulls are taken out first; an absent body is an empty
/// object.
fn parse<Req: DeserializeOwned>(body: &[u8]) -> Answer<Req> {
    let mut value = match body {
        [] => Value::Object(serde_json::Map::new()),
        body => serde_json::from_slice(body).map_err(|error| Refusal::args(error.to_string()))?,
    };
    if !value.is_object() {
        return Err(Refusal::args("the body must be a JSON object"));
    }
    drop_nulls(&mut value);
    serde_json::from_value(value).map_err(|error| Refusal::args(error.to_string()))
}

/// Recursion is bounded by that of the JSON parser, which refuses more than 128 levels.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn reply<T: Serialize>(
    answer: Answer<T>,
    path: &str,
    operation_id: &str,
    started: Instant,
) -> Response {
    let duration = started.elapsed();
    let code = answer.as_ref().err().map_or(0, |refusal| refusal.code);
    tracing::debug!(
        route = path,
        operation_id,
        code,
        duration_ms = duration.as_secs_f64() * 1000.0,
        "openim request"
    );
    // An answer without members has no `data` at all; `()` is how a handler says so.
    let body = match answer.map(|data| serde_json::to_value(data)) {
        Ok(Ok(Value::Null)) => {
            serde_json::to_vec(&Reply::<()>::bare(0, String::new(), String::new()))
        }
        Ok(Ok(data)) => serde_json::to_vec(&Reply::ok(data)),
        Ok(Err(error)) => Err(error),
        Err(refusal) => serde_json::to_vec(&Reply::<()>::bare(
            refusal.code,
            refusal.name().to_owned(),
            refusal.detail,
        )),
    };
    match body {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The CORS headers of the original, on every answer; any OPTIONS is answered here.
async fn cors(request: Request<axum::body::Body>, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        (
            [(header::CONTENT_TYPE, "application/json")],
            "\"Options Request!\"",
        )
            .into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in CORS_HEADERS {
        response.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

const CORS_HEADERS: [(&str, &str); 6] = [
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "*"),
    ("access-control-allow-headers", "*"),
    (
        "access-control-expose-headers",
        "Content-Length, Access-Control-Allow-Origin, Access-Control-Allow-Headers,Cache-Control,Content-Language,Content-Type,Expires,Last-Modified,Pragma,FooBar",
    ),
    ("access-control-max-age", "172800"),
    ("access-control-allow-credentials", "false"),
];

/// What is answered to a client that may know an ordered list of ids already: that it does, or the list. Known clients
/// send 0, which names no list.
fn equal_or_listed<T: ToString>(known: u64, ids: &[T]) -> (bool, Vec<String>) {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    if known != 0 && known == crate::convert::id_hash(&ids) {
        (true, Vec::new())
    } else {
        (false, ids)
    }
}

/// A body without members.
#[derive(serde::Deserialize)]
struct Empty {}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::openim::rest::conversation::SetConversationsRequest;

    #[test]
    fn nulls_read_as_absent_everywhere() {
        let body =
            br#"{"userIDs":null,"conversation":{"conversationType":1,"isPinned":true,"ex":null}}"#;
        let request: SetConversationsRequest = parse(body).expect("valid");
        assert!(request.user_ids.is_empty());
        let conversation = request.conversation.expect("there");
        assert_eq!(
            (conversation.is_pinned, conversation.ex),
            (Some(true), None)
        );
    }

    #[test]
    fn what_is_not_an_object_is_an_argument_error() {
        for body in [
            &b"[]"[..],
            b"1",
            b"{",
            b"null",
            &[0xff, 0xfe],
            "[".repeat(100_000).as_bytes(),
        ] {
            assert_eq!(
                parse::<Empty>(body).err().map(|refusal| refusal.code),
                Some(1001)
            );
        }
        assert!(parse::<Empty>(b"").is_ok() && parse::<Empty>(br#"{"x":1}"#).is_ok());
    }
}
