//! A server on free ports and what an application server does with it.

use std::sync::Arc;
use std::time::Duration;

use domain::Domain;
use domain::accounts::{AccountKind, NewAccount};
use domain::files::SigningKey;
use domain::ids::Ids;
use domain::ports::{Blobs, PushSender};
use domain::sessions::MultiLogin;
use providers::blobs::LocalBlobs;
use providers::thumbnail::Shrinker;
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
    pub domain: Arc<Domain>,
    http: reqwest::Client,
    directory: Arc<tempfile::TempDir>,
}

/// What a server is started with.
pub struct Setup {
    pub realtime: realtime::Settings,
    pub multi_login: MultiLogin,
    pub files: domain::files::Settings,
    pub public_url: Option<String>,
    /// Where files go, if not into the directory.
    pub blobs: Option<Arc<dyn Blobs>>,
    /// The push services; without one nothing is pushed.
    pub push: Option<Arc<dyn PushSender>>,
    /// That of a server before, for one that goes on with its data.
    pub directory: Option<Arc<tempfile::TempDir>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            realtime: realtime::Settings::default(),
            multi_login: MultiLogin::OnePerPlatform,
            files: domain::files::Settings {
                signing_key: SigningKey(SECRET.into()),
                ..domain::files::Settings::default()
            },
            public_url: None,
            blobs: None,
            push: None,
            directory: None,
        }
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(realtime::Settings::default(), MultiLogin::OnePerPlatform).await
    }

    pub async fn with(realtime: realtime::Settings, multi_login: MultiLogin) -> Self {
        Self::open(Setup {
            realtime,
            multi_login,
            ..Setup::default()
        })
        .await
    }

    pub async fn open(setup: Setup) -> Self {
        let directory = setup
            .directory
            .unwrap_or_else(|| Arc::new(tempfile::tempdir().unwrap()));
        let url = StoreUrl::Sqlite(directory.path().join("test.db"));
        let clock = Arc::new(HandClock::at(BEGIN));
        let store = store::open(&url, &store::Settings::default(), clock.clone())
            .await
            .unwrap();
        let realtime = Arc::new(Realtime::new(setup.realtime, Arc::new(LocalBus::new())));
        let domain_settings = domain::Settings {
            multi_login: setup.multi_login,
            files: setup.files,
            ..domain::Settings::default()
        };
        let blobs = setup.blobs.unwrap_or_else(|| {
            let place = directory.path().join("files");
            Arc::new(LocalBlobs::open(&place).unwrap())
        });
        let mut domain = Domain::new(
            store,
            realtime.publisher(),
            clock.clone(),
            Ids::new(1),
            domain_settings,
        )
        .with_blobs(blobs)
        .with_images(Arc::new(Shrinker::default()))
        .with_presence(realtime.hub.clone());
        if let Some(sender) = setup.push {
            domain = domain.with_push_sender(sender);
        }
        let domain = Arc::new(domain);
        let admin = NewAccount {
            kind: AccountKind::Administrator,
            ..NewAccount::user(user_id("imAdmin"), "imAdmin")
        };
        domain.ensure_account(admin).await.unwrap();
        let surface = Surface::new(
            domain.clone(),
            realtime,
            Ids::new(2),
            Settings {
                secret: SECRET.to_owned(),
                admin_user_ids: vec!["imAdmin".to_owned()],
                token_life: Duration::from_secs(1000),
                public_url: setup.public_url,
            },
        );
        let api = surface.api_router().merge(surface.transfer_router());
        // Once more below a path, as on the main listener.
        let api = listen(api.clone().merge(axum::Router::new().nest("/openim", api))).await;
        let socket = listen(surface.socket_router()).await;
        let mut server = Self {
            api: format!("http://{api}"),
            socket: format!("ws://{socket}"),
            clock,
            admin: String::new(),
            domain,
            http: http_client(),
            directory,
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

    /// Ends the server; what it keeps is for the next one.
    pub async fn stop(self) -> Arc<tempfile::TempDir> {
        self.domain.close().await;
        self.directory
    }

    /// Where the server keeps everything.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    pub async fn as_admin(&self, path: &str, body: Value) -> Value {
        self.post(path, Some(&self.admin), body).await
    }

    /// One call that works; its data comes back.
    pub async fn ok(&self, path: &str, token: &str, body: Value) -> Value {
        let answer = self.post(path, Some(token), body).await;
        assert_eq!(answer["errCode"], 0, "{path}: {answer}");
        answer["data"].clone()
    }

    /// One call; its code comes back.
    pub async fn code(&self, path: &str, token: &str, body: Value) -> i64 {
        let answer = self.post(path, Some(token), body).await;
        answer["errCode"].as_i64().unwrap()
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

/// It follows no redirects, so that tests see them.
fn http_client() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.build().unwrap()
}

async fn listen(router: axum::Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
