-- What an application tells its clients by name. `account` is 0 for what holds for everybody.
-- The PostgreSQL file of the same number has the same tables and columns.

CREATE TABLE client_config (
    account INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
