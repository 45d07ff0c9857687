//! A server on a free port that writes down what it is asked and answers as it was told to; HTTP/1 and HTTP/2 without
//! TLS.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use parking_lot::Mutex;

pub struct Loopback {
    pub url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Seen>>,
    answers: Mutex<VecDeque<Answer>>,
    connections: Mutex<usize>,
}

pub struct Seen {
    pub version: Version,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<&'static str>,
    pub body: String,
}

pub fn answer(status: u16, body: impl Into<String>) -> Answer {
    Answer {
        status,
        retry_after: None,
        body: body.into(),
    }
}

impl Loopback {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let of_server = state.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = of_server.clone();
                *state.connections.lock() += 1;
                tokio::spawn(async move {
                    let service = service_fn(move |request| respond(state.clone(), request));
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, state }
    }

    /// The next request is answered by this; without one it is 200 and nothing more.
    pub fn then(&self, answer: Answer) {
        self.state.answers.lock().push_back(answer);
    }

    /// What was asked since the last time.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.seen.lock())
    }

    pub fn connections(&self) -> usize {
        *self.state.connections.lock()
    }
}

async fn respond(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    state.seen.lock().push(Seen {
        version: parts.version,
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body,
    });
    let next = state.answers.lock().pop_front();
    let next = next.unwrap_or_else(|| answer(200, ""));
    let mut response = Response::builder().status(next.status);
    if let Some(retry_after) = next.retry_after {
        response = response.header("Retry-After", retry_after);
    }
    Ok(response.body(Full::new(next.body.into())).unwrap())
}
