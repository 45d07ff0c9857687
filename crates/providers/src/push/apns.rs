//! Apple's push service over HTTP/2, with token authentication: one JWT for all requests, made anew before it expires.
//! It wants a JWT that is at most an hour old and not a new one more often than every twenty minutes.

use std::time::Duration;

use domain::push::{PushNote, PushOutcome, PushProvider, PushToken};
use domain::time::{Clock, Millis};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use reqwest::{Client, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

use super::{BadPushSettings, body, client, is_passing, retry_after, unanswered};

const PRODUCTION: &str = "https://api.push.apple.com";
const SANDBOX: &str = "https://api.sandbox.push.apple.com";

/// How old a JWT gets.
const JWT_LIFE_MS: Millis = 45 * 60 * 1000;

/// The longest collapse id in bytes.
const COLLAPSE_BYTES_MAX: usize = 64;

/// Streams wait for room on the connection; a ping that is not answered in this time ends it.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct ApnsSettings {
    /// The key file (`AuthKey_….p8`), PEM.
    pub key_pem: String,
    pub key_id: String,
    pub team_id: String,
    /// The application's bundle id, for tokens that name none.
    pub topic: String,
    pub production_url: String,
    pub sandbox_url: String,
}

impl ApnsSettings {
    /// For Apple's own hosts.
    pub fn new(key_pem: String, key_id: String, team_id: String, topic: String) -> Self {
        Self {
            key_pem,
            key_id,
            team_id,
            topic,
            production_url: PRODUCTION.to_owned(),
            sandbox_url: SANDBOX.to_owned(),
        }
    }
}

pub struct Apns {
    client: Client,
    clock: Arc<dyn Clock>,
    key: EncodingKey,
    settings: ApnsSettings,
    jwt: Mutex<Option<Jwt>>,
}

#[derive(Clone)]
struct Jwt {
    text: String,
    made_at: Millis,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
}

/// What is in an answer that is not 200.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    reason: String,
    /// With 410: since when the device has been gone.
    timestamp: Millis,
}

impl Apns {
    pub fn new(settings: ApnsSettings, clock: Arc<dyn Clock>) -> Result<Self, BadPushSettings> {
        let key = EncodingKey::from_ec_pem(settings.key_pem.as_bytes()).map_err(|error| {
            BadPushSettings::new("the APNs key is not the text of a .p8 file", error)
        })?;
        let mut builder = client().http2_keep_alive_timeout(PING_TIMEOUT);
        if settings.production_url.starts_with("http:") {
            // Without TLS nothing says that the other side speaks HTTP/2.
            builder = builder.http2_prior_knowledge();
        }
        let client = builder
            .build()
            .map_err(|error| BadPushSettings::new("no client for APNs", error))?;
        let apns = Self {
            client,
            clock,
            key,
            settings,
            jwt: Mutex::default(),
        };
        apns.jwt(None)
            .map_err(|error| BadPushSettings::new("the APNs key cannot sign", error))?;
        Ok(apns)
    }

    pub(super) async fn send(&self, token: &PushToken, note: &PushNote) -> PushOutcome {
        let mut expired = None;
        loop {
            let jwt = match self.jwt(expired.as_deref()) {
                Ok(jwt) => jwt,
                Err(error) => return PushOutcome::Refused(error.to_string()),
            };
            let response = match self.request(token, note, &jwt).await {
                Ok(response) => response,
                Err(error) => return unanswered(error),
            };
            if response.status() == StatusCode::OK {
                return PushOutcome::Delivered;
            }
            let status = response.status();
            let after_ms = retry_after(&response);
            let refusal: Refusal =
                serde_json::from_slice(&body(response).await).unwrap_or_default();
            if refusal.reason == "ExpiredProviderToken" && expired.is_none() {
                // Our clock and theirs disagree, or this machine slept.
                expired = Some(jwt);
                continue;
            }
            return outcome(token, status, after_ms, refusal);
        }
    }

    async fn request(
        &self,
        token: &PushToken,
        note: &PushNote,
        jwt: &str,
    ) -> reqwest::Result<Response> {
        let host = match token.provider {
            PushProvider::ApnsSandbox => &self.settings.sandbox_url,
            PushProvider::Apns | PushProvider::Fcm | PushProvider::WebPush => {
                &self.settings.production_url
            }
        };
        let topic = match token.app_id.as_str() {
            "" => &self.settings.topic,
            own => own,
        };
        self.client
            .post(format!("{host}/3/device/{}", token.address))
            .bearer_auth(jwt)
            .header("apns-topic", topic)
            .header("apns-push-type", "alert")
            .header("apns-priority", "10")
            .header("apns-expiration", (note.expires_at / 1000).to_string())
            .header("apns-collapse-id", collapse_id(note.conversation.as_str()))
            .json(&payload(note))
            .send()
            .await
    }

    /// The JWT that all requests share; a new one if it is old, or if it is the one that was refused.
    fn jwt(&self, refused: Option<&str>) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.clock.now();
        let mut kept = self.jwt.lock();
        if let Some(jwt) = kept.as_ref()
            && (0..JWT_LIFE_MS).contains(&(now - jwt.made_at))
            && refused != Some(jwt.text.as_str())
        {
            return Ok(jwt.text.clone());
        }
        let header = Header {
            kid: Some(self.settings.key_id.clone()),
            typ: None,
            ..Header::new(Algorithm::ES256)
        };
        let claims = Claims {
            iss: &self.settings.team_id,
            iat: now / 1000,
        };
        let text = jsonwebtoken::encode(&header, &claims, &self.key)?;
        *kept = Some(Jwt {
            text: text.clone(),
            made_at: now,
        });
        Ok(text)
    }
}

fn payload(note: &PushNote) -> Value {
    let mut aps = json!({
        "alert": {"title": note.title, "body": note.text},
        "sound": note.sound.as_deref().unwrap_or("default"),
        "thread-id": note.conversation.as_str(),
        // So that the application's extension may fetch a picture or decrypt.
        "mutable-content": 1,
    });
    if let Some(badge) = note.badge {
        aps["badge"] = badge.into();
    }
    let mut payload = note.data.clone();
    payload.insert("aps".to_owned(), aps);
    Value::Object(payload)
}

/// Notes of one conversation have the same; a name that is too long or would not fit into a header is replaced by its
/// hash.
pub(super) fn collapse_id(conversation: &str) -> String {
    let fits = conversation.len() <= COLLAPSE_BYTES_MAX
        && conversation.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        return conversation.to_owned();
    }
    let hash = Sha256::digest(conversation);
    hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn outcome(
    token: &PushToken,
    status: StatusCode,
    after_ms: Millis,
    refusal: Refusal,
) -> PushOutcome {
    let reason = format!("APNs: {} {}", status.as_u16(), refusal.reason);
    match status {
        // Registered anew since then: the device is there.
        StatusCode::GONE if refusal.timestamp > 0 && refusal.timestamp < token.created_at => {
            PushOutcome::Retry { after_ms, reason }
        }
        StatusCode::GONE => PushOutcome::Gone,
        StatusCode::BAD_REQUEST if refusal.reason == "BadDeviceToken" => PushOutcome::Gone,
        status if is_passing(status) => PushOutcome::Retry { after_ms, reason },
        _ => PushOutcome::Refused(reason),
    }
}
