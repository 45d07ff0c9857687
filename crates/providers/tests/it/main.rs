//! The providers against servers on loopback that speak the other side's protocol.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests end with their runtime, and with it what they spawned"
)]

mod apns;
mod blobs;
mod fcm;
mod loopback;
mod push;
mod thumbnails;
mod web_push;
