//! Operation tests: who may, what changes, which events follow, and that a retry is a replay. They run on real SQLite.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests end with their runtime, and with it what they spawned"
)]

mod accounts;
mod conversations;
mod deleting;
mod jobs;
mod reading;
mod relaying;
mod sending;
mod sessions;
