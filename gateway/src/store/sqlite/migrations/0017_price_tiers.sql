-- Which of the catalog's prices hold for what is bought with an allowance, as JSON; nothing where the usual ones do.
ALTER TABLE allowances ADD COLUMN pricing TEXT;
