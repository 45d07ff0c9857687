//! What the workloads and the two protocols (the floor's and OpenIM's) have in common: a message is known by a number
//! that its sender counts up from 1, and a server either acknowledges it or passes it on.

use crate::process::{Meter, own_cpu};
use anyhow::Result;
use bytes::Bytes;
use std::time::{Duration, Instant};
use tokio::time::sleep_until;

/// How one end of a talk is spoken.
pub trait Speech: Send + 'static {
    /// Whether the sender's own connection is told of its messages, too.
    const ECHOES: bool;

    /// Whether places in a conversation count 1, 2, 3, …; otherwise they only ascend.
    const GAP_FREE: bool;

    /// The frame of message `id`, from side 0 or 1 of the talk to the other.
    fn message(&mut self, side: usize, id: u32) -> Bytes;

    /// Appends what a frame from the server says. An error is a refusal, or a frame that makes no sense.
    fn hear(&mut self, frame: &[u8], heard: &mut Vec<Heard>) -> Result<()>;
}

/// One statement of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Message `id` of this connection is durable.
    Ack { id: u32 },
    /// Message `id` of user `from`, at place `seq` of its conversation.
    Message { from: u32, id: u32, seq: u64 },
}

/// How long a workload runs.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Conversations are created and caches filled before anything counts.
    pub warm_up: Duration,
    pub measure: Duration,
    /// How long what is under way at the end may take to arrive.
    pub drain_max: Duration,
}

/// The part of a run that counts.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub from: Instant,
    pub to: Instant,
    /// When everything has to be over.
    pub deadline: Instant,
}

impl Window {
    /// Starts the warm-up now.
    pub fn open(plan: Plan) -> Window {
        let from = Instant::now() + plan.warm_up;
        let to = from + plan.measure;
        Window {
            from,
            to,
            deadline: to + plan.drain_max,
        }
    }

    pub fn holds(self, instant: Instant) -> bool {
        self.from <= instant && instant < self.to
    }

    pub fn length(self) -> Duration {
        self.to - self.from
    }
}

/// Processor time spent during a window.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// By the server, and the database if it has one.
    pub server: Duration,
    pub generator: Duration,
}

/// Reads the meters at both ends of the window.
pub async fn watch(window: Window, meter: Meter) -> Result<Spent> {
    sleep_until(window.from.into()).await;
    let (server, generator) = (meter.cpu()?, own_cpu()?);
    sleep_until(window.to.into()).await;
    Ok(Spent {
        server: meter.cpu()?.saturating_sub(server),
        generator: own_cpu()?.saturating_sub(generator),
    })
}
