//! The surface over real HTTP and WebSocket on a loopback listener, with SQLite beneath.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests end with their runtime, and with it what they spawned"
)]

mod access;
mod device;
mod harness;
mod hostile;
mod messages;
mod rest;
mod socket;
