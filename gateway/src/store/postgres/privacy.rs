//! What says who a person is, always sealed; what is known of an account; and what is erased of it.

use farthing_protocol::api::{Card, CardBrand};
use farthing_protocol::{AccountId, EntryId, Money, Timestamp};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{Row as _, query};
use uuid::Uuid;

use super::column::{self, number, uuid};
use super::transaction::Transaction;
use crate::privacy::data_map::{Belonging, Database, Table};
use crate::store::named::{name, named};
use crate::store::privacy::{CardInTheClear, Privacy, RefundText, Row, Unfinished};
use crate::store::{Sealed, StoreError};

/// The one row of the key by which users are found.
const ONE: [u8; 16] = [0; 16];

const DEVICES: &str = "SELECT id FROM devices WHERE account = $1";
const PAYMENTS: &str = "SELECT id FROM top_ups WHERE account = $1 UNION ALL SELECT id FROM tabs WHERE account = $1
                        UNION ALL SELECT id FROM refunds WHERE account = $1";
/// Whatever names something of the account's.
const NAMES: &str = "SELECT id FROM devices WHERE account = $1 UNION ALL SELECT $1
    UNION ALL SELECT id FROM top_ups WHERE account = $1 UNION ALL SELECT id FROM tabs WHERE account = $1
    UNION ALL SELECT id FROM refunds WHERE account = $1 UNION ALL SELECT id FROM disputes WHERE account = $1
    UNION ALL SELECT id FROM cards WHERE account = $1 UNION ALL SELECT id FROM approvals WHERE account = $1
    UNION ALL SELECT purchase FROM entries
      WHERE purchase IS NOT NULL AND device IN (SELECT id FROM devices WHERE account = $1)";
/// An account of the ledger, or a posting to one, that is the account's or a device's of it.
const OF_LEDGER: &str = "(kind IN ('user_available', 'processor_fees_prepaid', 'card_authorised') AND owner = $1::text)
    OR (kind = 'user_reserved' AND owner IN (SELECT id::text FROM devices WHERE account = $1))";

fn condition(belonging: Belonging) -> Option<String> {
    let transactions = || {
        format!("id IN (SELECT ledger_transaction FROM ledger_postings WHERE {OF_LEDGER}) OR reference IN ({NAMES})")
    };
    Some(match belonging {
        Belonging::Nobody => return None,
        Belonging::Account(column) => format!("{column} = $1"),
        Belonging::Device(column) => format!("{column} IN ({DEVICES})"),
        Belonging::Payment(column) => format!("{column} IN ({PAYMENTS})"),
        Belonging::LedgerAccount => OF_LEDGER.to_owned(),
        Belonging::LedgerTransaction => transactions(),
        Belonging::LedgerPosting => {
            format!("ledger_transaction IN (SELECT id FROM ledger_transactions WHERE {})", transactions())
        }
        Belonging::Text(text) => {
            format!("EXISTS (SELECT 1 FROM ({NAMES}) AS names WHERE strpos({text}, names.id::text) > 0)")
        }
    })
}

/// A value as SQLite's twin of this has it: bytes in hexadecimal.
fn value(value: Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("\\x") {
            Some(bytes) => Value::String(bytes.to_owned()),
            None => Value::String(text),
        },
        value => value,
    }
}

fn named_account(row: &PgRow) -> Result<(AccountId, String), StoreError> {
    Ok((column::account(row, 0)?, row.try_get(1)?))
}

impl Privacy for Transaction {
    fn name_key(&self) -> Result<Option<Sealed>, StoreError> {
        let select = query("SELECT sealed, vault_key FROM name_keys WHERE id = $1").bind(uuid(&ONE));
        self.one(select)?.map(|row| column::sealed(&row, 0)).transpose()
    }

    fn add_name_key(&self, key: &Sealed) -> Result<(), StoreError> {
        let insert = query("INSERT INTO name_keys (id, sealed, vault_key) VALUES ($1, $2, $3)");
        self.execute(insert.bind(uuid(&ONE)).bind(&key.bytes).bind(i64::from(key.vault_key)))?;
        Ok(())
    }

    fn account_key(&self, account: AccountId) -> Result<Option<Sealed>, StoreError> {
        let select = query("SELECT sealed, vault_key FROM account_keys WHERE id = $1");
        self.one(select.bind(uuid(account.as_bytes())))?.map(|row| column::sealed(&row, 0)).transpose()
    }

    fn add_account_key(&self, account: AccountId, key: &Sealed) -> Result<(), StoreError> {
        let insert = query("INSERT INTO account_keys (id, sealed, vault_key) VALUES ($1, $2, $3)");
        let insert = insert.bind(uuid(account.as_bytes())).bind(&key.bytes);
        self.execute(insert.bind(i64::from(key.vault_key)))?;
        Ok(())
    }

    fn account_by_index(&self, index: &[u8]) -> Result<Option<AccountId>, StoreError> {
        let row = self.one(query("SELECT id FROM accounts WHERE user_index = $1").bind(index))?;
        row.map(|row| column::account(&row, 0)).transpose()
    }

    fn sealed_user(&self, account: AccountId) -> Result<Option<Vec<u8>>, StoreError> {
        let select = query("SELECT user_sealed FROM accounts WHERE id = $1").bind(uuid(account.as_bytes()));
        Ok(self.one(select)?.ok_or(StoreError::Damaged("an account is gone"))?.try_get(0)?)
    }

    fn set_sealed_user(&self, account: AccountId, index: &[u8], sealed: &[u8]) -> Result<(), StoreError> {
        let update = query("UPDATE accounts SET user_index = $1, user_sealed = $2, user_name = NULL WHERE id = $3");
        self.execute(update.bind(index).bind(sealed).bind(uuid(account.as_bytes())))?;
        Ok(())
    }

    fn erased_at(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let select = query("SELECT erased_at FROM accounts WHERE id = $1").bind(uuid(account.as_bytes()));
        let Some(row) = self.one(select)? else { return Ok(None) };
        Ok(row.try_get::<Option<i64>, _>(0)?.map(crate::clock::from_milliseconds))
    }

    fn names_in_the_clear(&self, most: u32) -> Result<Vec<(AccountId, String)>, StoreError> {
        let select = query("SELECT id, user_name FROM accounts WHERE user_name IS NOT NULL LIMIT $1");
        self.all(select.bind(i64::from(most)))?.iter().map(named_account).collect()
    }

    fn cards_in_the_clear(&self, most: u32) -> Result<Vec<CardInTheClear>, StoreError> {
        let select = query(
            "SELECT account, id, brand, last_four, expiry_month, expiry_year, sealed IS NULL FROM cards
             WHERE last_four <> '----' LIMIT $1",
        );
        let read = |row: &PgRow| {
            let card = Card {
                id: column::card(row, 1)?,
                brand: named(row.try_get(2)?)?,
                last_four: row.try_get(3)?,
                expiry_month: number(row, 4)?,
                expiry_year: number(row, 5)?,
            };
            Ok(CardInTheClear { account: column::account(row, 0)?, card, is_removed: row.try_get(6)? })
        };
        self.all(select.bind(i64::from(most)))?.iter().map(read).collect()
    }

    fn set_card_details(&self, card: &Card, details: Option<&[u8]>) -> Result<(), StoreError> {
        let update = query(
            "UPDATE cards SET details = $1, brand = $2, last_four = '----', expiry_month = 1, expiry_year = 1970
             WHERE id = $3",
        );
        self.execute(update.bind(details).bind(name(&CardBrand::Unknown)?).bind(uuid(card.id.as_bytes())))?;
        Ok(())
    }

    fn customers_in_the_clear(&self, most: u32) -> Result<Vec<(AccountId, String)>, StoreError> {
        let select = query(
            "SELECT account, customer FROM processor_customers WHERE substr(customer, 1, 7) <> 'sealed:' LIMIT $1",
        );
        self.all(select.bind(i64::from(most)))?.iter().map(named_account).collect()
    }

    fn set_customer(&self, account: AccountId, customer: &str) -> Result<(), StoreError> {
        let update = query("UPDATE processor_customers SET customer = $1 WHERE account = $2");
        self.execute(update.bind(customer).bind(uuid(account.as_bytes())))?;
        Ok(())
    }

    fn left_over(&self, account: AccountId) -> Result<Vec<Money>, StoreError> {
        // Two reads by the index: an `or` over both kinds would look at every account there is.
        let select = query(
            "SELECT currency, (-sum(balance))::bigint FROM (
               SELECT currency, balance FROM ledger_accounts WHERE kind = 'user_available' AND owner = $1::text
               UNION ALL SELECT currency, balance FROM ledger_accounts WHERE kind = 'user_reserved'
                 AND owner = ANY (ARRAY(SELECT id::text FROM devices WHERE account = $1))) AS balances
             GROUP BY currency HAVING sum(balance) <> 0 ORDER BY currency",
        );
        let rows = self.all(select.bind(uuid(account.as_bytes())))?;
        rows.iter().map(|row| column::money(row, 1, column::currency(row, 0)?)).collect()
    }

    fn unfinished(&self, account: AccountId) -> Result<Unfinished, StoreError> {
        let count = |select: &'static str| -> Result<u64, StoreError> {
            let row = self.one(query(select).bind(uuid(account.as_bytes())))?;
            number(&row.ok_or(StoreError::Damaged("a count is gone"))?, 0)
        };
        Ok(Unfinished {
            top_ups: count("SELECT count(*) FROM top_ups WHERE account = $1 AND state NOT IN ('succeeded', 'failed')")?,
            tabs: count("SELECT count(*) FROM tabs WHERE account = $1 AND state NOT IN ('closed', 'failed')")?,
            refunds: count(
                "SELECT count(*) FROM refunds WHERE state = 'pending'
                   AND top_up = ANY (ARRAY(SELECT id FROM top_ups WHERE account = $1))",
            )?,
            disputes: count("SELECT count(*) FROM disputes WHERE account = $1 AND state = 'open'")?,
        })
    }

    fn rows_of(&self, table: &Table, account: AccountId) -> Result<Vec<Row>, StoreError> {
        let Some(condition) = condition(table.belonging) else { return Ok(Vec::new()) };
        let columns: Vec<&str> = table.columns_on(Database::Postgres).map(|column| column.name).collect();
        let select = format!(
            "SELECT row_to_json(found)::text FROM (SELECT {} FROM {} WHERE {condition}) AS found",
            columns.join(", "),
            table.name
        );
        let select = query(&select).bind(uuid(account.as_bytes()));
        let row = |row: &PgRow| {
            let read: Row =
                serde_json::from_str(row.try_get(0)?).map_err(|_| StoreError::Damaged("a row that is no JSON"))?;
            Ok(read.into_iter().map(|(name, found)| (name, value(found))).collect())
        };
        self.all(select)?.iter().map(row).collect()
    }

    fn refunds_of(&self, account: AccountId) -> Result<Vec<Uuid>, StoreError> {
        let select = query("SELECT id FROM refunds WHERE account = $1").bind(uuid(account.as_bytes()));
        self.all(select)?.iter().map(|row| column::name(row, 0)).collect()
    }

    fn receipts_of_tips(&self, account: AccountId) -> Result<Vec<(EntryId, Vec<u8>)>, StoreError> {
        let select = query(
            "SELECT purchase, receipt FROM entries JOIN devices ON id = device
             WHERE account = $1 AND position(convert_to('\"tip\":{', 'UTF8') IN receipt) > 0",
        );
        let rows = self.all(select.bind(uuid(account.as_bytes())))?;
        rows.iter().map(|row| Ok((column::entry(row, 0)?, row.try_get(1)?))).collect()
    }

    fn set_receipt(&self, purchase: EntryId, receipt: &[u8]) -> Result<(), StoreError> {
        let update = query("UPDATE entries SET receipt = $1 WHERE purchase = $2");
        self.execute(update.bind(receipt).bind(uuid(purchase.as_bytes())))?;
        Ok(())
    }

    fn webhook_messages_of(&self, account: AccountId) -> Result<Vec<Uuid>, StoreError> {
        let select = query("SELECT id FROM webhook_messages WHERE account = $1").bind(uuid(account.as_bytes()));
        self.all(select)?.iter().map(|row| column::name(row, 0)).collect()
    }

    fn refund_text(&self, refund: Uuid) -> Result<Option<RefundText>, StoreError> {
        let row = self.one(query("SELECT receipt FROM refunds WHERE id = $1").bind(uuid(refund.as_bytes())))?;
        row.map(|row| Ok(RefundText { id: refund, receipt: row.try_get(0)? })).transpose()
    }

    fn clear_refund_text(&self, text: &RefundText) -> Result<(), StoreError> {
        let update = query(
            "UPDATE refunds SET reason = '', idempotency_key = replace(id::text, '-', ''), receipt = $1 WHERE id = $2",
        );
        self.execute(update.bind(&text.receipt).bind(uuid(text.id.as_bytes())))?;
        Ok(())
    }

    fn clear_webhook_message(&self, message: Uuid, redact: &dyn Fn(&str) -> String) -> Result<(), StoreError> {
        let delete = query("DELETE FROM webhook_messages WHERE id = $1 AND state <> 'pending'");
        self.execute(delete.bind(uuid(message.as_bytes())))?;
        let select = query("SELECT body FROM webhook_messages WHERE id = $1").bind(uuid(message.as_bytes()));
        if let Some(row) = self.one(select)? {
            let body = redact(row.try_get(0)?);
            let update = query("UPDATE webhook_messages SET body = $1 WHERE id = $2");
            self.execute(update.bind(body).bind(uuid(message.as_bytes())))?;
        }
        Ok(())
    }

    fn forget_person(&self, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM account_keys WHERE id = $1",
            "UPDATE cards SET sealed = NULL, details = NULL, brand = 'unknown', last_four = '----', expiry_month = 1,
               expiry_year = 1970 WHERE account = $1",
            "DELETE FROM processor_customers WHERE account = $1",
            "DELETE FROM guardianships WHERE account = $1",
            "DELETE FROM spending_limits WHERE account = $1",
            "DELETE FROM spending WHERE account = $1",
            "DELETE FROM approvals WHERE account = $1",
            "DELETE FROM authentication_counters WHERE account = $1",
            "DELETE FROM withdrawn_top_ups WHERE account = $1",
            "UPDATE top_ups SET idempotency_key = replace(id::text, '-', '') WHERE account = $1",
            "UPDATE tabs SET idempotency_key = replace(id::text, '-', '') WHERE account = $1",
        ] {
            self.execute(query(statement).bind(uuid(account.as_bytes())))?;
        }
        let update = query(
            "UPDATE accounts SET user_name = NULL, user_index = NULL, user_sealed = NULL, erased_at = $1
             WHERE id = $2",
        );
        self.execute(update.bind(now.as_millisecond()).bind(uuid(account.as_bytes())))?;
        Ok(())
    }
}
