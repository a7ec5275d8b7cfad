//! Cards, their numbers sealed.

use farthing_protocol::api::Card;
use farthing_protocol::{AccountId, CardId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::cards::{Cards, StoredCard};
use crate::store::named::{name, named};

type Columns = (CardId, String, String, u8, u16, Vec<u8>);

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((column::card(row, 0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn card((id, brand, last_four, expiry_month, expiry_year, sealed): Columns) -> Result<StoredCard, StoreError> {
    Ok(StoredCard { card: Card { id, brand: named(brand)?, last_four, expiry_month, expiry_year }, sealed })
}

const COLUMNS: &str = "id, brand, last_four, expiry_month, expiry_year, sealed";

impl Cards for Connection {
    fn cards(&self, account: AccountId) -> Result<Vec<StoredCard>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM cards WHERE account = ? AND sealed IS NOT NULL ORDER BY id DESC"
        ))?;
        let rows = statement.query_map([account.as_bytes()], read)?;
        rows.map(|row| card(row?)).collect()
    }

    fn card(&self, account: AccountId, id: CardId) -> Result<Option<StoredCard>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM cards WHERE account = ? AND id = ? AND sealed IS NOT NULL"
        ))?;
        let row = statement.query_row([&account.as_bytes()[..], &id.as_bytes()[..]], read).optional()?;
        row.map(card).transpose()
    }

    fn add_card(&self, account: AccountId, stored: &StoredCard, now: Timestamp) -> Result<(), StoreError> {
        let StoredCard { card, sealed } = stored;
        self.prepare_cached(
            "INSERT INTO cards (id, account, brand, last_four, expiry_month, expiry_year, sealed, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            card.id.as_bytes(),
            account.as_bytes(),
            name(&card.brand)?,
            card.last_four,
            card.expiry_month,
            card.expiry_year,
            sealed,
            now.as_millisecond(),
        ])?;
        Ok(())
    }

    fn remove_card(&self, account: AccountId, id: CardId) -> Result<bool, StoreError> {
        let removed = self
            .prepare_cached("UPDATE cards SET sealed = NULL WHERE account = ? AND id = ?")?
            .execute([&account.as_bytes()[..], &id.as_bytes()[..]])?;
        Ok(removed == 1)
    }
}
