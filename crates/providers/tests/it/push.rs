//! What the push services' tests share: a note, tokens, keys, and the reading of JWTs.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::ids::{AccountKey, ConversationId, PushTokenKey};
use domain::push::{PushNote, PushProvider, PushToken};
use domain::sessions::Platform;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};
use testkit::{BEGIN, HandClock};

pub const TEN_MINUTES_MS: i64 = 10 * 60 * 1000;

pub fn clock() -> Arc<HandClock> {
    Arc::new(HandClock::at(BEGIN))
}

pub fn token(provider: PushProvider, address: &str) -> PushToken {
    PushToken {
        key: PushTokenKey(1),
        account: AccountKey(1),
        platform: Platform::Ios,
        session: None,
        provider,
        address: address.to_owned(),
        secret: String::new(),
        app_id: String::new(),
        created_at: BEGIN,
        used_at: BEGIN,
        expires_at: 0,
    }
}

pub fn note() -> PushNote {
    let data = json!({"conversationID": "si_alice_bob", "seq": 9});
    PushNote {
        title: "Alice".into(),
        text: "hello 嗨".into(),
        sound: None,
        badge: Some(3),
        conversation: ConversationId::parse("si_alice_bob").unwrap(),
        data: data.as_object().unwrap().clone(),
        sent_at: BEGIN,
        expires_at: BEGIN + 60_000,
    }
}

/// A P-256 key, the same every time.
pub fn ec_key(seed: u8) -> SecretKey {
    SecretKey::from_slice(&[seed; 32]).unwrap()
}

pub fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let label = "PRIVATE KEY";
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

pub fn ec_pem(key: &SecretKey) -> String {
    pem(key.to_pkcs8_der().unwrap().as_bytes())
}

/// The claims of a JWT that this key has signed, and its header.
pub fn verified(jwt: &str, algorithm: Algorithm, key: &DecodingKey) -> (Value, Value) {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Value>(jwt, key, &validation)
        .unwrap()
        .claims;
    let header = URL_SAFE_NO_PAD
        .decode(jwt.split('.').next().unwrap())
        .unwrap();
    (claims, serde_json::from_slice(&header).unwrap())
}

pub fn ec_verifier(key: &SecretKey) -> DecodingKey {
    let point = key.public_key().to_encoded_point(false);
    let part = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    DecodingKey::from_ec_components(&part(x), &part(y)).unwrap()
}
