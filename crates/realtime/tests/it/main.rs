//! The socket loop and the hub with real WebSockets on loopback, where one that echoes stands in for the surfaces; and
//! the relay with a real store.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests end with their runtime, and with it what they spawned"
)]

mod echo;
mod follow;
mod hub;
mod pump;
mod relay;
