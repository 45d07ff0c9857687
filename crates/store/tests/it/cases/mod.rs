//! The conformance cases, noun by noun: each is a function that gets a store and knows nothing of which one it is.

pub(crate) mod accounts;
pub(crate) mod annotations;
pub(crate) mod appends;
pub(crate) mod client_config;
pub(crate) mod conversations;
pub(crate) mod files;
pub(crate) mod follow;
pub(crate) mod group_chats;
pub(crate) mod groups;
pub(crate) mod imports;
pub(crate) mod jobs;
pub(crate) mod messages;
pub(crate) mod push;
pub(crate) mod relations;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod statistics;
pub(crate) mod transactions;
pub(crate) mod upkeep;
pub(crate) mod versions;
