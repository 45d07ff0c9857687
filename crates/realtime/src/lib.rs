//! Who is connected where, and how recorded events reach them: publisher → bus → sequence → hub → the queue of each
//! connection → the socket loop. Nothing here waits on a client and nothing here is the truth: whoever misses an
//! event sees the gap and pulls. Read `hub.rs` and `pump.rs` first.

mod connection;
mod published;

mod bus;
mod deadlines;
mod follow;
mod hub;
mod presence;
mod publisher;
pub mod pump;
mod relay;
mod sequence;
mod sharded;

pub use bus::{Bus, Inlet, LocalBus};
pub use connection::{
    CloseReason, Connection, ConnectionId, ConnectionInfo, Delivery, Registration,
};
pub use follow::FollowerDriver;
pub use hub::{Hub, Refused};
pub use presence::{Presence, TooManyWatches};
pub use published::{Frame, Outgoing, Published, Slot};
pub use publisher::RealtimePublisher;
pub use relay::{Backlog, Relay};

use std::sync::Arc;
use std::time::Duration;

use domain::ports::Publisher;

use crate::deadlines::Tasks;
use crate::sequence::Sequence;

#[derive(Clone, Debug)]
pub struct Settings {
    /// Connections of this process, all surfaces together; one more is refused.
    pub connections_max: usize,
    /// Events that wait for one connection; one more closes it, and its client resyncs.
    pub queue_events_max: usize,
    /// How long an account stays online on a platform after its last connection there, so that a reconnect does
    /// not show.
    pub presence_grace: Duration,
    /// Accounts that one connection may watch.
    pub watches_max: usize,
    /// How long an event waits for the ones before it.
    pub order_wait: Duration,
    /// Conversations whose order is remembered.
    pub conversations_max: usize,
    /// How long a shutdown waits for sockets to say good-bye.
    pub drain_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections_max: 100_000,
            queue_events_max: 256,
            presence_grace: Duration::from_secs(3),
            watches_max: 3_000,
            order_wait: Duration::from_millis(100),
            conversations_max: 65_536,
            drain_timeout: Duration::from_secs(15),
        }
    }
}

/// The realtime side of one node, put together.
pub struct Realtime {
    pub hub: Arc<Hub>,
    pub presence: Arc<Presence>,
    publisher: Arc<RealtimePublisher>,
    tasks: Tasks,
    drain_timeout: Duration,
}

impl Realtime {
    /// Must be called inside a tokio runtime and after the metrics recorder was installed.
    pub fn new(settings: Settings, bus: Arc<dyn Bus>) -> Self {
        let tasks = Tasks::new();
        let hub = Arc::new(Hub::new(
            settings.connections_max,
            settings.queue_events_max,
        ));
        let presence = Presence::start(
            hub.clone(),
            settings.presence_grace,
            settings.watches_max,
            tasks.clone(),
        );
        let receiver = hub.clone();
        let sequence = Sequence::new(
            settings.order_wait,
            settings.conversations_max,
            tasks.clone(),
            Box::new(move |published| receiver.deliver(published)),
        );
        bus.attach(Inlet::new(hub.clone(), sequence));
        let publisher = Arc::new(RealtimePublisher::new(bus));
        Self {
            hub,
            presence,
            publisher,
            tasks,
            drain_timeout: settings.drain_timeout,
        }
    }

    /// What the domain publishes through.
    pub fn publisher(&self) -> Arc<dyn Publisher> {
        self.publisher.clone()
    }

    /// Refuses new connections, lets every connection have what is queued for it, closes them as "going away" and
    /// waits until they are gone, at most `drain_timeout`. Then ends the timers.
    pub async fn shutdown(&self) {
        self.hub.start_draining();
        if tokio::time::timeout(self.drain_timeout, self.hub.drained())
            .await
            .is_err()
        {
            tracing::warn!(
                connections = self.hub.connections(),
                "sockets were still open at the end of the drain"
            );
        }
        self.tasks.stop().await;
    }
}
