//! The request itself: one POST with a deadline, over connections that are kept, signed if there is a secret. The
//! status hardly matters and redirects are not followed; the answer is read up to a limit.

use std::sync::Arc;
use std::time::Duration;

use domain::time::Clock;
use hmac::{Hmac, Mac};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode, Url};
use sha2::Sha256;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::settings::{BadSettings, Settings, TIMEOUT_MAX};
use crate::addresses::public_only;

const CONTENT: &str = "application/json; charset=utf-8";
const OPERATION_ID: &str = "operationID";
const TIMESTAMP: &str = "X-Switchboard-Timestamp";
const SIGNATURE: &str = "X-Switchboard-Signature";
const DELIVERY: &str = "X-Switchboard-Delivery";

/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Requests under way at a time; one more waits, within its own deadline.
const REQUESTS_MAX: usize = 128;

/// Without an answer to that in time the server is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

pub(super) struct Post {
    client: Client,
    /// Ends with "/".
    url: String,
    secret: Option<String>,
    clock: Arc<dyn Clock>,
    room: Semaphore,
}

pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("no answer in time")]
    TimedOut,
    #[error("the answer is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    #[error("{0}")]
    Unreachable(String),
}

impl Answer {
    /// Whether an after-hook was taken. The original ignores the status; an answer in the protocol counts whatever the
    /// status, except when the server says that it failed.
    pub(super) fn is_taken(&self) -> bool {
        let is_spoken = || {
            serde_json::from_slice::<serde_json::Value>(&self.body)
                .is_ok_and(|answer| answer.is_object())
        };
        self.status.is_success() || (!self.status.is_server_error() && is_spoken())
    }
}

impl Post {
    pub(super) fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, BadSettings> {
        let url = Url::parse(&settings.url)
            .map_err(|error| BadSettings(format!("webhooks.url is no address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(BadSettings(
                "webhooks.url must begin with http:// or https://".to_owned(),
            ));
        }
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(REQUESTS_MAX)
            .no_proxy();
        let client = if settings.allow_internal {
            client
        } else {
            // An address in numbers is the operator's own word; a name could be led elsewhere by others.
            public_only(client)
        };
        let client = client
            .build()
            .map_err(|error| BadSettings(format!("no client for webhooks: {error}")))?;
        Ok(Self {
            client,
            url: format!("{}/", settings.url.trim_end_matches('/')),
            secret: settings.secret.clone(),
            clock,
            room: Semaphore::new(REQUESTS_MAX),
        })
    }

    /// Posts a body and reads the answer.
    pub(super) async fn send(
        &self,
        command: &str,
        body: String,
        trace: &str,
        delivery: Option<&str>,
        deadline: Duration,
    ) -> Result<Answer, Failure> {
        let exchange = self.exchange(command, body, trace, delivery);
        match timeout(deadline.min(TIMEOUT_MAX), exchange).await {
            Ok(answered) => answered,
            Err(_) => Err(Failure::TimedOut),
        }
    }

    async fn exchange(
        &self,
        command: &str,
        body: String,
        trace: &str,
        delivery: Option<&str>,
    ) -> Result<Answer, Failure> {
        let _room = self
            .room
            .acquire()
            .await
            .map_err(|error| Failure::Unreachable(error.to_string()))?;
        let mut request = self
            .client
            .post(format!("{}{command}", self.url))
            .header(CONTENT_TYPE, CONTENT)
            .header(OPERATION_ID, header_text(trace));
        if let Some(delivery) = delivery {
            request = request.header(DELIVERY, delivery);
        }
        if let Some(secret) = &self.secret {
            let timestamp = (self.clock.now() / 1000).to_string();
            request = request
                .header(SIGNATURE, signature(secret, &timestamp, &body))
                .header(TIMESTAMP, timestamp);
        }
        let mut response = request.body(body).send().await.map_err(failure)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body })
    }
}

/// `sha256=` and the HMAC of "timestamp.body" in hexadecimal digits.
fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let digest = mac.finalize().into_bytes();
    let mut text = String::from("sha256=");
    for byte in digest {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// A client's text as a header can carry it.
fn header_text(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).collect()
}

fn failure(error: reqwest::Error) -> Failure {
    if error.is_timeout() && !error.is_connect() {
        return Failure::TimedOut;
    }
    // The address may hold a password, so it is left out; the causes say enough.
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Failure::Unreachable(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_guide() {
        // printf '1700000000.{}\n' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            signature("secret", "1700000000", "{}\n"),
            "sha256=dc2e07c928691c3fdecbdca708e89415b4ad6f1c9ddb31cd2da8967da29cd435"
        );
    }

    #[test]
    fn an_answer_in_the_protocol_counts_whatever_the_status() {
        let answer = |status: u16, body: &str| Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            body: body.as_bytes().to_vec(),
        };
        for (status, body, expected) in [
            (200, "", true),
            (204, "garbage", true),
            (404, r#"{"actionCode":0}"#, true),
            (404, "not found", false),
            (302, "", false),
            (500, r#"{"actionCode":0}"#, false),
            (503, "", false),
        ] {
            assert_eq!(answer(status, body).is_taken(), expected, "{status} {body}");
        }
    }
}
