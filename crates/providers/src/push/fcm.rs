//! Firebase Cloud Messaging, HTTP v1. A service account signs an assertion, Google's token endpoint gives an access
//! token for it, and that is used until shortly before it expires.

use std::sync::Arc;

use domain::push::{PushNote, PushOutcome, PushToken};
use domain::time::{Clock, Millis};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Client, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::apns::collapse_id;
use super::{BadPushSettings, body, client, is_passing, retry_after, unanswered};

const API: &str = "https://fcm.googleapis.com";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const ASSERTION_LIFE_S: i64 = 60 * 60;

/// An access token is replaced this long before it expires.
const RENEW_BEFORE_MS: Millis = 5 * 60 * 1000;

#[derive(Clone)]
pub struct FcmSettings {
    /// The service account's key file, JSON.
    pub service_account: String,
    pub api_url: String,
}

impl FcmSettings {
    /// For Google's own host; the token endpoint is in the key file.
    pub fn new(service_account: String) -> Self {
        Self {
            service_account,
            api_url: API.to_owned(),
        }
    }
}

pub struct Fcm {
    client: Client,
    clock: Arc<dyn Clock>,
    account: ServiceAccount,
    key: EncodingKey,
    send_url: String,
    /// Held while a token is fetched, so that it is fetched once.
    access: Mutex<Option<Access>>,
}

#[derive(Deserialize)]
struct ServiceAccount {
    project_id: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    token_uri: String,
}

#[derive(Clone)]
struct Access {
    token: String,
    renew_at: Millis,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
}

impl Fcm {
    pub fn new(settings: FcmSettings, clock: Arc<dyn Clock>) -> Result<Self, BadPushSettings> {
        let account: ServiceAccount =
            serde_json::from_str(&settings.service_account).map_err(|error| {
                BadPushSettings::new("the FCM service account is not its JSON key file", error)
            })?;
        let key = EncodingKey::from_rsa_pem(account.private_key.as_bytes()).map_err(|error| {
            BadPushSettings::new("the private_key of the FCM service account", error)
        })?;
        let client = client()
            .build()
            .map_err(|error| BadPushSettings::new("no client for FCM", error))?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
        if account.project_id.is_empty() || !account.project_id.chars().all(is_name) {
            return Err(BadPushSettings(
                "the project_id of the FCM service account is no name".to_owned(),
            ));
        }
        let send_url = format!(
            "{}/v1/projects/{}/messages:send",
            settings.api_url, account.project_id
        );
        Ok(Self {
            client,
            clock,
            account,
            key,
            send_url,
            access: Mutex::default(),
        })
    }

    pub(super) async fn send(&self, token: &PushToken, note: &PushNote) -> PushOutcome {
        let mut refused = None;
        loop {
            let access = match self.access(refused.as_deref()).await {
                Ok(access) => access,
                Err(outcome) => return outcome,
            };
            let request = self
                .client
                .post(&self.send_url)
                .bearer_auth(&access)
                .json(&message(token, note, self.clock.now()));
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) => return unanswered(error),
            };
            match response.status() {
                StatusCode::OK => return PushOutcome::Delivered,
                // Withdrawn before its time.
                StatusCode::UNAUTHORIZED if refused.is_none() => refused = Some(access),
                _ => return outcome(response).await,
            }
        }
    }

    /// An access token; another one than `refused`.
    async fn access(&self, refused: Option<&str>) -> Result<String, PushOutcome> {
        let mut kept = self.access.lock().await;
        let now = self.clock.now();
        if let Some(access) = kept.as_ref()
            && now < access.renew_at
            && refused != Some(access.token.as_str())
        {
            return Ok(access.token.clone());
        }
        let assertion = self
            .assertion(now / 1000)
            .map_err(|error| PushOutcome::Refused(error.to_string()))?;
        let request = self.client.post(&self.account.token_uri).form(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &assertion),
        ]);
        let response = request.send().await.map_err(unanswered)?;
        let (status, after_ms) = (response.status(), retry_after(&response));
        if status != StatusCode::OK {
            let reason = format!("FCM: the token endpoint answered {}", status.as_u16());
            return Err(if is_passing(status) {
                PushOutcome::Retry { after_ms, reason }
            } else {
                PushOutcome::Refused(reason)
            });
        }
        let granted: Granted =
            serde_json::from_slice(&body(response).await).map_err(|_| PushOutcome::Retry {
                after_ms: 0,
                reason: "FCM: the token endpoint's answer could not be read".to_owned(),
            })?;
        let life_ms = granted.expires_in.clamp(0, ASSERTION_LIFE_S) * 1000;
        *kept = Some(Access {
            token: granted.access_token.clone(),
            renew_at: now + (life_ms - RENEW_BEFORE_MS).max(life_ms / 2),
        });
        Ok(granted.access_token)
    }

    fn assertion(&self, now_s: i64) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header {
            kid: Some(self.account.private_key_id.clone()),
            ..Header::new(Algorithm::RS256)
        };
        let claims = Claims {
            iss: &self.account.client_email,
            scope: SCOPE,
            aud: &self.account.token_uri,
            iat: now_s,
            exp: now_s + ASSERTION_LIFE_S,
        };
        jsonwebtoken::encode(&header, &claims, &self.key)
    }
}

/// The request: a notification for the system to show, and what the application needs beside it. Data is texts only.
fn message(token: &PushToken, note: &PushNote, now: Millis) -> Value {
    let data: Map<String, Value> = note
        .data
        .iter()
        .map(|(name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text.into())
        })
        .collect();
    let collapse = collapse_id(note.conversation.as_str());
    let sound = note.sound.as_deref().unwrap_or("default");
    let mut aps =
        json!({"sound": sound, "thread-id": note.conversation.as_str(), "mutable-content": 1});
    if let Some(badge) = note.badge {
        aps["badge"] = badge.into();
    }
    let ttl_s = ((note.expires_at - now) / 1000).max(0);
    json!({"message": {
        "token": token.address,
        "notification": {"title": note.title, "body": note.text},
        "data": data,
        "android": {
            "collapse_key": collapse,
            "priority": "HIGH",
            "ttl": format!("{ttl_s}s"),
            "notification": {"tag": collapse, "sound": sound},
        },
        "apns": {
            "headers": {
                "apns-collapse-id": collapse,
                "apns-expiration": (note.expires_at / 1000).to_string(),
                "apns-priority": "10",
            },
            "payload": {"aps": aps},
        },
    }})
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure {
    error: FailureBody,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FailureBody {
    status: String,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    error_code: String,
    field_violations: Vec<Violation>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Violation {
    field: String,
}

async fn outcome(response: Response) -> PushOutcome {
    let (status, after_ms) = (response.status(), retry_after(&response));
    let failure: Failure = serde_json::from_slice(&body(response).await).unwrap_or_default();
    let details = &failure.error.details;
    let code = details
        .iter()
        .map(|detail| detail.error_code.as_str())
        .find(|code| !code.is_empty())
        .unwrap_or(&failure.error.status);
    let reason = format!("FCM: {} {code}", status.as_u16());
    let is_token_wrong = details
        .iter()
        .flat_map(|detail| &detail.field_violations)
        .any(|violation| violation.field == "message.token");
    match code {
        "UNREGISTERED" => PushOutcome::Gone,
        "INVALID_ARGUMENT" if is_token_wrong => PushOutcome::Gone,
        _ if is_passing(status) => PushOutcome::Retry { after_ms, reason },
        _ => PushOutcome::Refused(reason),
    }
}
