use farthing_protocol::Currency;
use proptest::prelude::*;

use super::*;
use crate::scenario::Purchase;
use crate::{MONTH, ROUTES};

fn routes() -> Routes {
    Routes::parse(ROUTES).unwrap()
}

fn scenario() -> Scenario {
    Scenario::parse(MONTH, &routes()).unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

/// A month in which no charge fails, and these players buy on these days; `true` is offline.
fn played(model: Model, change: impl Fn(&mut Scenario), players: &[&[(u32, bool)]]) -> Month {
    let mut scenario = Scenario { disputes: 0, failing_captures: 0, ..scenario() };
    change(&mut scenario);
    let players = players.iter().map(|days| Player {
        purchases: days.iter().map(|(day, is_offline)| Purchase { day: *day, is_offline: *is_offline }).collect(),
        leaves: false,
        luck: Luck::new(1, 1),
    });
    play(&scenario, &routes(), model, players).unwrap()
}

#[test]
fn four_purchases_prepaid_by_hand() {
    let month = played(Model::Prepaid, |_| (), &[&[(0, false), (1, false), (2, false), (9, false)]]);
    // One top-up of 5.00 costs 0.45; each purchase bears 0.0225 of it.
    assert_eq!((month.charges, month.charged, month.fees, month.borne), (1, usd("5.00"), usd("0.45"), usd("0.09")));
    assert_eq!((month.purchases, month.spent, month.float_end), (4, usd("1.00"), usd("4.00")));
    // 4.75, 4.50, then seven days of 4.25 and twenty-one of 4.00: 123.00 in thirty days.
    assert_eq!(month.float_mean, usd("4.10"));
    assert_eq!((month.exposure_peak, month.breakage, month.left().unwrap()), (usd("0"), usd("0"), usd("0.91")));
}

#[test]
fn four_purchases_by_tab_by_hand() {
    let month = played(Model::Tab, |_| (), &[&[(0, false), (1, false), (2, false), (9, false)]]);
    // On day 6 the tab is charged 0.75 that was spent and 1.00 that is reserved: 2.9 % × 1.75 + 0.30 = 0.35075.
    // The purchase of day 9 is paid from the reserve.
    assert_eq!((month.charges, month.charged, month.fees), (1, usd("1.75"), usd("0.35")));
    assert_eq!((month.purchases, month.spent, month.float_end), (4, usd("1.00"), usd("0.75")));
    assert_eq!((month.exposure_peak, month.mean_charge().unwrap()), (usd("0.75"), usd("1.75")));
    // Three days of 1.00 and twenty-one of 0.75: 18.75 in thirty days.
    assert_eq!(month.float_mean, usd("0.625"));
}

#[test]
fn a_tab_that_is_used_up_is_charged_at_once_and_the_next_is_opened() {
    let days = [(0, false); 21];
    let month = played(Model::Tab, |scenario| scenario.reserve = usd("0"), &[&days]);
    // 5.00 costs 0.45. The rest of 0.25 is too little for a charge, and so it is lost.
    assert_eq!((month.charges, month.charged, month.fees), (1, usd("5.00"), usd("0.45")));
    assert_eq!((month.spent, month.uncollected, month.float_end), (usd("5.25"), usd("0.25"), usd("0")));
    assert_eq!(month.left().unwrap(), usd("4.55"));
}

#[test]
fn without_a_network_the_reserve_is_spent_and_no_more() {
    for model in [Model::Prepaid, Model::Tab] {
        // Nothing is there on the first day. The purchase of the second reserves 1.00, which is four offline.
        let offline = [(0, true), (1, false), (2, true), (2, true), (2, true), (2, true), (2, true)];
        let month = played(model, |_| (), &[&offline]);
        assert_eq!((month.purchases, month.refused, month.spent), (5, 2, usd("1.25")), "{model:?}");
    }
}

#[test]
fn what_banks_take_back_is_lost_with_the_fee_for_it() {
    let month = played(Model::Prepaid, |scenario| scenario.disputes = 1_000_000, &[&[(0, false)]]);
    assert_eq!(month.disputed, usd("20.00"));
    let month = played(Model::Tab, |scenario| scenario.failing_captures = 1_000_000, &[&[(0, false)]]);
    // 0.25 was spent and 1.00 reserved.
    assert_eq!((month.uncollected, month.charges), (usd("1.25"), 0));
}

#[test]
fn a_month_is_the_same_for_the_same_seed() {
    let scenario = Scenario { players: 300, ..scenario() };
    for model in [Model::Prepaid, Model::Tab] {
        let month = simulate(&scenario, &routes(), model).unwrap();
        assert_eq!(simulate(&scenario, &routes(), model).unwrap(), month);
        let other = Scenario { seed: 2, ..scenario.clone() };
        assert_ne!(simulate(&other, &routes(), model).unwrap(), month);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn money_is_conserved(
        seed in any::<u64>(), offline in 0_u32..=100, leaving in 0_u32..=100, reserve in 0_i64..8, price in 1_i64..500,
    ) {
        let cents = |cents: i64| Money::from_micros(cents * 10_000, Currency::USD);
        let scenario = Scenario {
            players: 20, seed, offline, leaving, reserve: cents(reserve * 100), price: cents(price), ..scenario()
        };
        let prepaid = simulate(&scenario, &routes(), Model::Prepaid).unwrap();
        // All that came in is spent or still there, and so are its fees.
        prop_assert_eq!(prepaid.charged, prepaid.spent.plus(prepaid.float_end).unwrap());
        prop_assert!(prepaid.borne.micros() <= prepaid.fees.micros());
        prop_assert!(prepaid.float_end.is_positive() || prepaid.borne == prepaid.fees);
        prop_assert!(prepaid.exposure_peak.is_zero() && prepaid.uncollected.is_zero());

        let tab = simulate(&scenario, &routes(), Model::Tab).unwrap();
        let came_in = tab.charged.plus(tab.uncollected).unwrap();
        prop_assert_eq!(came_in, tab.spent.plus(tab.float_end).unwrap());
        prop_assert_eq!(tab.borne, tab.fees);
        for month in [prepaid, tab] {
            prop_assert!(month.breakage.micros() <= month.float_end.micros());
        }
        let wanted = |month: &Month| month.purchases + month.refused;
        prop_assert_eq!(wanted(&prepaid), wanted(&tab));
    }
}
