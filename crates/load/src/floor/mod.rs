//! The floor: the least a chat server can do. A frame comes in, is appended durably, is acknowledged to its sender and
//! passed on to its recipient. Same runtime, WebSocket library, buffers and batched SQLite append as the product, and
//! none of its logic, so that every figure of the product can be told as a ratio to it. Start with [`server`].

pub mod frames;
pub mod server;
pub mod workloads;
