//! The tests of the load generator, in one executable: its arithmetic, what it catches a server at, and a real run of
//! the floor. `fake` is a small OpenIM server that can be told to misbehave.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod fake;
mod floor;
mod report;
mod talks;
