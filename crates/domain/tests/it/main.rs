//! Operation tests: who may, what changes, which events follow, and that a retry is a replay. They run on real SQLite.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests end with their runtime, and with it what they spawned"
)]

mod accounts;
mod annotating;
mod conversations;
mod deleting;
mod expiring;
mod files;
mod groups;
mod hook_letters;
mod hooks;
mod importing;
mod jobs;
mod pushing;
mod reading;
mod receipts;
mod relations;
mod relaying;
mod searching;
mod sending;
mod sessions;
mod syncing;
