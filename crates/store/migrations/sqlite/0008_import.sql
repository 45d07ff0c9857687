-- Imports from other systems: how far each has come.
-- The PostgreSQL file of the same number has the same tables and columns.

-- `fingerprint` names what is imported. The marks are the largest keys from before: what is above is the import's own.
CREATE TABLE import (
    fingerprint       TEXT    NOT NULL PRIMARY KEY,
    conversation_mark INTEGER NOT NULL,
    group_mark        INTEGER NOT NULL,
    started_at        INTEGER NOT NULL,
    finished_at       INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE import_step (
    fingerprint TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    documents   INTEGER NOT NULL,
    is_finished INTEGER NOT NULL,
    tally       TEXT    NOT NULL,
    PRIMARY KEY (fingerprint, name)
) STRICT, WITHOUT ROWID;

-- The newest number that the other system has given out in a conversation, while an import is under way.
CREATE TABLE import_seq (
    conversation INTEGER PRIMARY KEY,
    max_seq      INTEGER NOT NULL
) STRICT;
