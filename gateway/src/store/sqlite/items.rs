//! How many of each item a device has left.

use std::collections::BTreeMap;

use farthing_protocol::{DeviceId, Sku};
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::StoreError;
use crate::store::items::{Change, Items};

impl Items for Connection {
    fn items_left(&self, device: DeviceId, sku: &Sku) -> Result<u64, StoreError> {
        let mut statement = self.prepare_cached("SELECT quantity FROM items WHERE device = ? AND sku = ?")?;
        let left = statement.query_row(params![device.as_bytes(), sku.as_str()], |row| row.get(0)).optional()?;
        Ok(left.unwrap_or(0))
    }

    fn change_items(&self, device: DeviceId, changes: &BTreeMap<Sku, Change>) -> Result<(), StoreError> {
        let mut statement = self.prepare_cached(
            "INSERT INTO items (device, sku, quantity) VALUES (?1, ?2, max(?3, ?4))
             ON CONFLICT (device, sku) DO UPDATE SET quantity = max(?3, quantity + ?4)",
        )?;
        for (sku, Change { least, by }) in changes {
            statement.execute(params![device.as_bytes(), sku.as_str(), least, by])?;
        }
        Ok(())
    }
}
