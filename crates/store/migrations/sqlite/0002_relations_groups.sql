-- Friends, requests, blocks; groups, members, applications; the conversations of groups.
-- The PostgreSQL file of the same number has the same tables and columns. Times are milliseconds since 1970.
-- Columns `source`, `verdict`, `status`, `join_rule` and `role` hold the numbers of the domain's enumerations;
-- `operator`, `handler`, `inviter`, `creator`, `announced_by` and the `owner` of a group hold user ids as text,
-- because they say who it was, even when there was no such account.

-- A friendship stands in two lists, one row for each side.
CREATE TABLE friend (
    owner      INTEGER NOT NULL,
    other      INTEGER NOT NULL,
    remark     TEXT    NOT NULL,
    ex         TEXT    NOT NULL,
    is_pinned  INTEGER NOT NULL,
    source     INTEGER NOT NULL,
    operator   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX friend_order ON friend (owner, is_pinned DESC, created_at, other);
CREATE INDEX friend_other ON friend (other, owner);

CREATE TABLE block (
    owner      INTEGER NOT NULL,
    other      INTEGER NOT NULL,
    ex         TEXT    NOT NULL,
    source     INTEGER NOT NULL,
    operator   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX block_order ON block (owner, created_at, other);

CREATE TABLE friend_request (
    from_account   INTEGER NOT NULL,
    to_account     INTEGER NOT NULL,
    verdict        INTEGER NOT NULL,
    message        TEXT    NOT NULL,
    ex             TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    handler        TEXT    NOT NULL,
    handle_message TEXT    NOT NULL,
    handled_at     INTEGER NOT NULL,
    PRIMARY KEY (from_account, to_account)
) STRICT, WITHOUT ROWID;
CREATE INDEX friend_request_from ON friend_request (from_account, created_at);
CREATE INDEX friend_request_to ON friend_request (to_account, created_at);

-- `group` is a word of SQL. AUTOINCREMENT: version logs and events name groups by key.
CREATE TABLE group_info (
    key             INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id        TEXT    NOT NULL UNIQUE,
    conversation    INTEGER NOT NULL,
    name            TEXT    NOT NULL,
    announcement    TEXT    NOT NULL,
    announced_at    INTEGER NOT NULL,
    announced_by    TEXT    NOT NULL,
    introduction    TEXT    NOT NULL,
    face_url        TEXT    NOT NULL,
    ex              TEXT    NOT NULL,
    status          INTEGER NOT NULL,
    join_rule       INTEGER NOT NULL,
    hides_profiles  INTEGER NOT NULL,
    forbids_friends INTEGER NOT NULL,
    creator         TEXT    NOT NULL,
    owner           TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    member_count    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX group_info_created_at ON group_info (created_at);

CREATE TABLE group_member (
    grp         INTEGER NOT NULL,
    account     INTEGER NOT NULL,
    role        INTEGER NOT NULL,
    nickname    TEXT    NOT NULL,
    face_url    TEXT    NOT NULL,
    ex          TEXT    NOT NULL,
    joined_at   INTEGER NOT NULL,
    source      INTEGER NOT NULL,
    inviter     TEXT    NOT NULL,
    operator    TEXT    NOT NULL,
    muted_until INTEGER NOT NULL,
    PRIMARY KEY (grp, account)
) STRICT, WITHOUT ROWID;
-- The order of the list, and with its last column all that a roster needs.
CREATE INDEX group_member_order ON group_member (grp, role DESC, joined_at, account, muted_until);
CREATE INDEX group_member_account ON group_member (account, joined_at, grp);

CREATE TABLE group_application (
    grp            INTEGER NOT NULL,
    account        INTEGER NOT NULL,
    verdict        INTEGER NOT NULL,
    message        TEXT    NOT NULL,
    ex             TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    source         INTEGER NOT NULL,
    inviter        TEXT    NOT NULL,
    handler        TEXT    NOT NULL,
    handle_message TEXT    NOT NULL,
    handled_at     INTEGER NOT NULL,
    PRIMARY KEY (grp, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_application_grp ON group_application (grp, created_at);
CREATE INDEX group_application_account ON group_application (account, created_at);

-- The chat of a group and the log of its notices. They have no two sides: `low` and `high` are 0 there.
ALTER TABLE conversation ADD COLUMN grp INTEGER;

-- A log may belong to a group by now. `list` of `version_log`: 1 an account's conversations, 2 friends, 3 groups,
-- 4 a group's members, 5 an account's blocks; `state` of `version_entry`: 1 inserted, 2 deleted, 3 updated.
ALTER TABLE version_log RENAME COLUMN account TO owner;
