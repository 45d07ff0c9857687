//! The bus of a single node: a function call.

use std::sync::OnceLock;

use domain::event::{Recorded, Signal};

use super::{Bus, Inlet};

#[derive(Default)]
pub struct LocalBus(OnceLock<Inlet>);

impl LocalBus {
    pub fn new() -> Self {
        Self::default()
    }
}

impl Bus for LocalBus {
    fn attach(&self, inlet: Inlet) {
        // A second one would be a second node in this process, which has a bus of its own.
        let _ = self.0.set(inlet);
    }

    fn publish(&self, recorded: Vec<Recorded>) {
        if let Some(inlet) = self.0.get() {
            recorded
                .into_iter()
                .for_each(|recorded| inlet.event(recorded));
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(inlet) = self.0.get() {
            inlet.signal(signal);
        }
    }
}
