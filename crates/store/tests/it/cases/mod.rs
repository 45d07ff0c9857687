//! The conformance cases, noun by noun: each is a function that gets a store and knows nothing of which one it is.

pub(crate) mod accounts;
pub(crate) mod appends;
pub(crate) mod conversations;
pub(crate) mod jobs;
pub(crate) mod messages;
pub(crate) mod sessions;
pub(crate) mod transactions;
