//! The way from a committed event to whoever is connected.

use crate::event::{Recorded, Signal};

/// Hands events to connections, here and on other nodes. It never waits and never fails: what it cannot deliver,
/// clients fetch when they see the gap.
pub trait Publisher: Send + Sync {
    fn publish(&self, recorded: Vec<Recorded>);
    fn signal(&self, signal: Signal);
}
