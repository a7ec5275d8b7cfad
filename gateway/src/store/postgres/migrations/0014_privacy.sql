-- What says who a person is, is sealed under a key of the account's own, which the vault wraps. Without that key nobody
-- reads it again.
CREATE TABLE account_keys (
    id        uuid   PRIMARY KEY REFERENCES accounts, -- the account
    sealed    bytea  NOT NULL,
    vault_key bigint NOT NULL
);
CREATE INDEX account_keys_of_vault_keys ON account_keys (vault_key);

-- The key by which users are found whose names are sealed: one row, wrapped by the vault.
CREATE TABLE name_keys (
    id        uuid   PRIMARY KEY,
    sealed    bytea  NOT NULL,
    vault_key bigint NOT NULL
);

-- These take the place of user_name, which is empty from now on.
ALTER TABLE accounts ADD COLUMN user_index  bytea; -- a keyed digest of the user's name
ALTER TABLE accounts ADD COLUMN user_sealed bytea; -- the name, as JSON
ALTER TABLE accounts ADD COLUMN erased_at   bigint;
CREATE UNIQUE INDEX accounts_of_names ON accounts (user_index) WHERE user_index IS NOT NULL;

-- What a card looks like, as JSON. The columns that said so in the clear say nothing any more: unknown, ----, 1/1970.
ALTER TABLE cards ADD COLUMN details bytea;
CREATE INDEX cards_in_the_clear ON cards (id) WHERE last_four <> '----';
-- A customer's name is sealed, too: `sealed:` and base64url.
CREATE INDEX processor_customers_in_the_clear ON processor_customers (account) WHERE substr(customer, 1, 7) <> 'sealed:';

-- Card charges of an account since its cardholder last proved who they are.
CREATE TABLE authentication_counters (
    account  uuid   NOT NULL REFERENCES accounts,
    currency text   NOT NULL,
    amount   bigint NOT NULL CHECK (amount >= 0),
    count    bigint NOT NULL CHECK (count >= 0),
    PRIMARY KEY (account, currency)
) WITH (fillfactor = 50);
-- Whether that has to be proved for a top-up or a tab, and whether the cardholder was asked to.
CREATE TABLE authentications (
    payment     uuid    PRIMARY KEY, -- the top-up or tab
    is_required boolean NOT NULL,
    was_asked   boolean NOT NULL
);
