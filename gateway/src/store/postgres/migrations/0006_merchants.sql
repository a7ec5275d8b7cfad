-- Where a version of the catalog is from, and since when it was on sale; neither was kept before.
ALTER TABLE catalogs ADD COLUMN is_uploaded boolean NOT NULL DEFAULT false;
ALTER TABLE catalogs ADD COLUMN published_at bigint;

CREATE TABLE payouts (
    id              uuid   PRIMARY KEY,
    merchant        text   NOT NULL,
    idempotency_key text   NOT NULL,
    currency        text   NOT NULL,
    asked           bigint, -- nothing where all was asked for
    amount          bigint NOT NULL CHECK (amount > 0),
    remaining       bigint NOT NULL CHECK (remaining >= 0), -- what stayed payable
    state           text   NOT NULL CHECK (state IN ('in_transit', 'paid', 'failed')),
    failure         text,
    created_at      bigint NOT NULL,
    concluded_at    bigint,
    UNIQUE (merchant, idempotency_key),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CHECK ((state = 'in_transit') = (concluded_at IS NULL))
);
-- The payout that covers a change of what is payable to a merchant; none yet, where it is NULL. The index has one row
-- for each batch of purchases, spread by the random name of its transaction.
ALTER TABLE ledger_postings ADD COLUMN payout uuid;
CREATE INDEX payable_postings ON ledger_postings (owner, currency, payout, ledger_transaction)
    WHERE kind = 'merchant_payable';
