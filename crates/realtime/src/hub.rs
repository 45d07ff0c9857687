//! Who is connected: account → connections, and the delivery of what is published to the queues of those it
//! concerns. Delivering never waits for a connection. Registering and leaving tell `presence.rs`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use domain::event::{Audience, Event, Signal};
use domain::hooks::Connected;
use domain::ids::{AccountKey, SessionKey};
use domain::ports::ConnectionWatch;
use domain::sessions::Platforms;
use metrics::{Counter, counter, gauge};
use tokio_util::task::TaskTracker;

use crate::connection::{
    CloseReason, Connection, ConnectionId, ConnectionInfo, Pushed, Registration,
};
use crate::presence::Presence;
use crate::published::{Outgoing, Published};
use crate::sharded::Sharded;

/// The connections of one account. The list is replaced as a whole when it changes, so that a delivery holds the
/// lock only for as long as it takes to copy a pointer.
type Connections = Arc<[Arc<Connection>]>;

pub struct Hub {
    accounts: Sharded<HashMap<AccountKey, Connections>>,
    count: AtomicUsize,
    connections_max: usize,
    queue_events_max: usize,
    next_id: AtomicU64,
    is_draining: AtomicBool,
    /// Counts registrations that have not been dropped; a shutdown waits for them.
    open: TaskTracker,
    presence: OnceLock<Weak<Presence>>,
    watch: OnceLock<Arc<dyn ConnectionWatch>>,
    deliveries: Counter,
    slow_readers: Counter,
    kicks: Counter,
}

/// Why a connection was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There are `connections_max` of them.
    Full,
    /// This node is shutting down.
    GoingAway,
}

#[async_trait]
impl domain::ports::Presence for Hub {
    async fn unreachable(&self, accounts: &[AccountKey]) -> Vec<AccountKey> {
        let away = accounts
            .iter()
            .filter(|account| !self.is_in_front(**account));
        away.copied().collect()
    }
}

impl Hub {
    pub(crate) fn new(connections_max: usize, queue_events_max: usize) -> Self {
        Self {
            accounts: Sharded::new(),
            count: AtomicUsize::new(0),
            connections_max,
            queue_events_max,
            next_id: AtomicU64::new(1),
            is_draining: AtomicBool::new(false),
            open: TaskTracker::new(),
            presence: OnceLock::new(),
            watch: OnceLock::new(),
            deliveries: counter!("switchboard_deliveries_total"),
            slow_readers: counter!("switchboard_slow_readers_total"),
            kicks: counter!("switchboard_kicks_total"),
        }
    }

    pub(crate) fn announce_to(&self, presence: &Arc<Presence>) {
        let _ = self.presence.set(Arc::downgrade(presence));
    }

    /// From here on it is told of connections that come, go and are ended. Only the first one is.
    pub fn watch_connections(&self, watch: Arc<dyn ConnectionWatch>) {
        let _ = self.watch.set(watch);
    }

    /// Takes a connection. From here on its queue fills; whoever drops the registration closes it.
    pub fn register(self: &Arc<Self>, info: ConnectionInfo) -> Result<Registration, Refused> {
        let take = |count| (count < self.connections_max).then_some(count + 1);
        self.count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .map_err(|_| Refused::Full)?;

        let id = ConnectionId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let connection = Arc::new(Connection::new(id, info));
        let registration = Registration::new(self.clone(), connection.clone(), self.open.token());
        self.change(connection.info().account, |list| {
            list.push(connection.clone())
        });
        gauge!("switchboard_connections", "surface" => connection.info().surface).increment(1.0);
        // Asked only now: a drain that did not find the connection in the map has set the flag before.
        if self.is_draining.load(Ordering::SeqCst) {
            return Err(Refused::GoingAway);
        }
        if let Some(presence) = self.presence() {
            presence.connected(&connection);
        }
        if let Some(watch) = self.watch.get() {
            watch.came(seen(&connection));
        }
        Ok(registration)
    }

    /// For a surface that refuses before it has looked at the request; [`Self::register`] decides.
    pub fn has_room(&self) -> bool {
        self.connections() < self.connections_max
    }

    pub(crate) fn unregister(&self, connection: &Arc<Connection>) {
        let info = connection.info();
        self.change(info.account, |list| {
            list.retain(|other| other.id() != connection.id())
        });
        self.count.fetch_sub(1, Ordering::Relaxed);
        gauge!("switchboard_connections", "surface" => info.surface).decrement(1.0);
        if let Some(presence) = self.presence() {
            presence.left(connection);
        }
        if let Some(watch) = self.watch.get() {
            watch.left(seen(connection));
        }
    }

    fn change(&self, account: AccountKey, change: impl FnOnce(&mut Vec<Arc<Connection>>)) {
        let mut accounts = self.accounts.lock(account.0);
        let mut list = accounts
            .get(&account)
            .map(|list| list.to_vec())
            .unwrap_or_default();
        change(&mut list);
        if list.is_empty() {
            accounts.remove(&account);
        } else {
            accounts.insert(account, list.into());
        }
    }

    fn presence(&self) -> Option<Arc<Presence>> {
        self.presence.get()?.upgrade()
    }

    /// Puts `published` into the queue of everyone it concerns. Events that end connections go only to those that
    /// they end, so that a codec may encode them as its surface's "you were kicked".
    pub fn deliver(&self, published: &Arc<Published>) {
        match &published.outgoing {
            Outgoing::Event(Event::SessionsEnded {
                account,
                platforms,
                except,
            }) => {
                self.kick(*account, *platforms, *except, published);
            }
            Outgoing::Signal(Signal::SocketsReplaced {
                account,
                platforms,
                except,
            }) => {
                self.kick(*account, *platforms, Some(*except), published);
            }
            Outgoing::Signal(Signal::PresenceChanged { account, .. }) => {
                if let Some(presence) = self.presence() {
                    presence.tell_followers(*account, published);
                }
            }
            Outgoing::Signal(Signal::MessageRelayed { audience, .. }) => {
                self.deliver_to(audience, published)
            }
            Outgoing::Event(event) => self.deliver_to(&event.audience(), published),
        }
    }

    fn deliver_to(&self, audience: &Audience, published: &Arc<Published>) {
        for account in audience.accounts() {
            for connection in self.of(account).iter().flat_map(|list| list.iter()) {
                self.push(connection, published);
            }
        }
    }

    pub(crate) fn push(&self, connection: &Connection, published: &Arc<Published>) {
        match connection.push(published, self.queue_events_max) {
            Pushed::Queued => self.deliveries.increment(1),
            Pushed::Overflowed => self.slow_readers.increment(1),
            Pushed::Closed => {}
        }
    }

    fn kick(
        &self,
        account: AccountKey,
        platforms: Platforms,
        except: Option<SessionKey>,
        published: &Arc<Published>,
    ) {
        for connection in self.of(account).iter().flat_map(|list| list.iter()) {
            let info = connection.info();
            let is_meant = platforms.contains(info.platform) && except != Some(info.session);
            if is_meant && connection.close(Some(published), CloseReason::Kicked) {
                self.kicks.increment(1);
                if let Some(watch) = self.watch.get() {
                    watch.kicked(seen(connection));
                }
            }
        }
    }

    fn of(&self, account: AccountKey) -> Option<Connections> {
        self.accounts.lock(account.0).get(&account).cloned()
    }

    /// The platforms on which the account has a connection to this node right now.
    pub fn online(&self, account: AccountKey) -> Platforms {
        let list = self.of(account);
        Platforms::of(
            list.iter()
                .flat_map(|list| list.iter())
                .map(|connection| connection.info().platform),
        )
    }

    /// Whether a connection to this node shows the account what comes: one whose application is in front.
    pub fn is_in_front(&self, account: AccountKey) -> bool {
        self.of(account)
            .iter()
            .flat_map(|list| list.iter())
            .any(|connection| !connection.is_background())
    }

    pub fn connections_of(&self, account: AccountKey) -> Vec<Arc<Connection>> {
        self.of(account)
            .map(|list| list.to_vec())
            .unwrap_or_default()
    }

    /// The number of connections of this process.
    pub fn connections(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Closes one connection; says whether it was there and open.
    pub fn close(&self, account: AccountKey, id: ConnectionId) -> bool {
        let list = self.of(account);
        let found = list
            .iter()
            .flat_map(|list| list.iter())
            .find(|connection| connection.id() == id);
        found.is_some_and(|connection| connection.close(None, CloseReason::Removed))
    }

    /// Refuses connections from now on, and closes those that are there behind what is queued for them.
    pub fn start_draining(&self) {
        self.is_draining.store(true, Ordering::SeqCst);
        for accounts in self.accounts.iter() {
            for connection in accounts.values().flat_map(|list| list.iter()) {
                connection.close(None, CloseReason::GoingAway);
            }
        }
        self.open.close();
    }

    /// Returns when every registration was dropped, after [`Self::start_draining`].
    pub async fn drained(&self) {
        self.open.wait().await;
    }
}

/// A connection as others than clients are told of it.
fn seen(connection: &Connection) -> Connected {
    let info = connection.info();
    Connected {
        user_id: info.user_id.clone(),
        platform: info.platform,
        connection: connection.id().0,
        is_background: connection.is_background(),
    }
}
