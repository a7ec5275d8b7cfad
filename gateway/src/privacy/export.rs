//! Tells all that is known of a user (GDPR, articles 15 and 20): each row of each table that is theirs, by the data map.

use std::collections::BTreeMap;
use std::sync::Arc;

use farthing_protocol::api::Card;
use farthing_protocol::{AccountId, CardId, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::Persons;
use super::data_map::{Class, Erasure, Table, tables as all_tables};
use crate::dashboard::audit::{Action, Note};
use crate::gateway::Shared;
use crate::store::{Row, StoreError, Tables};

/// All that is known of a user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Export {
    /// The account, which the user has at this gateway.
    pub(crate) account: AccountId,
    /// The user, as the merchant calls them; nothing where it is nobody in particular, or was erased.
    pub(crate) user: Option<String>,
    /// How old they are at least, in years, where the merchant has declared it.
    pub(crate) age: Option<u8>,
    /// Where they live, where the merchant has declared it: two letters.
    pub(crate) country: Option<String>,
    /// When this was read.
    #[schema(value_type = String, format = "date-time")]
    pub(crate) exported_at: Timestamp,
    /// Their cards, without the numbers.
    pub(crate) cards: Vec<Card>,
    /// What the processor calls the user.
    pub(crate) customer: Option<String>,
    /// Every table that has rows of the user's.
    #[schema(value_type = BTreeMap<String, ExportedTable>)]
    pub(crate) tables: BTreeMap<&'static str, ExportedTable>,
}

/// The rows of a table that are a user's.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ExportedTable {
    /// What it has.
    pub(crate) about: &'static str,
    /// Whether an erasure deletes the rows; otherwise they stay, without what says who the user is.
    pub(crate) is_deleted_by_erasure: bool,
    /// The columns of each row, in order.
    pub(crate) columns: Vec<&'static str>,
    /// Amounts are millionths of a unit of their currency, times milliseconds since 1970, identifiers UUIDs, and other
    /// bytes hexadecimal.
    #[schema(value_type = Vec<Object>)]
    pub(crate) rows: Vec<Row>,
}

/// Reads all that is known of a user, and notes in the audit log who asked. Nothing where there is no such account.
pub(crate) async fn export(
    shared: &Arc<Shared>,
    account: AccountId,
    who: String,
) -> Result<Option<Export>, StoreError> {
    let (shared_, now, noted_at) = (shared.clone(), shared.clock.now(), shared.clock.unskewed());
    // The note is there before anything is read, so that the export has it, too.
    let write = move |tables: &dyn Tables| {
        if tables.account_record(account)?.is_none() {
            return Ok(false);
        }
        let subject = Some(account.to_string());
        Note { who: Some(&who), action: Action::ExportAccount, subject, detail: None }.done(tables, noted_at)?;
        Ok(true)
    };
    if !shared.store.write(write).await? {
        return Ok(None);
    }
    shared.store.read(move |tables| read(tables, &shared_.persons, account, now)).await.map(Some)
}

fn read(tables: &dyn Tables, persons: &Persons, account: AccountId, now: Timestamp) -> Result<Export, StoreError> {
    let mut exported = BTreeMap::new();
    let mut cards = Vec::new();
    for table in all_tables() {
        let mut rows = tables.rows_of(table, account)?;
        if rows.is_empty() {
            continue;
        }
        for row in &mut rows {
            open(tables, persons, account, (table, row), &mut cards)?;
        }
        let hidden = |column: &&str| rows.iter().any(|row| row.contains_key(*column));
        let names = table.columns.iter().chain(table.sqlite).chain(table.postgres).map(|column| column.name);
        let columns = names.filter(hidden).collect();
        let is_deleted_by_erasure = table.erasure == Erasure::Deleted;
        exported.insert(table.name, ExportedTable { about: table.about, is_deleted_by_erasure, columns, rows });
    }
    Ok(Export {
        account,
        user: persons.user_of(tables, account)?,
        age: persons.age_of(tables, account)?,
        country: persons.country_of(tables, account)?,
        exported_at: now,
        cards,
        customer: persons.customer(tables, account)?,
        tables: exported,
    })
}

/// Takes secrets out of a row, opens what is sealed, and shows receipts as what they say.
fn open(
    tables: &dyn Tables,
    persons: &Persons,
    account: AccountId,
    (table, row): (&Table, &mut Row),
    cards: &mut Vec<Card>,
) -> Result<(), StoreError> {
    let columns = table.columns.iter().chain(table.sqlite).chain(table.postgres);
    for column in columns {
        match (table.name, column.name, column.class) {
            (_, name, Class::Secret) => {
                row.remove(name);
            }
            ("accounts", name, Class::Sealed) => {
                let user = persons.user_of(tables, account)?;
                row.insert(name.to_owned(), json!(user));
            }
            ("processor_customers", name, Class::Sealed) => {
                let customer = persons.customer(tables, account)?;
                row.insert(name.to_owned(), json!(customer));
            }
            ("cards", name, Class::Sealed) => {
                let id = row.get("id").and_then(Value::as_str).and_then(|id| id.parse::<CardId>().ok());
                let sealed = row.get(name).and_then(bytes);
                if let (Some(id), Some(sealed)) = (id, sealed) {
                    let card = persons.card_details(tables, account, (id, &sealed))?;
                    row.insert(name.to_owned(), json!(card));
                    cards.push(card);
                }
            }
            // What the database has as bytes is JSON.
            (_, "receipt", _) => {
                if let Some(payload) = row.get("receipt").and_then(bytes)
                    && let Ok(receipt) = serde_json::from_slice::<Value>(&payload)
                {
                    row.insert("receipt".to_owned(), receipt);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The bytes that a value is in hexadecimal.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? * 16 + digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

/// A table as CSV (RFC 4180), with its columns' names in the first line.
pub(crate) fn csv(table: &ExportedTable) -> Result<Vec<u8>, StoreError> {
    let failed = |_| StoreError::Damaged("a table that can't be written as CSV");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).map_err(failed)?;
    for row in &table.rows {
        let cells = table.columns.iter().map(|column| match row.get(*column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        writer.write_record(cells).map_err(failed)?;
    }
    writer.into_inner().map_err(|_| StoreError::Damaged("a table that can't be written as CSV"))
}
