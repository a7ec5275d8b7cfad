//! Durable items that accounts own.

use farthing_protocol::{AccountId, DeviceId, Sku};
use rusqlite::{Connection, params};

use super::column;
use crate::store::durables::Durables;
use crate::store::{Device, StoreError};

impl Durables for Connection {
    fn durables(&self, account: AccountId, most: usize) -> Result<Vec<Sku>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT DISTINCT sku FROM durables WHERE account = ? AND quantity > 0 ORDER BY sku LIMIT ?",
        )?;
        let durables = statement.query_map(params![account.as_bytes(), most], |row| column::sku(row, 0))?;
        Ok(durables.collect::<Result<_, _>>()?)
    }

    fn owns(&self, account: AccountId, sku: &Sku) -> Result<bool, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT 1 FROM durables WHERE account = ? AND sku = ? AND quantity > 0")?;
        Ok(statement.exists(params![account.as_bytes(), sku.as_str()])?)
    }

    fn add_durable(&self, device: &Device, sku: &Sku, count: u32) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO durables (account, sku, device, quantity) VALUES (?, ?, ?, ?)
             ON CONFLICT (account, sku, device) DO UPDATE SET quantity = quantity + excluded.quantity",
        )?
        .execute(params![device.account.as_bytes(), sku.as_str(), device.id.as_bytes(), count])?;
        Ok(())
    }

    fn take_durable(&self, account: AccountId, device: DeviceId, sku: &Sku, count: u32) -> Result<(), StoreError> {
        self.prepare_cached(
            "UPDATE durables SET quantity = max(0, quantity - ?) WHERE account = ? AND sku = ? AND device = ?",
        )?
        .execute(params![count, account.as_bytes(), sku.as_str(), device.as_bytes()])?;
        Ok(())
    }
}
