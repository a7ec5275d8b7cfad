//! How long the passes of devices last.

use farthing_protocol::{DeviceId, PassPeriod};
use rusqlite::{Connection, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::passes::Passes;

fn read(row: &Row<'_>) -> rusqlite::Result<PassPeriod> {
    Ok(PassPeriod {
        sku: column::sku(row, 0)?,
        starts_at: column::time(row, 1)?,
        ends_at: column::time(row, 2)?,
        grace_seconds: row.get(3)?,
    })
}

impl Passes for Connection {
    fn passes(&self, device: DeviceId) -> Result<Vec<PassPeriod>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT sku, starts_at, ends_at, grace_seconds FROM passes WHERE device = ? ORDER BY sku",
        )?;
        let passes = statement.query_map([device.as_bytes()], read)?;
        Ok(passes.collect::<Result<_, _>>()?)
    }

    fn set_pass(&self, device: DeviceId, pass: &PassPeriod) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT OR REPLACE INTO passes (device, sku, starts_at, ends_at, grace_seconds) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            device.as_bytes(),
            pass.sku.as_str(),
            pass.starts_at.as_millisecond(),
            pass.ends_at.as_millisecond(),
            pass.grace_seconds,
        ])?;
        Ok(())
    }
}
