//! Google's service: the token endpoint, which checks the assertion, and the sending.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::PushSender;
use domain::push::{PushOutcome, PushProvider};
use jsonwebtoken::{Algorithm, DecodingKey};
use providers::push::{Fcm, FcmSettings, Pusher};
use rsa::pkcs8::EncodePrivateKey;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPrivateKey};
use serde_json::{Value, json};
use testkit::{BEGIN, HandClock};

use crate::loopback::{Answer, Loopback, answer};
use crate::push::{TEN_MINUTES_MS, clock, note, pem, token, verified};

/// Two primes, so that no test waits for others to be found.
const P: &[u8] = b"f9ef59012994bbdc2bafac4017d496fd04765764bbb516a715c9bfb6d59c2a25d0fbdbf9106a7bcca07dad7b3a4fe7fe1e898e11b251944c87a8cd4ff4c4d4a60dcf936c5726ca40e6f84e451094c741eef93175531a7ad0b6eedb50f188f4c0479f2b1ed54371c69a1d15a5a96564643ea69b139f78c9b9fb21114ea8a8d5f7";
const Q: &[u8] = b"e21535c414d036e45b35816839ed1fd15ab2b18e8f119ce7621e126066ec8fdfb898b8c4b055d34c870aa0bb578a48885655844e31321e5f4756467f6c5fa34354daf7901b5e29b2b071d08c9d24c1bbd60f8a54b5951de3735ae008be0e37f9e03fa553c631f9159d152a861e3b55723b13756a26f3e27c7a554db1f1745c59";

struct Setting {
    oauth: Loopback,
    api: Loopback,
    clock: Arc<HandClock>,
    pusher: Pusher,
}

fn key() -> RsaPrivateKey {
    let number = |hex| BigUint::parse_bytes(hex, 16).unwrap();
    RsaPrivateKey::from_p_q(number(P), number(Q), BigUint::from(65_537_u32)).unwrap()
}

async fn setting() -> Setting {
    let (oauth, api) = (Loopback::start().await, Loopback::start().await);
    let clock = clock();
    let account = json!({
        "type": "service_account",
        "project_id": "shop-1",
        "private_key_id": "k1",
        "private_key": pem(key().to_pkcs8_der().unwrap().as_bytes()),
        "client_email": "push@shop-1.example",
        "token_uri": format!("{}/token", oauth.url),
    });
    let settings = FcmSettings {
        service_account: account.to_string(),
        api_url: api.url.clone(),
    };
    let fcm = Fcm::new(settings, clock.clone()).unwrap();
    Setting {
        oauth,
        api,
        clock,
        pusher: Pusher::new(None, Some(fcm), None).unwrap(),
    }
}

fn granted(access_token: &str) -> Answer {
    answer(
        200,
        json!({"access_token": access_token, "expires_in": 3600, "token_type": "Bearer"})
            .to_string(),
    )
}

async fn send(setting: &Setting) -> PushOutcome {
    setting
        .pusher
        .send(&token(PushProvider::Fcm, "device-1"), &note())
        .await
}

fn refusal(status: u16, details: Value) -> Answer {
    let body =
        json!({"error": {"code": status, "message": "m", "status": "S", "details": details}});
    answer(status, body.to_string())
}

#[tokio::test]
async fn a_note_is_sent_with_the_token_that_the_assertion_earned() {
    let setting = setting().await;
    setting.oauth.then(granted("access-1"));
    assert_eq!(send(&setting).await, PushOutcome::Delivered);

    let asked = setting.oauth.take().remove(0);
    assert_eq!(
        asked.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    let form = String::from_utf8(asked.body.to_vec()).unwrap();
    let (grant, assertion) = form.split_once("&assertion=").unwrap();
    assert_eq!(
        grant,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    );
    let public = key().to_public_key();
    let part = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let verifier = DecodingKey::from_rsa_components(&part(public.n()), &part(public.e())).unwrap();
    let (claims, header) = verified(assertion, Algorithm::RS256, &verifier);
    assert_eq!(
        claims,
        json!({
            "iss": "push@shop-1.example",
            "scope": "https://www.googleapis.com/auth/firebase.messaging",
            "aud": format!("{}/token", setting.oauth.url),
            "iat": BEGIN / 1000,
            "exp": BEGIN / 1000 + 3600,
        })
    );
    assert_eq!(header["kid"], "k1");

    let sent = setting.api.take().remove(0);
    assert_eq!(sent.path, "/v1/projects/shop-1/messages:send");
    assert_eq!(sent.header("authorization"), "Bearer access-1");
    assert_eq!(
        sent.json(),
        json!({"message": {
            "token": "device-1",
            "notification": {"title": "Alice", "body": "hello 嗨"},
            "data": {"conversationID": "si_alice_bob", "seq": "9"},
            "android": {
                "collapse_key": "si_alice_bob",
                "priority": "HIGH",
                "ttl": "60s",
                "notification": {"tag": "si_alice_bob", "sound": "default"},
            },
            "apns": {
                "headers": {
                    "apns-collapse-id": "si_alice_bob",
                    "apns-expiration": ((BEGIN + 60_000) / 1000).to_string(),
                    "apns-priority": "10",
                },
                "payload": {"aps": {"sound": "default", "thread-id": "si_alice_bob", "mutable-content": 1, "badge": 3}},
            },
        }})
    );
}

#[tokio::test]
async fn an_access_token_is_fetched_once_and_renewed_before_it_expires() {
    let setting = setting().await;
    setting.oauth.then(granted("access-1"));
    let (token, note) = (token(PushProvider::Fcm, "device-1"), note());
    let many = tokio::join!(
        setting.pusher.send(&token, &note),
        setting.pusher.send(&token, &note),
        setting.pusher.send(&token, &note)
    );
    assert_eq!(
        many,
        (
            PushOutcome::Delivered,
            PushOutcome::Delivered,
            PushOutcome::Delivered
        )
    );
    assert_eq!(setting.oauth.take().len(), 1);
    setting.clock.advance(5 * TEN_MINUTES_MS);
    send(&setting).await;
    assert_eq!(setting.oauth.take().len(), 0);
    setting.clock.advance(TEN_MINUTES_MS / 2);
    setting.oauth.then(granted("access-2"));
    setting.api.take();
    send(&setting).await;
    assert_eq!(
        setting.api.take()[0].header("authorization"),
        "Bearer access-2"
    );
}

#[tokio::test]
async fn a_withdrawn_access_token_is_replaced_once() {
    let setting = setting().await;
    setting.oauth.then(granted("access-1"));
    setting.oauth.then(granted("access-2"));
    setting.api.then(answer(401, ""));
    assert_eq!(send(&setting).await, PushOutcome::Delivered);
    setting.oauth.then(granted("access-3"));
    setting.api.then(answer(401, ""));
    setting.api.then(answer(401, ""));
    assert_eq!(
        send(&setting).await,
        PushOutcome::Refused("FCM: 401 ".into())
    );
    let tokens: Vec<_> = setting
        .api
        .take()
        .iter()
        .map(|sent| sent.header("authorization").to_owned())
        .collect();
    assert_eq!(
        tokens,
        [
            "Bearer access-1",
            "Bearer access-2",
            "Bearer access-2",
            "Bearer access-3"
        ]
    );
}

#[tokio::test]
async fn what_google_answers_decides_what_becomes_of_the_token() {
    let setting = setting().await;
    setting.oauth.then(granted("access-1"));
    let code = |code: &str| json!([{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]);
    let field = |field: &str| {
        json!([
            {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "INVALID_ARGUMENT"},
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": field, "description": "d"}]},
        ])
    };
    let retry = |after_ms, reason: &str| PushOutcome::Retry {
        after_ms,
        reason: reason.into(),
    };
    let busy = Answer {
        retry_after: Some("30"),
        ..refusal(429, code("QUOTA_EXCEEDED"))
    };
    for (answer, expected) in [
        (refusal(404, code("UNREGISTERED")), PushOutcome::Gone),
        (refusal(400, field("message.token")), PushOutcome::Gone),
        (
            refusal(400, field("message.data")),
            PushOutcome::Refused("FCM: 400 INVALID_ARGUMENT".into()),
        ),
        (
            refusal(403, code("SENDER_ID_MISMATCH")),
            PushOutcome::Refused("FCM: 403 SENDER_ID_MISMATCH".into()),
        ),
        (busy, retry(30_000, "FCM: 429 QUOTA_EXCEEDED")),
        (
            refusal(503, code("UNAVAILABLE")),
            retry(0, "FCM: 503 UNAVAILABLE"),
        ),
        (answer(500, "<html>"), retry(0, "FCM: 500 ")),
        (
            refusal(404, json!([])),
            PushOutcome::Refused("FCM: 404 S".into()),
        ),
    ] {
        setting.api.then(answer.clone());
        assert_eq!(
            send(&setting).await,
            expected,
            "{} {}",
            answer.status,
            answer.body
        );
    }
}

#[tokio::test]
async fn without_an_access_token_nothing_is_sent() {
    let setting = setting().await;
    setting
        .oauth
        .then(answer(400, r#"{"error":"invalid_grant"}"#));
    assert_eq!(
        send(&setting).await,
        PushOutcome::Refused("FCM: the token endpoint answered 400".into())
    );
    setting.oauth.then(answer(503, ""));
    assert!(matches!(send(&setting).await, PushOutcome::Retry { .. }));
    setting.oauth.then(answer(200, "what?"));
    assert!(matches!(send(&setting).await, PushOutcome::Retry { .. }));
    assert!(setting.api.take().is_empty());
    setting.oauth.then(granted("access-1"));
    assert_eq!(send(&setting).await, PushOutcome::Delivered);
}

#[test]
fn a_key_file_that_is_none_is_refused() {
    for text in [
        "",
        "{}",
        r#"{"project_id":"p","private_key_id":"k","private_key":"x","client_email":"e","token_uri":"u"}"#,
    ] {
        assert!(Fcm::new(FcmSettings::new(text.into()), clock()).is_err());
    }
}
