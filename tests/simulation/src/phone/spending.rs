//! What a player uses by the unit, and what limits their spending.

use std::sync::Arc;

use farthing_core::{Currency, LimitsChange, WalletError};

use super::guardian::limits_of;
use super::{Phone, is_storage};
use crate::Violation;
use crate::catalog::METERS;

impl Phone {
    /// Uses units of a metered item; with `flush`, has them written at once.
    pub(crate) async fn use_units(&mut self, meter: usize, units: u32, flush: bool) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let counter = self.meters.entry(meter).or_insert_with(|| Arc::new(wallet.meter(METERS[meter].sku))).clone();
        let (recorder, requests) = (counter.clone(), self.link.requests());
        let recorded = self.while_held(async move { recorder.record(units).await }).await?;
        if self.link.requests() > requests {
            // It has asked for more, and heard of the gateway's time by that.
            self.heard = None;
        }
        let outcome = self.cover("use", recorded.as_ref().err());
        match recorded {
            Ok(()) => self.book.meters.used(meter, units),
            Err(WalletError::SyncRequired | WalletError::DeviceFrozen { .. } | WalletError::DeviceRevoked)
                if !self.book.is_tampered =>
            {
                return Err(Violation::new(format!("an honest wallet may not use: {outcome}")));
            }
            Err(error) => {
                self.check_failure(&error)?;
                if is_storage(&error) {
                    self.book.meters.may_be_used(meter, units);
                }
            }
        }
        self.look_back().await?;
        if !flush {
            return Ok(outcome);
        }
        let flushed = counter.flush().await;
        match &flushed {
            Ok(()) => self.book.meters.flushed(meter),
            Err(error) => self.check_failure(error)?,
        }
        Ok(format!("{outcome}, flush: {}", self.cover("flush", flushed.err().as_ref())))
    }

    /// Limits what the account spends in a day, and in a week and a month by that.
    pub(crate) async fn limit(&mut self, micros: i64) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let limits = limits_of(micros);
        let change = LimitsChange { currency: Currency::USD, limits, pin: None, utc_offset_minutes: None };
        let limited = wallet.set_limits(change).await;
        if let Err(error) = &limited {
            self.check_failure(error)?;
        }
        Ok(self.cover("limit", limited.err().as_ref()))
    }
}
