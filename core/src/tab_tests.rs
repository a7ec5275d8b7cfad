use farthing_protocol::IdempotencyKey;
use proptest::prelude::*;

use super::*;

fn money(amount: &str, currency: &str) -> Money {
    Money::parse(amount, currency.parse().unwrap()).unwrap()
}

fn usd(amount: &str) -> Money {
    money(amount, "USD")
}

fn kept(heard: Option<Heard>) -> KeptTab {
    KeptTab {
        id: TabId::from_bytes([1; 16]),
        limit: usd("10.00"),
        card: CardId::from_bytes([2; 16]),
        opened_at: Timestamp::UNIX_EPOCH,
        name: heard.is_some().then_some(TabId::from_bytes([3; 16])),
        heard,
        closes: false,
    }
}

fn failed(due: Option<Money>) -> Heard {
    Heard::Failed { decline_code: DeclineCode::Other, due }
}

#[test]
fn what_is_owed_is_the_limit_less_what_is_left_of_the_balance() {
    for (left, is_owed) in [
        ("10.00", "0"),
        ("7.50", "2.50"),
        ("0", "10.00"),
        // The player's own money is spent first.
        ("13.00", "0"),
        ("10.004999", "0"),
        // A card is charged whole cents: of what is left, a part of one is paid for.
        ("7.499999", "2.51"),
        ("0.000001", "10.00"),
        // A dispute may leave less than nothing; the card is never charged more than the limit.
        ("-3.00", "10.00"),
    ] {
        assert_eq!(owed(usd("10.00"), usd(left)), usd(is_owed), "{left} left");
    }
    assert_eq!(owed(money("1000", "JPY"), money("999.5", "JPY")), money("1", "JPY"));
    assert_eq!(owed(money("1.000", "BHD"), money("0.5005", "BHD")), money("0.500", "BHD"));
}

#[test]
fn the_app_is_shown_what_is_owed_at_each_point() {
    let url = "https://bank.example/confirm".to_owned();
    let code = DeclineCode::Other;
    for (heard, state, is_owed) in [
        (None, TabState::Created, "0"),
        (Some(Heard::RequiresAction { url: url.clone() }), TabState::RequiresAction { url }, "0"),
        (Some(Heard::Processing), TabState::Processing, "0"),
        (Some(Heard::Open), TabState::Open, "4.00"),
        (Some(Heard::Closing { due: usd("5.00") }), TabState::Closing, "5.00"),
        (Some(Heard::Closed { charged: usd("5.00") }), TabState::Closed { charged: usd("5.00") }, "0"),
        (Some(failed(None)), TabState::Failed { code }, "0"),
        (Some(failed(Some(usd("5.00")))), TabState::Failed { code }, "5.00"),
    ] {
        let shown = kept(heard).shown(usd("6.00"), &[]);
        assert_eq!((shown.state, shown.owed), (state, usd(is_owed)));
    }
    let closing = KeptTab { closes: true, ..kept(Some(Heard::Open)) }.shown(usd("6.00"), &[]);
    assert_eq!((closing.state, closing.owed), (TabState::Closing, usd("4.00")));
}

#[test]
fn a_tab_is_opened_under_its_own_key_and_then_asked_after_by_the_gateway_s_name() {
    let name = TabId::from_bytes([3; 16]);
    assert_eq!(kept(None).question(), Question::Open);
    assert_eq!(kept(Some(Heard::Processing)).question(), Question::Show(name));
    let closing = KeptTab { closes: true, ..kept(Some(Heard::Open)) };
    assert_eq!(closing.question(), Question::Close(name));
    assert_eq!(closing.unclosed().question(), Question::Show(name));
}

#[test]
fn the_balance_is_asked_for_when_the_limit_comes_or_goes() {
    let waits = kept(Some(Heard::Processing));
    assert!(!waits.moves_money(&Heard::RequiresAction { url: "https://bank.example".into() }));
    assert!(waits.moves_money(&Heard::Open));
    assert!(!kept(Some(Heard::Open)).moves_money(&Heard::Open));
    assert!(kept(Some(Heard::Open)).moves_money(&Heard::Closed { charged: usd("0") }));
}

#[test]
fn only_what_is_paid_or_never_was_open_is_at_its_end() {
    for (heard, is_final) in [
        (None, false),
        (Some(Heard::Open), false),
        (Some(Heard::Closing { due: usd("1.00") }), false),
        (Some(failed(Some(usd("1.00")))), false),
        (Some(failed(None)), true),
        (Some(Heard::Closed { charged: usd("1.00") }), true),
    ] {
        assert_eq!(kept(heard.clone()).is_final(), is_final, "{heard:?}");
    }
}

#[test]
fn of_a_damaged_wallet_no_tab_is_asked_for_that_the_gateway_may_not_have() {
    let tabs = Tabs { changes: 7, kept: vec![kept(None), kept(Some(Heard::Open))] }.salvaged();
    assert_eq!((tabs.changes, tabs.kept), (7, vec![kept(Some(Heard::Open))]));
}

proptest! {
    #[test]
    fn what_is_owed_is_whole_cents_up_to_the_limit(balance in any::<i64>(), cents in 1_i64..1_000_000) {
        let limit = Money::from_micros(cents * 10_000, Currency::USD);
        let owed = owed(limit, Money::from_micros(balance, Currency::USD));
        prop_assert!((0..=limit.micros()).contains(&owed.micros()));
        prop_assert_eq!(owed.micros() % 10_000, 0);
        let unspent = limit.micros() - owed.micros();
        // No more is charged than is not covered, but for a part of a cent.
        prop_assert!(balance >= unspent || unspent == 0);
        prop_assert!(unspent == limit.micros() || balance.saturating_sub(unspent) < 10_000);
    }
}

#[test]
fn a_tab_whose_charge_the_bank_has_taken_back_says_so() {
    let closed = kept(Some(Heard::Closed { charged: usd("4.00") }));
    let charge = |is_lost| {
        let idempotency_key = IdempotencyKey::new(closed.id.to_string()).unwrap();
        DisputedCharge { idempotency_key, held: usd("3.00"), is_lost }
    };
    for (disputed, expected) in [
        (vec![], TabState::Closed { charged: usd("4.00") }),
        (vec![charge(false)], TabState::Disputed { held: usd("3.00") }),
        (vec![charge(true)], TabState::ChargedBack { amount: usd("3.00") }),
    ] {
        let shown = closed.shown(usd("6.00"), &disputed);
        assert_eq!((shown.state, shown.owed), (expected, usd("0")));
    }
}
