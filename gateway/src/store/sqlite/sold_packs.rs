//! Packs of balance that app stores have sold.

use farthing_protocol::{AccountId, Money, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::sold_packs::{SoldPack, SoldPacks};
use crate::store_top_up::{Reversal, Sale, Seller};

const COLUMNS: &str = "seller, name, id, account, device, product, currency, amount, price, fee, taken, held, held_fee, \
                       told_at, consume_at, attempts";

fn read(row: &Row<'_>) -> Result<SoldPack, StoreError> {
    let currency = column::currency(row, 6)?;
    let micros = |index: usize| -> rusqlite::Result<Option<Money>> {
        Ok(row.get::<_, Option<i64>>(index)?.map(|micros| Money::from_micros(micros, currency)))
    };
    let reversal = match (micros(10)?, micros(11)?, micros(12)?) {
        (Some(taken), Some(held), Some(held_fee)) => Some(Reversal { taken, held, held_fee }),
        _ => None,
    };
    let consume_at: Option<i64> = row.get(14)?;
    Ok(SoldPack {
        seller: Seller::named(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?,
        name: row.get(1)?,
        id: column::top_up(row, 2)?,
        account: column::account(row, 3)?,
        device: column::device(row, 4)?,
        product: row.get(5)?,
        sale: Sale {
            amount: column::money(row, 7, currency)?,
            price: column::money(row, 8, currency)?,
            fee: column::money(row, 9, currency)?,
        },
        reversal,
        told_at: column::time(row, 13)?,
        consume_at: consume_at.map(crate::clock::from_milliseconds),
        attempts: row.get(15)?,
    })
}

fn all(mut rows: rusqlite::Rows<'_>) -> Result<Vec<SoldPack>, StoreError> {
    let mut packs = Vec::new();
    while let Some(row) = rows.next()? {
        packs.push(read(row)?);
    }
    Ok(packs)
}

impl SoldPacks for Connection {
    fn sold_pack(&self, seller: Seller, name: &str) -> Result<Option<SoldPack>, StoreError> {
        let mut statement =
            self.prepare_cached(&format!("SELECT {COLUMNS} FROM sold_packs WHERE seller = ? AND name = ?"))?;
        let mut rows = statement.query(params![seller.name(), name])?;
        rows.next()?.map(read).transpose()
    }

    fn sold_packs_of(&self, account: AccountId, most: u32) -> Result<Vec<SoldPack>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM sold_packs WHERE account = ? ORDER BY created_at DESC, id LIMIT ?"
        ))?;
        all(statement.query(params![account.as_bytes(), most])?)
    }

    fn add_sold_pack(&self, pack: &SoldPack, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO sold_packs
               (seller, name, id, account, device, product, currency, amount, price, fee, told_at, consume_at, attempts,
                created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            pack.seller.name(),
            pack.name,
            pack.id.as_bytes(),
            pack.account.as_bytes(),
            pack.device.as_bytes(),
            pack.product,
            pack.sale.amount.currency().code(),
            pack.sale.amount.micros(),
            pack.sale.price.micros(),
            pack.sale.fee.micros(),
            pack.told_at.as_millisecond(),
            pack.consume_at.map(Timestamp::as_millisecond),
            pack.attempts,
            now.as_millisecond(),
        ])?;
        Ok(())
    }

    fn set_sold_pack(&self, pack: &SoldPack) -> Result<(), StoreError> {
        let micros = |amount: fn(&Reversal) -> Money| pack.reversal.as_ref().map(amount).map(|amount| amount.micros());
        self.prepare_cached(
            "UPDATE sold_packs SET taken = ?, held = ?, held_fee = ?, told_at = ? WHERE seller = ? AND name = ?",
        )?
        .execute(params![
            micros(|reversal| reversal.taken),
            micros(|reversal| reversal.held),
            micros(|reversal| reversal.held_fee),
            pack.told_at.as_millisecond(),
            pack.seller.name(),
            pack.name,
        ])?;
        Ok(())
    }

    fn take_sold_packs_to_consume(
        &self,
        now: Timestamp,
        held_until: Timestamp,
        most: u32,
    ) -> Result<Vec<SoldPack>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "UPDATE sold_packs SET consume_at = ?1 WHERE (seller, name) IN (
               SELECT seller, name FROM sold_packs WHERE consume_at <= ?2 ORDER BY consume_at LIMIT ?3)
             RETURNING {COLUMNS}"
        ))?;
        all(statement.query(params![held_until.as_millisecond(), now.as_millisecond(), most])?)
    }

    fn set_consumption(&self, pack: &SoldPack) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE sold_packs SET consume_at = ?, attempts = ? WHERE seller = ? AND name = ?")?
            .execute(params![
                pack.consume_at.map(Timestamp::as_millisecond),
                pack.attempts,
                pack.seller.name(),
                pack.name,
            ])?;
        Ok(())
    }

    fn store_revocation(&self, seller: Seller, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT revoked_at FROM store_revocations WHERE seller = ? AND name = ?")?;
        Ok(statement.query_row(params![seller.name(), name], |row| column::time(row, 0)).optional()?)
    }

    fn set_store_revocation(&self, seller: Seller, name: &str, at: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO store_revocations (seller, name, revoked_at) VALUES (?, ?, ?)
             ON CONFLICT (seller, name) DO UPDATE SET revoked_at = max(revoked_at, excluded.revoked_at)",
        )?
        .execute(params![seller.name(), name, at.as_millisecond()])?;
        Ok(())
    }

    fn lift_store_revocation(&self, seller: Seller, name: &str, at: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("DELETE FROM store_revocations WHERE seller = ? AND name = ? AND revoked_at <= ?")?
            .execute(params![seller.name(), name, at.as_millisecond()])?;
        Ok(())
    }

    fn note_store_notification(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let noted = self
            .prepare_cached("INSERT INTO store_notifications (id, taken_at) VALUES (?, ?) ON CONFLICT DO NOTHING")?
            .execute(params![id.as_bytes(), now.as_millisecond()])?;
        Ok(noted == 1)
    }

    fn store_looked_until(&self, seller: Seller) -> Result<Option<Timestamp>, StoreError> {
        let mut statement = self.prepare_cached("SELECT looked_until FROM store_looks WHERE seller = ?")?;
        Ok(statement.query_row([seller.name()], |row| column::time(row, 0)).optional()?)
    }

    fn set_store_looked_until(&self, seller: Seller, until: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("INSERT OR REPLACE INTO store_looks (seller, looked_until) VALUES (?, ?)")?
            .execute(params![seller.name(), until.as_millisecond()])?;
        Ok(())
    }
}
