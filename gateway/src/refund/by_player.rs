//! A player has an unused purchase or a mistaken tip refunded without asking anyone, as the operator's policy allows.

use std::sync::Arc;

use farthing_protocol::{DeviceId, DeviceState, EntryId, IdempotencyKey, Receipt, Timestamp};

use super::purchase::{Giving, Gone, give, grants_nothing, is_unused, receipt_of};
use crate::config::Config;
use crate::gateway::Shared;
use crate::store::{Refund, StoreError, Tables};

/// What the refund receipt says why.
const REASON: &str = "asked for by the player";
const SECONDS_PER_HOUR: i64 = 3_600;

/// What became of a player's wish.
#[derive(Debug)]
pub(crate) enum Asked {
    /// The price is in the balance again, now or since an earlier request.
    Refunded(Box<Refund>),
    /// It is not, for this reason.
    Refused(Refusal),
    /// The device may not ask. Nothing was changed.
    MayNot(DeviceState),
    /// There is no such device.
    NoSuchDevice,
}

/// Why a purchase is not refunded on a player's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// This device has settled no such purchase.
    NotThere,
    /// All of the price has gone back before.
    Done,
    /// The operator allows it for fewer hours, or never.
    TooLate { hours: u32 },
    /// Not so many are left as were bought.
    Used,
}

/// Refunds what is left of a purchase, once: asked again, the answer is the same.
pub(crate) async fn refund_by_player(
    shared: &Arc<Shared>,
    device: DeviceId,
    purchase: EntryId,
) -> Result<Asked, StoreError> {
    let (shared_, now) = (shared.clone(), shared.clock.now());
    let key = key_of(purchase)?;
    let write = move |tables: &dyn Tables| {
        let Some(device) = shared_.device(tables, device)? else { return Ok(Asked::NoSuchDevice) };
        if device.state != DeviceState::Active {
            return Ok(Asked::MayNot(device.state));
        }
        // The items are on the device that bought them: no other can know that they are unused.
        let receipt = receipt_of(tables, purchase)?.filter(|receipt| receipt.device == device.id);
        let Some(receipt) = receipt else { return Ok(Asked::Refused(Refusal::NotThere)) };
        if let Some(known) = tables.refund_by_key(&key)?.filter(|known| known.purchase() == Some(purchase)) {
            return Ok(Asked::Refunded(known.into()));
        }
        let gone = Gone::of(tables, purchase)?;
        let amount = gone.rest(&receipt);
        let quantity = if grants_nothing(&receipt) { 0 } else { receipt.quantity.saturating_sub(gone.quantity) };
        let pass_used_percent = shared_.config.refunds.pass_used_percent;
        let unused = is_unused(tables, &receipt, quantity, (pass_used_percent, now))?;
        if let Err(refusal) = decide(hours(&shared_.config, &receipt), &receipt, gone, unused, now) {
            return Ok(Asked::Refused(refusal));
        }
        let giving = Giving { receipt: &receipt, gone, amount, quantity, key: &key, reason: REASON };
        Ok(Asked::Refunded(give(tables, &shared_, &giving, now)?.into()))
    };
    shared.store.write(write).await
}

/// How long the operator allows it.
fn hours(config: &Config, receipt: &Receipt) -> u32 {
    if receipt.tip.is_some() { config.tips.grace_hours } else { config.refunds.self_service_hours }
}

/// Whether it is allowed for so many `hours`: a pure function of what is known of the purchase, and of whether the device
/// has as many left of what was bought. Of a tip nothing is used.
fn decide(hours: u32, receipt: &Receipt, gone: Gone, unused: bool, now: Timestamp) -> Result<(), Refusal> {
    if !gone.rest(receipt).is_positive() {
        return Err(Refusal::Done);
    }
    if now.as_second() >= receipt.iat.saturating_add(i64::from(hours) * SECONDS_PER_HOUR) {
        return Err(Refusal::TooLate { hours });
    }
    if receipt.tip.is_some() {
        return Ok(());
    }
    // Where refunds have named all items, or there never were any, none is known to be unused.
    if gone.quantity >= receipt.quantity || receipt.metered.is_some() || !unused {
        return Err(Refusal::Used);
    }
    Ok(())
}

/// A purchase is refunded on a player's word once.
fn key_of(purchase: EntryId) -> Result<IdempotencyKey, StoreError> {
    let key = IdempotencyKey::new(format!("self-service-{purchase}"));
    key.map_err(|_| StoreError::Damaged("a purchase whose name is no key"))
}
