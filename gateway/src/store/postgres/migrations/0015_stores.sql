-- Packs of balance that app stores have sold. Each credits once, by the store's own name for the purchase.
CREATE TABLE sold_packs (
    seller     text NOT NULL CHECK (seller IN ('app_store', 'google_play')),
    name       text NOT NULL, -- a transaction's identifier, or a purchase token
    id         uuid NOT NULL UNIQUE, -- the top-up's
    account    uuid NOT NULL REFERENCES accounts,
    device     uuid NOT NULL REFERENCES devices, -- the one that handed it over
    product    text NOT NULL,
    currency   text NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0), -- what was credited
    price      bigint NOT NULL CHECK (price > 0),
    fee        bigint NOT NULL CHECK (fee >= 0),
    -- What the store has taken back, what was taken out of the balance for it, and the fee that was still to be spread of
    -- that; nothing as long as the sale stands.
    taken      bigint CHECK (taken >= 0),
    held       bigint CHECK (held >= 0),
    held_fee   bigint CHECK (held_fee >= 0),
    told_at    bigint NOT NULL, -- by the store's clock
    consume_at bigint, -- nothing once the store knows that it was credited
    attempts   bigint NOT NULL CHECK (attempts >= 0),
    created_at bigint NOT NULL,
    PRIMARY KEY (seller, name),
    CHECK ((taken IS NULL) = (held IS NULL) AND (held IS NULL) = (held_fee IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX sold_packs_to_consume ON sold_packs (consume_at) WHERE consume_at IS NOT NULL;
CREATE INDEX sold_packs_of_accounts ON sold_packs (account);

-- Purchases that a store has given back before anyone handed them over: they credit nothing.
CREATE TABLE store_revocations (
    seller     text NOT NULL CHECK (seller IN ('app_store', 'google_play')),
    name       text NOT NULL,
    revoked_at bigint NOT NULL, -- by the store's clock
    PRIMARY KEY (seller, name)
);

-- Messages of stores that were taken, so that each is taken once.
CREATE TABLE store_notifications (
    id       uuid PRIMARY KEY, -- the store's
    taken_at bigint NOT NULL
);

-- Up to when each store was asked for what it has given back.
CREATE TABLE store_looks (
    seller       text PRIMARY KEY CHECK (seller IN ('app_store', 'google_play')),
    looked_until bigint NOT NULL
) WITH (fillfactor = 50);
