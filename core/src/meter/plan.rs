//! What a meter may count in memory, and what its entry says: pure functions.

use std::time::Duration;

use farthing_protocol::limits::{QUEUE_ENTRIES_MAX, USAGE_UNITS_MAX};
use farthing_protocol::{Currency, ItemKind, Money, Sku, Timestamp, UsageBody, units_within, usage_day, usage_price};

use crate::WalletError;
use crate::deliberate_bug::DeliberateBug;
use crate::purchase::{may_spend, room};
use crate::state::State;

/// Parts of a limit, in percent, from which on the app is warned.
const WARNING_PERCENT: i64 = 80;

/// What may be counted in memory: as long as it is held back in the allowance, it can be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    /// How many units.
    pub(super) units: u32,
    /// Nothing is counted after this.
    pub(super) ends_at: Timestamp,
    /// How long units wait in memory.
    pub(super) flush_after: Duration,
    /// Whether the units that were asked for are as many as may wait in memory.
    pub(super) is_full: bool,
    unit_price: Money,
    per_units: u32,
    catalog: u64,
    /// What the journal has of this meter at this price.
    counted: u64,
    paid: Money,
}

impl Lease {
    /// What units cost on top of what the journal has.
    pub(super) fn cost(&self, units: u32) -> Money {
        let all = usage_price(self.unit_price, self.per_units, self.counted.saturating_add(units.into()));
        // What was let is in range.
        all.and_then(|all| all.minus(self.paid).ok()).unwrap_or(Money::zero(self.paid.currency()))
    }

    /// Whether units are of the same price here and there.
    pub(super) fn has_price_of(&self, other: &Lease) -> bool {
        (self.unit_price, self.per_units) == (other.unit_price, other.per_units)
    }

    /// The entry for units that were counted; `None` as long as they cost less than a micro.
    pub(super) fn entry(&self, sku: &Sku, units: u32, allowance: u64) -> Option<UsageBody> {
        let amount = self.cost(units);
        amount.is_positive().then(|| UsageBody {
            sku: sku.clone(),
            units,
            amount,
            total_units: self.counted.saturating_add(units.into()),
            total: self.paid.plus(amount).unwrap_or(self.paid),
            unit_price: self.unit_price,
            per_units: self.per_units,
            catalog: self.catalog,
            allowance,
        })
    }
}

/// The item that a meter counts, if it is one and may be used.
pub(super) fn metered(state: &State, sku: &str, now: Timestamp) -> Result<Sku, WalletError> {
    may_spend(state)?;
    let shelf = state.catalog.as_ref().ok_or(WalletError::CatalogMissing)?;
    let item = Sku::new(sku).ok().and_then(|sku| shelf.item(&sku));
    let item = item.ok_or_else(|| WalletError::UnknownItem { sku: sku.chars().take(100).collect() })?;
    if item.kind != ItemKind::Metered {
        return Err(WalletError::invalid("sku", "is not of a metered item"));
    }
    if now > shelf.catalog.expires_at {
        return Err(WalletError::CatalogExpired { expired_at: shelf.catalog.expires_at });
    }
    Ok(item.sku.clone())
}

/// What units cost, where the catalog has them.
pub(super) fn price(state: &State, sku: &str, units: u32) -> Option<Money> {
    let sku = Sku::new(sku).ok()?;
    let item = state.catalog.as_ref()?.item(&sku)?;
    usage_price(item.price, item.meter_terms()?.per_units, units.into()).filter(Money::is_positive)
}

/// What a meter may count from now on, at least `units`; or why it may not.
pub(super) fn lease(state: &State, sku: &Sku, units: u32, now: Timestamp) -> Result<Lease, WalletError> {
    if units == 0 || units > USAGE_UNITS_MAX {
        return Err(WalletError::invalid("units", format!("must be from 1 to {USAGE_UNITS_MAX}")));
    }
    if !state.has_queue_room() {
        return Err(WalletError::QueueFull { limit: QUEUE_ENTRIES_MAX });
    }
    let shelf = state.catalog.as_ref().ok_or(WalletError::CatalogMissing)?;
    let item = shelf.item(sku).ok_or_else(|| WalletError::UnknownItem { sku: sku.to_string() })?;
    let terms = item.meter_terms().unwrap_or_default();
    let zero = Money::zero(item.price.currency());
    let same_price =
        state.current.meters.get(&item.sku).filter(|before| before.goes_on_with(item.price, terms.per_units));
    let mut lease = Lease {
        units,
        ends_at: shelf.catalog.expires_at,
        flush_after: Duration::from_secs(terms.flush_after_seconds.into()),
        is_full: units >= terms.flush_after_units,
        unit_price: item.price,
        per_units: terms.per_units,
        catalog: shelf.catalog.version,
        counted: same_price.map_or(0, |before| before.units),
        paid: same_price.map_or(zero, |before| before.total),
    };
    let all = usage_price(item.price, terms.per_units, lease.counted.saturating_add(u64::from(units)));
    let needed = all.and_then(|all| all.minus(lease.paid).ok());
    let needed = needed.ok_or_else(|| WalletError::invalid("units", "cost more than an amount can be"))?;
    // Less than a micro may become one with the next unit.
    let needed = Money::from_micros(needed.micros().max(1), zero.currency());
    let (allowance, mut room) = room(state, needed, now)?;
    lease.ends_at = lease.ends_at.min(allowance.expires_at);
    let unbounded = DeliberateBug::CountWithoutEnd.is_planted();
    let mut most = if unbounded { USAGE_UNITS_MAX } else { terms.flush_after_units };
    if let Some(cap) = terms.daily_cap {
        let (today, _) = spent(state, sku, zero.currency(), now);
        let left = cap.minus(today).unwrap_or(zero);
        if needed.micros() > left.micros() {
            return Err(WalletError::UsageCapReached { sku: item.sku.clone(), cap, resets_at: end_of_day(now) });
        }
        room = room.min(left.micros());
        // The unit that reaches the warning's mark is the last one, so that the app hears of it then.
        let to_mark = warning_mark(cap).saturating_sub(today.micros());
        if to_mark > 0 {
            most = most.min(fitting(&lease, to_mark - 1).saturating_add(1));
        }
    }
    lease.units = fitting(&lease, room).min(most).max(units);
    Ok(lease)
}

fn fitting(lease: &Lease, room: i64) -> u32 {
    let room = Money::from_micros(room, lease.paid.currency());
    let units = units_within(lease.unit_price, lease.per_units, lease.counted, room);
    u32::try_from(units).unwrap_or(u32::MAX).min(USAGE_UNITS_MAX)
}

fn warning_mark(limit: Money) -> i64 {
    limit.micros() / 100 * WARNING_PERCENT + limit.micros() % 100 * WARNING_PERCENT / 100
}

/// What was spent: on a meter on a day, and in all since the last settlement.
pub(super) fn spent(state: &State, sku: &Sku, currency: Currency, at: Timestamp) -> (Money, Money) {
    let zero = Money::zero(currency);
    let today = state.current.meters.get(sku).map(|totals| totals.on_day(usage_day(at)));
    let since = state.current.drawn(currency).total.minus(state.settled.drawn(currency).total);
    (today.filter(|today| today.currency() == currency).unwrap_or(zero), since.unwrap_or(zero))
}

/// The limits to warn of, since what was spent has just come near to them: the cap of the day, and the reserve of this
/// device. With each, what was spent of it.
pub(super) fn warnings(
    state: &State,
    sku: &Sku,
    before: (Money, Money),
    after: (Money, Money),
) -> impl Iterator<Item = (Money, Money)> + use<> {
    let currency = after.0.currency();
    let cap = state.catalog.as_ref().and_then(|shelf| shelf.item(sku)?.meter_terms()?.daily_cap);
    let allowance = state.account.allowances.get(&currency);
    let reserve = allowance.map(|allowance| allowance.remaining(&state.settled.drawn(currency)));
    let limits = [(cap, before.0, after.0), (reserve, before.1, after.1)];
    limits.into_iter().filter_map(|(limit, before, after)| {
        let mark = warning_mark(limit?);
        (before.micros() < mark && after.micros() >= mark).then_some((limit?, after))
    })
}

fn end_of_day(now: Timestamp) -> Timestamp {
    Timestamp::from_second((usage_day(now) + 1).saturating_mul(86_400)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
