//! Allowances that were issued, and what has been drawn on them.

use std::collections::BTreeMap;

use farthing_protocol::{Allowance, Currency, DeviceId, Drawn};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, number, signed, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::allowances::{Allowances, DrawnBy, pricing_column};
use crate::store::devices::Device;
use crate::store::spending::{from_json, to_json};

fn read(row: &PgRow, device: &Device) -> Result<Allowance, StoreError> {
    let currency = column::currency(row, 7)?;
    let spending: Option<&str> = row.try_get(8)?;
    let pricing: Option<&str> = row.try_get(9)?;
    Ok(Allowance {
        account: device.account,
        device: device.id,
        key: device.key,
        epoch: device.journal.epoch,
        version: number(row, 0)?,
        limit: column::money(row, 1, currency)?,
        count_limit: number(row, 2)?,
        purchase_max: column::money(row, 3, currency)?,
        issued_at: column::time(row, 4)?,
        expires_at: column::time(row, 5)?,
        settle_by: column::time(row, 6)?,
        spending: spending.map(from_json).transpose()?,
        pricing: pricing.map(from_json).transpose()?.unwrap_or_default(),
    })
}

fn drawn(row: &PgRow, currency: Currency) -> Result<Drawn, StoreError> {
    Ok(Drawn { total: column::money(row, 0, currency)?, count: number(row, 1)? })
}

impl Allowances for Transaction {
    fn latest_allowances(&self, device: &Device) -> Result<BTreeMap<Currency, Allowance>, StoreError> {
        let select = query(
            "SELECT DISTINCT ON (currency) version, spend_limit, count_limit, purchase_max, issued_at, expires_at,
               settle_by, currency, spending, pricing FROM allowances WHERE device = $1 ORDER BY currency, version DESC",
        );
        let rows = self.all(select.bind(uuid(device.id.as_bytes())))?;
        let allowances = rows.iter().map(|row| read(row, device));
        allowances.map(|allowance| allowance.map(|allowance| (allowance.limit.currency(), allowance))).collect()
    }

    fn allowances_from(
        &self,
        device: &Device,
        currency: Currency,
        version: u64,
    ) -> Result<BTreeMap<u64, Allowance>, StoreError> {
        let select = query(
            "SELECT version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by, currency, spending,
               pricing FROM allowances WHERE device = $1 AND currency = $2 AND version >= $3",
        );
        let select = select.bind(uuid(device.id.as_bytes())).bind(currency.code().to_owned()).bind(signed(version)?);
        let rows = self.all(select)?;
        let allowances = rows.iter().map(|row| read(row, device));
        allowances.map(|allowance| allowance.map(|allowance| (allowance.version, allowance))).collect()
    }

    fn add_allowance(&self, allowance: &Allowance) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO allowances
               (device, currency, version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by,
                spending, pricing)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        );
        let insert = insert
            .bind(uuid(allowance.device.as_bytes()))
            .bind(allowance.limit.currency().code().to_owned())
            .bind(signed(allowance.version)?)
            .bind(allowance.limit.micros())
            .bind(signed(allowance.count_limit)?)
            .bind(allowance.purchase_max.micros())
            .bind(allowance.issued_at.as_millisecond())
            .bind(allowance.expires_at.as_millisecond())
            .bind(allowance.settle_by.as_millisecond())
            .bind(allowance.spending.as_ref().map(to_json).transpose()?)
            .bind(pricing_column(&allowance.pricing)?);
        self.execute(insert)?;
        Ok(())
    }

    fn drawn(&self, device: DeviceId, currency: Currency) -> Result<DrawnBy, StoreError> {
        let select = query("SELECT total, count, version FROM drawn WHERE device = $1 AND currency = $2");
        match self.one(select.bind(uuid(device.as_bytes())).bind(currency.code().to_owned()))? {
            Some(row) => Ok(DrawnBy { drawn: drawn(&row, currency)?, version: number(&row, 2)? }),
            None => Ok(DrawnBy::nothing(currency)),
        }
    }

    fn all_drawn(&self, device: DeviceId) -> Result<Vec<Drawn>, StoreError> {
        let select = query("SELECT total, count, currency FROM drawn WHERE device = $1 ORDER BY currency");
        let rows = self.all(select.bind(uuid(device.as_bytes())))?;
        rows.iter().map(|row| drawn(row, column::currency(row, 2)?)).collect()
    }

    fn set_drawn(&self, device: DeviceId, by: &DrawnBy) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO drawn (device, currency, total, count, version) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (device, currency)
             DO UPDATE SET total = excluded.total, count = excluded.count, version = excluded.version",
        );
        let upsert = upsert
            .bind(uuid(device.as_bytes()))
            .bind(by.drawn.total.currency().code().to_owned())
            .bind(by.drawn.total.micros())
            .bind(signed(by.drawn.count)?)
            .bind(signed(by.version)?);
        self.execute(upsert)?;
        Ok(())
    }
}
