-- Offline push: what devices registered, badges, what jobs are done on; and the records of client logs.
-- The PostgreSQL file of the same number has the same tables and columns.

ALTER TABLE job ADD COLUMN payload TEXT;
-- Workers claim by kind, so that slow work does not stand in the way of other work.
DROP INDEX job_due_at;
CREATE INDEX job_name_due_at ON job (name, due_at) WHERE dead = 0;

-- `address` is what the provider knows the device by: a token, or the endpoint of a Web Push subscription, whose
-- keys are in `secret`. One address belongs to one account at a time. AUTOINCREMENT: jobs name rows that may be gone.
CREATE TABLE push_token (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL,
    platform   INTEGER NOT NULL,
    session    INTEGER,
    provider   INTEGER NOT NULL,
    address    TEXT    NOT NULL,
    secret     TEXT    NOT NULL,
    app_id     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (provider, address)
) STRICT;
CREATE INDEX push_token_account ON push_token (account);
CREATE INDEX push_token_session ON push_token (session) WHERE session IS NOT NULL;

-- What an application said its badge shows, and how many messages were unread when it said so.
CREATE TABLE push_badge (
    account   INTEGER PRIMARY KEY,
    base      INTEGER NOT NULL,
    unread_at INTEGER NOT NULL
) STRICT;

-- Logs that clients uploaded as files: the record, not the file.
CREATE TABLE client_log (
    key           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    account       INTEGER NOT NULL,
    platform      INTEGER NOT NULL,
    app_framework TEXT    NOT NULL,
    version       TEXT    NOT NULL,
    ex            TEXT    NOT NULL,
    filename      TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX client_log_created_at ON client_log (created_at);
CREATE INDEX client_log_account ON client_log (account);
