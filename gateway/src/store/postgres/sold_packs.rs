//! Packs of balance that app stores have sold.

use farthing_protocol::{AccountId, Money, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, number, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::sold_packs::{SoldPack, SoldPacks};
use crate::store_top_up::{Reversal, Sale, Seller};

fn read(row: &PgRow) -> Result<SoldPack, StoreError> {
    let currency = column::currency(row, 6)?;
    let micros = |index: usize| -> Result<Option<Money>, StoreError> {
        Ok(row.try_get::<Option<i64>, _>(index)?.map(|micros| Money::from_micros(micros, currency)))
    };
    let reversal = match (micros(10)?, micros(11)?, micros(12)?) {
        (Some(taken), Some(held), Some(held_fee)) => Some(Reversal { taken, held, held_fee }),
        _ => None,
    };
    let consume_at: Option<i64> = row.try_get(14)?;
    Ok(SoldPack {
        seller: Seller::named(row.try_get(0)?)?,
        name: row.try_get(1)?,
        id: column::top_up(row, 2)?,
        account: column::account(row, 3)?,
        device: column::device(row, 4)?,
        product: row.try_get(5)?,
        sale: Sale {
            amount: column::money(row, 7, currency)?,
            price: column::money(row, 8, currency)?,
            fee: column::money(row, 9, currency)?,
        },
        reversal,
        told_at: column::time(row, 13)?,
        consume_at: consume_at.map(crate::clock::from_milliseconds),
        attempts: number(row, 15)?,
    })
}

impl SoldPacks for Transaction {
    fn sold_pack(&self, seller: Seller, name: &str) -> Result<Option<SoldPack>, StoreError> {
        let select = query(
            "SELECT seller, name, id, account, device, product, currency, amount, price, fee, taken, held, held_fee,
               told_at, consume_at, attempts
             FROM sold_packs WHERE seller = $1 AND name = $2",
        );
        self.one(select.bind(seller.name()).bind(name))?.as_ref().map(read).transpose()
    }

    fn sold_packs_of(&self, account: AccountId, most: u32) -> Result<Vec<SoldPack>, StoreError> {
        let select = query(
            "SELECT seller, name, id, account, device, product, currency, amount, price, fee, taken, held, held_fee,
               told_at, consume_at, attempts
             FROM sold_packs WHERE account = $1 ORDER BY created_at DESC, id LIMIT $2",
        );
        self.all(select.bind(uuid(account.as_bytes())).bind(i64::from(most)))?.iter().map(read).collect()
    }

    fn add_sold_pack(&self, pack: &SoldPack, now: Timestamp) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO sold_packs
               (seller, name, id, account, device, product, currency, amount, price, fee, told_at, consume_at, attempts,
                created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        );
        let insert = insert
            .bind(pack.seller.name())
            .bind(&pack.name)
            .bind(uuid(pack.id.as_bytes()))
            .bind(uuid(pack.account.as_bytes()))
            .bind(uuid(pack.device.as_bytes()))
            .bind(&pack.product)
            .bind(pack.sale.amount.currency().code().to_owned())
            .bind(pack.sale.amount.micros())
            .bind(pack.sale.price.micros())
            .bind(pack.sale.fee.micros())
            .bind(pack.told_at.as_millisecond())
            .bind(pack.consume_at.map(Timestamp::as_millisecond))
            .bind(i64::from(pack.attempts))
            .bind(now.as_millisecond());
        self.execute(insert)?;
        Ok(())
    }

    fn set_sold_pack(&self, pack: &SoldPack) -> Result<(), StoreError> {
        let micros = |amount: fn(&Reversal) -> Money| pack.reversal.as_ref().map(amount).map(|amount| amount.micros());
        let update = query(
            "UPDATE sold_packs SET taken = $1, held = $2, held_fee = $3, told_at = $4 WHERE seller = $5 AND name = $6",
        );
        let update = update
            .bind(micros(|reversal| reversal.taken))
            .bind(micros(|reversal| reversal.held))
            .bind(micros(|reversal| reversal.held_fee))
            .bind(pack.told_at.as_millisecond())
            .bind(pack.seller.name())
            .bind(&pack.name);
        self.execute(update)?;
        Ok(())
    }

    fn take_sold_packs_to_consume(
        &self,
        now: Timestamp,
        held_until: Timestamp,
        most: u32,
    ) -> Result<Vec<SoldPack>, StoreError> {
        let update = query(
            "UPDATE sold_packs SET consume_at = $1 WHERE (seller, name) IN (
               SELECT seller, name FROM sold_packs WHERE consume_at <= $2
               ORDER BY consume_at LIMIT $3 FOR UPDATE SKIP LOCKED)
             RETURNING seller, name, id, account, device, product, currency, amount, price, fee, taken, held, held_fee,
               told_at, consume_at, attempts",
        );
        let update = update.bind(held_until.as_millisecond()).bind(now.as_millisecond()).bind(i64::from(most));
        self.all(update)?.iter().map(read).collect()
    }

    fn set_consumption(&self, pack: &SoldPack) -> Result<(), StoreError> {
        let update = query("UPDATE sold_packs SET consume_at = $1, attempts = $2 WHERE seller = $3 AND name = $4");
        let update = update.bind(pack.consume_at.map(Timestamp::as_millisecond)).bind(i64::from(pack.attempts));
        self.execute(update.bind(pack.seller.name()).bind(&pack.name))?;
        Ok(())
    }

    fn store_revocation(&self, seller: Seller, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let select = query("SELECT revoked_at FROM store_revocations WHERE seller = $1 AND name = $2");
        self.one(select.bind(seller.name()).bind(name))?.map(|row| column::time(&row, 0)).transpose()
    }

    fn set_store_revocation(&self, seller: Seller, name: &str, at: Timestamp) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO store_revocations (seller, name, revoked_at) VALUES ($1, $2, $3)
             ON CONFLICT (seller, name)
               DO UPDATE SET revoked_at = greatest(store_revocations.revoked_at, excluded.revoked_at)",
        );
        self.execute(insert.bind(seller.name()).bind(name).bind(at.as_millisecond()))?;
        Ok(())
    }

    fn lift_store_revocation(&self, seller: Seller, name: &str, at: Timestamp) -> Result<(), StoreError> {
        let delete = query("DELETE FROM store_revocations WHERE seller = $1 AND name = $2 AND revoked_at <= $3");
        self.execute(delete.bind(seller.name()).bind(name).bind(at.as_millisecond()))?;
        Ok(())
    }

    fn note_store_notification(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let insert = query("INSERT INTO store_notifications (id, taken_at) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        Ok(self.execute(insert.bind(uuid(id.as_bytes())).bind(now.as_millisecond()))? == 1)
    }

    fn store_looked_until(&self, seller: Seller) -> Result<Option<Timestamp>, StoreError> {
        let select = query("SELECT looked_until FROM store_looks WHERE seller = $1");
        self.one(select.bind(seller.name()))?.map(|row| column::time(&row, 0)).transpose()
    }

    fn set_store_looked_until(&self, seller: Seller, until: Timestamp) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO store_looks (seller, looked_until) VALUES ($1, $2)
             ON CONFLICT (seller) DO UPDATE SET looked_until = excluded.looked_until",
        );
        self.execute(insert.bind(seller.name()).bind(until.as_millisecond()))?;
        Ok(())
    }
}
