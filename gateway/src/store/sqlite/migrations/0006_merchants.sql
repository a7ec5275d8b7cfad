-- Where a version of the catalog is from, and since when it was on sale; neither was kept before.
ALTER TABLE catalogs ADD COLUMN is_uploaded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE catalogs ADD COLUMN published_at INTEGER;

CREATE TABLE payouts (
    id              BLOB PRIMARY KEY,
    merchant        TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    currency        TEXT NOT NULL,
    asked           INTEGER, -- nothing where all was asked for
    amount          INTEGER NOT NULL CHECK (amount > 0),
    remaining       INTEGER NOT NULL CHECK (remaining >= 0), -- what stayed payable
    state           TEXT NOT NULL CHECK (state IN ('in_transit', 'paid', 'failed')),
    failure         TEXT,
    created_at      INTEGER NOT NULL,
    concluded_at    INTEGER,
    -- The ledger's transactions that it covers, its own being the last one.
    covers_after    INTEGER NOT NULL,
    covers_to       INTEGER NOT NULL,
    UNIQUE (merchant, idempotency_key),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CHECK ((state = 'in_transit') = (concluded_at IS NULL))
) STRICT, WITHOUT ROWID;
