//! Counting what is paid by use.

use farthing_core as core;

use crate::wallet::caught;
use crate::{WalletError, numbered};

/// Counts the use of one metered item; see [`farthing_core::Meter`].
#[derive(uniffi::Object)]
pub struct Meter(pub(crate) core::Meter);

#[uniffi::export(async_runtime = "tokio")]
impl Meter {
    /// Counts units in memory, if that can be done at once: the layers above try this first, since it waits for nothing.
    pub fn try_record(&self, units: u32) -> bool {
        self.0.try_record(units)
    }

    /// Counts units, or says why they may not be.
    pub async fn record(&self, units: u32) -> Result<(), WalletError> {
        caught(self.0.record(units)).await
    }

    /// Writes what was counted to the journal, now.
    pub async fn flush(&self) -> Result<(), WalletError> {
        caught(self.0.flush()).await
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        numbered::forget_gone();
    }
}
