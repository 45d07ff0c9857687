//! A whole domain for operation tests: real SQLite in a temporary directory, a clock that is turned by hand, seeded
//! ids, and a publisher that writes down what it is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::accounts::NewAccount;
use domain::caller::{Caller, Role};
use domain::event::{Event, Recorded, Signal};
use domain::ids::{Ids, UserId};
use domain::messages::{Post, Recipient, SendMessage, Sent};
use domain::ports::Publisher;
use domain::sessions::Platform;
use domain::time::{Clock, Millis};
use domain::{Domain, Settings};
use parking_lot::Mutex;
use store::StoreUrl;

/// When every world begins.
pub const BEGIN: Millis = 1_800_000_000_000;

pub struct World {
    pub domain: Arc<Domain>,
    pub clock: Arc<HandClock>,
    pub published: Arc<Notebook>,
    _directory: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::equipped(settings, |domain| domain).await
    }

    /// A world whose domain was given more of the outside.
    pub async fn equipped(settings: Settings, equip: impl FnOnce(Domain) -> Domain) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = StoreUrl::Sqlite(directory.path().join("world.db"));
        let clock = Arc::new(HandClock::at(BEGIN));
        let published = Arc::new(Notebook::default());
        let store = store::open(&url, &store::Settings::default(), clock.clone())
            .await
            .expect("a store");
        let domain = Domain::new(
            store,
            published.clone(),
            clock.clone(),
            Ids::new(1),
            settings,
        );
        Self {
            domain: Arc::new(equip(domain)),
            clock,
            published,
            _directory: directory,
        }
    }

    /// Registers a person and gives the caller that they are.
    pub async fn person(&self, name: &str) -> Caller {
        self.domain
            .ensure_account(NewAccount::user(user_id(name), name))
            .await
            .expect("registered");
        let account = self
            .domain
            .find_account(&user_id(name))
            .await
            .expect("there");
        Caller {
            account: account.key,
            user_id: account.user_id.clone(),
            role: Role::User,
            session: None,
            platform: Platform::Linux,
        }
    }

    /// An administrator.
    pub async fn administrator(&self) -> Caller {
        Caller {
            role: Role::Administrator,
            ..self.person("imAdmin").await
        }
    }

    /// Sends a text under a client id made from it, so that saying the same again is a retry.
    pub async fn say(&self, from: &Caller, to: &Caller, text: &str) -> domain::error::Result<Sent> {
        self.domain.send_message(from, saying(from, to, text)).await
    }
}

pub fn user_id(name: &str) -> UserId {
    UserId::new(name).expect("a valid user id")
}

/// The command behind [`World::say`].
pub fn saying(from: &Caller, to: &Caller, text: &str) -> SendMessage {
    SendMessage {
        sender: from.user_id.clone(),
        to: Recipient::Person(to.user_id.clone()),
        post: Post {
            client_msg_id: format!("{text} to {}", to.user_id),
            content_type: 101,
            content: format!(r#"{{"content":"{text}"}}"#).into(),
            ..Post::default()
        },
        send_time: None,
        trace: String::new(),
    }
}

/// A clock that stands still until it is told to move.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn at(now: Millis) -> Self {
        Self(AtomicI64::new(now))
    }

    pub fn advance(&self, ms: Millis) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

/// What was published, in order.
#[derive(Default)]
pub struct Notebook {
    events: Mutex<Vec<Event>>,
    signals: Mutex<Vec<Signal>>,
}

impl Notebook {
    /// The events since the last time this was asked.
    pub fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock())
    }

    /// The signals since the last time this was asked.
    pub fn take_signals(&self) -> Vec<Signal> {
        std::mem::take(&mut self.signals.lock())
    }
}

impl Publisher for Notebook {
    fn publish(&self, recorded: Vec<Recorded>) {
        self.events
            .lock()
            .extend(recorded.into_iter().map(|recorded| recorded.event));
    }

    fn signal(&self, signal: Signal) {
        self.signals.lock().push(signal);
    }
}
