-- Who can be tipped. Nobody is deleted: what they are owed, and tips that are on their way, stay theirs.
-- Identifiers sort by their bytes, as in SQLite.
CREATE TABLE creators (
    id            text    COLLATE "C" PRIMARY KEY,
    name          text    NOT NULL,
    is_open       boolean NOT NULL, -- listed for wallets
    registered_at bigint  NOT NULL
);

-- Whose earnings a payout is of; the merchant's where it is NULL.
ALTER TABLE payouts ADD COLUMN creator text;
-- As that of merchants: one row for each batch of tips to a creator, spread by the random name of its transaction.
CREATE INDEX creators_payable_postings ON ledger_postings (owner, currency, payout, ledger_transaction)
    WHERE kind = 'creator_payable';
