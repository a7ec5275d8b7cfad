-- Durable items of accounts: how often each device has bought one, without what refunds have taken back. An account owns
-- what is there at least once, on each of its devices. What was bought before this table was there is taken over from what
-- the devices have left.
CREATE TABLE durables (
    account  uuid   NOT NULL REFERENCES accounts,
    sku      text   NOT NULL,
    device   uuid   NOT NULL REFERENCES devices,
    quantity bigint NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (account, sku, device)
);

INSERT INTO durables (account, sku, device, quantity)
SELECT account, sku, device, quantity FROM items JOIN devices ON devices.id = items.device
WHERE quantity > 0 AND sku IN
  (SELECT item ->> 'sku' FROM catalogs, jsonb_array_elements(content::jsonb -> 'items') AS item
   WHERE item ->> 'kind' = 'durable');
