//! How long the passes of devices last.

use farthing_protocol::{DeviceId, PassPeriod};
use sqlx::postgres::PgRow;
use sqlx::query;

use super::column::{number, sku, time, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::passes::Passes;

fn read(row: &PgRow) -> Result<PassPeriod, StoreError> {
    Ok(PassPeriod {
        sku: sku(row, 0)?,
        starts_at: time(row, 1)?,
        ends_at: time(row, 2)?,
        grace_seconds: number(row, 3)?,
    })
}

impl Passes for Transaction {
    fn passes(&self, device: DeviceId) -> Result<Vec<PassPeriod>, StoreError> {
        let select = query("SELECT sku, starts_at, ends_at, grace_seconds FROM passes WHERE device = $1 ORDER BY sku");
        self.all(select.bind(uuid(device.as_bytes())))?.iter().map(read).collect()
    }

    fn set_pass(&self, device: DeviceId, pass: &PassPeriod) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO passes (device, sku, starts_at, ends_at, grace_seconds) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (device, sku)
             DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at,
               grace_seconds = excluded.grace_seconds",
        );
        let upsert = upsert
            .bind(uuid(device.as_bytes()))
            .bind(pass.sku.as_str().to_owned())
            .bind(pass.starts_at.as_millisecond())
            .bind(pass.ends_at.as_millisecond())
            .bind(i64::from(pass.grace_seconds));
        self.execute(upsert)?;
        Ok(())
    }
}
