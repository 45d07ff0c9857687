-- Files, the blobs that hold their bytes, and uploads on their way.
-- The SQLite file of the same number has the same tables and columns. Times are milliseconds since 1970.

CREATE TABLE file (
    id         text   NOT NULL PRIMARY KEY,
    name       text   NOT NULL UNIQUE,
    owner      bigint NOT NULL,
    blob       text   NOT NULL,
    media_type text   NOT NULL,
    cause      text   NOT NULL,
    link_key   text   NOT NULL,
    created_at bigint NOT NULL,
    stored_at  bigint NOT NULL
);
CREATE INDEX file_blob ON file (blob);
CREATE INDEX file_owner ON file (owner, created_at);

-- `orphaned_at` is when somebody saw that no file referred to the blob; `is_doomed` says that its bytes are being
-- removed, so that it must not be referred to again.
CREATE TABLE blob (
    key         text    NOT NULL PRIMARY KEY,
    hash        text,
    size        bigint  NOT NULL,
    part_size   bigint  NOT NULL,
    media_type  text    NOT NULL,
    created_at  bigint  NOT NULL,
    orphaned_at bigint,
    is_doomed   boolean NOT NULL DEFAULT false
);
CREATE INDEX blob_hash ON blob (hash, size) WHERE hash IS NOT NULL;
CREATE INDEX blob_orphaned_at ON blob (orphaned_at) WHERE orphaned_at IS NOT NULL;

CREATE TABLE thumbnail (
    blob       text   NOT NULL,
    variant    text   NOT NULL,
    key        text   NOT NULL,
    size       bigint NOT NULL,
    media_type text   NOT NULL,
    PRIMARY KEY (blob, variant)
);

-- `session` is the object store's name for the upload; `file` is what it has become.
CREATE TABLE upload (
    id         text    NOT NULL PRIMARY KEY,
    owner      bigint  NOT NULL,
    name       text    NOT NULL,
    hash       text,
    size       bigint  NOT NULL,
    part_size  bigint  NOT NULL,
    media_type text    NOT NULL,
    cause      text    NOT NULL,
    blob       text    NOT NULL,
    session    text    NOT NULL,
    is_direct  boolean NOT NULL,
    created_at bigint  NOT NULL,
    expires_at bigint  NOT NULL,
    file       text
);
CREATE INDEX upload_expires_at ON upload (expires_at);
CREATE INDEX upload_owner ON upload (owner, created_at);

CREATE TABLE upload_part (
    upload text    NOT NULL,
    number integer NOT NULL,
    size   bigint  NOT NULL,
    md5    text    NOT NULL,
    tag    text    NOT NULL,
    PRIMARY KEY (upload, number)
);
