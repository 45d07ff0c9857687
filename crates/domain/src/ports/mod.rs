//! What the domain asks of the outside: a store ([`Store`], [`View`], [`Tx`]) and a publisher. Row traits are small
//! and named by need; their methods say what, the stores say how.

mod annotations;
mod client_config;
mod client_logs;
mod files;
mod follow;
mod groups;
mod hooks;
mod import;
mod jobs;
mod publisher;
mod push;
mod relations;
mod rows;
mod search;
mod statistics;
mod store;
mod upkeep;

pub use annotations::{AnnotationReads, AnnotationWrites, NewEdit};
pub use client_config::{ClientConfigReads, ClientConfigWrites};
pub use client_logs::{ClientLogReads, ClientLogWrites};
pub use files::{Blobs, ByteStream, FileReads, FileWrites, Images, PartPlace, Presented};
pub use follow::{FollowReads, FollowWrites, LogPage, OutboxRow};
pub use groups::{GroupReads, GroupWrites, NewMember};
pub use hooks::{ConnectionWatch, Delivered, Hooks};
pub use import::{
    ImportMark, ImportRun, ImportStep, ImportWrites, ImportedApplication, ImportedConversation,
    ImportedFriend, ImportedFriendRequest, ImportedHead, ImportedHide, ImportedMember,
    ImportedMessage, ImportedParticipant, ImportedReach, ImportedTail,
};
pub use jobs::{JobReads, JobWrites};
pub use publisher::Publisher;
pub use push::{Presence, PushReads, PushReceiver, PushSender, PushWrites};
pub use relations::{NewBlock, NewFriend, RelationReads, RelationWrites};
pub use rows::{
    AccountFilter, AccountReads, AccountWrites, Between, ConversationReads, ConversationWrites,
    LogRange, MessageReads, MessageWrites, NewConversation, NewSession, Page, SessionReads,
    SessionWrites, VersionReads, VersionWrites,
};
pub use search::{
    Hit, IndexBatch, IndexEntry, OwnConversation, SPAN_CONVERSATIONS_MAX, SearchIndex, SearchReads,
    SearchSpan, SearchWrites, Span,
};
pub use statistics::StatisticsReads;
pub use store::{OutboxReads, OutboxWrites, Store, Tx, View};
pub use upkeep::{Aged, Delivery, Destructed, Destructing, Position, UpkeepReads, UpkeepWrites};
