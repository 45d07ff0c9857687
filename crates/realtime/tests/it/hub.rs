//! Delivery: to whom, once, in order, and not at the expense of others.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::event::{Event, Position, Recorded, Signal};
use domain::hooks::Connected;
use domain::ids::{AccountKey, SessionKey};
use domain::ports::ConnectionWatch;
use domain::sessions::{Platform, Platforms};
use realtime::pump::{Ended, KeepAlive};
use realtime::{CloseReason, Outgoing, Published, Settings};

use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::echo::{Echo, next, next_seq, next_text};

const PATIENT: KeepAlive = KeepAlive {
    ping_every: None,
    idle_timeout: Duration::from_secs(60),
};

#[tokio::test]
async fn many_connections_share_bytes_that_were_encoded_once() {
    let echo = Echo::start(Settings::default(), PATIENT).await;
    let mut sockets = Vec::new();
    for session in 0..200 {
        sockets.push(echo.dial(1, session, Platform::Linux).await);
    }
    let mut other = echo.dial(2, 1, Platform::Linux).await;
    echo.publish(1, [1]);
    for socket in &mut sockets {
        assert_eq!(next_seq(socket).await, 1);
    }
    assert_eq!(echo.encoded.load(Ordering::Relaxed), 1);
    echo.publish(2, [7]);
    assert_eq!(
        next_seq(&mut other).await,
        7,
        "another account's message was not shown"
    );
}

#[tokio::test]
async fn messages_arrive_in_order_however_they_were_published() {
    let echo = Echo::start(Settings::default(), PATIENT).await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    for seq in [1, 3, 5, 4, 2, 3] {
        echo.publish(1, [seq]);
    }
    for seq in 1..=5 {
        assert_eq!(next_seq(&mut socket).await, seq);
    }
}

#[tokio::test]
async fn a_slow_reader_is_closed_and_holds_up_nobody() {
    let settings = Settings {
        queue_events_max: 16,
        ..Settings::default()
    };
    let mut echo = Echo::start(settings, PATIENT).await;
    let slow = echo.dial(1, 1, Platform::Linux).await;
    let mut quick = echo.dial(1, 2, Platform::Linux).await;
    // Far more than the kernel buffers of a connection hold; the quick one keeps up, the slow one is never read.
    let mut seq = 0;
    while echo.realtime.hub.connections() == 2 {
        seq += 1;
        echo.publish_sized(1, [seq], 64 * 1024);
        assert_eq!(next_seq(&mut quick).await, seq);
    }
    assert_eq!(echo.ended().await, Ended::Stuck);
    echo.publish(1, [seq + 1]);
    assert_eq!(next_seq(&mut quick).await, seq + 1);
    drop(slow);
}

#[tokio::test]
async fn more_at_once_than_a_queue_takes_closes_with_try_again() {
    let mut echo = Echo::start(Settings::default(), PATIENT).await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    // The loop does not run in between.
    echo.publish(1, 1..=300);
    match next(&mut socket).await {
        Some(Message::Close(Some(frame))) => assert_eq!(frame.code, CloseCode::Again),
        other => panic!("{other:?}"),
    }
    assert_eq!(next(&mut socket).await, None);
    assert_eq!(echo.ended().await, Ended::ByHub(CloseReason::SlowReader));
}

#[tokio::test]
async fn an_administrator_closes_one_connection() {
    let mut echo = Echo::start(Settings::default(), PATIENT).await;
    let mut one = echo.dial(1, 1, Platform::Linux).await;
    let mut other = echo.dial(1, 2, Platform::Linux).await;
    let connections = echo.realtime.hub.connections_of(AccountKey(1));
    let id = connections[0].id();
    assert_eq!(connections[0].info().session, SessionKey(1));
    assert!(echo.realtime.hub.close(AccountKey(1), id));
    assert_eq!(next_text(&mut one).await, None);
    assert_eq!(echo.ended().await, Ended::ByHub(CloseReason::Removed));
    assert!(!echo.realtime.hub.close(AccountKey(1), id), "it is gone");
    echo.publish(1, [1]);
    assert_eq!(next_seq(&mut other).await, 1);
}

/// Writes down what connections do.
#[derive(Default)]
struct Watch {
    seen: parking_lot::Mutex<Vec<(&'static str, Connected)>>,
    changed: tokio::sync::Notify,
}

impl Watch {
    fn note(&self, what: &'static str, connected: Connected) {
        self.seen.lock().push((what, connected));
        self.changed.notify_one();
    }

    async fn wait_for(&self, count: usize) -> Vec<(&'static str, Connected)> {
        while self.seen.lock().len() < count {
            self.changed.notified().await;
        }
        self.seen.lock().clone()
    }
}

impl ConnectionWatch for Watch {
    fn came(&self, connected: Connected) {
        self.note("came", connected);
    }

    fn left(&self, connected: Connected) {
        self.note("left", connected);
    }

    fn kicked(&self, connected: Connected) {
        self.note("kicked", connected);
    }
}

#[tokio::test]
async fn a_watch_hears_of_every_connection_once() {
    let echo = Echo::start(Settings::default(), PATIENT).await;
    let watch = Arc::new(Watch::default());
    echo.realtime.hub.watch_connections(watch.clone());
    let first = echo.dial(1, 1, Platform::Linux).await;
    let second = echo.dial(1, 2, Platform::Web).await;
    watch.wait_for(2).await;
    drop(second);
    watch.wait_for(3).await;
    echo.realtime.publisher().signal(Signal::SocketsReplaced {
        account: AccountKey(1),
        platforms: Platforms::of([Platform::Linux]),
        except: SessionKey(9),
    });
    let seen = watch.wait_for(5).await;
    drop(first);
    let told: Vec<_> = seen
        .iter()
        .map(|(what, connected)| (*what, connected.platform))
        .collect();
    assert_eq!(
        told,
        [
            ("came", Platform::Linux),
            ("came", Platform::Web),
            ("left", Platform::Web),
            ("kicked", Platform::Linux),
            ("left", Platform::Linux)
        ]
    );
    assert_eq!(seen[0].1, seen[4].1, "by the same number");
}

#[tokio::test]
async fn who_is_kicked_is_told_and_closed_and_nobody_else() {
    let echo = Echo::start(Settings::default(), PATIENT).await;
    let mut old = echo.dial(1, 1, Platform::Linux).await;
    let mut new = echo.dial(1, 2, Platform::Linux).await;
    let mut phone = echo.dial(1, 3, Platform::Ios).await;
    echo.realtime.publisher().signal(Signal::SocketsReplaced {
        account: AccountKey(1),
        platforms: Platforms::of([Platform::Linux]),
        except: SessionKey(2),
    });
    assert!(next_text(&mut old).await.is_some());
    assert_eq!(next_text(&mut old).await, None);
    let ended = Event::SessionsEnded {
        account: AccountKey(1),
        platforms: Platforms::of([Platform::Ios]),
        except: None,
    };
    echo.realtime.publisher().publish(vec![Recorded {
        position: Position::Outbox(1),
        event: ended,
    }]);
    assert!(next_text(&mut phone).await.is_some());
    assert_eq!(next_text(&mut phone).await, None);
    echo.publish(1, [1]);
    assert_eq!(next_seq(&mut new).await, 1);
}

#[tokio::test]
async fn one_connection_too_many_is_refused() {
    let settings = Settings {
        connections_max: 1,
        ..Settings::default()
    };
    let echo = Echo::start(settings, PATIENT).await;
    let socket = echo.dial(1, 1, Platform::Linux).await;
    assert!(!echo.realtime.hub.has_room());
    let url = format!("ws://{}/?account=1&session=2&platform=1", echo.address);
    assert!(tokio_tungstenite::connect_async(url.clone()).await.is_err());
    drop(socket);
    while !echo.realtime.hub.has_room() {
        tokio::task::yield_now().await;
    }
    assert!(tokio_tungstenite::connect_async(url).await.is_ok());
}

#[tokio::test]
async fn going_is_told_after_a_grace_and_a_reconnect_is_not_told() {
    let grace = Duration::from_millis(300);
    let echo = Echo::start(
        Settings {
            presence_grace: grace,
            ..Settings::default()
        },
        PATIENT,
    )
    .await;
    let mut watcher = echo.dial(1, 1, Platform::Linux).await;
    let connection = echo.realtime.hub.connections_of(AccountKey(1)).remove(0);
    let presence = &echo.realtime.presence;
    assert_eq!(
        presence.watch(&connection, [AccountKey(2)]),
        Ok(vec![Platforms::default()])
    );
    let first = echo.dial(2, 1, Platform::Ios).await;
    assert!(next_text(&mut watcher).await.is_some(), "coming is told");
    drop(first);
    let second = echo.dial(2, 1, Platform::Ios).await;
    assert_eq!(
        presence.online(AccountKey(2)),
        Platforms::of([Platform::Ios])
    );
    let _pad = echo.dial(2, 2, Platform::Ipad).await;
    assert!(
        next_text(&mut watcher).await.is_some(),
        "a second platform is told"
    );
    assert_eq!(
        echo.encoded.load(Ordering::Relaxed),
        2,
        "the reconnect was not told"
    );
    drop(second);
    assert!(next_text(&mut watcher).await.is_some(), "going is told");
    assert_eq!(
        presence.online(AccountKey(2)),
        Platforms::of([Platform::Ipad])
    );
    presence.unwatch(&connection, [AccountKey(2)]);
    let _back = echo.dial(2, 3, Platform::Ios).await;
    assert_eq!(
        echo.encoded.load(Ordering::Relaxed),
        3,
        "who does not follow is not told"
    );
}

#[tokio::test]
async fn a_connection_follows_so_many_accounts_and_no_more() {
    let settings = Settings {
        watches_max: 2,
        ..Settings::default()
    };
    let echo = Echo::start(settings, PATIENT).await;
    let _socket = echo.dial(1, 1, Platform::Linux).await;
    let connection = echo.realtime.hub.connections_of(AccountKey(1)).remove(0);
    let accounts = |numbers: &[i64]| numbers.iter().copied().map(AccountKey).collect::<Vec<_>>();
    let presence = &echo.realtime.presence;
    assert!(presence.watch(&connection, accounts(&[2, 3, 3])).is_ok());
    assert!(presence.watch(&connection, accounts(&[4])).is_err());
    presence.unwatch(&connection, accounts(&[2]));
    assert!(presence.watch(&connection, accounts(&[4])).is_ok());
}

#[test]
fn an_encoding_is_made_once_for_each_slot() {
    let signal = Signal::SocketsReplaced {
        account: AccountKey(1),
        platforms: Platforms::default(),
        except: SessionKey(1),
    };
    let published = Published::signal(signal);
    let mut made = 0;
    for _ in 0..3 {
        published.encoded(realtime::Slot::CHAT, |outgoing| {
            assert!(matches!(outgoing, Outgoing::Signal(_)));
            made += 1;
            None
        });
    }
    assert_eq!(made, 1);
}
