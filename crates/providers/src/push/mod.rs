//! Offline push: Apple's service (`apns.rs`), Google's (`fcm.rs`) and Web Push (`web_push.rs`, `encryption.rs`). Each
//! turns one note into one request and the answer into an outcome. Connections are kept and shared; how many requests
//! are on the way at a time is bounded here.

mod apns;
mod encryption;
mod fcm;
mod vapid;
mod web_push;

pub use apns::{Apns, ApnsSettings};
pub use fcm::{Fcm, FcmSettings};
pub use vapid::VapidKey;
pub use web_push::{WebPush, WebPushSettings};

use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::ports::PushSender;
use domain::push::{PushNote, PushOutcome, PushProvider, PushToken};
use domain::time::Millis;
use metrics::{counter, histogram};
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use tokio::sync::Semaphore;

/// Requests on the way at the same time, all services together. More wait.
const REQUESTS_MAX: usize = 256;

/// How long a service may take to answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Apple asks for connections to be kept; a ping shows in time that one is dead.
const PING_EVERY: Duration = Duration::from_secs(60);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// The longest answer that is read; they are a few hundred bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What a push service's configuration is wrong about.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadPushSettings(String);

impl BadPushSettings {
    fn new(what: &str, error: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}

/// The push services that are configured.
pub struct Pusher {
    apns: Option<Apns>,
    fcm: Option<Fcm>,
    web_push: Option<WebPush>,
    room: Semaphore,
}

impl Pusher {
    /// `None` if no service is configured.
    pub fn new(apns: Option<Apns>, fcm: Option<Fcm>, web_push: Option<WebPush>) -> Option<Self> {
        let is_any = apns.is_some() || fcm.is_some() || web_push.is_some();
        is_any.then(|| Self {
            apns,
            fcm,
            web_push,
            room: Semaphore::new(REQUESTS_MAX),
        })
    }

    async fn dispatch(&self, token: &PushToken, note: &PushNote) -> PushOutcome {
        let unserved =
            || PushOutcome::Refused(format!("{} is not configured", token.provider.name()));
        match token.provider {
            PushProvider::Apns | PushProvider::ApnsSandbox => match &self.apns {
                Some(apns) => apns.send(token, note).await,
                None => unserved(),
            },
            PushProvider::Fcm => match &self.fcm {
                Some(fcm) => fcm.send(token, note).await,
                None => unserved(),
            },
            PushProvider::WebPush => match &self.web_push {
                Some(web_push) => web_push.send(token, note).await,
                None => unserved(),
            },
        }
    }
}

#[async_trait]
impl PushSender for Pusher {
    fn serves(&self, provider: PushProvider) -> bool {
        match provider {
            PushProvider::Apns | PushProvider::ApnsSandbox => self.apns.is_some(),
            PushProvider::Fcm => self.fcm.is_some(),
            PushProvider::WebPush => self.web_push.is_some(),
        }
    }

    fn web_push_key(&self) -> Option<String> {
        self.web_push.as_ref().map(WebPush::public_key)
    }

    async fn send(&self, token: &PushToken, note: &PushNote) -> PushOutcome {
        // The semaphore is never closed.
        let _room = self.room.acquire().await;
        let started = Instant::now();
        let outcome = self.dispatch(token, note).await;
        let provider = token.provider.name();
        histogram!("switchboard_push_seconds", "provider" => provider).record(started.elapsed());
        let result = match &outcome {
            PushOutcome::Delivered => "delivered",
            PushOutcome::Gone => "gone",
            PushOutcome::Retry { .. } => "retry",
            PushOutcome::Refused(_) => "refused",
        };
        counter!("switchboard_pushes_total", "provider" => provider, "result" => result)
            .increment(1);
        if let PushOutcome::Refused(reason) = &outcome {
            tracing::warn!(provider, reason, "a push service refused a note");
        }
        outcome
    }
}

/// What all clients of push services have in common.
fn client() -> ClientBuilder {
    Client::builder()
        .user_agent("Switchboard")
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .http2_keep_alive_interval(PING_EVERY)
}

/// How long the service wants to be left alone, if it says so in seconds.
fn retry_after(response: &Response) -> Millis {
    const DAY_S: i64 = 24 * 60 * 60;
    let header = response.headers().get(reqwest::header::RETRY_AFTER);
    let seconds = header.and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok());
    seconds.unwrap_or(0).clamp(0, DAY_S) * 1000
}

/// The answer's body, as far as it is worth reading.
async fn body(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < ANSWER_BYTES_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    body
}

/// A request that had no answer. The address stays out of it: it may name a device.
fn unanswered(error: reqwest::Error) -> PushOutcome {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        reason = format!("{reason}: {inner}");
        source = inner.source();
    }
    PushOutcome::Retry {
        after_ms: 0,
        reason,
    }
}

/// Whether an answer of this status may be another one later.
fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
        || status.is_server_error()
}
