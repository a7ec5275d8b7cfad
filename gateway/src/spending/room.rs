//! How much of a limit one device may use: a pure function.
//!
//! Never given out is more than the limit, less what was settled in the window, less what other devices may still draw.
//! What a device may draw it may draw in this window or a later one, so it counts in each until it is drawn, or is sure
//! not to be.

use farthing_protocol::{Allowance, Timestamp};

use super::window::Window;

/// A limit and how it stands. Amounts are micros.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) limit: i64,
    /// What was settled in the window, from all devices.
    pub(crate) spent: i64,
    pub(crate) window: Window,
}

/// What another device of the account may still draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) micros: i64,
    /// Not after this.
    pub(crate) until: Timestamp,
}

/// What one version of an allowance lets its device draw beyond what was settled, where `limit` is the highest that was
/// issued. What can't be settled any more is nothing.
pub(crate) fn held(allowance: &Allowance, (limit, drawn): (i64, i64), now: Timestamp) -> Held {
    let periods = allowance.spending.as_ref().and_then(|spending| spending.periods.as_ref());
    let drawn_max = periods.map_or(limit, |periods| periods.drawn_max.micros().min(limit));
    let micros = if now > allowance.settle_by { 0 } else { drawn_max.saturating_sub(drawn).max(0) };
    Held { micros, until: allowance.expires_at }
}

/// What a device may draw, beyond what was settled from it: an equal part of what is left, or what it needs just now.
pub(crate) fn room(standing: &Standing, others: &[Vec<Held>], active_devices: i64, needed: i64) -> i64 {
    let left = standing.limit.saturating_sub(standing.spent).max(0);
    let held_by = |versions: &Vec<Held>| {
        // What was not drawn before the window began is not drawn in it any more.
        let live = versions.iter().filter(|held| held.until >= standing.window.from);
        live.map(|held| held.micros).max().unwrap_or(0)
    };
    let held: i64 = others.iter().map(held_by).fold(0, i64::saturating_add);
    let free = left.saturating_sub(held).max(0);
    (left / active_devices.max(1)).max(needed).min(free)
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
