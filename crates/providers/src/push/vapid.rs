//! The key that a server identifies itself with to the push services of browsers (RFC 8292).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use serde::Serialize;

use super::BadPushSettings;

/// How long a signed claim holds; at most a day is allowed.
const CLAIM_LIFE_S: i64 = 12 * 60 * 60;

/// A P-256 key. Browsers bind their subscriptions to its public half, so changing it ends them.
#[derive(Clone)]
pub struct VapidKey {
    secret: SecretKey,
    signing: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
}

impl VapidKey {
    /// Reads the private key as it is written in configurations: 32 bytes in the base64 of URLs.
    pub fn read(text: &str) -> Result<Self, BadPushSettings> {
        let wrong = |error: &dyn std::fmt::Display| {
            BadPushSettings::new("the VAPID private key is not 32 bytes in base64url", error)
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim().trim_end_matches('='))
            .map_err(|error| wrong(&error))?;
        let secret = SecretKey::from_slice(&bytes).map_err(|error| wrong(&error))?;
        Self::new(secret)
    }

    /// A new key.
    pub fn generate() -> Result<Self, BadPushSettings> {
        Self::new(random_key()?)
    }

    fn new(secret: SecretKey) -> Result<Self, BadPushSettings> {
        let der = secret
            .to_pkcs8_der()
            .map_err(|error| BadPushSettings::new("the VAPID key", error))?;
        Ok(Self {
            signing: EncodingKey::from_ec_der(der.as_bytes()),
            secret,
        })
    }

    /// The private key, for the configuration.
    pub fn private_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret.to_bytes())
    }

    /// The public key, as browsers want it.
    pub fn public_text(&self) -> String {
        let point = self.secret.public_key().to_encoded_point(false);
        URL_SAFE_NO_PAD.encode(point.as_bytes())
    }

    /// The header that proves to the push service at `origin` who calls.
    pub(super) fn authorization(
        &self,
        origin: &str,
        subject: Option<&str>,
        now_s: i64,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            aud: origin,
            exp: now_s + CLAIM_LIFE_S,
            sub: subject,
        };
        let jwt = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &self.signing)?;
        Ok(format!("vapid t={jwt}, k={}", self.public_text()))
    }
}

/// A secret key from the system's randomness. Nearly every 32 bytes are one.
pub(super) fn random_key() -> Result<SecretKey, BadPushSettings> {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| BadPushSettings::new("no randomness", error))?;
        if let Ok(key) = SecretKey::from_slice(&bytes) {
            return Ok(key);
        }
    }
}
