//! The surface over real HTTP and WebSocket on a loopback listener, with SQLite beneath.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests end with their runtime, and with it what they spawned"
)]

mod access;
mod administration;
mod circle;
mod device;
mod extras;
mod files;
mod friends;
mod group_chats;
mod group_lists;
mod groups;
mod harness;
mod hostile;
mod joining;
mod messages;
mod offline_push;
mod rest;
mod search;
mod socket;
