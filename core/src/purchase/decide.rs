//! Whether something may be bought: a pure function of what the wallet knows.

use farthing_protocol::limits::QUANTITY_MAX;
use farthing_protocol::{
    Allowance, AllowanceRefusal, Currency, IdempotencyKey, ItemKind, Money, PurchaseBody, Sku, Timestamp,
};

use super::PurchaseRequest;
use crate::WalletError;
use crate::balance::available;
use crate::state::State;

/// The purchase as it may be written, or why it may not.
pub(super) fn decide(
    state: &State,
    request: &PurchaseRequest,
    operation: Option<IdempotencyKey>,
    now: Timestamp,
) -> Result<PurchaseBody, WalletError> {
    may_spend(state)?;
    let quantity = request.quantity;
    if quantity == 0 || quantity > QUANTITY_MAX {
        return Err(WalletError::invalid("quantity", format!("must be from 1 to {QUANTITY_MAX}")));
    }
    let shelf = state.catalog.as_ref().ok_or(WalletError::CatalogMissing)?;
    let unknown_item = || WalletError::UnknownItem { sku: request.sku.chars().take(100).collect() };
    let sku = Sku::new(request.sku.as_str()).map_err(|_| unknown_item())?;
    let item = shelf.item(&sku).ok_or_else(unknown_item)?;
    if now > shelf.catalog.expires_at {
        return Err(WalletError::CatalogExpired { expired_at: shelf.catalog.expires_at });
    }
    if item.kind == ItemKind::Durable {
        if state.current.owned(&sku) > 0 {
            return Err(WalletError::AlreadyOwned { sku });
        }
        if quantity > 1 {
            return Err(WalletError::invalid("quantity", "must be 1 for an item that is owned for ever"));
        }
    }
    let total = item.price.times(quantity).map_err(|error| WalletError::invalid("quantity", error))?;
    let allowance = draw(state, total, now)?;
    Ok(PurchaseBody {
        sku,
        quantity,
        unit_price: item.price,
        total,
        catalog: shelf.catalog.version,
        allowance: allowance.version,
        operation,
    })
}

/// What a request costs, where the catalog has it.
pub(crate) fn price(state: &State, request: &PurchaseRequest) -> Option<Money> {
    let sku = Sku::new(request.sku.as_str()).ok()?;
    state.catalog.as_ref()?.item(&sku)?.price.times(request.quantity).ok()
}

/// Whether this device may spend at all.
pub(crate) fn may_spend(state: &State) -> Result<(), WalletError> {
    use farthing_protocol::DeviceState;
    if state.enrolment.is_none() {
        return Err(WalletError::NotEnrolled);
    }
    match state.account.statement.as_ref().map(|statement| &statement.device_state) {
        Some(DeviceState::Frozen { fork_seq }) => return Err(WalletError::DeviceFrozen { fork_seq: *fork_seq }),
        Some(DeviceState::Revoked) => return Err(WalletError::DeviceRevoked),
        Some(DeviceState::Active) | None => {}
    }
    // A sync would not help a device that is frozen, so that is said first.
    if state.rolled_back { Err(WalletError::SyncRequired) } else { Ok(()) }
}

/// The allowance that has room for the amount.
fn draw(state: &State, amount: Money, now: Timestamp) -> Result<&Allowance, WalletError> {
    let currency = amount.currency();
    let drawn = state.current.drawn(currency);
    let Some(allowance) = state.account.allowances.get(&currency) else {
        return Err(short_of_funds(state, None, amount));
    };
    match allowance.draw(&drawn, amount, now) {
        Ok(_) => Ok(allowance),
        Err(AllowanceRefusal::Expired) => Err(WalletError::AllowanceExpired { expired_at: allowance.expires_at }),
        Err(AllowanceRefusal::AbovePurchaseMax) => {
            Err(WalletError::SpendingLimitReached { limit: allowance.purchase_max })
        }
        Err(AllowanceRefusal::LimitReached { .. }) => Err(short_of_funds(state, Some(allowance), amount)),
        Err(AllowanceRefusal::CountReached) => Err(offline_limit(allowance, state, currency)),
        Err(AllowanceRefusal::OtherCurrency | AllowanceRefusal::NotPositive) => {
            Err(WalletError::internal("the catalog's price does not fit the allowance"))
        }
    }
}

/// The money is not there at all, or it is there but not reserved for this device.
fn short_of_funds(state: &State, allowance: Option<&Allowance>, needed: Money) -> WalletError {
    let currency = needed.currency();
    let reserved =
        allowance.map_or(Money::zero(currency), |allowance| allowance.remaining(&state.current.drawn(currency)));
    let all = available(state, currency).plus(reserved).unwrap_or(reserved);
    match allowance {
        _ if all.micros() < needed.micros() => WalletError::InsufficientFunds { available: all, needed },
        Some(allowance) => offline_limit(allowance, state, currency),
        None => WalletError::OfflineLimitReached { limit: reserved, remaining: reserved },
    }
}

fn offline_limit(allowance: &Allowance, state: &State, currency: Currency) -> WalletError {
    let remaining = allowance.remaining(&state.current.drawn(currency));
    // What was settled is history to a player: the limit that counts is the reserve since then.
    let limit = allowance.remaining(&state.settled.drawn(currency));
    WalletError::OfflineLimitReached { limit, remaining }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
