//! Cards, their numbers sealed.

use farthing_protocol::api::{Card, CardBrand};
use farthing_protocol::{AccountId, CardId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::store::cards::{Cards, SealedCard, StoredCard};
use crate::store::named::{name, named};
use crate::store::{Sealed, StoreError};

type Columns = (CardId, String, String, u8, u16, Sealed, Option<Vec<u8>>);

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let sealed = column::sealed(row, 5)?;
    Ok((column::card(row, 0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, sealed, row.get(7)?))
}

fn card(columns: Columns) -> Result<SealedCard, StoreError> {
    let (id, brand, last_four, expiry_month, expiry_year, sealed, details) = columns;
    Ok(SealedCard { card: Card { id, brand: named(brand)?, last_four, expiry_month, expiry_year }, details, sealed })
}

const COLUMNS: &str = "id, brand, last_four, expiry_month, expiry_year, sealed, vault_key, details";

impl Cards for Connection {
    fn sealed_cards(&self, account: AccountId) -> Result<Vec<SealedCard>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM cards WHERE account = ? AND sealed IS NOT NULL ORDER BY id DESC"
        ))?;
        let rows = statement.query_map([account.as_bytes()], read)?;
        rows.map(|row| card(row?)).collect()
    }

    fn sealed_card(&self, account: AccountId, id: CardId) -> Result<Option<SealedCard>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM cards WHERE account = ? AND id = ? AND sealed IS NOT NULL"
        ))?;
        let row = statement.query_row([&account.as_bytes()[..], &id.as_bytes()[..]], read).optional()?;
        row.map(card).transpose()
    }

    fn add_sealed_card(
        &self,
        account: AccountId,
        stored: &StoredCard,
        details: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let StoredCard { card, sealed } = stored;
        self.prepare_cached(
            "INSERT INTO cards (id, account, brand, last_four, expiry_month, expiry_year, sealed, vault_key, created_at,
                                details)
             VALUES (?, ?, ?, '----', 1, 1970, ?, ?, ?, ?)",
        )?
        .execute(params![
            card.id.as_bytes(),
            account.as_bytes(),
            name(&CardBrand::Unknown)?,
            sealed.bytes,
            sealed.vault_key,
            now.as_millisecond(),
            details,
        ])?;
        Ok(())
    }

    fn remove_card(&self, account: AccountId, id: CardId) -> Result<bool, StoreError> {
        let removed = self
            .prepare_cached("UPDATE cards SET sealed = NULL, details = NULL WHERE account = ? AND id = ?")?
            .execute([&account.as_bytes()[..], &id.as_bytes()[..]])?;
        Ok(removed == 1)
    }
}
