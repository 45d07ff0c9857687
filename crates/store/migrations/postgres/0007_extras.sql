-- What people do to messages that exist: edits, reactions, pins; how far messages came; and what removes old ones.
-- The SQLite file of the same number has the same tables and columns.

-- What a message said before each of its newest edits; `number` grows with every edit.
CREATE TABLE message_edit (
    conversation bigint NOT NULL,
    seq          bigint NOT NULL,
    number       bigint NOT NULL,
    editor       bigint NOT NULL,
    edited_at    bigint NOT NULL,
    content      bytea  NOT NULL,
    ex           text   NOT NULL,
    PRIMARY KEY (conversation, seq, number)
);

CREATE TABLE message_reaction (
    conversation bigint  NOT NULL,
    seq          bigint  NOT NULL,
    reaction     text    COLLATE "C" NOT NULL,
    line         integer NOT NULL,
    account      bigint  NOT NULL,
    created_at   bigint  NOT NULL,
    PRIMARY KEY (conversation, seq, reaction, line, account)
);

CREATE TABLE message_pin (
    conversation bigint NOT NULL,
    seq          bigint NOT NULL,
    account      bigint NOT NULL,
    pinned_at    bigint NOT NULL,
    PRIMARY KEY (conversation, seq)
);

-- A message that is recalled or erased leaves nothing of this behind, whoever takes it away.
CREATE FUNCTION message_taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM message_edit WHERE conversation = old.conversation AND seq = old.seq;
    DELETE FROM message_reaction WHERE conversation = old.conversation AND seq = old.seq;
    DELETE FROM message_pin WHERE conversation = old.conversation AND seq = old.seq;
    RETURN NULL;
END $$;

CREATE TRIGGER message_taken_back AFTER UPDATE OF status, content_type ON message
    FOR EACH ROW WHEN (new.status <> old.status OR new.content_type <> old.content_type)
    EXECUTE FUNCTION message_taken_back();
CREATE TRIGGER message_removed AFTER DELETE ON message
    FOR EACH ROW EXECUTE FUNCTION message_taken_back();

-- `delivered_seq`: the newest message that has reached one of the participant's devices. `destruct_due`: when the
-- oldest message that the participant sees will be old enough to go; 0 when that is not known.
ALTER TABLE participant ADD COLUMN delivered_seq bigint NOT NULL DEFAULT 0;
ALTER TABLE participant ADD COLUMN destruct_due bigint NOT NULL DEFAULT 0;
CREATE INDEX participant_destruct_due ON participant (destruct_due) WHERE is_destructing AND destruct_s > 0;

CREATE FUNCTION participant_destruct_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.destruct_due := 0;
    RETURN new;
END $$;

CREATE TRIGGER participant_destruct_set BEFORE UPDATE OF is_destructing, destruct_s ON participant
    FOR EACH ROW WHEN (new.is_destructing <> old.is_destructing OR new.destruct_s <> old.destruct_s)
    EXECUTE FUNCTION participant_destruct_set();

-- How long the messages of a conversation are kept, where that is not as everywhere; -1 is for ever.
CREATE TABLE retention (
    conversation bigint NOT NULL PRIMARY KEY,
    keep_s       bigint NOT NULL
);
