//! Apple's service, against a server that speaks HTTP/2 and checks what Apple checks.

use std::sync::Arc;

use domain::ports::PushSender;
use domain::push::{PushOutcome, PushProvider};
use hyper::Version;
use jsonwebtoken::Algorithm;
use providers::push::{Apns, ApnsSettings, Pusher};
use serde_json::json;
use testkit::{BEGIN, HandClock};

use crate::loopback::{Answer, Loopback, answer};
use crate::push::{TEN_MINUTES_MS, clock, ec_key, ec_pem, ec_verifier, note, token, verified};

struct Setting {
    production: Loopback,
    sandbox: Loopback,
    clock: Arc<HandClock>,
    pusher: Pusher,
}

async fn setting() -> Setting {
    let (production, sandbox) = (Loopback::start().await, Loopback::start().await);
    let clock = clock();
    let settings = ApnsSettings {
        production_url: production.url.clone(),
        sandbox_url: sandbox.url.clone(),
        ..ApnsSettings::new(
            ec_pem(&ec_key(1)),
            "KEY1234567".into(),
            "TEAM123456".into(),
            "com.example.app".into(),
        )
    };
    let apns = Apns::new(settings, clock.clone()).unwrap();
    Setting {
        production,
        sandbox,
        clock,
        pusher: Pusher::new(Some(apns), None, None).unwrap(),
    }
}

fn retry(after_ms: i64, reason: &str) -> PushOutcome {
    PushOutcome::Retry {
        after_ms,
        reason: reason.into(),
    }
}

#[tokio::test]
async fn a_note_arrives_as_apple_wants_it() {
    let setting = setting().await;
    let outcome = setting
        .pusher
        .send(&token(PushProvider::Apns, "0a1b2c"), &note())
        .await;
    assert_eq!(outcome, PushOutcome::Delivered);
    let seen = setting.production.take().remove(0);
    assert_eq!(
        (seen.version, seen.path.as_str()),
        (Version::HTTP_2, "/3/device/0a1b2c")
    );
    for (name, value) in [
        ("apns-topic", "com.example.app"),
        ("apns-push-type", "alert"),
        ("apns-priority", "10"),
        ("apns-expiration", &((BEGIN + 60_000) / 1000).to_string()),
        ("apns-collapse-id", "si_alice_bob"),
    ] {
        assert_eq!(seen.header(name), value, "{name}");
    }
    let jwt = seen
        .header("authorization")
        .strip_prefix("Bearer ")
        .unwrap();
    let (claims, header) = verified(jwt, Algorithm::ES256, &ec_verifier(&ec_key(1)));
    assert_eq!(claims, json!({"iss": "TEAM123456", "iat": BEGIN / 1000}));
    assert_eq!(header, json!({"alg": "ES256", "kid": "KEY1234567"}));
    assert_eq!(
        seen.json(),
        json!({
            "aps": {
                "alert": {"title": "Alice", "body": "hello 嗨"},
                "sound": "default",
                "badge": 3,
                "thread-id": "si_alice_bob",
                "mutable-content": 1,
            },
            "conversationID": "si_alice_bob",
            "seq": 9,
        })
    );
}

#[tokio::test]
async fn development_builds_and_other_applications_are_served_as_their_tokens_say() {
    let setting = setting().await;
    let mut token = token(PushProvider::ApnsSandbox, "0a");
    token.app_id = "com.example.other".into();
    let mut note = note();
    note.conversation = domain::ids::ConversationId::parse("sg_グループ").unwrap();
    note.badge = None;
    note.sound = Some("ping.caf".into());
    assert_eq!(
        setting.pusher.send(&token, &note).await,
        PushOutcome::Delivered
    );
    assert!(setting.production.take().is_empty());
    let seen = setting.sandbox.take().remove(0);
    assert_eq!(seen.header("apns-topic"), "com.example.other");
    assert_eq!(
        seen.header("apns-collapse-id").len(),
        32,
        "a name that fits into no header"
    );
    let aps = seen.json()["aps"].clone();
    assert_eq!(
        (&aps["sound"], &aps["badge"]),
        (&json!("ping.caf"), &json!(null))
    );
}

#[tokio::test]
async fn one_token_and_one_connection_serve_many_notes() {
    let setting = setting().await;
    let jwt = async || {
        setting
            .pusher
            .send(&token(PushProvider::Apns, "0a"), &note())
            .await;
        setting
            .production
            .take()
            .remove(0)
            .header("authorization")
            .to_owned()
    };
    let first = jwt().await;
    for _ in 0..4 {
        setting.clock.advance(TEN_MINUTES_MS);
        assert_eq!(jwt().await, first, "not more often than every 20 minutes");
    }
    setting.clock.advance(TEN_MINUTES_MS);
    assert_ne!(jwt().await, first, "not older than an hour");
    assert_eq!(setting.production.connections(), 1);
}

#[tokio::test]
async fn a_token_that_apple_calls_expired_is_renewed_once() {
    let setting = setting().await;
    let expired = || answer(403, r#"{"reason":"ExpiredProviderToken"}"#);
    setting.production.then(expired());
    setting.clock.advance(1000);
    let send = async || {
        setting
            .pusher
            .send(&token(PushProvider::Apns, "0a"), &note())
            .await
    };
    assert_eq!(send().await, PushOutcome::Delivered);
    let tokens: Vec<_> = setting
        .production
        .take()
        .iter()
        .map(|seen| seen.header("authorization").to_owned())
        .collect();
    assert!(tokens.len() == 2 && tokens[0] != tokens[1]);
    setting.production.then(expired());
    setting.production.then(expired());
    assert_eq!(
        send().await,
        PushOutcome::Refused("APNs: 403 ExpiredProviderToken".into())
    );
    assert_eq!(setting.production.take().len(), 2, "not for ever");
}

#[tokio::test]
async fn what_apple_answers_decides_what_becomes_of_the_token() {
    let setting = setting().await;
    let reason = |reason: &str| format!(r#"{{"reason":"{reason}"}}"#);
    let gone_at = |at: i64| format!(r#"{{"reason":"Unregistered","timestamp":{at}}}"#);
    let busy = Answer {
        retry_after: Some("7"),
        ..answer(429, reason("TooManyRequests"))
    };
    for (answer, expected) in [
        (answer(410, gone_at(BEGIN)), PushOutcome::Gone),
        (
            answer(410, gone_at(BEGIN - 1)),
            retry(0, "APNs: 410 Unregistered"),
        ),
        (answer(400, reason("BadDeviceToken")), PushOutcome::Gone),
        (
            answer(400, reason("DeviceTokenNotForTopic")),
            PushOutcome::Refused("APNs: 400 DeviceTokenNotForTopic".into()),
        ),
        (
            answer(403, reason("InvalidProviderToken")),
            PushOutcome::Refused("APNs: 403 InvalidProviderToken".into()),
        ),
        (
            answer(413, reason("PayloadTooLarge")),
            PushOutcome::Refused("APNs: 413 PayloadTooLarge".into()),
        ),
        (busy, retry(7_000, "APNs: 429 TooManyRequests")),
        (answer(503, "<html>"), retry(0, "APNs: 503 ")),
        (
            answer(404, "x".repeat(1_000_000)),
            PushOutcome::Refused("APNs: 404 ".into()),
        ),
    ] {
        setting.production.then(answer.clone());
        let outcome = setting
            .pusher
            .send(&token(PushProvider::Apns, "0a"), &note())
            .await;
        assert_eq!(outcome, expected, "{} {:.80}", answer.status, answer.body);
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_tried_again_and_the_device_is_not_named() {
    let nowhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = ApnsSettings {
        production_url: format!("http://{}", nowhere.local_addr().unwrap()),
        ..ApnsSettings::new(ec_pem(&ec_key(1)), "K".into(), "T".into(), "t".into())
    };
    drop(nowhere);
    let apns = Apns::new(settings, clock()).unwrap();
    let pusher = Pusher::new(Some(apns), None, None).unwrap();
    let outcome = pusher
        .send(&token(PushProvider::Apns, "0a1b2c"), &note())
        .await;
    assert!(
        matches!(&outcome, PushOutcome::Retry { reason, .. } if !reason.contains("0a1b2c")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn what_is_not_configured_is_not_served() {
    let setting = setting().await;
    assert!(
        setting.pusher.serves(PushProvider::Apns)
            && setting.pusher.serves(PushProvider::ApnsSandbox)
    );
    assert!(!setting.pusher.serves(PushProvider::Fcm));
    let outcome = setting
        .pusher
        .send(&token(PushProvider::Fcm, "0a"), &note())
        .await;
    assert_eq!(
        outcome,
        PushOutcome::Refused("fcm is not configured".into())
    );
    assert!(Pusher::new(None, None, None).is_none());
    let wrong = ApnsSettings::new("no key".into(), "K".into(), "T".into(), "t".into());
    assert!(Apns::new(wrong, clock()).is_err());
}
