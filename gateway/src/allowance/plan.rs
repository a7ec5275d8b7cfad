//! What a device's next allowance is: a pure function.

use farthing_protocol::limits::QUEUE_ENTRIES_MAX;
use farthing_protocol::{Allowance, Drawn, Pricing, SpendingShare, Timestamp};

use crate::clock::days_after;

/// How a device's reserve in one currency stands, and what the operator wants. Amounts are micros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reserve<'a> {
    pub(super) latest: Option<&'a Allowance>,
    pub(super) drawn: Drawn,
    /// What the account has that is reserved for no device.
    pub(super) available: i64,
    /// What should be left to draw, as far as there is money.
    pub(super) wanted: i64,
    pub(super) purchase_max: i64,
    pub(super) valid_days: u32,
    /// What the account's limits leave to the device.
    pub(super) spending: Option<&'a SpendingShare>,
    /// Which prices hold for the account.
    pub(super) pricing: &'a Pricing,
}

/// A version to issue, and what to reserve for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) version: u64,
    pub(super) reserved: i64,
    pub(super) limit: i64,
    pub(super) count_limit: u64,
    pub(super) expires_at: Timestamp,
}

/// The next version, or none when the latest still does.
pub(super) fn next(reserve: &Reserve<'_>, now: Timestamp) -> Option<Next> {
    let drawn = reserve.drawn;
    let limit = reserve.latest.map_or(drawn.total.micros(), |latest| latest.limit.micros());
    let remaining = limit.saturating_sub(drawn.total.micros()).max(0);
    let reserved = reserve.wanted.saturating_sub(remaining).clamp(0, reserve.available.max(0));
    let limit = limit.checked_add(reserved)?;
    // A wallet queues at most half of this between two settlements, and gets the next version at
    // each, so an honest one is never stopped by the count. It bounds what a stolen device's key
    // could make us judge and store.
    let count_limit = drawn.count.saturating_add(2 * QUEUE_ENTRIES_MAX);
    let full_time = days_after(now, reserve.valid_days);
    let Some(latest) = reserve.latest else {
        return (reserved > 0).then_some(Next { version: 1, reserved, limit, count_limit, expires_at: full_time });
    };
    // At most one version a day for time alone.
    let a_day_has_passed =
        days_after(latest.expires_at, 1) < full_time || (latest.expires_at < full_time && latest.expires_at <= now);
    let count_runs_low = latest.count_limit.saturating_sub(drawn.count) < QUEUE_ENTRIES_MAX;
    let policy_changed = latest.purchase_max.micros() != reserve.purchase_max
        || latest.spending.as_ref() != reserve.spending
        || latest.pricing != *reserve.pricing;
    if reserved == 0 && !a_day_has_passed && !count_runs_low && !policy_changed {
        return None;
    }
    Some(Next {
        version: latest.version.checked_add(1)?,
        reserved,
        limit,
        count_limit: count_limit.max(latest.count_limit),
        expires_at: full_time.max(latest.expires_at),
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
