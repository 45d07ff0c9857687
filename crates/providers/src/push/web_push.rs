//! Web Push (RFC 8030): a request to the address that the browser's subscription names, signed with our key
//! (RFC 8292), its body readable by that browser alone (RFC 8291). The address comes from a client, so it must be a
//! public one.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::push::{PushNote, PushOutcome, PushToken};
use domain::time::Clock;
use reqwest::{Client, StatusCode, Url};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::encryption::{SubscriptionKeys, encrypt};
use super::{BadPushSettings, VapidKey, client, is_passing, retry_after, unanswered};
use crate::addresses::{is_public_url, public_only};

#[derive(Clone)]
pub struct WebPushSettings {
    pub key: VapidKey,
    /// Whom the push services turn to: `mailto:…` or `https://…`. Some refuse who does not say.
    pub subject: Option<String>,
    /// Also calls addresses of this machine and of private networks, without TLS if they say so.
    pub allow_internal: bool,
}

pub struct WebPush {
    client: Client,
    clock: Arc<dyn Clock>,
    settings: WebPushSettings,
}

impl WebPush {
    pub fn new(settings: WebPushSettings, clock: Arc<dyn Clock>) -> Result<Self, BadPushSettings> {
        let client = if settings.allow_internal {
            client()
        } else {
            public_only(client())
        };
        let client = client
            .build()
            .map_err(|error| BadPushSettings::new("no client for Web Push", error))?;
        Ok(Self {
            client,
            clock,
            settings,
        })
    }

    pub(super) fn public_key(&self) -> String {
        self.settings.key.public_text()
    }

    pub(super) async fn send(&self, token: &PushToken, note: &PushNote) -> PushOutcome {
        let url = match Url::parse(&token.address) {
            Ok(url) if self.settings.allow_internal || is_public_url(&url) => url,
            // It will never be another one: the subscription is of no use.
            _ => return PushOutcome::Gone,
        };
        let Some(keys) = SubscriptionKeys::read(&token.secret) else {
            return PushOutcome::Gone;
        };
        let body = match encrypt(&keys, payload(note).as_bytes()) {
            Ok(body) => body,
            Err(error) => return PushOutcome::Refused(format!("Web Push: {error}")),
        };
        let now = self.clock.now();
        let origin = url.origin().ascii_serialization();
        let subject = self.settings.subject.as_deref();
        let authorization = match self
            .settings
            .key
            .authorization(&origin, subject, now / 1000)
        {
            Ok(authorization) => authorization,
            Err(error) => return PushOutcome::Refused(format!("Web Push: {error}")),
        };
        let request = self
            .client
            .post(url)
            .header("Authorization", authorization)
            .header("TTL", ((note.expires_at - now) / 1000).max(0).to_string())
            .header("Topic", topic(note.conversation.as_str()))
            .header("Urgency", "high")
            .header("Content-Encoding", "aes128gcm")
            .header("Content-Type", "application/octet-stream")
            .body(body);
        match request.send().await {
            Ok(response) => outcome(response.status(), retry_after(&response)),
            Err(error) => unanswered(error),
        }
    }
}

/// What the service worker of the web application gets.
fn payload(note: &PushNote) -> String {
    json!({
        "title": note.title,
        "body": note.text,
        "tag": note.conversation.as_str(),
        "timestamp": note.sent_at,
        "data": note.data,
    })
    .to_string()
}

/// Notes of one conversation replace each other while the browser is away: at most 32 characters of base64url.
fn topic(conversation: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(conversation)[..24])
}

fn outcome(status: StatusCode, after_ms: domain::time::Millis) -> PushOutcome {
    let reason = format!("Web Push: {}", status.as_u16());
    match status {
        status if status.is_success() => PushOutcome::Delivered,
        StatusCode::NOT_FOUND | StatusCode::GONE => PushOutcome::Gone,
        status if is_passing(status) => PushOutcome::Retry { after_ms, reason },
        _ => PushOutcome::Refused(reason),
    }
}
