use farthing_protocol::{
    AccountId, Approval, ApprovalId, Catalog, Creator, CreatorId, DeviceId, DeviceState, Digest, Drawn, EntryBody,
    Item, JournalPosition, LimitPeriod, PeriodShare, SpendingShare, Statement, VirtualCurrency,
};
use proptest::prelude::*;

use super::*;
use crate::state::{Enrolment, Shelf, Sums};

const DEVICE: DeviceId = DeviceId::from_bytes([1; 16]);
const ACCOUNT: AccountId = AccountId::from_bytes([2; 16]);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2026-01-15T12:00:00Z")
}

fn money(amount: &str, code: &str) -> Money {
    Money::parse(amount, code.parse().unwrap()).unwrap()
}

fn item(sku: &str, price: Money, kind: ItemKind) -> Item {
    Item {
        sku: Sku::new(sku).unwrap(),
        title: sku.into(),
        description: String::new(),
        price,
        kind,
        meter: None,
        pass: None,
        contents: Vec::new(),
        prices: Vec::new(),
        introductory: None,
        tiers: Default::default(),
        texts: Default::default(),
        credits: None,
        picture: None,
    }
}

fn allowance(limit: Money, purchase_max: Money) -> Allowance {
    Allowance {
        account: ACCOUNT,
        device: DEVICE,
        key: Digest::of(b"key"),
        epoch: 1,
        version: 3,
        limit,
        count_limit: 1_000,
        purchase_max,
        issued_at: at("2026-01-01T00:00:00Z"),
        expires_at: at("2026-01-31T00:00:00Z"),
        settle_by: at("2026-07-01T00:00:00Z"),
        spending: None,
        pricing: Default::default(),
    }
}

/// An enrolled wallet with $1.00 reserved for it and $4.00 beside, and 10 gems.
fn state() -> State {
    let position = JournalPosition::genesis(DEVICE, 1);
    let catalog = Catalog {
        merchant: "studio".into(),
        version: 7,
        issued_at: at("2026-01-01T00:00:00Z"),
        expires_at: at("2026-01-20T00:00:00Z"),
        currencies: vec![VirtualCurrency { code: "gems".parse().unwrap(), exponent: 0, title: "Gems".into() }],
        items: vec![
            item("extra_life", money("0.25", "USD"), ItemKind::Consumable),
            item("castle", money("2.01", "USD"), ItemKind::Consumable),
            item("sword", money("0.50", "USD"), ItemKind::Durable),
            item("chest", money("3", "gems"), ItemKind::Consumable),
            item("map", money("1.00", "EUR"), ItemKind::Durable),
        ],
        charges: vec![],
        creators: vec![Creator { id: CreatorId::new("ana").unwrap(), name: "Ana".into() }],
    };
    let statement = Statement {
        account: ACCOUNT,
        device: DEVICE,
        key: None,
        revision: 1,
        issued_at: at("2026-01-01T00:00:00Z"),
        device_state: DeviceState::Active,
        available: vec![money("4.00", "USD")],
        journal: position,
        drawn: vec![],
        refunds: 0,
        disputed: Vec::new(),
        meters: vec![],
        passes: Vec::new(),
        pricing: Default::default(),
        durables: Vec::new(),
    };
    let mut state = State {
        enrolment: Some(Enrolment { device: DEVICE, account: ACCOUNT, epoch: 1 }),
        catalog: Some(Shelf::new(catalog)),
        settled: Sums::starting_at(position),
        current: Sums::starting_at(position),
        ..State::default()
    };
    state.account.statement = Some(statement);
    let dollars = allowance(money("1.00", "USD"), money("2.00", "USD"));
    let gems = allowance(money("10", "gems"), money("9", "gems"));
    for allowance in [dollars, gems] {
        state.account.allowances.insert(allowance.limit.currency(), allowance);
    }
    state
}

fn ask(state: &State, sku: &str, quantity: u32) -> Result<PurchaseBody, WalletError> {
    decide(state, &PurchaseRequest::new(sku).quantity(quantity), None, noon())
}

#[test]
fn a_purchase_names_the_price_the_catalog_and_the_allowance_that_it_was_judged_by() {
    let body = ask(&state(), "extra_life", 4).unwrap();
    assert_eq!((body.unit_price, body.total), (money("0.25", "USD"), money("1.00", "USD")));
    assert_eq!((body.catalog, body.allowance, body.quantity), (7, 3, 4));
    assert_eq!(ask(&state(), "chest", 2).unwrap().total, money("6", "gems"));
}

#[test]
fn money_that_is_not_there_and_money_that_is_not_reserved_are_told_apart() {
    let mut state = state();
    assert_eq!(
        ask(&state, "extra_life", 5).unwrap_err(),
        WalletError::OfflineLimitReached { limit: money("1.00", "USD"), remaining: money("1.00", "USD") }
    );
    assert_eq!(
        ask(&state, "map", 1).unwrap_err(),
        WalletError::InsufficientFunds { available: money("0", "EUR"), needed: money("1.00", "EUR") }
    );
    state.account.statement.as_mut().unwrap().available.clear();
    assert_eq!(
        ask(&state, "extra_life", 5).unwrap_err(),
        WalletError::InsufficientFunds { available: money("1.00", "USD"), needed: money("1.25", "USD") }
    );
}

#[test]
fn money_that_is_just_enough_is_enough() {
    let mut state = state();
    state.account.statement.as_mut().unwrap().available = vec![money("0.25", "USD")];
    assert_eq!(
        ask(&state, "extra_life", 5).unwrap_err(),
        WalletError::OfflineLimitReached { limit: money("1.00", "USD"), remaining: money("1.00", "USD") }
    );
}

#[test]
fn as_many_as_can_be_bought_at_once_can() {
    let mut state = state();
    let dear = allowance(money("9000", "USD"), money("9000", "USD"));
    state.account.allowances.insert(dear.limit.currency(), dear);
    assert_eq!(ask(&state, "extra_life", QUANTITY_MAX).unwrap().quantity, QUANTITY_MAX);
}

#[test]
fn the_price_of_a_request_is_known_where_the_catalog_has_it() {
    let wanted = |sku: &str, quantity| Wanted::Item(PurchaseRequest::new(sku).quantity(quantity));
    assert_eq!(price(&state(), &wanted("extra_life", 3), noon()), Some(money("0.75", "USD")));
    assert_eq!(price(&state(), &wanted("extra_live", 1), noon()), None);
    assert_eq!(price(&State::default(), &wanted("extra_life", 1), noon()), None);
}

#[test]
fn each_refusal_says_what_is_in_the_way() {
    let ready = state();
    assert_eq!(ask(&State::default(), "extra_life", 1).unwrap_err(), WalletError::NotEnrolled);
    assert_eq!(ask(&ready, "extra_live", 1).unwrap_err(), WalletError::UnknownItem { sku: "extra_live".into() });
    assert_eq!(ask(&ready, "no such\u{1}", 1).unwrap_err(), WalletError::UnknownItem { sku: "no such\u{1}".into() });
    assert_eq!(
        ask(&ready, "castle", 1).unwrap_err(),
        WalletError::SpendingLimitReached {
            period: LimitPeriod::Purchase,
            limit: money("2.00", "USD"),
            remaining: money("2.00", "USD"),
            resets: None,
        }
    );
    for quantity in [0, QUANTITY_MAX + 1, u32::MAX] {
        assert!(matches!(ask(&ready, "extra_life", quantity), Err(WalletError::InvalidArgument { .. })));
    }
    assert!(matches!(ask(&ready, "sword", 2), Err(WalletError::InvalidArgument { .. })));

    let mut owned = state();
    owned.current.inventory.insert(Sku::new("sword").unwrap(), 1);
    assert_eq!(ask(&owned, "sword", 1).unwrap_err(), WalletError::AlreadyOwned { sku: Sku::new("sword").unwrap() });

    let mut elsewhere = state();
    elsewhere.account.statement.as_mut().unwrap().durables = vec![Sku::new("sword").unwrap()];
    assert_eq!(ask(&elsewhere, "sword", 1).unwrap_err(), WalletError::AlreadyOwned { sku: Sku::new("sword").unwrap() });

    let mut rolled_back = state();
    rolled_back.rolled_back = true;
    assert_eq!(ask(&rolled_back, "extra_life", 1).unwrap_err(), WalletError::SyncRequired);

    let mut frozen = state();
    frozen.account.statement.as_mut().unwrap().device_state = DeviceState::Frozen { fork_seq: 9 };
    assert_eq!(ask(&frozen, "extra_life", 1).unwrap_err(), WalletError::DeviceFrozen { fork_seq: 9 });

    let mut no_catalog = state();
    no_catalog.catalog = None;
    assert_eq!(ask(&no_catalog, "extra_life", 1).unwrap_err(), WalletError::CatalogMissing);
}

#[test]
fn old_prices_and_old_allowances_end() {
    let request = PurchaseRequest::new("extra_life");
    let mut state = state();
    let catalog_ends = at("2026-01-20T00:00:00Z");
    assert!(decide(&state, &request, None, catalog_ends).is_ok());
    let later = at("2026-01-20T00:00:00.001Z");
    assert_eq!(
        decide(&state, &request, None, later).unwrap_err(),
        WalletError::CatalogExpired { expired_at: catalog_ends }
    );
    for allowance in state.account.allowances.values_mut() {
        allowance.expires_at = at("2026-01-10T00:00:00Z");
    }
    assert_eq!(
        ask(&state, "extra_life", 1).unwrap_err(),
        WalletError::AllowanceExpired { expired_at: at("2026-01-10T00:00:00Z") }
    );
}

/// Of the reserve of $1.00, the limits leave $0.50 until the end of the day.
fn limited() -> State {
    let mut state = state();
    let (half, resets) = (money("0.50", "USD"), at("2026-01-16T00:00:00Z"));
    let periods = PeriodShare { drawn_max: half, limit: money("3.00", "USD"), period: LimitPeriod::Day, resets };
    let share = SpendingShare { periods: Some(periods), ..SpendingShare::default() };
    state.account.allowances.get_mut(&Currency::USD).unwrap().spending = Some(share);
    state
}

#[test]
fn a_spending_limit_is_kept_offline_and_says_when_it_resets() {
    let mut state = limited();
    assert!(ask(&state, "extra_life", 2).is_ok());
    let refused = WalletError::SpendingLimitReached {
        period: LimitPeriod::Day,
        limit: money("3.00", "USD"),
        remaining: money("0.50", "USD"),
        resets: Some(at("2026-01-16T00:00:00Z")),
    };
    assert_eq!(ask(&state, "extra_life", 3).unwrap_err(), refused);
    assert!(refused.is_helped_by_sync() && refused.to_string().contains("in a day"));

    // The next day opens nothing by itself: the gateway has to be asked, whatever the clock shows.
    let request = PurchaseRequest::new("extra_life").quantity(3);
    let tomorrow = decide(&state, &request, None, at("2026-01-16T00:00:00Z")).unwrap_err();
    let (limit, remaining) = (money("3.00", "USD"), money("0.50", "USD"));
    assert_eq!(tomorrow, WalletError::OfflineLimitReached { limit, remaining });
    assert_eq!(crate::Balance::of(&state, noon()).of_currency(Currency::USD).offline_spendable, remaining);

    // In another currency there is no limit.
    state.current.drawn.insert(Currency::USD, Drawn { total: money("0.50", "USD"), count: 2 });
    assert!(ask(&state, "extra_life", 1).is_err() && ask(&state, "chest", 1).is_ok());
}

#[test]
fn what_needs_an_approval_is_bought_once_by_it() {
    let mut state = state();
    let id = ApprovalId::from_bytes([7; 16]);
    let sku = Sku::new("extra_life").unwrap();
    let approval = Approval { id, sku: sku.clone(), quantity: 2, total: money("0.50", "USD"), expires_at: noon() };
    let share = SpendingShare { ask_above: Some(money("0.25", "USD")), ..SpendingShare::default() };
    let dollars = |state: &mut State, share| {
        state.account.allowances.get_mut(&Currency::USD).unwrap().spending = Some(share);
    };
    dollars(&mut state, share.clone());
    assert_eq!(ask(&state, "extra_life", 1).unwrap().approval, None);
    let required = |error| matches!(error, WalletError::ApprovalRequired { .. });
    assert!(required(ask(&state, "extra_life", 2).unwrap_err()));
    dollars(&mut state, SpendingShare { approvals: vec![approval], ..share });
    assert_eq!(ask(&state, "extra_life", 2).unwrap().approval, Some(id));
    assert!(required(ask(&state, "extra_life", 3).unwrap_err()));
    state.current.approvals.push(id);
    assert!(required(ask(&state, "extra_life", 2).unwrap_err()));
}

fn tip(state: &State, creator: &str, amount: Money, now: Timestamp) -> Result<EntryBody, WalletError> {
    crate::tip::decide(state, &crate::TipRequest::new(creator, amount).unwrap(), None, now)
}

#[test]
fn a_listed_creator_is_tipped_any_amount_that_the_allowance_has_room_for() {
    let state = state();
    for amount in ["0.000001", "0.333333", "1.00"] {
        let Ok(EntryBody::Tip(body)) = tip(&state, "ana", money(amount, "USD"), noon()) else { panic!("{amount}") };
        assert_eq!((body.amount, body.allowance, body.approval), (money(amount, "USD"), 3, None));
    }
    for (creator, amount) in [
        ("bo", money("0.10", "USD")),
        ("ana", money("0", "USD")),
        ("ana", money("-1", "USD")),
        ("ana", money("1", "gems")),
    ] {
        let refused = tip(&state, creator, amount, noon());
        assert!(matches!(refused, Err(WalletError::InvalidArgument { .. })), "{creator} {amount}: {refused:?}");
    }
    assert!(matches!(
        tip(&state, "ana", money("1.000001", "USD"), noon()),
        Err(WalletError::OfflineLimitReached { .. })
    ));
    assert!(matches!(tip(&state, "ana", money("6", "USD"), noon()), Err(WalletError::SpendingLimitReached { .. })));
    assert!(matches!(
        tip(&state, "ana", money("0.10", "USD"), at("2026-01-21T00:00:00Z")),
        Err(WalletError::CatalogExpired { .. })
    ));
}

#[test]
fn a_guardian_who_has_to_be_asked_is_asked_for_tips_too() {
    let mut state = state();
    let sku = CreatorId::new("ana").unwrap().sku();
    let id = ApprovalId::from_bytes([9; 16]);
    let approved =
        Approval { id, sku, quantity: 1, total: money("0.60", "USD"), expires_at: at("2026-01-16T00:00:00Z") };
    let share = SpendingShare { periods: None, ask_above: Some(money("0.50", "USD")), approvals: vec![approved] };
    state.account.allowances.get_mut(&Currency::USD).unwrap().spending = Some(share);
    assert!(tip(&state, "ana", money("0.50", "USD"), noon()).is_ok());
    let asked = tip(&state, "ana", money("0.70", "USD"), noon());
    assert!(matches!(asked, Err(WalletError::ApprovalRequired { .. })), "{asked:?}");
    let Ok(EntryBody::Tip(body)) = tip(&state, "ana", money("0.60", "USD"), noon()) else { panic!() };
    assert_eq!(body.approval, Some(id));
}

proptest! {
    #[test]
    fn no_sequence_of_purchases_passes_the_reserve(
        requests in prop::collection::vec((prop::sample::select(vec!["extra_life", "sword", "chest", "castle"]), 0_u32..6), 0..60),
    ) {
        let mut state = state();
        for (sku, quantity) in requests {
            if let Ok(body) = ask(&state, sku, quantity) {
                let currency = body.total.currency();
                let drawn = state.account.allowances[&currency].draw(&state.current.drawn(currency), body.total, noon());
                state.current.drawn.insert(currency, drawn.unwrap());
                *state.current.inventory.entry(body.sku).or_default() += u64::from(body.quantity);
            }
            for allowance in state.account.allowances.values() {
                let currency = allowance.limit.currency();
                prop_assert!(state.current.drawn(currency).total.micros() <= allowance.limit.micros());
            }
        }
    }
}
