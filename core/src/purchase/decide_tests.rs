use farthing_protocol::{
    AccountId, Catalog, DeviceId, DeviceState, Digest, Item, JournalPosition, Statement, VirtualCurrency,
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
    Item { sku: Sku::new(sku).unwrap(), title: sku.into(), description: String::new(), price, kind }
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
    assert_eq!(price(&state(), &PurchaseRequest::new("extra_life").quantity(3)), Some(money("0.75", "USD")));
    assert_eq!(price(&state(), &PurchaseRequest::new("extra_live")), None);
    assert_eq!(price(&State::default(), &PurchaseRequest::new("extra_life")), None);
}

#[test]
fn each_refusal_says_what_is_in_the_way() {
    let ready = state();
    assert_eq!(ask(&State::default(), "extra_life", 1).unwrap_err(), WalletError::NotEnrolled);
    assert_eq!(ask(&ready, "extra_live", 1).unwrap_err(), WalletError::UnknownItem { sku: "extra_live".into() });
    assert_eq!(ask(&ready, "no such\u{1}", 1).unwrap_err(), WalletError::UnknownItem { sku: "no such\u{1}".into() });
    assert_eq!(
        ask(&ready, "castle", 1).unwrap_err(),
        WalletError::SpendingLimitReached { limit: money("2.00", "USD") }
    );
    for quantity in [0, QUANTITY_MAX + 1, u32::MAX] {
        assert!(matches!(ask(&ready, "extra_life", quantity), Err(WalletError::InvalidArgument { .. })));
    }
    assert!(matches!(ask(&ready, "sword", 2), Err(WalletError::InvalidArgument { .. })));

    let mut owned = state();
    owned.current.inventory.insert(Sku::new("sword").unwrap(), 1);
    assert_eq!(ask(&owned, "sword", 1).unwrap_err(), WalletError::AlreadyOwned { sku: Sku::new("sword").unwrap() });

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
