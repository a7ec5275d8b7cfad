-- Durable items of accounts: how often each device has bought one, without what refunds have taken back. An account owns
-- what is there at least once, on each of its devices. What was bought before this table was there is taken over from what
-- the devices have left.
CREATE TABLE durables (
    account  BLOB NOT NULL REFERENCES accounts,
    sku      TEXT NOT NULL,
    device   BLOB NOT NULL REFERENCES devices,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (account, sku, device)
) STRICT, WITHOUT ROWID;

-- SQLite is built without JSON. A catalog is written by one function: an item's kind is the first one behind its SKU, and
-- no text has a quote in it that is not escaped.
INSERT INTO durables (account, sku, device, quantity)
SELECT account, sku, device, quantity FROM items JOIN devices ON devices.id = items.device
WHERE quantity > 0 AND sku IN
  (SELECT sku FROM
     (SELECT sku, substr(content, instr(content, '{"sku":"' || sku || '","title":')) AS item
      FROM (SELECT DISTINCT sku FROM items) JOIN catalogs ON instr(content, '{"sku":"' || sku || '","title":') > 0)
   WHERE substr(item, instr(item, '"kind":"'), 16) = '"kind":"durable"');
