CREATE TABLE purchases (id uuid PRIMARY KEY, device int NOT NULL, sku text NOT NULL, micros bigint NOT NULL);
CREATE TABLE postings (device int NOT NULL, account text NOT NULL, micros bigint NOT NULL);
CREATE TABLE players (device int PRIMARY KEY, balance bigint NOT NULL);
CREATE TABLE merchants (id int PRIMARY KEY, balance bigint NOT NULL);
INSERT INTO players SELECT number, 1000000000 FROM generate_series(1, 1000) AS number;
INSERT INTO merchants SELECT number, 0 FROM generate_series(0, 9) AS number;
