-- A purchase as one would write it by hand: the row, two postings, two balances, one commit.
\set device random(1, 1000)
BEGIN;
INSERT INTO purchases (id, device, sku, micros) VALUES (gen_random_uuid(), :device, 'arrow', 5000);
INSERT INTO postings (device, account, micros) VALUES (:device, 'player', -5000), (:device, 'merchant', 5000);
UPDATE players SET balance = balance - 5000 WHERE device = :device;
UPDATE merchants SET balance = balance + 5000 WHERE id = :device % 10;
COMMIT;
