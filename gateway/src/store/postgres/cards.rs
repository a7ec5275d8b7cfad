//! Cards, their numbers sealed.

use farthing_protocol::api::Card;
use farthing_protocol::{AccountId, CardId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, number, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::cards::{Cards, StoredCard};
use crate::store::named::{name, named};

fn read(row: &PgRow) -> Result<StoredCard, StoreError> {
    let card = Card {
        id: column::card(row, 0)?,
        brand: named(row.try_get(1)?)?,
        last_four: row.try_get(2)?,
        expiry_month: number(row, 3)?,
        expiry_year: number(row, 4)?,
    };
    Ok(StoredCard { card, sealed: row.try_get(5)? })
}

impl Cards for Transaction {
    fn cards(&self, account: AccountId) -> Result<Vec<StoredCard>, StoreError> {
        let select = query(
            "SELECT id, brand, last_four, expiry_month, expiry_year, sealed FROM cards
             WHERE account = $1 AND sealed IS NOT NULL ORDER BY id DESC",
        );
        self.all(select.bind(uuid(account.as_bytes())))?.iter().map(read).collect()
    }

    fn card(&self, account: AccountId, id: CardId) -> Result<Option<StoredCard>, StoreError> {
        let select = query(
            "SELECT id, brand, last_four, expiry_month, expiry_year, sealed FROM cards
             WHERE account = $1 AND id = $2 AND sealed IS NOT NULL",
        );
        self.one(select.bind(uuid(account.as_bytes())).bind(uuid(id.as_bytes())))?.as_ref().map(read).transpose()
    }

    fn add_card(&self, account: AccountId, stored: &StoredCard, now: Timestamp) -> Result<(), StoreError> {
        let StoredCard { card, sealed } = stored;
        let insert = query(
            "INSERT INTO cards (id, account, brand, last_four, expiry_month, expiry_year, sealed, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        );
        let insert = insert
            .bind(uuid(card.id.as_bytes()))
            .bind(uuid(account.as_bytes()))
            .bind(name(&card.brand)?)
            .bind(&card.last_four)
            .bind(i64::from(card.expiry_month))
            .bind(i64::from(card.expiry_year))
            .bind(sealed)
            .bind(now.as_millisecond());
        self.execute(insert)?;
        Ok(())
    }

    fn remove_card(&self, account: AccountId, id: CardId) -> Result<bool, StoreError> {
        let update = query("UPDATE cards SET sealed = NULL WHERE account = $1 AND id = $2");
        Ok(self.execute(update.bind(uuid(account.as_bytes())).bind(uuid(id.as_bytes())))? == 1)
    }
}
