//! What is on its way to connections: one event or signal, shared by all of them, with room for the bytes that
//! each surface makes of it. The first connection that needs an encoding makes it, all others share it.

use std::sync::{Arc, OnceLock};

use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use domain::event::{Event, Recorded, Signal};

/// A message of a WebSocket, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Text(Utf8Bytes),
    Binary(Bytes),
}

impl From<Frame> for Message {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Text(text) => Self::Text(text),
            Frame::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

/// Names one encoding of one surface. They are given out here, so that no two surfaces share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

impl Slot {
    /// OpenIM has four: gob or JSON envelopes, plain or gzipped.
    pub const OPENIM_GOB: Self = Self(0);
    pub const OPENIM_GOB_GZIP: Self = Self(1);
    pub const OPENIM_JSON: Self = Self(2);
    pub const OPENIM_JSON_GZIP: Self = Self(3);
    pub const CHAT: Self = Self(4);
    pub const DESK: Self = Self(5);
    pub const WHATSAPP: Self = Self(6);
    pub const CONSOLE: Self = Self(7);

    const COUNT: usize = 8;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    Event(Event),
    Signal(Signal),
}

#[derive(Debug)]
pub struct Published {
    pub outgoing: Outgoing,
    encodings: [OnceLock<Option<Frame>>; Slot::COUNT],
}

impl Published {
    pub fn event(recorded: Recorded) -> Arc<Self> {
        Self::new(Outgoing::Event(recorded.event))
    }

    pub fn signal(signal: Signal) -> Arc<Self> {
        Self::new(Outgoing::Signal(signal))
    }

    fn new(outgoing: Outgoing) -> Arc<Self> {
        Arc::new(Self {
            outgoing,
            encodings: Default::default(),
        })
    }

    /// The frame that a surface shows for this, or `None` if it shows nothing. `encode` runs at most once for each
    /// slot, so it must depend on nothing but `self` and the slot.
    pub fn encoded(
        &self,
        slot: Slot,
        encode: impl FnOnce(&Outgoing) -> Option<Frame>,
    ) -> Option<Frame> {
        self.encodings[slot.0]
            .get_or_init(|| encode(&self.outgoing))
            .clone()
    }
}
