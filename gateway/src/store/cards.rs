//! Cards, their numbers sealed.

use farthing_protocol::api::Card;
use farthing_protocol::{AccountId, CardId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, column};

/// A card with its sealed number.
pub(crate) struct StoredCard {
    pub(crate) card: Card,
    pub(crate) sealed: Vec<u8>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<(CardId, String, StoredCardParts)> {
    Ok((column::card(row, 0)?, row.get(1)?, (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
}

type StoredCardParts = (String, u8, u16, Vec<u8>);

fn card((id, brand, parts): (CardId, String, StoredCardParts)) -> Result<StoredCard, StoreError> {
    let (last_four, expiry_month, expiry_year, sealed) = parts;
    let card = Card { id, brand: column::named(brand)?, last_four, expiry_month, expiry_year };
    Ok(StoredCard { card, sealed })
}

const COLUMNS: &str = "id, brand, last_four, expiry_month, expiry_year, sealed";

/// The cards of an account that were not removed, the newest first.
pub(crate) fn all(connection: &Connection, account: AccountId) -> Result<Vec<StoredCard>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM cards WHERE account = ? AND sealed IS NOT NULL ORDER BY id DESC"
    ))?;
    let rows = statement.query_map([account.as_bytes()], read)?;
    rows.map(|row| card(row?)).collect()
}

/// A card of an account, unless it was removed.
pub(crate) fn find(connection: &Connection, account: AccountId, id: CardId) -> Result<Option<StoredCard>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM cards WHERE account = ? AND id = ? AND sealed IS NOT NULL"))?;
    let row = statement.query_row([&account.as_bytes()[..], &id.as_bytes()[..]], read).optional()?;
    row.map(card).transpose()
}

/// Keeps a card.
pub(crate) fn add(
    connection: &Connection,
    account: AccountId,
    StoredCard { card, sealed }: &StoredCard,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO cards (id, account, brand, last_four, expiry_month, expiry_year, sealed, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            card.id.as_bytes(),
            account.as_bytes(),
            column::name(&card.brand)?,
            card.last_four,
            card.expiry_month,
            card.expiry_year,
            sealed,
            now.as_millisecond(),
        ])?;
    Ok(())
}

/// Erases the number of a card. False when the account has never had such a card.
pub(crate) fn remove(connection: &Connection, account: AccountId, id: CardId) -> Result<bool, StoreError> {
    let removed = connection
        .prepare_cached("UPDATE cards SET sealed = NULL WHERE account = ? AND id = ?")?
        .execute([&account.as_bytes()[..], &id.as_bytes()[..]])?;
    Ok(removed == 1)
}
