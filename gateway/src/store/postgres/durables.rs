//! Durable items that accounts own.

use farthing_protocol::{AccountId, DeviceId, Sku};
use sqlx::query;

use super::column::{sku, uuid};
use super::transaction::Transaction;
use crate::store::durables::Durables;
use crate::store::{Device, StoreError};

impl Durables for Transaction {
    fn durables(&self, account: AccountId, most: usize) -> Result<Vec<Sku>, StoreError> {
        let select =
            query("SELECT DISTINCT sku FROM durables WHERE account = $1 AND quantity > 0 ORDER BY sku LIMIT $2");
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = self.all(select.bind(uuid(account.as_bytes())).bind(most))?;
        let mut durables: Vec<Sku> = rows.iter().map(|row| sku(row, 0)).collect::<Result<_, _>>()?;
        // The database sorts as its language does.
        durables.sort();
        Ok(durables)
    }

    fn owns(&self, account: AccountId, sku: &Sku) -> Result<bool, StoreError> {
        let select = query("SELECT 1 FROM durables WHERE account = $1 AND sku = $2 AND quantity > 0 LIMIT 1");
        Ok(self.one(select.bind(uuid(account.as_bytes())).bind(sku.as_str()))?.is_some())
    }

    fn add_durable(&self, device: &Device, sku: &Sku, count: u32) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO durables AS known (account, sku, device, quantity) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account, sku, device) DO UPDATE SET quantity = known.quantity + excluded.quantity",
        );
        let insert = insert.bind(uuid(device.account.as_bytes())).bind(sku.as_str());
        self.execute(insert.bind(uuid(device.id.as_bytes())).bind(i64::from(count)))?;
        Ok(())
    }

    fn take_durable(&self, account: AccountId, device: DeviceId, sku: &Sku, count: u32) -> Result<(), StoreError> {
        let update = query(
            "UPDATE durables SET quantity = greatest(0, quantity - $4) WHERE account = $1 AND sku = $2 AND device = $3",
        );
        let update = update.bind(uuid(account.as_bytes())).bind(sku.as_str());
        self.execute(update.bind(uuid(device.as_bytes())).bind(i64::from(count)))?;
        Ok(())
    }
}
