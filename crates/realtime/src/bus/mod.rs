//! How what happened on one node reaches the others. A bus takes recorded events and signals and gives them to the
//! inlet of every node, its own included. It may deliver twice and in any order: the inlet puts conversations in order
//! and drops what it has delivered. It may lose: clients see the gap and pull.

mod local;

pub use local::LocalBus;

use std::sync::Arc;

use domain::event::{Recorded, Signal};

use crate::hub::Hub;
use crate::published::Published;
use crate::sequence::Sequence;

pub trait Bus: Send + Sync {
    /// Where this node's share goes. Called once, before anything is published.
    fn attach(&self, inlet: Inlet);
    fn publish(&self, recorded: Vec<Recorded>);
    fn signal(&self, signal: Signal);
}

/// The receiving end of one node.
#[derive(Clone)]
pub struct Inlet {
    hub: Arc<Hub>,
    sequence: Arc<Sequence>,
}

impl Inlet {
    pub(crate) fn new(hub: Arc<Hub>, sequence: Arc<Sequence>) -> Self {
        Self { hub, sequence }
    }

    pub fn event(&self, recorded: Recorded) {
        self.sequence.put(Published::event(recorded));
    }

    pub fn signal(&self, signal: Signal) {
        self.hub.deliver(&Published::signal(signal));
    }
}
