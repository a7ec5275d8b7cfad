-- Money that goes back: the price of a purchase into the player's balance, or unspent balance to the card.
CREATE TABLE refunds (
    id              uuid   PRIMARY KEY,
    idempotency_key text NOT NULL UNIQUE,
    account         uuid NOT NULL REFERENCES accounts,
    purchase        uuid,
    top_up          uuid REFERENCES top_ups,
    amount          bigint NOT NULL CHECK (amount > 0),
    currency        text NOT NULL,
    -- Who gives it: of a purchase all three, of a top-up the fee that the platform bears.
    processor       bigint NOT NULL,
    platform        bigint NOT NULL,
    developer       bigint NOT NULL,
    state           text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
    reason          text NOT NULL,
    created_at      bigint NOT NULL,
    CHECK ((purchase IS NULL) <> (top_up IS NULL))
);
CREATE INDEX refunds_of_purchases ON refunds (purchase) WHERE purchase IS NOT NULL;
CREATE INDEX refunds_of_top_ups ON refunds (top_up) WHERE top_up IS NOT NULL;

-- Charges that a cardholder disputes at the bank.
CREATE TABLE disputes (
    id         uuid   PRIMARY KEY,
    name       text NOT NULL UNIQUE, -- the processor's
    account    uuid NOT NULL REFERENCES accounts,
    payment    uuid NOT NULL, -- the top-up or tab that was charged
    amount     bigint NOT NULL CHECK (amount > 0),
    currency   text NOT NULL,
    fee        bigint NOT NULL CHECK (fee >= 0),  -- of the dispute
    held       bigint NOT NULL CHECK (held >= 0), -- of the player's balance
    held_fee   bigint NOT NULL CHECK (held_fee >= 0), -- that was still to be spread of what is held
    state      text NOT NULL CHECK (state IN ('open', 'won', 'lost')),
    created_at bigint NOT NULL
);
CREATE INDEX disputes_of_payments ON disputes (payment);

-- What a processor calls an account, and the payment of a top-up or a tab.
CREATE TABLE processor_customers (
    account  uuid   PRIMARY KEY REFERENCES accounts,
    customer text NOT NULL
);
CREATE TABLE processor_payments (
    id       uuid   PRIMARY KEY, -- the top-up's or the tab's
    asked_at bigint NOT NULL, -- for the first time
    payment  text UNIQUE       -- unknown until it has answered
);

-- Spend now, be charged once at the end: an amount that a card has authorised.
CREATE TABLE tabs (
    id              uuid   PRIMARY KEY,
    account         uuid NOT NULL REFERENCES accounts,
    device          uuid NOT NULL REFERENCES devices, -- the one that asked
    idempotency_key text NOT NULL,
    card            uuid NOT NULL REFERENCES cards,
    amount          bigint NOT NULL CHECK (amount > 0),
    currency        text NOT NULL,
    fee             bigint NOT NULL CHECK (fee >= 0), -- expected of the charge
    state           text NOT NULL CHECK (state IN ('created', 'requires_action', 'processing', 'open', 'closing', 'closed', 'failed')),
    decline_code    text,
    due             bigint CHECK (due >= 0), -- what the card is charged, once that is decided
    created_at      bigint NOT NULL,
    UNIQUE (account, idempotency_key),
    CHECK (state NOT IN ('closing', 'closed') OR due IS NOT NULL),
    CHECK ((state = 'failed') = (decline_code IS NOT NULL))
);
CREATE INDEX tabs_that_are_open ON tabs (created_at) WHERE state IN ('open', 'closing');
