use farthing_protocol::ChargeTerms;
use proptest::prelude::*;

use super::*;
use crate::ROUTES;

fn routes() -> Routes {
    Routes::parse(ROUTES).unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// The fees of twenty quarters, one by one and as one charge.
fn twenty_quarters(id: &str) -> (Money, Money) {
    let (routes, quarter) = (routes(), |route: &Route| Money::from_micros(250_000, route.currency()));
    let route = routes.named(id).unwrap();
    let alone = routes.one_by_one(route, quarter(route), 20).unwrap();
    let together = routes.aggregated(route, quarter(route), 20).unwrap();
    assert_eq!((alone.bought, together.charge), (together.bought, together.bought));
    (alone.fees, together.fees)
}

#[test]
fn twenty_quarters_by_hand() {
    // 2.9 % × 0.25 + 0.30 = 0.30725, so 0.31, twenty times; 2.9 % × 5 + 0.30 = 0.445, so 0.45.
    assert_eq!(twenty_quarters("stripe_us"), (usd("6.20"), usd("0.45")));
    // 1.5 % × 0.25 + 0.25 = 0.25375, so 0.25; 1.5 % × 5 + 0.25 = 0.325, so 0.33.
    assert_eq!(twenty_quarters("stripe_eea"), (eur("5.00"), eur("0.33")));
    // 4.99 % × 0.25 + 0.09 = 0.102475, so 0.10; 4.99 % × 5 + 0.09 = 0.3395, so 0.34.
    assert_eq!(twenty_quarters("paypal_micropayments"), (usd("2.00"), usd("0.34")));
    // 0.8 % × 0.25 = 0.002, so nothing; 0.8 % × 5 = 0.04.
    assert_eq!(twenty_quarters("stripe_ach"), (usd("0.00"), usd("0.04")));
    // 30 % and 15 % of 5.00, however it is split.
    assert_eq!(twenty_quarters("app_store"), (usd("1.50"), usd("1.50")));
    assert_eq!(twenty_quarters("google_play_first"), (usd("0.75"), usd("0.75")));
    // 20 % × 5 = 1.00, and Stripe's 5.00 and 0.33.
    assert_eq!(twenty_quarters("app_store_eu_alternative"), (eur("6.00"), eur("1.33")));
}

#[test]
fn a_bank_debit_costs_no_more_than_its_cap() {
    let routes = routes();
    let ach = routes.named("stripe_ach").unwrap();
    for (amount, fee) in [("624.00", "4.99"), ("625.00", "5.00"), ("9000.00", "5.00")] {
        assert_eq!(routes.fee(ach, usd(amount)).unwrap(), usd(fee), "{amount}");
    }
}

#[test]
fn a_charge_below_the_least_is_notional() {
    let routes = routes();
    for (id, quarter, dollar) in
        [("stripe_us", false, true), ("app_store", false, true), ("app_store_us_link", false, true)]
    {
        let route = routes.named(id).unwrap();
        assert_eq!(routes.one_by_one(route, usd("0.25"), 20).unwrap().is_taken, quarter, "{id}");
        assert_eq!(routes.one_by_one(route, usd("1.00"), 5).unwrap().is_taken, dollar, "{id}");
    }
    assert!(routes.one_by_one(routes.named("google_play_first").unwrap(), usd("0.25"), 1).unwrap().is_taken);
}

#[test]
fn the_amounts_at_which_routes_keep_nine_per_cent() {
    let routes = routes();
    let pays_off = |id: &str| routes.pays_off(routes.named(id).unwrap(), 90_000).unwrap();
    // Unrounded 0.30 ÷ (9 % − 2.9 %) = 4.918…; 0.44 of 4.89 are 8.998 %, and 0.44 of 4.88 9.016 %.
    assert_eq!(pays_off("stripe_us"), Some(usd("4.89")));
    // 0.30 of 3.34 are 8.98 %; 0.30 of 3.33 are 9.009 %.
    assert_eq!(pays_off("stripe_eea"), Some(eur("3.34")));
    // 0.21 of 2.34 are 8.97 %; 0.21 of 2.33 are 9.01 %. Some below, such as 2.24, cost less by rounding.
    assert_eq!(pays_off("paypal_micropayments"), Some(usd("2.34")));
    // From the least charge on.
    assert_eq!(pays_off("stripe_ach"), Some(usd("0.50")));
    // 0.35 of 3.89 are 8.997 %.
    assert_eq!(pays_off("stripe_sepa"), Some(eur("3.89")));
    for never in ["app_store", "app_store_small", "google_play_first", "google_play_alternative"] {
        assert_eq!(pays_off(never), None, "{never}");
    }
}

#[test]
fn where_a_cap_holds_even_a_high_percentage_pays_off() {
    let text = ROUTES.replace("percentage = \"0.8\"", "percentage = \"20\"");
    let routes = Routes::parse(&text).unwrap();
    // 5.00 of 55.56 are 8.999 %.
    assert_eq!(routes.pays_off(routes.named("stripe_ach").unwrap(), 90_000).unwrap(), Some(usd("55.56")));
}

#[test]
fn wallets_are_advised_by_the_same_amount() {
    let terms = ChargeTerms { per_million: 29_000, fixed: usd("0.30"), minimum: usd("0.50"), maximum: usd("500") };
    let routes = routes();
    let stripe = routes.named("stripe_us").unwrap();
    assert_eq!(terms.least(90_000), routes.pays_off(stripe, 90_000).unwrap());
    for cents in 50..3_000 {
        let amount = Money::from_micros(cents * 10_000, Currency::USD);
        assert_eq!(terms.fee(amount), Some(routes.fee(stripe, amount).unwrap()), "{amount}");
    }
}

#[test]
fn a_file_says_what_is_wrong_with_it() {
    for (good, bad, says) in [
        ("percentage = \"2.9\"", "percentage = \"101\"", "stripe_us: `percentage` is from 0 to 100"),
        ("fixed = \"0.30\"", "fixed = \"-0.30\"", "stripe_us: an amount is from 0 on"),
        ("id = \"stripe_ach\"", "id = \"stripe_us\"", "stripe_us: this name is used twice"),
        ("with = \"stripe_eea\"", "with = \"stripe\"", "stripe: there is no such route"),
        ("with = \"stripe_eea\"", "with = \"stripe_us\"", "`with` names a route of another currency"),
        ("currency = \"USD\"", "currency = \"gems\"", "gems: is virtual"),
        ("as_of = \"2026-09-20\"", "as_of = \"soon\"", "are dates such as"),
        ("source = \"https://stripe.com/pricing\"", "source = \"a friend\"", "`source` must be an address"),
        ("chart = true", "chart = true\nprise = 1", "unknown field"),
    ] {
        let error = Routes::parse(&ROUTES.replacen(good, bad, 1)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

proptest! {
    #[test]
    fn aggregated_is_never_dearer_than_one_by_one_but_for_rounding(cents in 1_i64..2_000, count in 1_u32..100) {
        let routes = routes();
        for route in &routes.routes {
            let price = Money::from_micros(cents * 10_000, route.currency());
            let alone = routes.one_by_one(route, price, count).unwrap();
            let together = routes.aggregated(route, price, count).unwrap();
            // Each charge's fee may be rounded down by half a cent, so each purchase by so much.
            let rounding = 5_000 * (i64::from(count) + 1);
            prop_assert!(together.fees.micros() <= alone.fees.micros() + rounding, "{}", route.id);
        }
    }

    #[test]
    fn from_where_a_route_pays_off_it_does(share in 1_u32..400_000, more in 0_i64..50_000) {
        let routes = routes();
        for route in &routes.routes {
            let Some(least) = routes.pays_off(route, share).unwrap() else { continue };
            for amount in [least, Money::from_micros(least.micros() + more * 10_000, route.currency())] {
                let fee = i128::from(routes.fee(route, amount).unwrap().micros()) * 1_000_000;
                prop_assert!(fee <= i128::from(amount.micros()) * i128::from(share), "{} {amount}", route.id);
            }
        }
    }
}
