-- Files, the blobs that hold their bytes, and uploads on their way.
-- The PostgreSQL file of the same number has the same tables and columns. Times are milliseconds since 1970.

CREATE TABLE file (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    owner      INTEGER NOT NULL,
    blob       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    cause      TEXT    NOT NULL,
    link_key   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    stored_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX file_blob ON file (blob);
CREATE INDEX file_owner ON file (owner, created_at);

-- `orphaned_at` is when somebody saw that no file referred to the blob; `is_doomed` says that its bytes are being
-- removed, so that it must not be referred to again.
CREATE TABLE blob (
    key         TEXT    NOT NULL PRIMARY KEY,
    hash        TEXT,
    size        INTEGER NOT NULL,
    part_size   INTEGER NOT NULL,
    media_type  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    orphaned_at INTEGER,
    is_doomed   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_hash ON blob (hash, size) WHERE hash IS NOT NULL;
CREATE INDEX blob_orphaned_at ON blob (orphaned_at) WHERE orphaned_at IS NOT NULL;

CREATE TABLE thumbnail (
    blob       TEXT    NOT NULL,
    variant    TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    media_type TEXT    NOT NULL,
    PRIMARY KEY (blob, variant)
) STRICT, WITHOUT ROWID;

-- `session` is the object store's name for the upload; `file` is what it has become.
CREATE TABLE upload (
    id         TEXT    NOT NULL PRIMARY KEY,
    owner      INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    hash       TEXT,
    size       INTEGER NOT NULL,
    part_size  INTEGER NOT NULL,
    media_type TEXT    NOT NULL,
    cause      TEXT    NOT NULL,
    blob       TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    is_direct  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    file       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_expires_at ON upload (expires_at);
CREATE INDEX upload_owner ON upload (owner, created_at);

CREATE TABLE upload_part (
    upload TEXT    NOT NULL,
    number INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    md5    TEXT    NOT NULL,
    tag    TEXT    NOT NULL,
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
