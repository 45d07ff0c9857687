//! Finding messages by what they say. `text.rs` takes the words out of a stored message, `tokens.rs` makes of them what
//! the index holds and of a query what is looked for; `indexer.rs` follows the log and keeps the index; `find.rs` are
//! the operations. The index is the database's own and stands in the store, behind [`crate::ports::SearchIndex`].

mod find;
mod indexer;
mod text;
mod tokens;

pub use find::{FindMessages, FoundPage, History, SearchPlace};
pub use indexer::SearchIndexer;
pub use text::searchable_text;
pub use tokens::{Phrase, Query, tokens};
