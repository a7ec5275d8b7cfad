//! Whether something may be bought: a pure function of what the wallet knows.

use farthing_protocol::limits::QUANTITY_MAX;
use farthing_protocol::{
    Allowance, AllowanceRefusal, Currency, IdempotencyKey, ItemKind, Money, PurchaseBody, Sku, Timestamp,
};

use super::{PurchaseRequest, Wanted};
use crate::WalletError;
use crate::balance::available;
use crate::limits;
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
    let find = |sku: &Sku| shelf.item(sku);
    let in_it = item.contents.iter().filter_map(|bundled| find(&bundled.sku));
    let mut durables = std::iter::once(item).chain(in_it).filter(|item| item.kind == ItemKind::Durable);
    if let Some(owned) = durables.find(|item| state.owns(&item.sku)) {
        return Err(WalletError::AlreadyOwned { sku: owned.sku.clone() });
    }
    if quantity > 1 && item.is_bought_singly(find) {
        let reason = "must be 1 for what is owned for ever, for a pass, and for a bundle with such in it";
        return Err(WalletError::invalid("quantity", reason));
    }
    if item.kind == ItemKind::Metered {
        return Err(WalletError::invalid("sku", "is of a metered item, which a meter counts and nobody buys"));
    }
    let price = state.account.price(item, now);
    let total = price.times(quantity).map_err(|error| WalletError::invalid("quantity", error))?;
    let credits = item.pack_credits();
    if let Some(units) = credits {
        units.times(quantity).map_err(|error| WalletError::invalid("quantity", error))?;
    }
    let allowance = draw(state, total, now)?;
    let approval = limits::approval(state, allowance, (&sku, quantity, total), now)?;
    Ok(PurchaseBody {
        sku,
        quantity,
        unit_price: price,
        total,
        catalog: shelf.catalog.version,
        allowance: allowance.version,
        operation,
        approval,
        pass: item.pass_grant(),
        contents: item.bundled(find),
        credits,
    })
}

/// What is wanted costs, where the catalog has it.
pub(crate) fn price(state: &State, wanted: &Wanted, now: Timestamp) -> Option<Money> {
    let request = match wanted {
        Wanted::Item(request) => request,
        Wanted::Tip(tip) => return Some(tip.amount),
    };
    let sku = Sku::new(request.sku.as_str()).ok()?;
    state.account.price(state.catalog.as_ref()?.item(&sku)?, now).times(request.quantity).ok()
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
        Some(DeviceState::Erased) => return Err(WalletError::AccountErased),
        Some(DeviceState::Active) | None => {}
    }
    // A sync would not help a device that is frozen, so that is said first.
    if state.rolled_back { Err(WalletError::SyncRequired) } else { Ok(()) }
}

/// The allowance that has room for the amount, and how much more a single entry may draw on it, in micros.
pub(crate) fn room(state: &State, amount: Money, now: Timestamp) -> Result<(&Allowance, i64), WalletError> {
    let allowance = draw(state, amount, now)?;
    let spendable = allowance.spendable(&state.committed(amount.currency()));
    Ok((allowance, spendable.micros().min(allowance.purchase_max.micros())))
}

/// The allowance that has room for the amount.
pub(crate) fn draw(state: &State, amount: Money, now: Timestamp) -> Result<&Allowance, WalletError> {
    let currency = amount.currency();
    let drawn = state.committed(currency);
    let Some(allowance) = state.account.allowances.get(&currency) else {
        return Err(short_of_funds(state, None, amount));
    };
    match allowance.draw(&drawn, amount, now) {
        Ok(_) => Ok(allowance),
        Err(AllowanceRefusal::Expired) => Err(WalletError::AllowanceExpired { expired_at: allowance.expires_at }),
        Err(AllowanceRefusal::AbovePurchaseMax) => Err(limits::above_purchase_max(allowance)),
        Err(AllowanceRefusal::SpendingLimitReached { remaining }) => Err(limits::reached(allowance, remaining, now)),
        Err(AllowanceRefusal::LimitReached { .. }) => Err(short_of_funds(state, Some(allowance), amount)),
        Err(AllowanceRefusal::CountReached) => Err(offline_limit(allowance, state, currency)),
        Err(AllowanceRefusal::OtherCurrency | AllowanceRefusal::NotPositive | AllowanceRefusal::ApprovalRequired) => {
            Err(WalletError::internal("the catalog's price does not fit the allowance"))
        }
    }
}

/// The money is not there at all, or it is there but not reserved for this device.
fn short_of_funds(state: &State, allowance: Option<&Allowance>, needed: Money) -> WalletError {
    let currency = needed.currency();
    let reserved = allowance.map_or(Money::zero(currency), |allowance| allowance.remaining(&state.committed(currency)));
    let all = available(state, currency).plus(reserved).unwrap_or(reserved);
    match allowance {
        _ if all.micros() < needed.micros() => WalletError::InsufficientFunds { available: all, needed },
        Some(allowance) => offline_limit(allowance, state, currency),
        None => WalletError::OfflineLimitReached { limit: reserved, remaining: reserved },
    }
}

fn offline_limit(allowance: &Allowance, state: &State, currency: Currency) -> WalletError {
    let remaining = allowance.remaining(&state.committed(currency));
    // What was settled is history to a player: the limit that counts is the reserve since then.
    let limit = allowance.remaining(&state.settled.drawn(currency));
    WalletError::OfflineLimitReached { limit, remaining }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
