//! Web Push, against a push service that checks the signature and a browser that decrypts.

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{Aead, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::PushSender;
use domain::push::{PushOutcome, PushProvider, PushToken};
use hkdf::Hkdf;
use jsonwebtoken::{Algorithm, DecodingKey};
use p256::PublicKey;
use p256::ecdh::diffie_hellman;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use providers::push::{Pusher, VapidKey, WebPush, WebPushSettings};
use serde_json::{Value, json};
use sha2::Sha256;
use testkit::BEGIN;

use crate::loopback::{Answer, Loopback, answer};
use crate::push::{clock, ec_key, note, token, verified};

const AUTH: [u8; 16] = *b"sixteen bytes ok";
const BROWSER: u8 = 5;

fn pusher(key: &VapidKey, allow_internal: bool) -> Pusher {
    let settings = WebPushSettings {
        key: key.clone(),
        subject: Some("mailto:ops@example.com".into()),
        allow_internal,
    };
    let web_push = WebPush::new(settings, clock()).unwrap();
    Pusher::new(None, None, Some(web_push)).unwrap()
}

fn subscription(endpoint: &str) -> PushToken {
    let public = ec_key(BROWSER).public_key().to_encoded_point(false);
    let keys = json!({
        "p256dh": URL_SAFE_NO_PAD.encode(public.as_bytes()),
        "auth": URL_SAFE_NO_PAD.encode(AUTH),
    });
    PushToken {
        secret: keys.to_string(),
        ..token(PushProvider::WebPush, endpoint)
    }
}

/// What the browser reads, by the receiver's half of RFC 8291.
fn decrypted(body: &[u8]) -> Value {
    let (salt, rest) = body.split_at(16);
    let (record_bytes, rest) = rest.split_at(4);
    assert_eq!(record_bytes, 4096_u32.to_be_bytes());
    assert_eq!(rest[0], 65);
    let (theirs, sealed) = rest[1..].split_at(65);
    let browser = ec_key(BROWSER);
    let ours = browser.public_key().to_encoded_point(false);
    let shared = diffie_hellman(
        browser.to_nonzero_scalar(),
        PublicKey::from_sec1_bytes(theirs).unwrap().as_affine(),
    );
    let mut input = [0; 32];
    let info = [b"WebPush: info\0", ours.as_bytes(), theirs].concat();
    Hkdf::<Sha256>::new(Some(&AUTH), shared.raw_secret_bytes())
        .expand(&info, &mut input)
        .unwrap();
    let derived = Hkdf::<Sha256>::new(Some(salt), &input);
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    derived
        .expand(b"Content-Encoding: aes128gcm\0", &mut key)
        .unwrap();
    derived
        .expand(b"Content-Encoding: nonce\0", &mut nonce)
        .unwrap();
    let mut plain = Aes128Gcm::new(&key.into())
        .decrypt(&nonce.into(), sealed)
        .unwrap();
    assert_eq!(plain.pop(), Some(2), "the last record");
    serde_json::from_slice(&plain).unwrap()
}

#[tokio::test]
async fn a_browser_reads_what_was_sent_and_the_service_knows_who_sends() {
    let service = Loopback::start().await;
    service.then(answer(201, ""));
    let key = VapidKey::generate().unwrap();
    let pusher = pusher(&key, true);
    let endpoint = format!("{}/wpush/v2/abc", service.url);
    assert_eq!(
        pusher.send(&subscription(&endpoint), &note()).await,
        PushOutcome::Delivered
    );
    let seen = service.take().remove(0);
    assert_eq!(seen.path, "/wpush/v2/abc");
    for (name, value) in [
        ("ttl", "60"),
        ("urgency", "high"),
        ("content-encoding", "aes128gcm"),
    ] {
        assert_eq!(seen.header(name), value, "{name}");
    }
    assert_eq!(seen.header("topic").len(), 32, "RFC 8030 allows no more");
    assert_eq!(
        decrypted(&seen.body),
        json!({
            "title": "Alice", "body": "hello 嗨", "tag": "si_alice_bob", "timestamp": BEGIN,
            "data": {"conversationID": "si_alice_bob", "seq": 9},
        })
    );

    let (jwt, public) = seen
        .header("authorization")
        .strip_prefix("vapid t=")
        .unwrap()
        .split_once(", k=")
        .unwrap();
    assert_eq!(pusher.web_push_key().as_deref(), Some(public));
    let point = URL_SAFE_NO_PAD.decode(public).unwrap();
    assert_eq!(
        (point.len(), point[0]),
        (65, 4),
        "what browsers subscribe with"
    );
    let part = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let verifier =
        DecodingKey::from_ec_components(&part(&point[1..33]), &part(&point[33..])).unwrap();
    let (claims, _) = verified(jwt, Algorithm::ES256, &verifier);
    assert_eq!(
        claims,
        json!({"aud": service.url, "exp": BEGIN / 1000 + 12 * 60 * 60, "sub": "mailto:ops@example.com"})
    );
}

#[tokio::test]
async fn what_the_service_answers_decides_what_becomes_of_the_subscription() {
    let service = Loopback::start().await;
    let pusher = pusher(&VapidKey::generate().unwrap(), true);
    let busy = Answer {
        retry_after: Some("120"),
        ..answer(429, "")
    };
    let retry = |after_ms, reason: &str| PushOutcome::Retry {
        after_ms,
        reason: reason.into(),
    };
    for (answer, expected) in [
        (answer(404, ""), PushOutcome::Gone),
        (answer(410, ""), PushOutcome::Gone),
        (busy, retry(120_000, "Web Push: 429")),
        (answer(502, ""), retry(0, "Web Push: 502")),
        (
            answer(403, ""),
            PushOutcome::Refused("Web Push: 403".into()),
        ),
        (
            answer(302, ""),
            PushOutcome::Refused("Web Push: 302".into()),
        ),
    ] {
        service.then(answer.clone());
        let outcome = pusher.send(&subscription(&service.url), &note()).await;
        assert_eq!(outcome, expected, "{}", answer.status);
    }
}

#[tokio::test]
async fn an_endpoint_inside_is_not_called() {
    let service = Loopback::start().await;
    let pusher = pusher(&VapidKey::generate().unwrap(), false);
    let port = service.url.rsplit(':').next().unwrap();
    for endpoint in [
        service.url.clone(),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::1]:{port}/"),
        "https://169.254.169.254/latest/meta-data".into(),
        "no address at all".into(),
    ] {
        assert_eq!(
            pusher.send(&subscription(&endpoint), &note()).await,
            PushOutcome::Gone,
            "{endpoint}"
        );
    }
    // A name is only known to lead inside when it is resolved.
    let by_name = pusher
        .send(
            &subscription(&format!("https://localhost:{port}/")),
            &note(),
        )
        .await;
    assert!(matches!(by_name, PushOutcome::Retry { .. }), "{by_name:?}");
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_subscription_without_keys_is_of_no_use() {
    let service = Loopback::start().await;
    let pusher = pusher(&VapidKey::generate().unwrap(), true);
    let broken = PushToken {
        secret: r#"{"p256dh":"AAAA","auth":"AAAA"}"#.into(),
        ..subscription(&service.url)
    };
    assert_eq!(pusher.send(&broken, &note()).await, PushOutcome::Gone);
    assert_eq!(service.connections(), 0);
}

#[test]
fn a_key_is_read_back_from_its_text() {
    let key = VapidKey::generate().unwrap();
    let same = VapidKey::read(&key.private_text()).unwrap();
    assert_eq!(same.public_text(), key.public_text());
    assert_ne!(
        VapidKey::generate().unwrap().public_text(),
        key.public_text()
    );
    for bad in ["", "AAAA", "not base64!", &"A".repeat(43)] {
        assert!(VapidKey::read(bad).is_err(), "{bad}");
    }
}
