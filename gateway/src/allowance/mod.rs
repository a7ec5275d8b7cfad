//! Allowances: how much of an account is reserved for a device, and for how long.
//!
//! [`plan`] decides, [`make_up`] does it. A version is issued when the limit rises, when the
//! time is extended (at most once a day), when the entries that may still draw on it run low,
//! or when the operator changed what one purchase may cost, or what the account's limits leave
//! to the device changed, or which prices hold for it.

mod plan;

use std::collections::BTreeSet;

use farthing_protocol::api::HeldAllowance;
use farthing_protocol::{Allowance, Currency, Money, Pricing, SpendingShare, Timestamp};

use self::plan::{Next, Reserve, next};
use crate::clock::days_after;
use crate::config::AllowancePolicy;
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, Transaction};
use crate::pricing;
use crate::spending::share::Rules;
use crate::store::{Device, DrawnBy, StoreError, Tables};

/// Makes up a device's allowances, in each currency in which there is money for it.
///
/// `needed` is what it is about to spend, where that is more than the usual reserve. In the
/// currencies of `given_back` nothing more is reserved: the device has just released it.
pub(crate) fn make_up(
    tables: &dyn Tables,
    shared: &Shared,
    device: &Device,
    needed: Option<Money>,
    given_back: &BTreeSet<Currency>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let policy = &shared.config.allowance;
    let latest = tables.latest_allowances(device)?;
    let available = tables.balances(&LedgerAccount::user_available(device.account))?;
    let mut currencies: BTreeSet<Currency> = latest.keys().copied().collect();
    currencies.extend(available.iter().filter(|balance| !balance.is_zero()).map(Money::currency));
    let rules = Rules::read(tables, device)?;
    let pricing = pricing::of(tables, shared, device.account)?;
    let mut changed = false;
    for currency in currencies {
        let owed = available.iter().find(|balance| balance.currency() == currency).map_or(0, Money::micros);
        let needed = needed.filter(|needed| needed.currency() == currency).map_or(0, |needed| needed.micros());
        let share = rules.share(tables, device, (currency, needed), now)?;
        // An allowance is for something: where nothing may be bought, its smallest amount is the most.
        let purchase_max = policy.purchase_max.of(currency).micros();
        let purchase_limit = rules.limits(currency, now).purchase.map_or(purchase_max, |limit| limit.micros().max(1));
        let purchase_max = purchase_max.min(purchase_limit);
        let reserve = Reserve {
            latest: latest.get(&currency),
            drawn: tables.drawn(device.id, currency)?.drawn,
            available: owed.checked_neg().ok_or(StoreError::Damaged("a balance that is out of range"))?,
            wanted: if given_back.contains(&currency) { 0 } else { policy.reserve.of(currency).micros().max(needed) },
            purchase_max,
            valid_days: policy.valid_days,
            spending: share.as_ref(),
            pricing: &pricing,
        };
        let Some(next) = next(&reserve, now) else { continue };
        let terms = (Money::from_micros(purchase_max, currency), share, pricing.clone());
        issue(tables, policy, device, &next, terms, now)?;
        changed = true;
    }
    Ok(changed)
}

/// The device says which versions it holds: it names none before them any more, so what those left to it counts no more.
/// A version that was never issued says nothing.
pub(crate) fn acknowledge(tables: &dyn Tables, device: &Device, holds: &[HeldAllowance]) -> Result<(), StoreError> {
    for held in holds {
        let by = tables.drawn(device.id, held.currency)?;
        let issued = tables.allowances_from(device, held.currency, by.version)?;
        if held.version > by.version && issued.contains_key(&held.version) {
            tables.set_drawn(device.id, &DrawnBy { version: held.version, ..by })?;
        }
    }
    Ok(())
}

/// Moves the money and keeps the new version.
fn issue(
    tables: &dyn Tables,
    policy: &AllowancePolicy,
    device: &Device,
    next: &Next,
    (purchase_max, spending, pricing): (Money, Option<SpendingShare>, Pricing),
    now: Timestamp,
) -> Result<(), StoreError> {
    let currency = purchase_max.currency();
    let leak = i64::from(DeliberateBug::LeakReserve.is_planted() && next.reserved > 1);
    let reserved = Money::from_micros(next.reserved - leak, currency);
    let transaction = Transaction::new("reserve", device.id.as_bytes())
        .debit(LedgerAccount::user_available(device.account), reserved)
        .credit(LedgerAccount::user_reserved(device.id), reserved)?;
    tables.post(&transaction, now)?;
    tables.add_allowance(&Allowance {
        account: device.account,
        device: device.id,
        key: device.key,
        epoch: device.journal.epoch,
        version: next.version,
        limit: Money::from_micros(next.limit, currency),
        count_limit: next.count_limit,
        purchase_max,
        issued_at: now,
        expires_at: next.expires_at,
        settle_by: days_after(next.expires_at, policy.settle_days),
        spending,
        pricing,
    })
}
