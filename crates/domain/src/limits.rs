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

/// The longest name of what an application tells its clients.
pub const CLIENT_CONFIG_NAME_BYTES_MAX: usize = 128;

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

/// The largest file, unless it is configured otherwise.
pub const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
pub const FILE_NAME_BYTES_MAX: usize = 1024;

/// The parts of an upload: what object stores take. OpenIM clients compute with these numbers.
pub const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;
pub const PART_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
pub const PARTS_MAX: u64 = 10_000;

/// Unfinished uploads of one account; the oldest of more expire.
pub const OPEN_UPLOADS_MAX: usize = 100;

/// Bodies of files that are received at one time; each has a few hundred KiB in memory.
pub const PARTS_AT_ONCE: usize = 256;

/// Pictures that thumbnails are made of, in bytes and in pixels; larger ones are shown as they are.
pub const PICTURE_BYTES_MAX: u64 = 32 * 1024 * 1024;
pub const PICTURE_PIXELS_MAX: u64 = 50_000_000;

/// The longest side of a thumbnail, and how many of one picture are kept.
pub const THUMBNAIL_SIDE_MAX: u32 = 2048;
pub const THUMBNAILS_MAX: usize = 16;

/// How often a send is tried again when the policy it was decided on has changed.
pub const POLICY_RETRIES_MAX: usize = 4;

/// Accounts whose facts are kept in memory, and pairs of accounts likewise.
pub const CACHED_ACCOUNTS: usize = 100_000;
pub const CACHED_CONVERSATIONS: usize = 200_000;

/// Devices of one account that can be pushed to; of more the one that was quiet for longest is forgotten.
pub const PUSH_TOKENS_MAX: usize = 20;

/// The longest push token or Web Push endpoint, and the longest name of an application.
pub const PUSH_ADDRESS_BYTES_MAX: usize = 2048;
pub const PUSH_APP_ID_BYTES_MAX: usize = 255;

/// Accounts in one push job.
pub const PUSH_JOB_ACCOUNTS_MAX: usize = 200;

/// Notes that one push job has on the way at the same time.
pub const PUSH_SENDS_MAX: usize = 64;

/// Files in one upload of client logs, and the longest texts in their records.
pub const CLIENT_LOG_FILES_MAX: usize = 20;
pub const CLIENT_LOG_TEXT_BYTES_MAX: usize = 4096;

/// What of one message is indexed for search, in bytes and in tokens, and the longest word.
pub const SEARCH_TEXT_BYTES_MAX: usize = 16 * 1024;
pub const SEARCH_TOKENS_MAX: usize = 4096;
pub const SEARCH_WORD_BYTES_MAX: usize = 64;

/// The longest query, its words and quoted phrases, and the hits that can be paged through.
pub const SEARCH_QUERY_BYTES_MAX: usize = 512;
pub const SEARCH_PHRASES_MAX: usize = 16;
pub const SEARCH_HITS_MAX: usize = 1000;

/// Senders and content types that one search may be narrowed to.
pub const SEARCH_SENDERS_MAX: usize = 64;
pub const SEARCH_CONTENT_TYPES_MAX: usize = 32;
/// Members of groups whose facts are kept in memory, over all groups.
pub const CACHED_MEMBERS: usize = 4_000_000;

/// Members that a group is made with.
pub const NEW_MEMBERS_MAX: usize = 10_000;

/// Members of one group.
pub const MEMBERS_MAX: u32 = 100_000;

/// The longest name of a group, announcement or introduction, remark, and text that goes with a request.
pub const GROUP_NAME_BYTES_MAX: usize = 255;
pub const GROUP_TEXT_BYTES_MAX: usize = 8 * 1024;
pub const REMARK_BYTES_MAX: usize = 255;
pub const REQUEST_TEXT_BYTES_MAX: usize = 1024;

/// The longest mute of a member in seconds: ten years.
pub const MUTE_SECONDS_MAX: u32 = 10 * 366 * 24 * 60 * 60;

/// The newest requests to the application's server that can be looked at, and the longest text of each.
pub const HOOK_DELIVERIES_KEPT: usize = 1000;
pub const HOOK_DETAIL_CHARS_MAX: usize = 200;

/// After-hooks that are under way at a time.
pub const HOOK_LETTERS_AT_ONCE: usize = 16;

/// Reports of connections that wait to be written; more are lost.
pub const CONNECTION_REPORTS_MAX: usize = 20_000;

/// People whose records stand in one notice; a device asks for the rest.
pub const NOTICED_PEOPLE_MAX: usize = 50;

/// What of a message's earlier words is kept, in edits.
pub const EDITS_KEPT: u32 = 20;

/// The longest reaction, the different ones on one message, and the people that are named with each.
pub const REACTION_BYTES_MAX: usize = 64;
pub const REACTIONS_MAX: u64 = 20;
pub const REACTORS_NAMED_MAX: u32 = 20;

/// Pinned messages of one conversation.
pub const PINS_MAX: usize = 100;

/// Messages whose edits or reactions are asked for at a time.
pub const ANNOTATED_MAX: usize = 100;

/// Deliveries that wait to be written; of more conversations the receipts are lost.
pub const DELIVERIES_NOTED_MAX: usize = 1_000_000;

/// The longest period that messages are kept for when it is not for ever: a hundred years, in seconds.
pub const KEEP_SECONDS_MAX: i64 = 100 * 365 * 24 * 60 * 60;
