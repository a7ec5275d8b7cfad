//! How many of each item a device has left.

use std::collections::BTreeMap;

use farthing_protocol::{DeviceId, Sku};
use sqlx::query;

use super::column::{number, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::items::{Change, Items};

impl Items for Transaction {
    fn items_left(&self, device: DeviceId, sku: &Sku) -> Result<u64, StoreError> {
        let select = query("SELECT quantity FROM items WHERE device = $1 AND sku = $2");
        let row = self.one(select.bind(uuid(device.as_bytes())).bind(sku.as_str()))?;
        row.map_or(Ok(0), |row| number(&row, 0))
    }

    fn change_items(&self, device: DeviceId, changes: &BTreeMap<Sku, Change>) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (mut skus, mut least, mut by) = (Vec::new(), Vec::new(), Vec::new());
        for (sku, change) in changes {
            skus.push(sku.as_str());
            least.push(change.least);
            by.push(change.by);
        }
        let insert = query(
            "INSERT INTO items AS known (device, sku, quantity)
             SELECT $1, sku, greatest(least, by_that) FROM unnest($2::text[], $3::bigint[], $4::bigint[])
                                                          AS change (sku, least, by_that)
             ON CONFLICT (device, sku) DO UPDATE SET quantity =
               (SELECT greatest(least, known.quantity + by_that)
                FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS change (sku, least, by_that)
                WHERE change.sku = known.sku)",
        );
        self.execute(insert.bind(uuid(device.as_bytes())).bind(skus).bind(least).bind(by))?;
        Ok(())
    }
}
