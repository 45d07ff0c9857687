//! A server on free ports and what an application server does with it.

use std::sync::Arc;
use std::time::Duration;

use domain::Domain;
use domain::accounts::{AccountKind, NewAccount};
use domain::ids::Ids;
use domain::sessions::MultiLogin;
use realtime::{LocalBus, Realtime};
use serde_json::{Value, json};
use store::StoreUrl;
use surface_openim::{Settings, Surface};
use testkit::{BEGIN, HandClock, user_id};

pub const SECRET: &str = "a secret of the tests";

pub struct Server {
    pub api: String,
    pub socket: String,
    pub clock: Arc<HandClock>,
    pub admin: String,
    http: reqwest::Client,
    _directory: tempfile::TempDir,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(realtime::Settings::default(), MultiLogin::OnePerPlatform).await
    }

    pub async fn with(settings: realtime::Settings, multi_login: MultiLogin) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(directory.path().join("test.db"));
        let clock = Arc::new(HandClock::at(BEGIN));
        let store = store::open(&url, &store::Settings::default(), clock.clone())
            .await
            .unwrap();
        let realtime = Arc::new(Realtime::new(settings, Arc::new(LocalBus::new())));
        let domain_settings = domain::Settings {
            multi_login,
            ..domain::Settings::default()
        };
        let domain = Arc::new(Domain::new(
            store,
            realtime.publisher(),
            clock.clone(),
            Ids::new(1),
            domain_settings,
        ));
        let admin = NewAccount {
            kind: AccountKind::Administrator,
            ..NewAccount::user(user_id("imAdmin"), "imAdmin")
        };
        domain.ensure_account(admin).await.unwrap();
        let surface = Surface::new(
            domain,
            realtime,
            Ids::new(2),
            Settings {
                secret: SECRET.to_owned(),
                admin_user_ids: vec!["imAdmin".to_owned()],
                token_life: Duration::from_secs(1000),
            },
        );
        let api = listen(surface.api_router()).await;
        let socket = listen(surface.socket_router()).await;
        let mut server = Self {
            api: format!("http://{api}"),
            socket: format!("ws://{socket}"),
            clock,
            admin: String::new(),
            http: reqwest::Client::new(),
            _directory: directory,
        };
        let answer = server
            .post(
                "/auth/get_admin_token",
                None,
                json!({"secret": SECRET, "userID": "imAdmin"}),
            )
            .await;
        server.admin = answer["data"]["token"].as_str().unwrap().to_owned();
        server
    }

    /// One call; the whole envelope comes back.
    pub async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Value {
        let mut request = self
            .http
            .post(format!("{}{path}", self.api))
            .header("operationID", "test")
            .json(&body);
        if let Some(token) = token {
            request = request.header("token", token);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub async fn as_admin(&self, path: &str, body: Value) -> Value {
        self.post(path, Some(&self.admin), body).await
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub async fn register(&self, users: &[&str]) {
        let users: Vec<_> = users
            .iter()
            .map(|user| json!({"userID": user, "nickname": user}))
            .collect();
        let answer = self
            .as_admin("/user/user_register", json!({"users": users}))
            .await;
        assert_eq!(answer["errCode"], 0, "{answer}");
    }

    pub async fn token(&self, user: &str, platform: i32) -> String {
        let answer = self
            .as_admin(
                "/auth/get_user_token",
                json!({"userID": user, "platformID": platform}),
            )
            .await;
        answer["data"]["token"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }
}

async fn listen(router: axum::Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
