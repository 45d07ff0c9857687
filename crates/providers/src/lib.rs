//! What stands outside of the process and the store: where bytes are kept and whom we call. Each module implements a
//! port of `domain`; the heavy dependencies that this takes stay in this crate (`docs/decisions/0008-providers.md`).

pub mod addresses;
pub mod blobs;
pub mod push;
pub mod thumbnail;
pub mod webhooks;
