//! Who is online where, as others are told: coming is told at once, going after a grace, so that a reconnect does not
//! show. A connection follows accounts; what it follows is forgotten with it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::event::Signal;
use domain::ids::{AccountKey, UserId};
use domain::sessions::{Platform, Platforms};
use tokio::time::Instant;

use crate::connection::{Connection, ConnectionId};
use crate::deadlines::{Deadlines, Tasks};
use crate::hub::Hub;
use crate::published::Published;
use crate::sharded::Sharded;

pub struct Presence {
    hub: Arc<Hub>,
    grace: Duration,
    watches_max: usize,
    /// Locked after `watched` where both are, and before the hub.
    accounts: Sharded<HashMap<AccountKey, Entry>>,
    watched: Sharded<HashMap<ConnectionId, HashSet<AccountKey>>>,
    deadlines: Deadlines<AccountKey>,
    tasks: Tasks,
    this: Weak<Self>,
}

/// An account that is online, has just left, or is followed.
#[derive(Default)]
struct Entry {
    /// Known from the account's first connection on.
    user_id: Option<UserId>,
    /// Where it was last told to be online.
    online: Platforms,
    /// The platforms of `online` without a connection, and until when they stay.
    leaving: Vec<(Platform, Instant)>,
    /// A deadline is set for one of `leaving`, or was for one that has come back.
    is_awaited: bool,
    followers: HashMap<ConnectionId, Arc<Connection>>,
}

/// A connection follows as many accounts as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyWatches;

impl Presence {
    pub(crate) fn start(
        hub: Arc<Hub>,
        grace: Duration,
        watches_max: usize,
        tasks: Tasks,
    ) -> Arc<Self> {
        let presence = Arc::new_cyclic(|this| Self {
            hub: hub.clone(),
            grace,
            watches_max,
            accounts: Sharded::new(),
            watched: Sharded::new(),
            deadlines: Deadlines::new(),
            tasks,
            this: this.clone(),
        });
        hub.announce_to(&presence);
        presence
    }

    /// The platforms on which the account counts as online, the grace included.
    pub fn online(&self, account: AccountKey) -> Platforms {
        let accounts = self.accounts.lock(account.0);
        accounts
            .get(&account)
            .map_or(Platforms::default(), |entry| entry.online)
    }

    /// Follows accounts; returns where each is online now. Following one twice is following it once. If it would
    /// be too many, none is followed.
    pub fn watch(
        &self,
        connection: &Arc<Connection>,
        accounts: impl IntoIterator<Item = AccountKey>,
    ) -> Result<Vec<Platforms>, TooManyWatches> {
        let accounts: Vec<_> = accounts.into_iter().collect();
        let mut shard = self.watched.lock(connection.id().0.cast_signed());
        // Under the lock that `left` takes after the connection was closed: nothing is followed behind its back.
        if connection.is_closed() {
            return Ok(accounts
                .into_iter()
                .map(|account| self.online(account))
                .collect());
        }
        let known = shard.get(&connection.id());
        let is_new = |account: &&AccountKey| !known.is_some_and(|known| known.contains(*account));
        let new: HashSet<_> = accounts.iter().filter(is_new).copied().collect();
        if known.map_or(0, HashSet::len) + new.len() > self.watches_max {
            return Err(TooManyWatches);
        }
        if !new.is_empty() {
            shard.entry(connection.id()).or_default().extend(&new);
        }
        let follow = |account: AccountKey| {
            let mut accounts = self.accounts.lock(account.0);
            let entry = accounts.entry(account).or_default();
            entry.followers.insert(connection.id(), connection.clone());
            entry.online
        };
        Ok(accounts.into_iter().map(follow).collect())
    }

    pub fn unwatch(&self, connection: &Connection, accounts: impl IntoIterator<Item = AccountKey>) {
        let mut shard = self.watched.lock(connection.id().0.cast_signed());
        let Some(watched) = shard.get_mut(&connection.id()) else {
            return;
        };
        for account in accounts {
            if watched.remove(&account) {
                self.forget_follower(account, connection.id());
            }
        }
        if watched.is_empty() {
            shard.remove(&connection.id());
        }
    }

    pub(crate) fn connected(&self, connection: &Connection) {
        let info = connection.info();
        self.refresh(info.account, Some(&info.user_id));
    }

    pub(crate) fn left(&self, connection: &Connection) {
        let watched = self
            .watched
            .lock(connection.id().0.cast_signed())
            .remove(&connection.id());
        for account in watched.unwrap_or_default() {
            self.forget_follower(account, connection.id());
        }
        let info = connection.info();
        self.refresh(info.account, Some(&info.user_id));
    }

    /// Tells the followers what another node says about an account.
    pub(crate) fn tell_followers(&self, account: AccountKey, published: &Arc<Published>) {
        if let Some(entry) = self.accounts.lock(account.0).get(&account) {
            self.tell(entry, published);
        }
    }

    fn tell(&self, entry: &Entry, published: &Arc<Published>) {
        for follower in entry.followers.values() {
            self.hub.push(follower, published);
        }
    }

    /// Compares what was told with what the hub says now. The hub is asked under the account's lock, so whoever
    /// comes last has the last word.
    fn refresh(&self, account: AccountKey, user_id: Option<&UserId>) {
        let mut accounts = self.accounts.lock(account.0);
        let entry = accounts.entry(account).or_default();
        if entry.user_id.is_none() {
            entry.user_id = user_id.cloned();
        }
        if user_id.is_none() {
            entry.is_awaited = false;
        }
        let is_change = entry.settle(self.hub.online(account), Instant::now(), self.grace);
        // Told under the lock, so that followers hear of two changes in their order.
        if is_change
            && !entry.followers.is_empty()
            && let Some(user_id) = entry.user_id.clone()
        {
            let online = entry.online;
            let changed = Signal::PresenceChanged {
                account,
                user_id,
                online,
            };
            self.tell(entry, &Published::signal(changed));
        }
        let next = entry.leaving.iter().map(|(_, until)| *until).min();
        if let Some(next) = next
            && !std::mem::replace(&mut entry.is_awaited, true)
        {
            self.await_leaving(next, account);
        }
        if entry.is_idle() {
            accounts.remove(&account);
        }
    }

    fn await_leaving(&self, at: Instant, account: AccountKey) {
        if self.deadlines.add(at, account)
            && let Some(this) = self.this.upgrade()
        {
            self.tasks.spawn(async move {
                while let Some(account) = this.deadlines.next().await {
                    this.refresh(account, None);
                }
            });
        }
    }

    fn forget_follower(&self, account: AccountKey, id: ConnectionId) {
        let mut accounts = self.accounts.lock(account.0);
        if let Some(entry) = accounts.get_mut(&account) {
            entry.followers.remove(&id);
            if entry.is_idle() {
                accounts.remove(&account);
            }
        }
    }
}

impl Entry {
    /// Takes in where the account is connected; says whether that changes where it counts as online.
    fn settle(&mut self, here: Platforms, now: Instant, grace: Duration) -> bool {
        self.leaving
            .retain(|(platform, _)| !here.contains(*platform));
        for platform in self
            .online
            .iter()
            .filter(|platform| !here.contains(*platform))
        {
            if !self.leaving.iter().any(|(leaving, _)| *leaving == platform) {
                self.leaving.push((platform, now + grace));
            }
        }
        self.leaving.retain(|(_, until)| *until > now);
        let staying = self.leaving.iter().map(|(platform, _)| *platform);
        let online = Platforms::of(here.iter().chain(staying));
        std::mem::replace(&mut self.online, online) != online
    }

    fn is_idle(&self) -> bool {
        self.online.is_empty() && self.followers.is_empty() && !self.is_awaited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{ConnectionInfo, Delivery, Registration};
    use crate::published::Outgoing;
    use domain::ids::SessionKey;
    use tokio::time::{advance, sleep};

    const GRACE: Duration = Duration::from_secs(3);
    const ALICE: AccountKey = AccountKey(1);
    const BOB: AccountKey = AccountKey(2);

    struct Setting {
        hub: Arc<Hub>,
        presence: Arc<Presence>,
    }

    impl Setting {
        fn new() -> Self {
            let hub = Arc::new(Hub::new(100, 256));
            let presence = Presence::start(hub.clone(), GRACE, 3, Tasks::new());
            Self { hub, presence }
        }

        fn connect(&self, account: AccountKey, platform: Platform) -> Registration {
            let info = ConnectionInfo {
                account,
                user_id: UserId::new(format!("user{}", account.0)).expect("valid"),
                session: SessionKey(1),
                platform,
                surface: "test",
                is_background: false,
            };
            self.hub.register(info).expect("room")
        }

        fn watch(&self, follower: &Registration, account: AccountKey) -> Vec<i32> {
            let states = self.presence.watch(follower.connection(), [account]);
            numbers(states.expect("not too many")[0])
        }
    }

    fn numbers(platforms: Platforms) -> Vec<i32> {
        platforms.iter().map(Platform::number).collect()
    }

    /// Everything that a follower was told and has not taken yet.
    fn told(follower: &mut Registration) -> Vec<Vec<i32>> {
        let mut told = Vec::new();
        while let Some(Delivery::Event(published)) = follower.try_recv() {
            let Outgoing::Signal(Signal::PresenceChanged { online, .. }) = published.outgoing
            else {
                panic!("not a change of presence: {published:?}")
            };
            told.push(numbers(online));
        }
        told
    }

    #[tokio::test(start_paused = true)]
    async fn coming_is_told_at_once_and_going_after_the_grace() {
        let setting = Setting::new();
        let mut alice = setting.connect(ALICE, Platform::Ios);
        assert_eq!(setting.watch(&alice, BOB), [0; 0]);
        let bob = setting.connect(BOB, Platform::Web);
        assert_eq!(told(&mut alice), [[5]]);
        drop(bob);
        sleep(GRACE - Duration::from_millis(1)).await;
        assert_eq!(told(&mut alice), [[0; 0]; 0]);
        assert_eq!(setting.watch(&alice, BOB), [5]);
        sleep(Duration::from_millis(2)).await;
        assert_eq!(told(&mut alice), [[0; 0]]);
        assert_eq!(setting.watch(&alice, BOB), [0; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reconnect_does_not_show_however_often() {
        let setting = Setting::new();
        let mut alice = setting.connect(ALICE, Platform::Ios);
        setting.watch(&alice, BOB);
        for _ in 0..10 {
            let bob = setting.connect(BOB, Platform::Web);
            sleep(Duration::from_millis(500)).await;
            drop(bob);
            sleep(GRACE - Duration::from_millis(100)).await;
        }
        assert_eq!(
            told(&mut alice),
            [[5]],
            "an old grace must not end a new one"
        );
        sleep(Duration::from_millis(200)).await;
        assert_eq!(told(&mut alice), [[0; 0]]);
        assert_eq!(setting.presence.tasks.running(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_platform_of_several_is_a_change() {
        let setting = Setting::new();
        let mut alice = setting.connect(ALICE, Platform::Ios);
        let phone = setting.connect(BOB, Platform::Android);
        assert_eq!(setting.watch(&alice, BOB), [2]);
        let browser = setting.connect(BOB, Platform::Web);
        let second = setting.connect(BOB, Platform::Web);
        drop(second);
        drop(phone);
        sleep(Duration::from_secs(1)).await;
        drop(browser);
        sleep(GRACE * 2).await;
        assert_eq!(told(&mut alice), [vec![2, 5], vec![5], vec![]]);
    }

    #[tokio::test(start_paused = true)]
    async fn only_followers_are_told_and_only_while_they_follow() {
        let setting = Setting::new();
        let (mut alice, mut other) = (
            setting.connect(ALICE, Platform::Ios),
            setting.connect(ALICE, Platform::Web),
        );
        setting.watch(&alice, BOB);
        let bob = setting.connect(BOB, Platform::Web);
        assert_eq!((told(&mut alice).len(), told(&mut other).len()), (1, 0));
        setting.presence.unwatch(alice.connection(), [BOB, ALICE]);
        drop(bob);
        sleep(GRACE * 2).await;
        assert_eq!(told(&mut alice).len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_connection_follows_is_bounded_and_forgotten_with_it() {
        let setting = Setting::new();
        let presence = &setting.presence;
        let alice = setting.connect(ALICE, Platform::Ios);
        let many = |range: std::ops::Range<i64>| range.map(AccountKey);
        assert_eq!(
            presence
                .watch(alice.connection(), many(10..13))
                .map(|states| states.len()),
            Ok(3)
        );
        assert_eq!(
            presence
                .watch(alice.connection(), many(10..13))
                .map(|states| states.len()),
            Ok(3)
        );
        assert_eq!(
            presence.watch(alice.connection(), many(12..14)),
            Err(TooManyWatches)
        );
        presence.unwatch(alice.connection(), many(10..11));
        assert!(presence.watch(alice.connection(), many(13..14)).is_ok());

        let connection = alice.connection().clone();
        drop(alice);
        assert!(
            presence.watch(&connection, many(20..21)).is_ok(),
            "too late, but no error"
        );
        advance(GRACE).await;
        sleep(GRACE).await;
        let (accounts, watched) = (presence.accounts.iter(), presence.watched.iter());
        assert_eq!(accounts.map(|accounts| accounts.len()).sum::<usize>(), 0);
        assert_eq!(watched.map(|watched| watched.len()).sum::<usize>(), 0);
    }
}
