-- What the account's other devices have bought, for the person who looks back: nothing is summed up of it. UUIDv7 keys sort
-- by time.
CREATE TABLE IF NOT EXISTS elsewhere (
    key    BLOB PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
