//! What the meters of devices have come to.

use farthing_protocol::MeterTotals;

use super::StoreError;
use super::devices::Device;

pub(crate) trait Meters {
    /// What each meter of a device has come to in its epoch, sorted by SKU.
    fn meters(&self, device: &Device) -> Result<Vec<MeterTotals>, StoreError>;

    /// Keeps what a meter has come to.
    fn set_meter(&self, device: &Device, totals: &MeterTotals) -> Result<(), StoreError>;
}
