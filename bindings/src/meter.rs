//! Counting what is paid by use.

use std::sync::OnceLock;

use farthing_core as core;

use crate::wallet::caught;
use crate::{WalletError, numbered};

/// Counts the use of one metered item; see [`farthing_core::Meter`].
#[derive(uniffi::Object)]
pub struct Meter {
    meter: core::Meter,
    /// By which it is called, once it has one.
    pub(crate) number: OnceLock<u64>,
}

impl From<core::Meter> for Meter {
    fn from(meter: core::Meter) -> Self {
        Meter { meter, number: OnceLock::new() }
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Meter {
    /// Counts units in memory, if that can be done at once: the layers above try this first, since it waits for nothing.
    pub fn try_record(&self, units: u32) -> bool {
        self.meter.try_record(units)
    }

    /// Counts units, or says why they may not be.
    pub async fn record(&self, units: u32) -> Result<(), WalletError> {
        caught(self.meter.record(units)).await
    }

    /// Writes what was counted to the journal, now.
    pub async fn flush(&self) -> Result<(), WalletError> {
        caught(self.meter.flush()).await
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(number) = self.number.get() {
            numbered::forget(*number);
        }
    }
}
