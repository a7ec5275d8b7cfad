//! Limits are set, by a player or a guardian.

use std::sync::Arc;
use std::time::Duration;

use farthing_protocol::api::LimitsRequest;
use farthing_protocol::{AccountId, Currency, SpendingLimits, Timestamp};
use secrecy::SecretString;

use super::pin::{self, Presented};
use super::rule::{change, in_force, pending};
use crate::gateway::Shared;
use crate::store::{Guardianship, LimitSetter, SpendingRule, StoreError, Tables};

/// What became of a wish to set limits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Set {
    Done,
    /// The PIN can't be chosen.
    NoPin,
    /// The PIN is not the guardian's.
    WrongPin,
    /// It was tried too often: again after this.
    Wait(Duration),
    /// Only a guardian may change when the account's days begin.
    OffsetIsFixed,
}

/// Sets limits for an account, as a device of it asks for.
pub(crate) async fn set(shared: &Arc<Shared>, account: AccountId, request: LimitsRequest) -> Result<Set, StoreError> {
    let LimitsRequest { currency, limits, pin, utc_offset_minutes } = request;
    let Some(pin) = pin.map(SecretString::from) else {
        let (now, hours) = (shared.clock.now(), shared.config.spending.cooling_off_hours);
        let from = now.checked_add(Duration::from_secs(u64::from(hours) * 3_600)).unwrap_or(Timestamp::MAX);
        let write = move |tables: &dyn Tables| {
            let known = tables.guardianship(account)?;
            match (&known, utc_offset_minutes) {
                (Some(known), Some(wanted)) if known.utc_offset_minutes != wanted => return Ok(Set::OffsetIsFixed),
                (None, _) => tables.set_guardianship(account, &Guardianship::new(utc_offset_minutes))?,
                _ => {}
            }
            set_as_player(tables, account, (currency, limits), (now, from))?;
            Ok(Set::Done)
        };
        return shared.store.write(write).await;
    };
    if !pin::is_pin(&pin) {
        return Ok(Set::NoPin);
    }
    let first = match pin::present(shared, account, pin.clone()).await? {
        Presented::Right => None,
        Presented::Wrong => return Ok(Set::WrongPin),
        Presented::Wait(wait) => return Ok(Set::Wait(wait)),
        Presented::NoGuardian => Some(pin::hash(shared, pin).await?),
    };
    let write = move |tables: &dyn Tables| {
        let known = tables.guardianship(account)?.unwrap_or(Guardianship::new(None));
        if first.is_some() && known.pin_hash.is_some() {
            // Another has set one meanwhile.
            return Ok(Set::WrongPin);
        }
        let offset = utc_offset_minutes.unwrap_or(known.utc_offset_minutes);
        let pin_hash = first.clone().or(known.pin_hash.clone());
        tables.set_guardianship(account, &Guardianship { pin_hash, utc_offset_minutes: offset, ..known })?;
        set_as_guardian(tables, account, currency, limits)?;
        Ok(Set::Done)
    };
    shared.store.write(write).await
}

fn set_as_player(
    tables: &dyn Tables,
    account: AccountId,
    (currency, wanted): (Currency, SpendingLimits),
    (now, from): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let rules = tables.spending_rules(account)?;
    let known = rules.iter().find(|rule| rule.setter == LimitSetter::Player && rule.currency == currency);
    let holds = known.map_or_else(SpendingLimits::default, |rule| in_force(rule, now));
    let waits = known.and_then(|rule| pending(rule, now));
    let (limits, pending) = change(holds, waits, wanted, from);
    let rule = SpendingRule { setter: LimitSetter::Player, currency, limits, pending };
    tables.set_spending_rule(account, &rule)?;
    tables.raise_revision(account)
}

/// A guardian's limits take the place of those before, at once.
pub(crate) fn set_as_guardian(
    tables: &dyn Tables,
    account: AccountId,
    currency: Currency,
    limits: SpendingLimits,
) -> Result<(), StoreError> {
    let rule = SpendingRule { setter: LimitSetter::Guardian, currency, limits, pending: None };
    tables.set_spending_rule(account, &rule)?;
    tables.raise_revision(account)
}
