//! What tests share: a whole domain on SQLite (`world.rs`) and a PostgreSQL server of their own (`postgres.rs`). Never
//! a dependency of anything that ships.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

pub mod pictures;
pub mod postgres;
pub mod receiver;
pub mod s3;
mod world;

pub use world::{BEGIN, HandClock, Notebook, World, saying, user_id};
