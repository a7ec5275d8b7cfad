//! What the meters of devices have come to.

use farthing_protocol::MeterTotals;
use rusqlite::{Connection, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::devices::Device;
use crate::store::meters::Meters;

fn read(row: &Row<'_>) -> rusqlite::Result<MeterTotals> {
    let currency = column::currency(row, 1)?;
    Ok(MeterTotals {
        sku: column::sku(row, 0)?,
        unit_price: column::money(row, 2, currency)?,
        per_units: row.get(3)?,
        units: row.get(4)?,
        total: column::money(row, 5, currency)?,
        day: row.get(6)?,
        day_total: column::money(row, 7, currency)?,
    })
}

impl Meters for Connection {
    fn meters(&self, device: &Device) -> Result<Vec<MeterTotals>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT sku, currency, unit_price, per_units, units, total, day, day_total FROM meters
             WHERE device = ? AND epoch = ? ORDER BY sku",
        )?;
        let meters = statement.query_map(params![device.id.as_bytes(), device.journal.epoch], read)?;
        Ok(meters.collect::<Result<_, _>>()?)
    }

    fn set_meter(&self, device: &Device, totals: &MeterTotals) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT OR REPLACE INTO meters
               (device, epoch, sku, currency, unit_price, per_units, units, total, day, day_total)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            device.id.as_bytes(),
            device.journal.epoch,
            totals.sku.as_str(),
            totals.unit_price.currency().code(),
            totals.unit_price.micros(),
            totals.per_units,
            totals.units,
            totals.total.micros(),
            totals.day,
            totals.day_total.micros(),
        ])?;
        Ok(())
    }
}
