use farthing_protocol::{AccountId, Currency, DeviceId, Digest, Money};

use super::*;

fn usd(micros: i64) -> Money {
    Money::from_micros(micros, Currency::USD)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn latest() -> Allowance {
    Allowance {
        account: AccountId::from_bytes([1; 16]),
        device: DeviceId::from_bytes([2; 16]),
        key: Digest::of(b"key"),
        epoch: 1,
        version: 3,
        limit: usd(5_000_000),
        count_limit: 2 * QUEUE_ENTRIES_MAX,
        purchase_max: usd(100_000_000),
        issued_at: at("2026-01-01T00:00:00Z"),
        expires_at: at("2026-01-31T00:00:00Z"),
        settle_by: at("2026-07-30T00:00:00Z"),
        spending: None,
        pricing: Default::default(),
    }
}

const USUAL: Pricing = Pricing { tier: None, since: None };

fn reserve<'a>(latest: Option<&'a Allowance>, drawn: i64, available: i64) -> Reserve<'a> {
    let drawn = Drawn { total: usd(drawn), count: 20 };
    Reserve {
        latest,
        drawn,
        available,
        wanted: 20_000_000,
        purchase_max: 100_000_000,
        valid_days: 30,
        spending: None,
        pricing: &USUAL,
    }
}

const NEW_YEAR: &str = "2026-01-01T06:00:00Z";

#[test]
fn the_first_allowance_reserves_what_there_is() {
    let next = next(&reserve(None, 0, 5_000_000), at(NEW_YEAR)).unwrap();
    assert_eq!((next.version, next.reserved, next.limit), (1, 5_000_000, 5_000_000));
    assert_eq!(next.expires_at, at("2026-01-31T06:00:00Z"));
    assert_eq!(super::next(&reserve(None, 0, 0), at(NEW_YEAR)), None);
}

#[test]
fn the_limit_rises_by_what_was_drawn_and_never_falls() {
    let latest = latest();
    let richer = next(&reserve(Some(&latest), 1_000_000, 100_000_000), at(NEW_YEAR)).unwrap();
    // 4.00 are left; 16.00 more make up the usual 20.00.
    assert_eq!((richer.version, richer.reserved, richer.limit), (4, 16_000_000, 21_000_000));
    let unwanted = Reserve { wanted: 0, ..reserve(Some(&latest), 0, 100_000_000) };
    assert_eq!(next(&unwanted, at(NEW_YEAR)), None);
}

#[test]
fn other_prices_make_a_version() {
    let latest = latest();
    let low = Pricing { tier: Some("low".into()), since: None };
    let moved = Reserve { pricing: &low, ..reserve(Some(&latest), 0, 0) };
    assert_eq!(next(&moved, at(NEW_YEAR)).map(|next| (next.version, next.reserved)), Some((4, 0)));
    let since = Allowance { pricing: low.clone(), ..latest.clone() };
    assert_eq!(next(&Reserve { latest: Some(&since), ..moved }, at(NEW_YEAR)), None);
}

#[test]
fn time_alone_makes_one_version_a_day() {
    let latest = latest();
    let idle = reserve(Some(&latest), 0, 0);
    assert_eq!(next(&idle, at("2026-01-02T00:00:00Z")), None);
    let extended = next(&idle, at("2026-01-02T00:00:00.001Z")).unwrap();
    assert_eq!((extended.reserved, extended.limit), (0, 5_000_000));
    assert_eq!(extended.expires_at, at("2026-02-01T00:00:00.001Z"));
}

#[test]
fn an_operator_who_allows_no_whole_day_still_extends_what_has_expired() {
    let latest = latest();
    let short = Reserve { valid_days: 1, ..reserve(Some(&latest), 0, 0) };
    assert_eq!(next(&short, at("2026-01-30T12:00:00Z")), None);
    assert!(next(&short, at("2026-01-31T00:00:00Z")).is_some());
}

#[test]
fn a_clock_that_went_back_takes_no_time_away() {
    let latest = latest();
    let back = next(&reserve(Some(&latest), 1_000_000, 1_000_000), at("2020-01-01T00:00:00Z")).unwrap();
    assert_eq!(back.expires_at, latest.expires_at);
}

#[test]
fn the_count_is_raised_before_it_runs_out() {
    let latest = latest();
    let mut busy = reserve(Some(&latest), 0, 0);
    busy.drawn.count = QUEUE_ENTRIES_MAX + 1;
    assert_eq!(
        super::next(&Reserve { drawn: Drawn { count: QUEUE_ENTRIES_MAX, ..busy.drawn }, ..busy }, at(NEW_YEAR)),
        None
    );
    let next = next(&busy, at(NEW_YEAR)).unwrap();
    assert_eq!(next.count_limit, busy.drawn.count + 2 * QUEUE_ENTRIES_MAX);
}

#[test]
fn another_largest_purchase_makes_a_version() {
    let latest = latest();
    let stricter = Reserve { purchase_max: 1_000_000, ..reserve(Some(&latest), 0, 0) };
    assert_eq!(next(&stricter, at(NEW_YEAR)).map(|next| (next.version, next.reserved)), Some((4, 0)));
}

#[test]
fn a_version_that_gains_no_time_is_not_made() {
    let latest = latest();
    let no_days = Reserve { valid_days: 0, ..reserve(Some(&latest), 0, 0) };
    assert_eq!(next(&no_days, latest.expires_at), None);
}
