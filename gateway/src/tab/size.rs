//! How large the next tab may be.
//!
//! A tab is credit: where the card could not be charged at its end, the platform had paid for the goods until the player
//! paid. So the next one is smaller, a share of the last one. If that fails as well, the one after it is a share of a
//! share; if its card is charged, tabs are as large again as any. The last tab says it all: nobody counts.

use farthing_protocol::Money;

use crate::config::{Percentage, TabPolicy, least_charge};
use crate::ledger::whole_minor_units;
use crate::store::LastTab;

/// The most that the next tab may be, where the last one makes it smaller. It is at least the least that a card is
/// charged: an account can always earn its way back.
pub(super) fn most(policy: TabPolicy, minimum: Money, last: Option<LastTab>) -> Option<Money> {
    let last = last.filter(|last| last.was_declined && policy.after_decline != Percentage::ALL)?;
    let currency = last.limit.currency();
    let share = whole_minor_units(Money::from_micros(policy.after_decline.of(last.limit.micros()), currency));
    Some(Money::from_micros(share.max(least_charge(minimum).micros()), currency))
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;
    use proptest::prelude::*;

    use super::*;
    use crate::config::Config;

    const MINIMUM: Money = Money::from_micros(500_000, Currency::USD);

    fn usd(cents: i64) -> Money {
        Money::from_micros(cents * 10_000, Currency::USD)
    }

    fn last(cents: i64, was_declined: bool) -> Option<LastTab> {
        Some(LastTab { limit: usd(cents), was_declined })
    }

    #[test]
    fn only_a_decline_makes_the_next_tab_smaller() {
        let policy = Config::sample().unwrap().tabs;
        for (before, expected) in [
            (None, None),
            (last(1_000, false), None),
            (last(1_000, true), Some(usd(500))),
            // To the whole cent, and never too little to be charged.
            (last(1_001, true), Some(usd(500))),
            (last(99, true), Some(usd(50))),
            (last(50, true), Some(usd(50))),
        ] {
            assert_eq!(most(policy, MINIMUM, before), expected, "{before:?}");
        }
    }

    #[test]
    fn an_operator_who_says_nothing_makes_none_smaller() {
        assert_eq!(most(TabPolicy::default(), MINIMUM, last(1_000, true)), None);
    }

    #[test]
    fn yen_have_no_minor_unit() {
        let yen = |amount: i64| Money::from_micros(amount * 1_000_000, Currency::JPY);
        let policy = Config::sample().unwrap().tabs;
        let declined = Some(LastTab { limit: yen(1_001), was_declined: true });
        assert_eq!(most(policy, yen(50), declined), Some(yen(500)));
    }

    proptest! {
        #[test]
        fn declines_in_a_row_halve_what_can_be_lost(first in 50_i64..=50_000, declines in 1_u32..20) {
            let policy = Config::sample().unwrap().tabs;
            let mut limit = usd(first);
            for _ in 0..declines {
                limit = most(policy, MINIMUM, Some(LastTab { limit, was_declined: true })).unwrap();
            }
            let halved = first * 10_000 / 2_i64.pow(declines);
            prop_assert!(limit.micros() <= halved.max(MINIMUM.micros()) && limit.micros() >= MINIMUM.micros());
            prop_assert_eq!(limit.micros() % 10_000, 0);
            prop_assert_eq!(most(policy, MINIMUM, Some(LastTab { limit, was_declined: false })), None);
        }
    }
}
