//! How long the passes of devices last.

use farthing_protocol::{DeviceId, PassPeriod};

use super::StoreError;

pub(crate) trait Passes {
    /// How long each pass of a device lasts or has lasted, sorted by SKU.
    fn passes(&self, device: DeviceId) -> Result<Vec<PassPeriod>, StoreError>;

    /// Keeps how long a pass lasts.
    fn set_pass(&self, device: DeviceId, pass: &PassPeriod) -> Result<(), StoreError>;
}
