-- Accounts, sessions, conversations of two, the message log, version logs, outbox and jobs.
-- The PostgreSQL file of the same number has the same tables and columns. Times are milliseconds since 1970.

CREATE TABLE account (
    key        INTEGER PRIMARY KEY,
    user_id    TEXT    NOT NULL UNIQUE,
    nickname   TEXT    NOT NULL,
    face_url   TEXT    NOT NULL,
    ex         TEXT    NOT NULL,
    kind       INTEGER NOT NULL,
    staff      INTEGER,
    receive    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    policy     INTEGER NOT NULL
) STRICT;
CREATE INDEX account_created_at ON account (created_at);

CREATE TABLE favourite (
    account    INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    uuid       TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    ex         TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, kind, uuid)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT here and on jobs: events and workers name rows by key after the row is gone, so that a key must
-- never be given out twice.
CREATE TABLE login_session (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL,
    platform   INTEGER NOT NULL,
    digest     BLOB    NOT NULL UNIQUE,
    state      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX login_session_account ON login_session (account);
CREATE INDEX login_session_expires_at ON login_session (expires_at);

-- Narrow, because every send updates the row. No index has a column that sending changes.
CREATE TABLE conversation (
    key       INTEGER PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE,
    kind      INTEGER NOT NULL,
    low       INTEGER NOT NULL,
    high      INTEGER NOT NULL,
    notice    INTEGER,
    policy    INTEGER NOT NULL DEFAULT 1,
    max_seq   INTEGER NOT NULL DEFAULT 0,
    min_seq   INTEGER NOT NULL DEFAULT 0,
    last_time INTEGER NOT NULL DEFAULT 0,
    sent_low  INTEGER NOT NULL DEFAULT 0,
    sent_high INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX conversation_low ON conversation (low, kind);
CREATE INDEX conversation_high ON conversation (high, kind);

CREATE TABLE participant (
    account       INTEGER NOT NULL,
    conversation  INTEGER NOT NULL,
    receive       INTEGER NOT NULL DEFAULT 0,
    is_pinned     INTEGER NOT NULL DEFAULT 0,
    is_private    INTEGER NOT NULL DEFAULT 0,
    burn_s        INTEGER NOT NULL DEFAULT 0,
    group_at      INTEGER NOT NULL DEFAULT 0,
    is_destructing INTEGER NOT NULL DEFAULT 0,
    destruct_s    INTEGER NOT NULL DEFAULT 0,
    destructed_at INTEGER NOT NULL DEFAULT 0,
    attached_info TEXT    NOT NULL DEFAULT '',
    ex            TEXT    NOT NULL DEFAULT '',
    min_seq       INTEGER NOT NULL DEFAULT 0,
    max_seq       INTEGER NOT NULL DEFAULT 0,
    read_seq      INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (account, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX participant_conversation ON participant (conversation);

-- An append log: rows stand in order of arrival, so that a send dirties few pages. Clustered by conversation it
-- was half as fast. `client_key` stands for (conversation, sender, client_msg_id): an index on it is a third of one
-- on the texts; whoever finds a row by it compares the columns themselves.
CREATE TABLE message (
    id              INTEGER PRIMARY KEY,
    conversation    INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    sender          INTEGER NOT NULL,
    client_key      INTEGER NOT NULL,
    client_msg_id   TEXT    NOT NULL,
    server_msg_id   TEXT    NOT NULL,
    sender_platform INTEGER NOT NULL,
    sender_nickname TEXT    NOT NULL,
    sender_face_url TEXT    NOT NULL,
    origin          INTEGER NOT NULL,
    content_type    INTEGER NOT NULL,
    content         BLOB    NOT NULL,
    create_time     INTEGER NOT NULL,
    send_time       INTEGER NOT NULL,
    status          INTEGER NOT NULL,
    options         INTEGER NOT NULL,
    push            TEXT,
    at_users        TEXT,
    attached_info   TEXT    NOT NULL,
    ex              TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_conversation_seq ON message (conversation, seq);
CREATE INDEX message_client_key ON message (client_key);

CREATE TABLE message_hidden (
    account      INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    PRIMARY KEY (account, conversation, seq)
) STRICT, WITHOUT ROWID;

-- Version logs of lists that clients sync by increments. `list` says which: 1 is an account's conversations.
CREATE TABLE version_log (
    key        INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL,
    list       INTEGER NOT NULL,
    version_id TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    UNIQUE (list, account)
) STRICT;

-- `state` is how the entry came by its version: 1 inserted, 3 updated.
CREATE TABLE version_entry (
    log     INTEGER NOT NULL,
    eid     TEXT    NOT NULL,
    version INTEGER NOT NULL,
    state   INTEGER NOT NULL,
    PRIMARY KEY (log, eid)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_entry_version ON version_entry (log, version);

-- Stored forms of events other than messages, whose row in the log is their form.
CREATE TABLE outbox (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at INTEGER NOT NULL,
    form        TEXT    NOT NULL
) STRICT;

-- How far each relay has read the message log and the outbox.
CREATE TABLE relay (
    name    TEXT    NOT NULL PRIMARY KEY,
    message INTEGER NOT NULL,
    outbox  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    key         INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL,
    unique_name TEXT    UNIQUE,
    due_at      INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT,
    dead        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX job_due_at ON job (due_at) WHERE dead = 0;
