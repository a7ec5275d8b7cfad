//! The most that an account may hold, and the most that may be loaded in a month.
//!
//! Directive (EU) 2015/849, article 12(1), as amended by Directive (EU) 2018/843 (since 10 January 2020): a member state
//! may let an issuer of electronic money go without identifying its customer where, among others, at most EUR 150 are
//! stored, and payments are limited to EUR 150 in a month. The article limits payments, this limits what is loaded: no
//! more than that can be paid. Which figures hold for a merchant, if any, depends on the country and on the licence.
//! Regulation (EU) 2024/1624 takes the article's place from 10 July 2027.
//!
//! A month is a calendar month in UTC. Top-ups that are under way count as if they had succeeded. A refund of a purchase
//! gives back what was in the balance before, and is not held up. A tab is credit, and does not count.

use farthing_protocol::{AccountId, CapReached, LimitPeriod, Money, Timestamp, TopUpCap};

use crate::config::CapPolicy;
use crate::ledger::purse;
use crate::spending::window::window;
use crate::store::{StoreError, Tables};

/// What an account has and has loaded, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Available and reserved, in micros.
    pub(crate) balance: i64,
    /// Top-ups that are under way, in micros.
    pub(crate) under_way: i64,
    /// Top-ups of the month that have not failed, in micros.
    pub(crate) month: i64,
}

/// The cap that a top-up would pass, if any: the one that leaves less room.
pub(crate) fn passed(policy: &CapPolicy, held: Held, amount: Money) -> Option<CapReached> {
    let currency = amount.currency();
    let cap = |cap: TopUpCap, most: Option<Money>, there: i128| {
        let most = most?;
        let room = (i128::from(most.micros()) - there).clamp(0, i128::from(i64::MAX));
        let room = i64::try_from(room).unwrap_or(0);
        (amount.micros() > room).then(|| CapReached { cap, most, room: Money::from_micros(room, currency) })
    };
    let of = |amounts: Option<&crate::config::Amounts>| amounts.map(|amounts| amounts.of(currency));
    let balance =
        cap(TopUpCap::Balance, of(policy.balance.as_ref()), i128::from(held.balance) + i128::from(held.under_way));
    let month = cap(TopUpCap::MonthlyLoad, of(policy.monthly_load.as_ref()), i128::from(held.month));
    match (balance, month) {
        (Some(balance), Some(month)) if month.room.micros() < balance.room.micros() => Some(month),
        (balance, month) => balance.or(month),
    }
}

/// The cap that a top-up of an account would pass now, if any.
pub(crate) fn check(
    tables: &dyn Tables,
    policy: &CapPolicy,
    account: AccountId,
    amount: Money,
    now: Timestamp,
) -> Result<Option<CapReached>, StoreError> {
    if policy.balance.is_none() && policy.monthly_load.is_none() {
        return Ok(None);
    }
    let currency = amount.currency();
    let month = window(LimitPeriod::Month, now, 0).map_or(now, |month| month.from);
    let (under_way, month) = tables.loaded(account, currency, month)?;
    let held = Held { balance: purse(tables, account, currency)?.balance, under_way, month };
    Ok(passed(policy, held, amount))
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;
    use proptest::prelude::*;

    use super::*;
    use crate::config::Config;

    fn policy(rules: &str) -> CapPolicy {
        Config::sample_with(&format!("[rules.caps]\n{rules}")).unwrap().rules.caps
    }

    const BOTH: &str = "balance = { default = \"150\" }\nmonthly_load = { default = \"200\" }";

    fn micros(amount: i64) -> Money {
        Money::from_micros(amount, Currency::EUR)
    }

    #[test]
    fn nothing_is_capped_that_the_operator_did_not_cap() {
        let held = Held { balance: i64::MAX, under_way: i64::MAX, month: i64::MAX };
        assert_eq!(passed(&policy(""), held, micros(i64::MAX)), None);
    }

    #[test]
    fn the_cap_that_leaves_less_room_is_named() {
        let policy = policy(BOTH);
        let euros = |amount: i64| amount * 1_000_000;
        for (balance, under_way, month, expected) in [
            (100, 0, 100, None),
            (100, 1, 100, Some((TopUpCap::Balance, 49))),
            (0, 0, 160, Some((TopUpCap::MonthlyLoad, 40))),
            (120, 0, 190, Some((TopUpCap::MonthlyLoad, 10))),
            (145, 0, 190, Some((TopUpCap::Balance, 5))),
            (900, 0, 0, Some((TopUpCap::Balance, 0))),
        ] {
            let held = Held { balance: euros(balance), under_way: euros(under_way), month: euros(month) };
            let reached = passed(&policy, held, micros(euros(50)));
            let reached = reached.map(|reached| (reached.cap, reached.room.micros() / 1_000_000));
            assert_eq!(reached, expected, "{balance} {under_way} {month}");
        }
    }

    proptest! {
        #[test]
        fn no_order_of_top_ups_and_purchases_passes_a_cap(
            wishes in prop::collection::vec((any::<bool>(), 1_i64..=120_000_000), 0..80),
        ) {
            let policy = policy(BOTH);
            let mut held = Held { balance: 0, under_way: 0, month: 0 };
            for (is_top_up, amount) in wishes {
                if !is_top_up {
                    held.balance -= amount.min(held.balance);
                    continue;
                }
                match passed(&policy, held, micros(amount)) {
                    None => {
                        held.balance += amount;
                        held.month += amount;
                    }
                    // What is told to fit, fits, and a micro more does not.
                    Some(reached) => {
                        let room = reached.room.micros();
                        prop_assert!(room < amount);
                        prop_assert!(room == 0 || passed(&policy, held, micros(room)).is_none());
                        prop_assert!(passed(&policy, held, micros(room + 1)).is_some());
                    }
                }
                prop_assert!(held.balance <= 150_000_000 && held.month <= 200_000_000);
            }
        }
    }
}
