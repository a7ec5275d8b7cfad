//! Ages below which no card is charged, or not without a guardian.
//!
//! The merchant declares how old a user is at least, with the enrolment token; we ask nobody for a birthday. Where the
//! operator sets an age, a user of whom nothing was declared counts as younger. There is no one source: national law says
//! who may contract and when stores need a parent's consent; Regulation (EU) 2016/679, article 8, lets countries set the
//! age of consent to the processing of data from 13 to 16.

use farthing_protocol::AccountId;

use crate::config::AgePolicy;
use crate::privacy::Persons;
use crate::store::{StoreError, Tables};

/// What a user's age asks for before their card is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// They are too young.
    TooYoung,
    /// Their limits need a guardian first.
    NeedsGuardian,
}

/// What an age asks for, where it was declared.
pub(crate) fn gate(policy: &AgePolicy, at_least: Option<u8>, has_guardian: bool) -> Gate {
    let age = at_least.unwrap_or(0);
    if age < policy.top_ups_from {
        Gate::TooYoung
    } else if age < policy.guardian_below && !has_guardian {
        Gate::NeedsGuardian
    } else {
        Gate::Open
    }
}

/// What the age of an account's user asks for.
pub(crate) fn check(
    tables: &dyn Tables,
    persons: &Persons,
    policy: &AgePolicy,
    account: AccountId,
) -> Result<Gate, StoreError> {
    if policy.top_ups_from == 0 && policy.guardian_below == 0 {
        return Ok(Gate::Open);
    }
    let has_guardian = tables.guardianship(account)?.is_some_and(|guardianship| guardianship.pin_hash.is_some());
    Ok(gate(policy, persons.age_of(tables, account)?, has_guardian))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_youngest_may_not_and_the_young_need_a_guardian() {
        let policy = AgePolicy { top_ups_from: 13, guardian_below: 18 };
        for (age, has_guardian, expected) in [
            (None, true, Gate::TooYoung),
            (Some(12), true, Gate::TooYoung),
            (Some(13), false, Gate::NeedsGuardian),
            (Some(13), true, Gate::Open),
            (Some(17), false, Gate::NeedsGuardian),
            (Some(18), false, Gate::Open),
        ] {
            assert_eq!(gate(&policy, age, has_guardian), expected, "{age:?}");
        }
        assert_eq!(gate(&AgePolicy::default(), None, false), Gate::Open, "off unless it is set");
    }
}
