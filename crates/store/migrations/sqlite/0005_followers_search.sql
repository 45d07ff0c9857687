-- Followers: who reads what was committed by a durable cursor.
-- The PostgreSQL file of the same number has the same tables and columns.

-- How far each follower has come in the message log and in the outbox, and who carries it out until when. A follower
-- that reads no outbox has the largest number there.
CREATE TABLE follower (
    name        TEXT    NOT NULL PRIMARY KEY,
    message     INTEGER NOT NULL,
    outbox      INTEGER NOT NULL,
    holder      TEXT    NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0,
    moved_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages whose text has changed or gone since they were written, for the search index, which stands in a file of its
-- own and has its own tables. Written by triggers, so that whatever changes a message cannot forget it, and only while
-- there is an index to be kept. A retry, a new message: neither fires them.
CREATE TABLE message_changed (
    key     INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL
) STRICT;

CREATE TRIGGER message_text_updated AFTER UPDATE OF content, content_type, status ON message
WHEN EXISTS (SELECT 1 FROM follower WHERE name = 'search')
BEGIN
    INSERT INTO message_changed (message) VALUES (new.id);
END;

CREATE TRIGGER message_text_deleted AFTER DELETE ON message
WHEN EXISTS (SELECT 1 FROM follower WHERE name = 'search')
BEGIN
    INSERT INTO message_changed (message) VALUES (old.id);
END;
