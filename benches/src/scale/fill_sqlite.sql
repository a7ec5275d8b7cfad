-- Copies one player, whom the gateway itself enrolled and served, under other names: {first} is the first number,
-- {count} how many, {account} the player's account. Whatever the gateway wrote for the player is copied.
BEGIN;
CREATE TEMP TABLE copies AS
    WITH RECURSIVE numbers (number) AS
        (SELECT {first} UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < {first} + {count}),
    -- Names begin as UUIDs of version 7 do, with the milliseconds.
    named AS (SELECT number, account.id AS old_account, device.id AS old_device, card.id AS old_card,
                  top_up.id AS old_top_up, printf('%012x7', account.created_at - {first} - {count} + number) AS start
              FROM numbers, accounts AS account
                  JOIN devices AS device ON device.account = account.id
                  JOIN cards AS card ON card.account = account.id
                  JOIN top_ups AS top_up ON top_up.account = account.id
              WHERE account.id = unhex(replace('{account}', '-', '')))
    SELECT *, unhex(start || substr(hex(randomblob(2)), 1, 3) || '8' || substr(hex(randomblob(8)), 1, 15)) AS account,
           unhex(start || substr(hex(randomblob(2)), 1, 3) || '8' || substr(hex(randomblob(8)), 1, 15)) AS device,
           unhex(start || substr(hex(randomblob(2)), 1, 3) || '8' || substr(hex(randomblob(8)), 1, 15)) AS card,
           unhex(start || substr(hex(randomblob(2)), 1, 3) || '8' || substr(hex(randomblob(8)), 1, 15)) AS top_up
    FROM named;
CREATE TEMP TABLE copied_purchases AS
    SELECT copies.*, seq, entry.purchase AS old_purchase, receipt, randomblob(32) AS hash,
           unhex(printf('%012x7', created_at + number) || substr(hex(randomblob(2)), 1, 3) || '8'
               || substr(hex(randomblob(8)), 1, 15)) AS purchase
    FROM copies JOIN accounts ON accounts.id = old_account JOIN entries AS entry ON entry.device = old_device;
-- Identifiers as receipts have them.
CREATE TEMP TABLE texts AS
    SELECT number, seq, lower(hex(old_account)) AS old_account, lower(hex(account)) AS account,
           lower(hex(old_device)) AS old_device, lower(hex(device)) AS device,
           lower(hex(old_purchase)) AS old_purchase, lower(hex(purchase)) AS purchase
    FROM copied_purchases;
UPDATE texts SET
    old_account = substr(old_account, 1, 8) || '-' || substr(old_account, 9, 4) || '-' || substr(old_account, 13, 4) || '-'
        || substr(old_account, 17, 4) || '-' || substr(old_account, 21),
    account = substr(account, 1, 8) || '-' || substr(account, 9, 4) || '-' || substr(account, 13, 4) || '-'
        || substr(account, 17, 4) || '-' || substr(account, 21),
    old_device = substr(old_device, 1, 8) || '-' || substr(old_device, 9, 4) || '-' || substr(old_device, 13, 4) || '-'
        || substr(old_device, 17, 4) || '-' || substr(old_device, 21),
    device = substr(device, 1, 8) || '-' || substr(device, 9, 4) || '-' || substr(device, 13, 4) || '-'
        || substr(device, 17, 4) || '-' || substr(device, 21),
    old_purchase = substr(old_purchase, 1, 8) || '-' || substr(old_purchase, 9, 4) || '-' || substr(old_purchase, 13, 4)
        || '-' || substr(old_purchase, 17, 4) || '-' || substr(old_purchase, 21),
    purchase = substr(purchase, 1, 8) || '-' || substr(purchase, 9, 4) || '-' || substr(purchase, 13, 4) || '-'
        || substr(purchase, 17, 4) || '-' || substr(purchase, 21);
CREATE UNIQUE INDEX temp.texts_by_place ON texts (number, seq);
-- The table has no index by what a transaction is about: it is read once, not for each copy.
CREATE TEMP TABLE old_transactions AS
    SELECT * FROM ledger_transactions
    WHERE reference IN (SELECT old_device FROM copies UNION SELECT old_top_up FROM copies);
CREATE TEMP TABLE copied_transactions AS
    SELECT copies.*, old.id AS old_transaction, kind, reference, at,
           (SELECT max(id) FROM ledger_transactions) + row_number() OVER (ORDER BY number, old.id) AS id
    FROM copies CROSS JOIN old_transactions AS old;

INSERT INTO accounts (id, merchant, revision, created_at, user_name)
    SELECT copies.account, merchant, revision, created_at, 'user-' || number
    FROM copies JOIN accounts ON accounts.id = old_account;
INSERT INTO devices (id, account, key, epoch, state, seq, head, created_at)
    SELECT copies.device, copies.account, randomblob(32), epoch, state, devices.seq, copied_purchases.hash, created_at
    FROM copies JOIN devices ON devices.id = copies.old_device
        JOIN copied_purchases ON copied_purchases.number = copies.number AND copied_purchases.seq = devices.seq;
-- The number was sealed for one card only. A card that was removed has none.
INSERT INTO cards (id, account, brand, last_four, expiry_month, expiry_year, created_at, vault_key)
    SELECT card, copies.account, brand, last_four, expiry_month, expiry_year, created_at, vault_key
    FROM copies JOIN cards ON cards.id = old_card;
INSERT INTO top_ups (id, account, device, idempotency_key, card, amount, currency, state, created_at)
    SELECT top_up, copies.account, copies.device, idempotency_key, copies.card, amount, currency, state, created_at
    FROM copies JOIN top_ups ON top_ups.id = old_top_up;
INSERT INTO sandbox_charges (top_up, authentication, status, answer)
    SELECT copies.top_up, randomblob(length(authentication)), status, answer
    FROM copies JOIN sandbox_charges ON sandbox_charges.top_up = old_top_up;
INSERT INTO allowances
    (device, currency, version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by)
    SELECT copies.device, currency, version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by
    FROM copies JOIN allowances ON allowances.device = old_device;
INSERT INTO drawn (device, currency, total, count, version)
    SELECT copies.device, currency, total, count, version FROM copies JOIN drawn ON drawn.device = old_device;
INSERT INTO entries (device, seq, hash, purchase, receipt)
    SELECT copied.device, copied.seq, copied.hash, copied.purchase,
           CAST(replace(replace(replace(CAST(receipt AS TEXT), texts.old_account, texts.account), texts.old_device,
               texts.device), texts.old_purchase, texts.purchase) AS BLOB)
    FROM copied_purchases AS copied JOIN texts ON texts.number = copied.number AND texts.seq = copied.seq
    ORDER BY copied.number, copied.seq;
INSERT INTO ledger_transactions (id, kind, reference, at)
    SELECT id, kind, CASE reference WHEN old_device THEN device ELSE top_up END, at FROM copied_transactions;
-- The players' own accounts begin with the sum of their postings; shared ones have some already.
CREATE TEMP TABLE copied_postings AS
    SELECT copied.id, account.kind, account.currency, amount, CASE owner WHEN old_account THEN copied.account
           WHEN old_device THEN copied.device ELSE owner END AS owner
    FROM copied_transactions AS copied JOIN ledger_postings ON ledger_transaction = old_transaction
        JOIN ledger_accounts AS account ON account.id = ledger_account;
INSERT INTO ledger_accounts (kind, owner, currency, balance)
    SELECT kind, owner, currency, sum(amount) FROM copied_postings WHERE true GROUP BY kind, owner, currency
    ON CONFLICT (kind, owner, currency) DO UPDATE SET balance = balance + excluded.balance;
INSERT INTO ledger_postings (ledger_transaction, ledger_account, amount)
    SELECT posting.id, account.id, amount FROM copied_postings AS posting
        JOIN ledger_accounts AS account USING (kind, owner, currency);
DROP TABLE copies; DROP TABLE copied_purchases; DROP TABLE texts; DROP TABLE copied_transactions;
DROP TABLE copied_postings; DROP TABLE old_transactions;
COMMIT;
