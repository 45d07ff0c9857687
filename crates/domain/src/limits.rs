//! Every cap of the domain in one place. A surface may be stricter, never looser.

/// The longest message content in bytes.
pub const CONTENT_BYTES_MAX: usize = 128 * 1024;

/// A message up to this size is always taken; a larger one only if it can be compressed to it. Fifty of them, which
/// is what a client asks for at once, then fit into the 1 MiB that a client reads.
pub const PLAIN_BYTES_MAX: usize = 18 * 1024;

/// The longest `ex`, `attachedInfo` and similar texts that an application keeps with a record.
pub const EXTRA_BYTES_MAX: usize = 16 * 1024;

/// The longest nickname or picture address.
pub const NICKNAME_BYTES_MAX: usize = 255;
pub const FACE_URL_BYTES_MAX: usize = 2048;

/// The longest client message id. The SDKs send 32 characters.
pub const CLIENT_MSG_ID_BYTES_MAX: usize = 64;

/// People named in one message with `@`.
pub const AT_USERS_MAX: usize = 1000;

/// Ids in one request, rows in one page.
pub const IDS_MAX: usize = 1000;
pub const PAGE_ROWS_MAX: usize = 1000;

/// Messages in one answer. The SDKs ask for at most 100 conversations of one message, or 50 of one conversation.
pub const PULLED_MESSAGES_MAX: usize = 1000;

/// Bytes of content in one answer, before it is compressed.
pub const PULLED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Changes that an incremental list answers one by one; more are answered by "read the whole list".
pub const VERSION_CHANGES_MAX: usize = 200;

/// Favourites (OpenIM "user commands") of one account.
pub const FAVOURITES_MAX: usize = 10_000;

/// How often a send is tried again when the policy it was decided on has changed.
pub const POLICY_RETRIES_MAX: usize = 4;

/// Accounts whose facts are kept in memory, and pairs of accounts likewise.
pub const CACHED_ACCOUNTS: usize = 100_000;
pub const CACHED_CONVERSATIONS: usize = 200_000;
