-- Whose an account is, as the merchant calls them; nobody's in particular where an app enrolled without a token.
ALTER TABLE accounts ADD COLUMN user_name text;
CREATE UNIQUE INDEX accounts_of_users ON accounts (user_name) WHERE user_name IS NOT NULL;
-- The token that enrolled a device, which is good once.
ALTER TABLE devices ADD COLUMN enrolment_token uuid;
CREATE UNIQUE INDEX devices_of_tokens ON devices (enrolment_token) WHERE enrolment_token IS NOT NULL;
