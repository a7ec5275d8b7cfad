//! Allowances that were issued, and what has been drawn on them.

use std::collections::BTreeMap;

use farthing_protocol::{Allowance, Currency, DeviceId, Drawn, Money, Pricing};

use super::StoreError;
use super::devices::Device;
use super::spending::to_json;

/// What a device has drawn in one currency, and the allowance version that its last entry named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DrawnBy {
    pub(crate) drawn: Drawn,
    pub(crate) version: u64,
}

impl DrawnBy {
    pub(super) fn nothing(currency: Currency) -> Self {
        DrawnBy { drawn: Drawn { total: Money::zero(currency), count: 0 }, version: 0 }
    }
}

/// How an allowance's row says which prices hold; nothing where the usual ones do.
pub(super) fn pricing_column(pricing: &Pricing) -> Result<Option<String>, StoreError> {
    (!pricing.is_usual()).then(|| to_json(pricing)).transpose()
}

pub(crate) trait Allowances {
    /// The latest allowance of each currency.
    fn latest_allowances(&self, device: &Device) -> Result<BTreeMap<Currency, Allowance>, StoreError>;

    /// The allowances of one currency from a version on, by version.
    fn allowances_from(
        &self,
        device: &Device,
        currency: Currency,
        version: u64,
    ) -> Result<BTreeMap<u64, Allowance>, StoreError>;

    /// Keeps an allowance.
    fn add_allowance(&self, allowance: &Allowance) -> Result<(), StoreError>;

    /// What a device has drawn in one currency.
    fn drawn(&self, device: DeviceId, currency: Currency) -> Result<DrawnBy, StoreError>;

    /// What a device has drawn in every currency.
    fn all_drawn(&self, device: DeviceId) -> Result<Vec<Drawn>, StoreError>;

    /// Keeps what a device has drawn in one currency.
    fn set_drawn(&self, device: DeviceId, by: &DrawnBy) -> Result<(), StoreError>;
}
