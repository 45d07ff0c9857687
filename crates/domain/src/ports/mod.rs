//! What the domain asks of the outside: a store ([`Store`], [`View`], [`Tx`]) and a publisher. Row traits are small
//! and named by need; their methods say what, the stores say how.

mod jobs;
mod publisher;
mod rows;
mod store;

pub use jobs::{JobReads, JobWrites};
pub use publisher::Publisher;
pub use rows::{
    AccountFilter, AccountReads, AccountWrites, ConversationReads, ConversationWrites, LogRange,
    MessageReads, MessageWrites, NewConversation, NewSession, Page, SessionReads, SessionWrites,
};
pub use store::{OutboxReads, OutboxWrites, Store, Tx, View};
