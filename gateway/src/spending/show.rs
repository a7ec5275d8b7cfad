//! What limits an account, for its devices and for the dashboard.

use std::collections::BTreeSet;

use farthing_protocol::api::{AccountLimits, LimitUse, LimitsResponse};
use farthing_protocol::{AccountId, Money, SpendingLimits, Timestamp};

use super::rule::{in_force, pending};
use super::share::of_periods;
use super::window::window;
use crate::store::{LimitSetter, StoreError, Tables};

/// What holds, what waits, and what is used.
pub(crate) fn show(tables: &dyn Tables, account: AccountId, now: Timestamp) -> Result<LimitsResponse, StoreError> {
    let rules = tables.spending_rules(account)?;
    let guardianship = tables.guardianship(account)?;
    let utc_offset_minutes = guardianship.as_ref().map_or(0, |known| known.utc_offset_minutes);
    let currencies: BTreeSet<_> = rules.iter().map(|rule| rule.currency).collect();
    let mut limits = Vec::new();
    for currency in currencies {
        let rule = |setter: LimitSetter| rules.iter().find(|rule| rule.setter == setter && rule.currency == currency);
        let holds = |setter| rule(setter).map_or_else(SpendingLimits::default, |rule| in_force(rule, now));
        let (player, guardian) = (holds(LimitSetter::Player), holds(LimitSetter::Guardian));
        let mut used = Vec::new();
        for (period, limit) in of_periods(&player.stricter(&guardian)) {
            let Some(window) = window(period, now, utc_offset_minutes) else { continue };
            let spent = tables.spent(account, currency, window.slots())?;
            used.push(LimitUse { period, limit, used: Money::from_micros(spent, currency), resets: window.until });
        }
        let pending = rule(LimitSetter::Player).and_then(|rule| pending(rule, now));
        limits.push(AccountLimits { currency, player, guardian, pending, used });
    }
    let has_guardian = guardianship.is_some_and(|known| known.pin_hash.is_some());
    Ok(LimitsResponse { limits, has_guardian, utc_offset_minutes, as_of: now })
}
