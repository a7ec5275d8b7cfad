-- Whether the player has paid out of the balance what a tab's card could not be charged: the account's next tab is smaller.
ALTER TABLE tabs ADD COLUMN paid_from_balance boolean NOT NULL DEFAULT false;
