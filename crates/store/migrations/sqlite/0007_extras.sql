-- What people do to messages that exist: edits, reactions, pins; how far messages came; and what removes old ones.
-- The PostgreSQL file of the same number has the same tables and columns.

-- What a message said before each of its newest edits; `number` grows with every edit.
CREATE TABLE message_edit (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    editor       INTEGER NOT NULL,
    edited_at    INTEGER NOT NULL,
    content      BLOB    NOT NULL,
    ex           TEXT    NOT NULL,
    PRIMARY KEY (conversation, seq, number)
) STRICT;

CREATE TABLE message_reaction (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    reaction     TEXT    NOT NULL,
    line         INTEGER NOT NULL,
    account      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq, reaction, line, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE message_pin (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    account      INTEGER NOT NULL,
    pinned_at    INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

-- A message that is recalled or erased leaves nothing of this behind, whoever takes it away.
CREATE TRIGGER message_taken_back AFTER UPDATE OF status, content_type ON message
WHEN new.status <> old.status OR new.content_type <> old.content_type
BEGIN
    DELETE FROM message_edit WHERE conversation = old.conversation AND seq = old.seq;
    DELETE FROM message_reaction WHERE conversation = old.conversation AND seq = old.seq;
    DELETE FROM message_pin WHERE conversation = old.conversation AND seq = old.seq;
END;

CREATE TRIGGER message_removed AFTER DELETE ON message
BEGIN
    DELETE FROM message_edit WHERE conversation = old.conversation AND seq = old.seq;
    DELETE FROM message_reaction WHERE conversation = old.conversation AND seq = old.seq;
    DELETE FROM message_pin WHERE conversation = old.conversation AND seq = old.seq;
END;

-- `delivered_seq`: the newest message that has reached one of the participant's devices. `destruct_due`: when the
-- oldest message that the participant sees will be old enough to go; 0 when that is not known.
ALTER TABLE participant ADD COLUMN delivered_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE participant ADD COLUMN destruct_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX participant_destruct_due ON participant (destruct_due) WHERE is_destructing = 1 AND destruct_s > 0;

CREATE TRIGGER participant_destruct_set AFTER UPDATE OF is_destructing, destruct_s ON participant
WHEN new.is_destructing <> old.is_destructing OR new.destruct_s <> old.destruct_s
BEGIN
    UPDATE participant SET destruct_due = 0 WHERE account = new.account AND conversation = new.conversation;
END;

-- How long the messages of a conversation are kept, where that is not as everywhere; -1 is for ever.
CREATE TABLE retention (
    conversation INTEGER PRIMARY KEY,
    keep_s       INTEGER NOT NULL
) STRICT;
