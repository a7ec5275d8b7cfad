use farthing_protocol::api::DeclineCode;
use farthing_protocol::{CardId, Currency, TopUpCap, TopUpId};
use proptest::prelude::*;

use super::*;
use crate::AutoTopUp;

const CARD: CardId = CardId::from_bytes([7; 16]);

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Below 1.00, 5.00 more, up to 20.00 in a month.
fn consent() -> Consent {
    let setting = AutoTopUp { below: usd("1.00"), amount: usd("5.00"), card: CARD, monthly_cap: usd("20.00") };
    Consent { setting, agreed_at: at("2026-06-01T08:00:00Z"), pause: None, waits_until: None }
}

/// A balance that is low, and nothing in the way.
fn low() -> Facts {
    let now = at("2026-06-02T08:00:00Z");
    Facts { balance: usd("0.99"), is_shown: true, is_under_way: false, charged: usd("0"), now }
}

fn top_up(amount: &str, created_at: &str, state: TopUpState) -> TopUp {
    let (amount, created_at) = (usd(amount), at(created_at));
    TopUp { id: TopUpId::generate(), amount, card: CARD, created_at, state, is_automatic: true }
}

#[test]
fn a_low_balance_is_topped_up_and_one_at_the_threshold_is_not() {
    assert_eq!(decide(&consent(), &low()), Decision::Charge(usd("5.00")));
    for balance in ["1.00", "1.000001", "9"] {
        assert_eq!(decide(&consent(), &Facts { balance: usd(balance), ..low() }), Decision::Enough, "{balance}");
    }
    // After a chargeback it may be below zero.
    assert_eq!(decide(&consent(), &Facts { balance: usd("-3"), ..low() }), Decision::Charge(usd("5.00")));
}

#[test]
fn a_threshold_of_zero_charges_only_what_is_owed() {
    let mut consent = consent();
    consent.setting.below = usd("0");
    assert_eq!(decide(&consent, &Facts { balance: usd("0"), ..low() }), Decision::Enough);
}

#[test]
fn one_at_a_time_and_only_by_a_statement_that_shows_the_last() {
    assert_eq!(decide(&consent(), &Facts { is_under_way: true, ..low() }), Decision::UnderWay);
    assert_eq!(decide(&consent(), &Facts { is_shown: false, ..low() }), Decision::NotShown);
    // No statement is fetched for nothing.
    let enough = Facts { balance: usd("1.00"), is_shown: false, ..low() };
    assert_eq!(decide(&consent(), &enough), Decision::Enough);
}

#[test]
fn the_month_s_cap_is_used_up_to_the_cent_and_never_passed() {
    let charged = |charged| decide(&consent(), &Facts { charged: usd(charged), ..low() });
    assert_eq!(charged("15.00"), Decision::Charge(usd("5.00")));
    assert_eq!(charged("15.01"), Decision::CapReached);
    assert_eq!(charged("20.00"), Decision::CapReached);
    let most = Money::from_micros(i64::MAX, Currency::USD);
    assert_eq!(decide(&consent(), &Facts { charged: most, ..low() }), Decision::CapReached);
}

#[test]
fn a_pause_lasts_and_a_wait_ends() {
    for reason in [AutoTopUpPause::Declined, AutoTopUpPause::CardUnavailable, AutoTopUpPause::Refused] {
        assert_eq!(decide(&Consent { pause: Some(reason), ..consent() }, &low()), Decision::Paused);
    }
    let waits = Consent { waits_until: Some(at("2026-06-02T08:00:01Z")), ..consent() };
    assert_eq!(decide(&waits, &low()), Decision::Waits);
    let later = Facts { now: at("2026-06-02T08:00:01Z"), ..low() };
    assert_eq!(decide(&waits, &later), Decision::Charge(usd("5.00")));
}

#[test]
fn the_month_is_a_calendar_month_in_utc() {
    let (open, done) = (TopUpState::Created, TopUpState::Succeeded);
    let top_ups = [
        top_up("1.00", "2026-05-31T23:59:59.999Z", done.clone()),
        top_up("2.00", "2026-06-01T00:00:00Z", done.clone()),
        top_up("4.00", "2026-06-30T23:59:59.999Z", open),
        top_up("8.00", "2026-07-01T00:00:00Z", done.clone()),
        top_up("16.00", "2025-06-15T00:00:00Z", done.clone()),
        // What failed was not charged, and what the player has asked for is theirs.
        top_up("32.00", "2026-06-15T00:00:00Z", TopUpState::Failed { code: DeclineCode::GenericDecline }),
        TopUp { is_automatic: false, ..top_up("64.00", "2026-06-15T00:00:00Z", done.clone()) },
        TopUp { amount: Money::parse("128", Currency::EUR).unwrap(), ..top_up("1.00", "2026-06-15T00:00:00Z", done) },
    ];
    let of = |now| charged(&top_ups, usd("0"), at(now));
    assert_eq!(of("2026-06-30T23:59:59.999Z"), usd("6.00"));
    assert_eq!(of("2026-07-01T00:00:00Z"), usd("8.00"));
    assert_eq!(of("2026-08-01T00:00:00Z"), usd("0"));
}

#[test]
fn the_next_month_begins_at_midnight() {
    for (now, next) in [
        ("2026-06-30T23:59:59.999Z", "2026-07-01T00:00:00Z"),
        ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z"),
    ] {
        assert_eq!(next_month(at(now)), at(next), "{now}");
    }
    assert_eq!(next_month(Timestamp::MAX), Timestamp::MAX);
}

#[test]
fn what_the_gateway_refuses_waits_for_room_or_for_the_player() {
    let now = at("2026-06-15T12:00:00Z");
    let full = |cap| WalletError::TopUpCapReached { cap, most: usd("20.00"), room: usd("1.00") };
    let invalid = |field: &str| WalletError::CardInvalid { field: field.to_owned() };
    for (error, expected) in [
        (full(TopUpCap::Balance), Refusal::Wait(at("2026-06-15T13:00:00Z"))),
        (full(TopUpCap::MonthlyLoad), Refusal::Wait(at("2026-07-01T00:00:00Z"))),
        (invalid("card"), Refusal::Pause(AutoTopUpPause::CardUnavailable)),
        (WalletError::AgeRestricted { needs_guardian: true }, Refusal::Pause(AutoTopUpPause::Refused)),
        (WalletError::invalid("amount", "can't be charged"), Refusal::Pause(AutoTopUpPause::Refused)),
    ] {
        assert_eq!(after(&error, now), expected, "{error}");
    }
}

/// What happens in a player's months.
#[derive(Clone, Debug)]
enum Event {
    /// They spend, as far as there is something.
    Spend(i64),
    /// Days pass.
    Days(i64),
    /// A sync ends: with a new statement, or without one.
    Sync { hears: bool },
    /// What is under way has succeeded, or was declined.
    Answer { succeeds: bool },
    /// They agree again, to the same.
    Agree,
    /// They top up themselves.
    TopUp(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1_i64..6_000_000).prop_map(Event::Spend),
        (0_i64..12).prop_map(Event::Days),
        any::<bool>().prop_map(|hears| Event::Sync { hears }),
        (0_u8..10).prop_map(|one_of| Event::Answer { succeeds: one_of > 0 }),
        Just(Event::Agree),
        (1_i64..9_000_000).prop_map(Event::TopUp),
    ]
}

proptest! {
    #[test]
    fn over_any_months_no_more_than_the_cap_is_charged_and_nothing_above_the_threshold(
        events in prop::collection::vec(event(), 0..400),
        (below, amount, more) in (0_i64..900, 1_i64..900, 0_i64..2_000),
    ) {
        let cents = |cents: i64| Money::from_micros(cents * 10_000, Currency::USD);
        let (below, amount, monthly_cap) = (cents(below), cents(amount), cents(amount + more));
        let mut consent = Consent { setting: AutoTopUp { below, amount, card: CARD, monthly_cap }, ..consent() };
        let mut now = at("2026-01-25T00:00:00Z");
        // What the account has, and what the last statement says of it.
        let (mut balance, mut shown, mut is_shown) = (0_i64, 0_i64, true);
        let mut top_ups: Vec<TopUp> = Vec::new();
        for event in events {
            match event {
                Event::Spend(micros) => {
                    let spent = micros.min(shown).max(0);
                    (balance, shown) = (balance - spent, shown - spent);
                }
                Event::Days(days) => now = later(now, days * 86_400),
                Event::Agree => consent.pause = None,
                Event::TopUp(micros) => (balance, is_shown) = (balance + micros, false),
                Event::Answer { succeeds } => {
                    for open in top_ups.iter_mut().filter(|top_up| !top_up.state.is_final()) {
                        if succeeds {
                            (balance, is_shown) = (balance + open.amount.micros(), false);
                            open.state = TopUpState::Succeeded;
                        } else {
                            open.state = TopUpState::Failed { code: DeclineCode::GenericDecline };
                            consent.pause = Some(AutoTopUpPause::Declined);
                        }
                    }
                }
                Event::Sync { hears } => {
                    if hears {
                        (shown, is_shown) = (balance, true);
                    }
                    let facts = Facts {
                        balance: Money::from_micros(shown, Currency::USD),
                        is_shown,
                        is_under_way: top_ups.iter().any(|top_up| !top_up.state.is_final()),
                        charged: charged(&top_ups, usd("0"), now),
                        now,
                    };
                    if let Decision::Charge(amount) = decide(&consent, &facts) {
                        prop_assert!(balance < below.micros(), "{balance} is not low");
                        prop_assert!(consent.pause.is_none());
                        prop_assert!(top_ups.iter().all(|top_up| top_up.state.is_final()), "two at once");
                        let created_at = now.to_string();
                        top_ups.push(TopUp { amount, ..top_up("0", &created_at, TopUpState::Created) });
                    }
                }
            }
        }
        // Summed up here by the name of the month, failed ones aside.
        let mut months = std::collections::BTreeMap::new();
        for top_up in top_ups.iter().filter(|top_up| !matches!(top_up.state, TopUpState::Failed { .. })) {
            *months.entry(top_up.created_at.to_string()[..7].to_owned()).or_insert(0) += top_up.amount.micros();
        }
        for (month, sum) in months {
            prop_assert!(sum <= monthly_cap.micros(), "{sum} in {month}");
        }
    }
}
