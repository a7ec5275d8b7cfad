//! How many of each item a device has left: what it bought, without what it used and what refunds took back.

use std::collections::BTreeMap;

use farthing_protocol::{DeviceId, Sku};

use super::StoreError;

/// What purchases, uses and refunds, one after the other, do to how many of an item are left. There are never fewer
/// than none: what is not there is not taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// So many are left at least.
    pub(super) least: i64,
    /// More or fewer than before.
    pub(super) by: i64,
}

impl Change {
    pub(crate) fn add(&mut self, quantity: u32) {
        self.least = self.least.saturating_add(quantity.into());
        self.by = self.by.saturating_add(quantity.into());
    }

    pub(crate) fn take(&mut self, quantity: u32) {
        self.least = self.least.saturating_sub(quantity.into()).max(0);
        self.by = self.by.saturating_sub(quantity.into());
    }

    /// How many are left of so many.
    #[cfg_attr(not(test), expect(dead_code, reason = "the databases do it; a test says that it is right"))]
    fn of(self, quantity: i64) -> i64 {
        quantity.saturating_add(self.by).max(self.least)
    }
}

pub(crate) trait Items {
    /// How many of an item a device has left.
    fn items_left(&self, device: DeviceId, sku: &Sku) -> Result<u64, StoreError>;

    /// Writes down what happened to a device's items.
    fn change_items(&self, device: DeviceId, changes: &BTreeMap<Sku, Change>) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_change_does_what_its_parts_do_one_after_the_other(
            before in 0_i64..50,
            parts in prop::collection::vec((any::<bool>(), 0_u32..20), 0..30),
        ) {
            let (mut change, mut left) = (Change::default(), before);
            for (is_more, quantity) in parts {
                if is_more {
                    change.add(quantity);
                    left += i64::from(quantity);
                } else {
                    change.take(quantity);
                    left = (left - i64::from(quantity)).max(0);
                }
            }
            prop_assert_eq!(change.of(before), left);
        }
    }
}
