-- Packs of balance that app stores have sold. Each credits once, by the store's own name for the purchase.
CREATE TABLE sold_packs (
    seller     TEXT NOT NULL CHECK (seller IN ('app_store', 'google_play')),
    name       TEXT NOT NULL, -- a transaction's identifier, or a purchase token
    id         BLOB NOT NULL UNIQUE, -- the top-up's
    account    BLOB NOT NULL REFERENCES accounts,
    device     BLOB NOT NULL REFERENCES devices, -- the one that handed it over
    product    TEXT NOT NULL,
    currency   TEXT NOT NULL,
    amount     INTEGER NOT NULL CHECK (amount > 0), -- what was credited
    price      INTEGER NOT NULL CHECK (price > 0),
    fee        INTEGER NOT NULL CHECK (fee >= 0),
    -- What the store has taken back, what was taken out of the balance for it, and the fee that was still to be spread of
    -- that; nothing as long as the sale stands.
    taken      INTEGER CHECK (taken >= 0),
    held       INTEGER CHECK (held >= 0),
    held_fee   INTEGER CHECK (held_fee >= 0),
    told_at    INTEGER NOT NULL, -- by the store's clock
    consume_at INTEGER, -- nothing once the store knows that it was credited
    attempts   INTEGER NOT NULL CHECK (attempts >= 0),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (seller, name),
    CHECK ((taken IS NULL) = (held IS NULL) AND (held IS NULL) = (held_fee IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX sold_packs_to_consume ON sold_packs (consume_at) WHERE consume_at IS NOT NULL;
CREATE INDEX sold_packs_of_accounts ON sold_packs (account);

-- Purchases that a store has given back before anyone handed them over: they credit nothing.
CREATE TABLE store_revocations (
    seller     TEXT NOT NULL CHECK (seller IN ('app_store', 'google_play')),
    name       TEXT NOT NULL,
    revoked_at INTEGER NOT NULL, -- by the store's clock
    PRIMARY KEY (seller, name)
) STRICT, WITHOUT ROWID;

-- Messages of stores that were taken, so that each is taken once.
CREATE TABLE store_notifications (
    id       BLOB PRIMARY KEY, -- the store's
    taken_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Up to when each store was asked for what it has given back.
CREATE TABLE store_looks (
    seller       TEXT PRIMARY KEY CHECK (seller IN ('app_store', 'google_play')),
    looked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
