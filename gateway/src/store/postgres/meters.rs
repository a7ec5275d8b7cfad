//! What the meters of devices have come to.

use farthing_protocol::MeterTotals;
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, number, signed, sku, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::devices::Device;
use crate::store::meters::Meters;

fn read(row: &PgRow) -> Result<MeterTotals, StoreError> {
    let currency = column::currency(row, 1)?;
    Ok(MeterTotals {
        sku: sku(row, 0)?,
        unit_price: column::money(row, 2, currency)?,
        per_units: number(row, 3)?,
        units: number(row, 4)?,
        total: column::money(row, 5, currency)?,
        day: row.try_get(6)?,
        day_total: column::money(row, 7, currency)?,
    })
}

impl Meters for Transaction {
    fn meters(&self, device: &Device) -> Result<Vec<MeterTotals>, StoreError> {
        let select = query(
            "SELECT sku, currency, unit_price, per_units, units, total, day, day_total FROM meters
             WHERE device = $1 AND epoch = $2 ORDER BY sku",
        );
        let rows = self.all(select.bind(uuid(device.id.as_bytes())).bind(i64::from(device.journal.epoch)))?;
        rows.iter().map(read).collect()
    }

    fn set_meter(&self, device: &Device, totals: &MeterTotals) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO meters (device, epoch, sku, currency, unit_price, per_units, units, total, day, day_total)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (device, epoch, sku)
             DO UPDATE SET currency = excluded.currency, unit_price = excluded.unit_price,
               per_units = excluded.per_units, units = excluded.units, total = excluded.total,
               day = excluded.day, day_total = excluded.day_total",
        );
        let upsert = upsert
            .bind(uuid(device.id.as_bytes()))
            .bind(i64::from(device.journal.epoch))
            .bind(totals.sku.as_str().to_owned())
            .bind(totals.unit_price.currency().code().to_owned())
            .bind(totals.unit_price.micros())
            .bind(i64::from(totals.per_units))
            .bind(signed(totals.units)?)
            .bind(totals.total.micros())
            .bind(totals.day)
            .bind(totals.day_total.micros());
        self.execute(upsert)?;
        Ok(())
    }
}
