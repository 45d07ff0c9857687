-- What an application tells its clients by name. `account` is 0 for what holds for everybody.
-- The SQLite file of the same number has the same tables and columns.

CREATE TABLE client_config (
    account bigint NOT NULL,
    name    text   COLLATE "C" NOT NULL,
    value   text   NOT NULL,
    PRIMARY KEY (account, name)
);
