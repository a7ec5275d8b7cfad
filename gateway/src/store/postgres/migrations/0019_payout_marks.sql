-- Where very many changes of what is payable to a payee are to be covered by the next payout, most of them are marked
-- ahead of it, some thousands in each transaction: with this mark, which the payout takes over. A gateway of the version
-- before leaves them to a later payout, so no large one should be ordered while one still serves.
CREATE TABLE payout_marks (
    kind     text NOT NULL, -- of the payee's account
    owner    text NOT NULL,
    currency text NOT NULL,
    mark     uuid NOT NULL,
    PRIMARY KEY (kind, owner, currency)
);
-- What those are marked with that a payout covers, where it is not the payout's own name.
ALTER TABLE payouts ADD COLUMN mark uuid;
