-- Imports from other systems: how far each has come.
-- The SQLite file of the same number has the same tables and columns.

-- `fingerprint` names what is imported. The marks are the largest keys from before: what is above is the import's own.
CREATE TABLE import (
    fingerprint       text   NOT NULL PRIMARY KEY,
    conversation_mark bigint NOT NULL,
    group_mark        bigint NOT NULL,
    started_at        bigint NOT NULL,
    finished_at       bigint
);

CREATE TABLE import_step (
    fingerprint text    NOT NULL,
    name        text    NOT NULL,
    documents   bigint  NOT NULL,
    is_finished boolean NOT NULL,
    tally       text    NOT NULL,
    PRIMARY KEY (fingerprint, name)
);

-- The newest number that the other system has given out in a conversation, while an import is under way.
CREATE TABLE import_seq (
    conversation bigint NOT NULL PRIMARY KEY,
    max_seq      bigint NOT NULL
);
