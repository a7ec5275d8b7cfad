//! What says who a person is, always sealed; what is known of an account; and what is erased of it.

use farthing_protocol::api::{Card, CardBrand};
use farthing_protocol::{AccountId, CardId, EntryId, Money, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::column;
use crate::privacy::data_map::{Belonging, Database, Table};
use crate::store::named::{name, named};
use crate::store::privacy::{CardInTheClear, Privacy, RefundText, Row, Unfinished};
use crate::store::{Sealed, StoreError};

/// The one row of the key by which users are found.
const ONE: [u8; 16] = [0; 16];

const DEVICES: &str = "SELECT id FROM devices WHERE account = ?1";
const PAYMENTS: &str = "SELECT id FROM top_ups WHERE account = ?1 UNION ALL SELECT id FROM tabs WHERE account = ?1
                        UNION ALL SELECT id FROM refunds WHERE account = ?1";
/// Whatever names something of the account's.
const NAMES: &str = "SELECT id FROM devices WHERE account = ?1 UNION ALL SELECT ?1
    UNION ALL SELECT id FROM top_ups WHERE account = ?1 UNION ALL SELECT id FROM tabs WHERE account = ?1
    UNION ALL SELECT id FROM refunds WHERE account = ?1 UNION ALL SELECT id FROM disputes WHERE account = ?1
    UNION ALL SELECT id FROM cards WHERE account = ?1 UNION ALL SELECT id FROM approvals WHERE account = ?1
    UNION ALL SELECT purchase FROM entries
      WHERE purchase IS NOT NULL AND device IN (SELECT id FROM devices WHERE account = ?1)";
/// A name as people write it.
const WRITTEN: &str =
    "lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-'
    || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21))";

fn condition(belonging: Belonging) -> Option<String> {
    let of_ledger = || {
        format!(
            "(kind IN ('user_available', 'processor_fees_prepaid', 'card_authorised') AND owner = ?1)
             OR (kind = 'user_reserved' AND owner IN ({DEVICES}))"
        )
    };
    let transactions = || {
        format!(
            "id IN (SELECT ledger_transaction FROM ledger_postings WHERE ledger_account IN
                      (SELECT id FROM ledger_accounts WHERE {}))
             OR reference IN ({NAMES})",
            of_ledger()
        )
    };
    Some(match belonging {
        Belonging::Nobody => return None,
        Belonging::Account(column) => format!("{column} = ?1"),
        Belonging::Device(column) => format!("{column} IN ({DEVICES})"),
        Belonging::Payment(column) => format!("{column} IN ({PAYMENTS})"),
        Belonging::LedgerAccount => of_ledger(),
        Belonging::LedgerTransaction => transactions(),
        Belonging::LedgerPosting => {
            format!("ledger_transaction IN (SELECT id FROM ledger_transactions WHERE {})", transactions())
        }
        Belonging::Text(text) => {
            format!("EXISTS (SELECT 1 FROM ({NAMES}) WHERE instr({text}, {WRITTEN}) > 0)")
        }
    })
}

/// A value as JSON: what has an identifier's length is one, other bytes are in hexadecimal.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => json!(number),
        ValueRef::Real(number) => json!(number),
        ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(id) => json!(id),
            Err(_) => json!(hexadecimal(bytes)),
        },
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn owned_card(row: &rusqlite::Row<'_>) -> rusqlite::Result<(AccountId, CardId, String, String, u8, u16, bool)> {
    Ok((
        column::account(row, 0)?,
        column::card(row, 1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
    ))
}

impl Privacy for Connection {
    fn name_key(&self) -> Result<Option<Sealed>, StoreError> {
        let mut statement = self.prepare_cached("SELECT sealed, vault_key FROM name_keys")?;
        Ok(statement.query_row([], |row| column::sealed(row, 0)).optional()?)
    }

    fn add_name_key(&self, key: &Sealed) -> Result<(), StoreError> {
        self.prepare_cached("INSERT INTO name_keys (id, sealed, vault_key) VALUES (?, ?, ?)")?.execute(params![
            ONE,
            key.bytes,
            key.vault_key
        ])?;
        Ok(())
    }

    fn account_key(&self, account: AccountId) -> Result<Option<Sealed>, StoreError> {
        let mut statement = self.prepare_cached("SELECT sealed, vault_key FROM account_keys WHERE id = ?")?;
        Ok(statement.query_row([account.as_bytes()], |row| column::sealed(row, 0)).optional()?)
    }

    fn add_account_key(&self, account: AccountId, key: &Sealed) -> Result<(), StoreError> {
        self.prepare_cached("INSERT INTO account_keys (id, sealed, vault_key) VALUES (?, ?, ?)")?.execute(params![
            account.as_bytes(),
            key.bytes,
            key.vault_key
        ])?;
        Ok(())
    }

    fn account_by_index(&self, index: &[u8]) -> Result<Option<AccountId>, StoreError> {
        let mut statement = self.prepare_cached("SELECT id FROM accounts WHERE user_index = ?")?;
        Ok(statement.query_row([index], |row| column::account(row, 0)).optional()?)
    }

    fn sealed_user(&self, account: AccountId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.prepare_cached("SELECT user_sealed FROM accounts WHERE id = ?")?;
        Ok(statement.query_row([account.as_bytes()], |row| row.get(0))?)
    }

    fn set_sealed_user(&self, account: AccountId, index: &[u8], sealed: &[u8]) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE accounts SET user_index = ?, user_sealed = ?, user_name = NULL WHERE id = ?")?
            .execute(params![index, sealed, account.as_bytes()])?;
        Ok(())
    }

    fn erased_at(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let mut statement = self.prepare_cached("SELECT erased_at FROM accounts WHERE id = ?")?;
        let erased: Option<Option<i64>> = statement.query_row([account.as_bytes()], |row| row.get(0)).optional()?;
        Ok(erased.flatten().map(crate::clock::from_milliseconds))
    }

    fn names_in_the_clear(&self, most: u32) -> Result<Vec<(AccountId, String)>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT id, user_name FROM accounts WHERE user_name IS NOT NULL LIMIT ?")?;
        let names = statement.query_map([most], |row| Ok((column::account(row, 0)?, row.get(1)?)))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    fn cards_in_the_clear(&self, most: u32) -> Result<Vec<CardInTheClear>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT account, id, brand, last_four, expiry_month, expiry_year, sealed IS NULL FROM cards
             WHERE last_four <> '----' LIMIT ?",
        )?;
        let rows = statement.query_map([most], owned_card)?;
        rows.map(|row| {
            let (account, id, brand, last_four, expiry_month, expiry_year, is_removed) = row?;
            let card = Card { id, brand: named(brand)?, last_four, expiry_month, expiry_year };
            Ok(CardInTheClear { account, card, is_removed })
        })
        .collect()
    }

    fn set_card_details(&self, card: &Card, details: Option<&[u8]>) -> Result<(), StoreError> {
        self.prepare_cached(
            "UPDATE cards SET details = ?, brand = ?, last_four = '----', expiry_month = 1, expiry_year = 1970
             WHERE id = ?",
        )?
        .execute(params![details, name(&CardBrand::Unknown)?, card.id.as_bytes()])?;
        Ok(())
    }

    fn customers_in_the_clear(&self, most: u32) -> Result<Vec<(AccountId, String)>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT account, customer FROM processor_customers WHERE substr(customer, 1, 7) <> 'sealed:' LIMIT ?",
        )?;
        let customers = statement.query_map([most], |row| Ok((column::account(row, 0)?, row.get(1)?)))?;
        Ok(customers.collect::<Result<_, _>>()?)
    }

    fn set_customer(&self, account: AccountId, customer: &str) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE processor_customers SET customer = ? WHERE account = ?")?
            .execute(params![customer, account.as_bytes()])?;
        Ok(())
    }

    fn left_over(&self, account: AccountId) -> Result<Vec<Money>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT currency, -sum(balance) FROM ledger_accounts
             WHERE (kind = 'user_available' AND owner = ?1) OR (kind = 'user_reserved' AND owner IN ({DEVICES}))
             GROUP BY currency HAVING sum(balance) <> 0 ORDER BY currency"
        ))?;
        let money = |row: &rusqlite::Row<'_>| column::money(row, 1, column::currency(row, 0)?);
        let amounts = statement.query_map([account.as_bytes()], money)?;
        Ok(amounts.collect::<Result<_, _>>()?)
    }

    fn unfinished(&self, account: AccountId) -> Result<Unfinished, StoreError> {
        let count = |query: &str| -> Result<u64, StoreError> {
            Ok(self.prepare_cached(query)?.query_row([account.as_bytes()], |row| row.get(0))?)
        };
        Ok(Unfinished {
            top_ups: count("SELECT count(*) FROM top_ups WHERE account = ? AND state NOT IN ('succeeded', 'failed')")?,
            tabs: count("SELECT count(*) FROM tabs WHERE account = ? AND state NOT IN ('closed', 'failed')")?,
            refunds: count(
                "SELECT count(*) FROM refunds WHERE state = 'pending' AND top_up IN
                   (SELECT id FROM top_ups WHERE account = ?)",
            )?,
            disputes: count("SELECT count(*) FROM disputes WHERE account = ? AND state = 'open'")?,
        })
    }

    fn rows_of(&self, table: &Table, account: AccountId) -> Result<Vec<Row>, StoreError> {
        let Some(condition) = condition(table.belonging) else { return Ok(Vec::new()) };
        let columns: Vec<&str> = table.columns_on(Database::Sqlite).map(|column| column.name).collect();
        let select = format!("SELECT {} FROM {} WHERE {condition}", columns.join(", "), table.name);
        let mut statement = self.prepare(&select)?;
        let rows = statement.query_map([account.as_bytes()], |row| {
            let values = columns.iter().enumerate();
            values.map(|(index, column)| Ok(((*column).to_owned(), value(row.get_ref(index)?)))).collect()
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn refunds_of(&self, account: AccountId) -> Result<Vec<Uuid>, StoreError> {
        let mut statement = self.prepare("SELECT id FROM refunds WHERE account = ?")?;
        let refunds = statement.query_map([account.as_bytes()], |row| Ok(Uuid::from_bytes(row.get(0)?)))?;
        Ok(refunds.collect::<Result<_, _>>()?)
    }

    fn receipts_of_tips(&self, account: AccountId) -> Result<Vec<(EntryId, Vec<u8>)>, StoreError> {
        let mut statement = self.prepare(
            "SELECT purchase, receipt FROM entries JOIN devices ON id = device
             WHERE account = ? AND instr(receipt, CAST('\"tip\":{' AS BLOB)) > 0",
        )?;
        let tips =
            statement.query_map([account.as_bytes()], |row| Ok((EntryId::from_bytes(row.get(0)?), row.get(1)?)))?;
        Ok(tips.collect::<Result<_, _>>()?)
    }

    fn set_receipt(&self, purchase: EntryId, receipt: &[u8]) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE entries SET receipt = ? WHERE purchase = ?")?
            .execute(params![receipt, purchase.as_bytes()])?;
        Ok(())
    }

    fn webhook_messages_of(&self, account: AccountId) -> Result<Vec<Uuid>, StoreError> {
        let mut statement = self.prepare("SELECT id FROM webhook_messages WHERE account = ?")?;
        let messages = statement.query_map([account.as_bytes()], |row| Ok(Uuid::from_bytes(row.get(0)?)))?;
        Ok(messages.collect::<Result<_, _>>()?)
    }

    fn refund_text(&self, refund: Uuid) -> Result<Option<RefundText>, StoreError> {
        let mut statement = self.prepare_cached("SELECT receipt FROM refunds WHERE id = ?")?;
        let read = |row: &rusqlite::Row<'_>| Ok(RefundText { id: refund, receipt: row.get(0)? });
        Ok(statement.query_row([refund.as_bytes()], read).optional()?)
    }

    fn clear_refund_text(&self, text: &RefundText) -> Result<(), StoreError> {
        self.prepare_cached(
            "UPDATE refunds SET reason = '', idempotency_key = lower(hex(id)), receipt = ? WHERE id = ?",
        )?
        .execute(params![text.receipt, text.id.as_bytes()])?;
        Ok(())
    }

    fn clear_webhook_message(&self, message: Uuid, redact: &dyn Fn(&str) -> String) -> Result<(), StoreError> {
        self.prepare_cached("DELETE FROM webhook_messages WHERE id = ? AND state <> 'pending'")?
            .execute([message.as_bytes()])?;
        let mut statement = self.prepare_cached("SELECT body FROM webhook_messages WHERE id = ?")?;
        let body: Option<String> = statement.query_row([message.as_bytes()], |row| row.get(0)).optional()?;
        if let Some(body) = body {
            self.prepare_cached("UPDATE webhook_messages SET body = ? WHERE id = ?")?
                .execute(params![redact(&body), message.as_bytes()])?;
        }
        Ok(())
    }

    fn forget_person(&self, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM account_keys WHERE id = ?",
            "UPDATE cards SET sealed = NULL, details = NULL, brand = 'unknown', last_four = '----', expiry_month = 1,
               expiry_year = 1970 WHERE account = ?",
            "DELETE FROM processor_customers WHERE account = ?",
            "DELETE FROM guardianships WHERE account = ?",
            "DELETE FROM spending_limits WHERE account = ?",
            "DELETE FROM spending WHERE account = ?",
            "DELETE FROM approvals WHERE account = ?",
            "DELETE FROM authentication_counters WHERE account = ?",
            "DELETE FROM withdrawn_top_ups WHERE account = ?",
            "UPDATE top_ups SET idempotency_key = lower(hex(id)) WHERE account = ?",
            "UPDATE tabs SET idempotency_key = lower(hex(id)) WHERE account = ?",
        ] {
            self.prepare_cached(statement)?.execute([account.as_bytes()])?;
        }
        self.prepare_cached(
            "UPDATE accounts SET user_name = NULL, user_index = NULL, user_sealed = NULL, erased_at = ? WHERE id = ?",
        )?
        .execute(params![now.as_millisecond(), account.as_bytes()])?;
        Ok(())
    }
}
