//! Offline push from end to end: devices register over REST, messages come over REST and the socket, and a push service
//! on loopback is told. Browsers stand for all devices, because their services need no account.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use domain::follow::Follower;
use domain::push::PushFollower;
use prost::Message as _;
use providers::push::{Pusher, VapidKey, WebPush, WebPushSettings};
use serde_json::{Value, json};
use testkit::{BEGIN, HandClock};
use tokio::sync::Mutex;
use wire::openim::ids;
use wire::openim::proto::{DelUserPushTokenReq, SetAppBackgroundStatusReq};

use crate::device::Device;
use crate::harness::{Server, Setup};

/// The push service of a browser's maker.
struct Service {
    url: String,
    state: Arc<Seen>,
}

struct Seen {
    paths: Mutex<Vec<String>>,
    status: AtomicU16,
}

impl Service {
    async fn start() -> Self {
        let state = Arc::new(Seen {
            paths: Mutex::default(),
            status: AtomicU16::new(201),
        });
        let router = Router::new().fallback(take).with_state(state.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    /// Whose subscriptions were pushed to since the last time.
    async fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.state.paths.lock().await)
    }
}

async fn take(
    State(seen): State<Arc<Seen>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> StatusCode {
    assert_eq!(headers["content-encoding"], "aes128gcm");
    seen.paths.lock().await.push(uri.path().to_owned());
    StatusCode::from_u16(seen.status.load(Ordering::Relaxed)).unwrap()
}

struct Setting {
    server: Server,
    service: Service,
    key: VapidKey,
}

impl Setting {
    /// Alice and Bob; Bob's browser has subscribed.
    async fn start() -> (Self, String) {
        let (service, key) = (Service::start().await, VapidKey::generate().unwrap());
        let server = Server::open(Setup {
            push: Some(sender(&key)),
            ..Setup::default()
        })
        .await;
        server.register(&["alice", "bob"]).await;
        let setting = Self {
            server,
            service,
            key,
        };
        setting.follow().await;
        let bob = setting.server.token("bob", 5).await;
        setting.subscribe(&bob).await;
        (setting, bob)
    }

    async fn follow(&self) {
        self.server
            .domain
            .register_follower(&PushFollower)
            .await
            .unwrap();
        let is_ours = self
            .server
            .domain
            .claim_follower("push", "test", 3_600_000)
            .await
            .unwrap();
        assert!(is_ours);
    }

    async fn subscribe(&self, bob: &str) {
        let body = json!({
            "userID": "bob", "platformID": 5, "provider": "web_push", "token": {
                "endpoint": format!("{}/bob", self.service.url),
                "expirationTime": null,
                "keys": {"p256dh": VapidKey::generate().unwrap().public_text(), "auth": "AAAAAAAAAAAAAAAAAAAAAA"},
            },
        });
        self.server.ok("/third/update_push_token", bob, body).await;
    }

    async fn say(&self, text: &str) {
        let body = json!({
            "sendID": "alice", "recvID": "bob", "content": {"content": text}, "contentType": 101, "sessionType": 1,
        });
        let answer = self.server.as_admin("/msg/send_msg", body).await;
        assert_eq!(answer["errCode"], 0, "{answer}");
    }

    /// Does what the server's workers do, and says who was told.
    async fn push(&self) -> Vec<String> {
        while PushFollower
            .step(&self.server.domain, "test")
            .await
            .unwrap()
            .is_more
        {}
        self.server.domain.run_due_pushes().await.unwrap();
        self.service.told().await
    }
}

fn sender(key: &VapidKey) -> Arc<Pusher> {
    let settings = WebPushSettings {
        key: key.clone(),
        subject: None,
        allow_internal: true,
    };
    let web_push = WebPush::new(settings, Arc::new(HandClock::at(BEGIN))).unwrap();
    Arc::new(Pusher::new(None, None, Some(web_push)).unwrap())
}

#[tokio::test]
async fn a_message_to_somebody_offline_reaches_the_push_service_once() {
    let (setting, bob) = Setting::start().await;
    let key = setting
        .server
        .ok("/third/get_web_push_key", &bob, json!({}))
        .await;
    assert_eq!(key["publicKey"], setting.key.public_text());
    setting.say("hello").await;
    assert_eq!(setting.push().await, ["/bob"]);
    assert_eq!(setting.push().await, [""; 0]);
    let quiet = json!({
        "sendID": "alice", "recvID": "bob", "content": {"content": "psst"}, "contentType": 101, "sessionType": 1,
        "notOfflinePush": true,
    });
    setting.server.as_admin("/msg/send_msg", quiet).await;
    assert_eq!(
        setting.push().await,
        [""; 0],
        "the sender asked for silence"
    );
}

#[tokio::test]
async fn who_has_the_app_in_front_is_not_pushed_to_and_who_has_it_behind_is() {
    let (setting, bob) = Setting::start().await;
    let mut device = Device::dial(&setting.server, "bob", &bob, 5, crate::device::GZIP).await;
    let mut alice = Device::login(&setting.server, "alice", 7).await;
    alice.said("bob", "m1", "seen").await;
    assert_eq!(device.pushed().await.1.client_msg_id, "m1");
    assert_eq!(setting.push().await, [""; 0]);
    for (is_background, told) in [(true, &["/bob"][..]), (false, &[])] {
        let status = SetAppBackgroundStatusReq {
            user_id: "bob".into(),
            is_background,
        };
        let answer = device
            .ask(ids::SET_BACKGROUND_STATUS, &status.encode_to_vec())
            .await;
        assert_eq!(answer.err_code, 0);
        alice
            .said("bob", &format!("behind {is_background}"), "hello")
            .await;
        assert_eq!(setting.push().await, told);
    }
}

#[tokio::test]
async fn a_dead_subscription_is_forgotten() {
    let (setting, _) = Setting::start().await;
    setting.service.state.status.store(410, Ordering::Relaxed);
    setting.say("one").await;
    assert_eq!(setting.push().await, ["/bob"]);
    setting.service.state.status.store(201, Ordering::Relaxed);
    setting.say("two").await;
    assert_eq!(setting.push().await, [""; 0]);
}

#[tokio::test]
async fn a_restart_between_the_message_and_its_push_loses_nothing() {
    let (setting, _) = Setting::start().await;
    setting.say("before").await;
    let Setting {
        server,
        service,
        key,
    } = setting;
    let directory = server.stop().await;
    let server = Server::open(Setup {
        push: Some(sender(&key)),
        directory: Some(directory),
        ..Setup::default()
    })
    .await;
    let setting = Setting {
        server,
        service,
        key,
    };
    setting.follow().await;
    assert_eq!(setting.push().await, ["/bob"]);
    assert_eq!(setting.push().await, [""; 0]);
}

#[tokio::test]
async fn a_device_that_logs_out_is_not_pushed_to_any_more() {
    let (setting, bob) = Setting::start().await;
    let mut device = Device::dial(&setting.server, "bob", &bob, 5, crate::device::GZIP).await;
    let request = DelUserPushTokenReq {
        user_id: "bob".into(),
        platform_id: 5,
    };
    let answer = device.ask(ids::LOGOUT_MSG, &request.encode_to_vec()).await;
    assert_eq!(answer.err_code, 0);
    assert!(device.message().await.is_none(), "hung up");
    setting.say("hello").await;
    assert_eq!(setting.push().await, [""; 0]);
    setting.subscribe(&bob).await;
    setting.say("again").await;
    assert_eq!(setting.push().await, ["/bob"], "the session itself stayed");
    let ended = json!({"userID": "bob", "platformID": 5});
    setting
        .server
        .ok("/auth/force_logout", &setting.server.admin, ended)
        .await;
    setting.say("gone").await;
    assert_eq!(setting.push().await, [""; 0]);
}

#[tokio::test]
async fn what_is_registered_is_checked() {
    let (setting, bob) = Setting::start().await;
    let code = async |path: &str, body: Value| setting.server.code(path, &bob, body).await;
    let token = |provider: &str, token: Value| json!({"userID": "bob", "platformID": 5, "provider": provider, "token": token});
    for (body, expected) in [
        (token("apns", json!("0a")), 0),
        (token("carrier pigeon", json!("0a")), 1001),
        (token("apns", json!("../device")), 1001),
        (token("apns", json!("")), 1001),
        (token("web_push", json!("0a")), 1001),
        (token("web_push", json!({"endpoint": "https://x"})), 1001),
        (
            json!({"userID": "bob", "platformID": 99, "provider": "fcm", "token": "t"}),
            1001,
        ),
    ] {
        assert_eq!(
            code("/third/update_push_token", body.clone()).await,
            expected,
            "{body}"
        );
    }
    let fcm = |expire_time: i64| json!({"account": "bob", "platformID": 2, "fcmToken": "t:x", "expireTime": expire_time});
    assert_eq!(code("/third/fcm_update_token", fcm(0)).await, 0);
    assert_eq!(
        code("/third/fcm_update_token", fcm(BEGIN / 1000 + 60)).await,
        0
    );
    assert_eq!(
        code("/third/fcm_update_token", fcm(BEGIN / 1000 - 60)).await,
        1001,
        "it has passed"
    );
    assert_eq!(
        code(
            "/third/set_app_badge",
            json!({"userID": "bob", "appUnreadCount": -1})
        )
        .await,
        1001
    );
}

#[tokio::test]
async fn client_logs_are_recorded_for_administrators() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let alice = server.token("alice", 1).await;
    let body = json!({
        "platform": 1, "appFramework": "flutter", "version": "3.8.3", "ex": "e",
        "fileURLs": [{"filename": "a.zip", "URL": "http://files/a.zip"}, {"filename": "b.zip", "URL": "http://files/b.zip"}],
    });
    assert!(
        server
            .ok("/third/logs/upload", &alice, body)
            .await
            .is_null()
    );
    assert_eq!(
        server
            .code("/third/logs/upload", &alice, json!({"fileURLs": []}))
            .await,
        1001
    );
    let search = json!({"keyword": "", "pagination": {"pageNumber": 1, "showNumber": 1}});
    let found = server
        .ok("/third/logs/search", &server.admin, search.clone())
        .await;
    assert_eq!(found["total"], 2);
    let log = &found["logsInfos"][0];
    assert_eq!(
        *log,
        json!({
            "userID": "alice", "platform": "IOS", "url": "http://files/b.zip", "createTime": BEGIN, "nickname": "alice",
            "logID": log["logID"], "filename": "b.zip", "systemType": "flutter", "ex": "e", "version": "3.8.3",
        })
    );
    let delete = json!({"logIDs": [log["logID"]]});
    server.ok("/third/logs/delete", &server.admin, delete).await;
    let left = server.ok("/third/logs/search", &server.admin, search).await;
    assert_eq!(
        (&left["total"], &left["logsInfos"][0]["filename"]),
        (&json!(1), &json!("a.zip"))
    );
}

#[tokio::test]
async fn application_servers_learn_who_wants_to_be_told() {
    let (setting, bob) = Setting::start().await;
    setting.say("hello").await;
    let silent = json!({"userIDs": ["bob"], "conversation": {"conversationType": 1, "userID": "alice", "recvMsgOpt": 2}});
    setting
        .server
        .ok("/conversation/set_conversations", &bob, silent)
        .await;
    let asked = json!({"conversationID": "si_alice_bob", "userIDs": ["bob", "unknown", "alice"]});
    let path = "/conversation/get_conversation_offline_push_user_ids";
    let answer = setting.server.ok(path, &setting.server.admin, asked).await;
    assert_eq!(answer["userIDs"], json!(["unknown", "alice"]));
}
