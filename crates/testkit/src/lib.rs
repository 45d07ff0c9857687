//! What tests share: a whole domain on SQLite (`world.rs`) and a PostgreSQL server of their own (`postgres.rs`). Never
//! a dependency of anything that ships.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

pub mod postgres;
mod world;

pub use world::{BEGIN, HandClock, Notebook, World, saying, user_id};
