-- The wallet, version 1. Keys are in clear, everything else is sealed: AES-256-GCM, bound to
-- the table and the key (store/sealed.rs).

-- Entries that are not settled yet. The entry is the purchase, the grant and the payment in
-- one: balance and inventory are what the entries sum up to, so no two rows can disagree.
CREATE TABLE journal (
    seq    INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- Settled and rejected entries, for the person who looks back. UUIDv7 keys sort by time.
CREATE TABLE history (
    key    BLOB PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What each idempotency key of a settled entry stood for. The key is its SHA-256.
CREATE TABLE operations (
    key    BLOB PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each thing there is one of: enrolment, key set, catalog, account, the sums of
-- what is settled.
CREATE TABLE documents (
    key    BLOB PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE top_ups (
    key    BLOB PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
