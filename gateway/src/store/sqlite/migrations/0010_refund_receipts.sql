-- Refunds of purchases have signed receipts, numbered for each account so that its devices hear of each once. Those of
-- before have none.
ALTER TABLE refunds ADD COLUMN quantity INTEGER NOT NULL DEFAULT 0 CHECK (quantity >= 0); -- that is taken back
ALTER TABLE refunds ADD COLUMN number   INTEGER CHECK (number > 0);
ALTER TABLE refunds ADD COLUMN receipt  BLOB; -- the exact bytes of its payload
CREATE UNIQUE INDEX refunds_of_accounts ON refunds (account, number) WHERE number IS NOT NULL;

-- How many of an item a device has left, as its settled journal and the refunds say. What was bought before this table
-- was there is not counted.
CREATE TABLE items (
    device   BLOB NOT NULL REFERENCES devices,
    sku      TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (device, sku)
) STRICT, WITHOUT ROWID;

CREATE INDEX disputes_of_accounts ON disputes (account);
