-- Who can be tipped. Nobody is deleted: what they are owed, and tips that are on their way, stay theirs.
CREATE TABLE creators (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    is_open       INTEGER NOT NULL CHECK (is_open IN (0, 1)), -- listed for wallets
    registered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whose earnings a payout is of; the merchant's where it is NULL.
ALTER TABLE payouts ADD COLUMN creator TEXT;
