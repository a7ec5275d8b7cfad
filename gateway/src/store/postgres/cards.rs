//! Cards, their numbers sealed.

use farthing_protocol::api::{Card, CardBrand};
use farthing_protocol::{AccountId, CardId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, number, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::cards::{Cards, SealedCard, StoredCard};
use crate::store::named::{name, named};

fn read(row: &PgRow) -> Result<SealedCard, StoreError> {
    let card = Card {
        id: column::card(row, 0)?,
        brand: named(row.try_get(1)?)?,
        last_four: row.try_get(2)?,
        expiry_month: number(row, 3)?,
        expiry_year: number(row, 4)?,
    };
    Ok(SealedCard { card, details: row.try_get(7)?, sealed: column::sealed(row, 5)? })
}

impl Cards for Transaction {
    fn sealed_cards(&self, account: AccountId) -> Result<Vec<SealedCard>, StoreError> {
        let select = query(
            "SELECT id, brand, last_four, expiry_month, expiry_year, sealed, vault_key, details FROM cards
             WHERE account = $1 AND sealed IS NOT NULL ORDER BY id DESC",
        );
        self.all(select.bind(uuid(account.as_bytes())))?.iter().map(read).collect()
    }

    fn sealed_card(&self, account: AccountId, id: CardId) -> Result<Option<SealedCard>, StoreError> {
        let select = query(
            "SELECT id, brand, last_four, expiry_month, expiry_year, sealed, vault_key, details FROM cards
             WHERE account = $1 AND id = $2 AND sealed IS NOT NULL",
        );
        self.one(select.bind(uuid(account.as_bytes())).bind(uuid(id.as_bytes())))?.as_ref().map(read).transpose()
    }

    fn add_sealed_card(
        &self,
        account: AccountId,
        stored: &StoredCard,
        details: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let StoredCard { card, sealed } = stored;
        let insert = query(
            "INSERT INTO cards (id, account, brand, last_four, expiry_month, expiry_year, sealed, vault_key, created_at,
                                details)
             VALUES ($1, $2, $3, '----', 1, 1970, $4, $5, $6, $7)",
        );
        let insert = insert
            .bind(uuid(card.id.as_bytes()))
            .bind(uuid(account.as_bytes()))
            .bind(name(&CardBrand::Unknown)?)
            .bind(&sealed.bytes)
            .bind(i64::from(sealed.vault_key))
            .bind(now.as_millisecond())
            .bind(details);
        self.execute(insert)?;
        Ok(())
    }

    fn remove_card(&self, account: AccountId, id: CardId) -> Result<bool, StoreError> {
        let update = query("UPDATE cards SET sealed = NULL, details = NULL WHERE account = $1 AND id = $2");
        Ok(self.execute(update.bind(uuid(account.as_bytes())).bind(uuid(id.as_bytes())))? == 1)
    }
}
