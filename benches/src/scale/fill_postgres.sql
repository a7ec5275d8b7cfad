-- Copies one player, whom the gateway itself enrolled and served, under other names: {first} is the first number,
-- {count} how many, {account} the player's account. Whatever the gateway wrote for the player is copied.
-- Statements are separated by a line of three hyphens; all of them run in one transaction.
CREATE OR REPLACE FUNCTION pg_temp.name(at bigint) RETURNS uuid LANGUAGE sql VOLATILE AS
    -- As UUID version 7: milliseconds, then chance.
    $$ SELECT (lpad(to_hex(at), 12, '0') || '7' || substr(gen_random_uuid()::text, 16))::uuid $$
---
CREATE TEMP TABLE copies ON COMMIT DROP AS
    SELECT number, account.id AS old_account, device.id AS old_device, card.id AS old_card, top_up.id AS old_top_up,
           pg_temp.name(account.created_at - {first} - {count} + number) AS account,
           pg_temp.name(account.created_at - {first} - {count} + number) AS device,
           pg_temp.name(account.created_at - {first} - {count} + number) AS card,
           pg_temp.name(account.created_at - {first} - {count} + number) AS top_up
    FROM generate_series({first}::bigint, {first}::bigint + {count} - 1) AS number, accounts AS account
        JOIN devices AS device ON device.account = account.id
        JOIN cards AS card ON card.account = account.id
        JOIN top_ups AS top_up ON top_up.account = account.id
    WHERE account.id = '{account}'
---
CREATE TEMP TABLE copied_purchases ON COMMIT DROP AS
    SELECT number, copies.account, copies.device, old_account, old_device, seq, entry.purchase AS old_purchase, receipt,
           pg_temp.name(created_at + number) AS purchase
    FROM copies JOIN accounts ON accounts.id = old_account JOIN entries AS entry ON entry.device = old_device
---
-- The table has no index by what a transaction is about: it is read once, not for each copy.
CREATE TEMP TABLE old_transactions ON COMMIT DROP AS
    SELECT * FROM ledger_transactions
    WHERE reference IN (SELECT old_device FROM copies UNION SELECT old_top_up FROM copies)
---
CREATE TEMP TABLE copied_transactions ON COMMIT DROP AS
    SELECT copies.*, old.id AS old_transaction, gen_random_uuid() AS id, kind, reference, at
    FROM copies CROSS JOIN old_transactions AS old
---
INSERT INTO accounts (id, merchant, revision, created_at, user_name)
    SELECT copies.account, merchant, revision, created_at, 'user-' || number
    FROM copies JOIN accounts ON accounts.id = old_account
---
INSERT INTO devices (id, account, key, epoch, state, seq, head, created_at)
    SELECT copies.device, copies.account, sha256(uuid_send(copies.device)), epoch, state, seq,
           sha256(uuid_send(copies.device) || int8send(seq)), created_at
    FROM copies JOIN devices ON devices.id = old_device
---
-- The number was sealed for one card only. A card that was removed has none.
INSERT INTO cards (id, account, brand, last_four, expiry_month, expiry_year, created_at, vault_key)
    SELECT card, copies.account, brand, last_four, expiry_month, expiry_year, created_at, vault_key
    FROM copies JOIN cards ON cards.id = old_card
---
INSERT INTO top_ups (id, account, device, idempotency_key, card, amount, currency, state, created_at)
    SELECT top_up, copies.account, copies.device, idempotency_key, copies.card, amount, currency, state, created_at
    FROM copies JOIN top_ups ON top_ups.id = old_top_up
---
INSERT INTO sandbox_charges (top_up, authentication, status, answer)
    SELECT copies.top_up, sha256(uuid_send(copies.top_up)), status, answer
    FROM copies JOIN sandbox_charges ON sandbox_charges.top_up = old_top_up
---
INSERT INTO processor_payments (id, asked_at, payment)
    SELECT copies.top_up, asked_at, replace(payment, old_top_up::text, copies.top_up::text)
    FROM copies JOIN processor_payments ON processor_payments.id = old_top_up
---
INSERT INTO allowances
    (device, currency, version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by)
    SELECT copies.device, currency, version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by
    FROM copies JOIN allowances ON allowances.device = old_device
---
INSERT INTO drawn (device, currency, total, count, version)
    SELECT copies.device, currency, total, count, version FROM copies JOIN drawn ON drawn.device = old_device
---
INSERT INTO entries (device, seq, hash, purchase, receipt)
    SELECT device, seq, sha256(uuid_send(device) || int8send(seq)), purchase,
           convert_to(replace(replace(replace(convert_from(receipt, 'UTF8'), old_account::text, account::text),
               old_device::text, device::text), old_purchase::text, purchase::text), 'UTF8')
    FROM copied_purchases ORDER BY number, seq
---
INSERT INTO ledger_transactions (id, kind, reference, at)
    SELECT id, kind, CASE reference WHEN old_device THEN device ELSE top_up END, at FROM copied_transactions
---
INSERT INTO ledger_postings (ledger_transaction, kind, owner, currency, amount)
    SELECT copied.id, posting.kind, CASE posting.owner WHEN old_account::text THEN account::text
               WHEN old_device::text THEN device::text ELSE posting.owner END, currency, amount
    FROM copied_transactions AS copied JOIN ledger_postings AS posting ON ledger_transaction = old_transaction
---
-- The players' own accounts begin with the sum of their postings; shared ones have some already.
INSERT INTO ledger_accounts (kind, owner, currency, balance)
    SELECT posting.kind, CASE posting.owner WHEN old_account::text THEN account::text
               WHEN old_device::text THEN device::text ELSE posting.owner END AS owner, currency, sum(amount)::bigint
    FROM copied_transactions AS copied JOIN ledger_postings AS posting ON ledger_transaction = old_transaction
    GROUP BY posting.kind, 2, currency
    ON CONFLICT (kind, owner, currency) DO UPDATE SET balance = ledger_accounts.balance + excluded.balance
