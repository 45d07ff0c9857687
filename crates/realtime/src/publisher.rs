//! The domain's publisher port: everything goes over the bus, also what is for this node alone.

use std::sync::Arc;

use domain::event::{Recorded, Signal};
use domain::ports::Publisher;

use crate::bus::Bus;

pub struct RealtimePublisher {
    bus: Arc<dyn Bus>,
}

impl RealtimePublisher {
    pub(crate) fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus }
    }
}

impl Publisher for RealtimePublisher {
    fn publish(&self, recorded: Vec<Recorded>) {
        self.bus.publish(recorded);
    }

    fn signal(&self, signal: Signal) {
        self.bus.signal(signal);
    }
}
