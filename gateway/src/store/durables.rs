//! Durable items that accounts own, and the devices that bought them.

use farthing_protocol::{AccountId, DeviceId, Sku};

use super::{Device, StoreError};

pub(crate) trait Durables {
    /// The durable items of an account, sorted, so many at most.
    fn durables(&self, account: AccountId, most: usize) -> Result<Vec<Sku>, StoreError>;

    /// Whether an account owns a durable item.
    fn owns(&self, account: AccountId, sku: &Sku) -> Result<bool, StoreError>;

    /// A device has bought a durable item, so many times.
    fn add_durable(&self, device: &Device, sku: &Sku, count: u32) -> Result<(), StoreError>;

    /// So many items of a device were taken back. Where they are not durable, nothing changes.
    fn take_durable(&self, account: AccountId, device: DeviceId, sku: &Sku, count: u32) -> Result<(), StoreError>;
}
