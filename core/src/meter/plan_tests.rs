use farthing_protocol::{
    AccountId, Allowance, Catalog, DeviceId, DeviceState, Digest, Drawn, Item, JournalPosition, LimitPeriod,
    MeterTerms, MeterTotals, PeriodShare, SpendingShare, Statement,
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

fn usd(micros: i64) -> Money {
    Money::from_micros(micros, Currency::USD)
}

fn calls() -> Sku {
    Sku::new("api_calls").unwrap()
}

/// An enrolled wallet that may draw so much more, in entries of at most two dollars, and a meter of a price.
fn state(room: i64, price: i64, terms: MeterTerms) -> State {
    let position = JournalPosition::genesis(DEVICE, 1);
    let item = |sku: &str, kind, meter| Item {
        sku: Sku::new(sku).unwrap(),
        title: sku.into(),
        description: String::new(),
        price: usd(price),
        kind,
        meter,
        pass: None,
        contents: Vec::new(),
        prices: Vec::new(),
        introductory: None,
        tiers: Default::default(),
        texts: Default::default(),
        credits: None,
        picture: None,
    };
    let catalog = Catalog {
        merchant: "studio".into(),
        version: 7,
        issued_at: at("2026-01-01T00:00:00Z"),
        expires_at: at("2026-01-20T00:00:00Z"),
        currencies: vec![],
        charges: vec![],
        creators: vec![],
        items: vec![item("api_calls", ItemKind::Metered, Some(terms)), item("arrow", ItemKind::Consumable, None)],
    };
    let statement = Statement {
        account: ACCOUNT,
        device: DEVICE,
        key: None,
        revision: 1,
        issued_at: at("2026-01-01T00:00:00Z"),
        device_state: DeviceState::Active,
        available: vec![],
        journal: position,
        drawn: vec![],
        refunds: 0,
        disputed: Vec::new(),
        meters: vec![],
        passes: Vec::new(),
        pricing: Default::default(),
        durables: Vec::new(),
    };
    let allowance = Allowance {
        account: ACCOUNT,
        device: DEVICE,
        key: Digest::of(b"key"),
        epoch: 1,
        version: 3,
        limit: usd(room),
        count_limit: 10,
        purchase_max: usd(2_000_000),
        issued_at: at("2026-01-01T00:00:00Z"),
        expires_at: at("2026-01-31T00:00:00Z"),
        settle_by: at("2026-07-01T00:00:00Z"),
        spending: None,
        pricing: Default::default(),
    };
    let mut state = State {
        enrolment: Some(Enrolment { device: DEVICE, account: ACCOUNT, epoch: 1 }),
        catalog: Some(Shelf::new(catalog)),
        settled: Sums::starting_at(position),
        current: Sums::starting_at(position),
        ..State::default()
    };
    state.account.statement = Some(statement);
    state.account.allowances.insert(Currency::USD, allowance);
    state
}

fn terms(per_units: u32, flush_after_units: u32) -> MeterTerms {
    MeterTerms { per_units, flush_after_units, ..MeterTerms::default() }
}

fn units(state: &State, units: u32) -> Result<u32, WalletError> {
    lease(state, &calls(), units, noon()).map(|lease| lease.units)
}

#[test]
fn as_many_units_as_may_be_lost_may_be_counted() {
    let state = state(5_000_000, 100, terms(1, 1_000));
    let lease = lease(&state, &calls(), 1, noon()).unwrap();
    assert_eq!((lease.units, lease.cost(1_000), lease.is_full), (1_000, usd(100_000), false));
    // It ends with the prices, which end before the allowance does.
    assert_eq!(lease.ends_at, at("2026-01-20T00:00:00Z"));
    assert_eq!(units(&state, 1_500), Ok(1_500), "at once, and written at once");
}

#[test]
fn no_more_is_counted_than_can_be_paid() {
    let mut poor = state(999, 100, terms(1, 1_000));
    assert_eq!((units(&poor, 1), units(&poor, 9)), (Ok(9), Ok(9)));
    assert!(matches!(units(&poor, 10), Err(WalletError::InsufficientFunds { .. })));
    // What another meter may count is not there any more.
    poor.held.insert(Currency::USD, Drawn { total: usd(900), count: 1 });
    assert!(matches!(units(&poor, 1), Err(WalletError::InsufficientFunds { .. })));

    let rich = state(9_000_000, 100, terms(1, 100_000));
    assert_eq!(units(&rich, 1), Ok(20_000), "one entry costs two dollars at most");
    let refused = units(&rich, 20_001);
    assert!(matches!(refused, Err(WalletError::SpendingLimitReached { limit, .. }) if limit == usd(2_000_000)));
}

#[test]
fn a_guardian_s_limit_holds_for_what_is_counted() {
    let mut limited = state(9_000_000, 100, terms(1, 100_000));
    let periods = PeriodShare {
        drawn_max: usd(1_000),
        limit: usd(5_000),
        period: LimitPeriod::Day,
        resets: at("2026-01-16T00:00:00Z"),
    };
    let allowance = limited.account.allowances.get_mut(&Currency::USD).unwrap();
    allowance.spending = Some(SpendingShare { periods: Some(periods), ..SpendingShare::default() });
    assert_eq!(units(&limited, 1), Ok(10), "what the limit leaves to this device");
    // What another meter has counted is spent as far as the limit goes.
    limited.held.insert(Currency::USD, Drawn { total: usd(900), count: 1 });
    assert_eq!(units(&limited, 1), Ok(1));
    let refused = units(&limited, 2);
    assert!(matches!(refused, Err(WalletError::SpendingLimitReached { period: LimitPeriod::Day, .. })), "{refused:?}");
}

#[test]
fn an_entry_is_kept_free_for_each_meter() {
    let mut state = state(5_000_000, 100, terms(1, 1_000));
    state.held.insert(Currency::USD, Drawn { total: usd(0), count: 10 });
    assert!(matches!(units(&state, 1), Err(WalletError::OfflineLimitReached { .. })));
    state.held.insert(Currency::USD, Drawn { total: usd(0), count: QUEUE_ENTRIES_MAX });
    assert_eq!(units(&state, 1), Err(WalletError::QueueFull { limit: QUEUE_ENTRIES_MAX }));
}

#[test]
fn a_day_s_cap_ends_with_the_day() {
    let capped = MeterTerms { daily_cap: Some(usd(10_000)), ..terms(1, 1_000) };
    let mut state = state(5_000_000, 100, capped);
    assert_eq!(units(&state, 1), Ok(80), "the unit that is to be warned of is the last one");
    let today = |day_total| MeterTotals {
        sku: calls(),
        unit_price: usd(100),
        per_units: 1,
        units: 95,
        total: usd(9_500),
        day: usage_day(noon()),
        day_total: usd(day_total),
    };
    state.current.meters.insert(calls(), today(9_500));
    assert_eq!(units(&state, 1), Ok(5));
    let resets_at = at("2026-01-16T00:00:00Z");
    assert_eq!(units(&state, 6), Err(WalletError::UsageCapReached { sku: calls(), cap: usd(10_000), resets_at }));
    assert!(lease(&state, &calls(), 6, resets_at).is_ok());
}

#[test]
fn each_refusal_says_what_is_in_the_way() {
    let ready = state(5_000_000, 100, terms(1, 1_000));
    assert_eq!(metered(&State::default(), "api_calls", noon()), Err(WalletError::NotEnrolled));
    assert_eq!(metered(&ready, "moon", noon()), Err(WalletError::UnknownItem { sku: "moon".into() }));
    assert!(matches!(metered(&ready, "arrow", noon()), Err(WalletError::InvalidArgument { .. })));
    let late = at("2026-01-20T00:00:00.001Z");
    assert!(matches!(metered(&ready, "api_calls", late), Err(WalletError::CatalogExpired { .. })));
    for bad in [0, USAGE_UNITS_MAX + 1, u32::MAX] {
        assert!(matches!(units(&ready, bad), Err(WalletError::InvalidArgument { .. })));
    }
    let mut expired = state(5_000_000, 100, terms(1, 1_000));
    expired.account.allowances.get_mut(&Currency::USD).unwrap().expires_at = at("2026-01-10T00:00:00Z");
    assert!(matches!(units(&expired, 1), Err(WalletError::AllowanceExpired { .. })));
}

#[test]
fn less_than_a_micro_is_not_written() {
    let state = state(5_000_000, 1, terms(3, 1_000));
    let lease = lease(&state, &calls(), 1, noon()).unwrap();
    assert_eq!((lease.entry(&calls(), 2, 3), lease.cost(2)), (None, usd(0)));
    let entry = lease.entry(&calls(), 4, 3).unwrap();
    assert_eq!((entry.amount, entry.total_units, entry.total), (usd(1), 4, usd(1)));
}

#[test]
fn a_limit_is_warned_of_once_when_its_mark_is_passed() {
    let mut state = state(1_000, 100, MeterTerms { daily_cap: Some(usd(500)), ..terms(1, 1_000) });
    let warned = |state: &State, (today, since), (today_after, since_after)| {
        let (before, after) = ((usd(today), usd(since)), (usd(today_after), usd(since_after)));
        warnings(state, &calls(), before, after).collect::<Vec<_>>()
    };
    assert_eq!(warned(&state, (300, 300), (399, 399)), []);
    assert_eq!(warned(&state, (399, 399), (400, 400)), [(usd(500), usd(400))]);
    assert_eq!(warned(&state, (400, 799), (500, 800)), [(usd(1_000), usd(800))]);
    state.account.allowances.clear();
    assert_eq!(warned(&state, (400, 799), (500, 800)), []);
}

proptest! {
    #[test]
    fn what_is_let_can_be_paid_and_is_never_more_than_its_exact_price(
        wishes in prop::collection::vec(1_u32..3_000, 1..60),
        room in 0_i64..50_000,
        price in 1_i64..2_000,
        per_units in 1_u32..2_000,
        flush_after in 1_u32..2_000,
    ) {
        let mut state = state(room, price, terms(per_units, flush_after));
        state.account.allowances.get_mut(&Currency::USD).unwrap().count_limit = 1_000;
        let mut used = 0_u64;
        for wish in wishes {
            let Ok(lease) = lease(&state, &calls(), wish, noon()) else { continue };
            prop_assert!(lease.units >= wish && (lease.units <= flush_after || lease.units == wish));
            let Some(body) = lease.entry(&calls(), wish, 3) else { continue };
            let before = state.current.meters.get(&calls());
            prop_assert!(body.follows(before));
            let totals = body.totals(before, noon(), true);
            let allowance = &state.account.allowances[&Currency::USD];
            let drawn = allowance.draw(&state.current.drawn(Currency::USD), body.amount, noon());
            prop_assert!(drawn.is_ok(), "{:?}", drawn);
            state.current.drawn.insert(Currency::USD, drawn.unwrap());
            state.current.meters.insert(calls(), totals);
            used += u64::from(wish);
            let paid = i128::from(state.current.drawn(Currency::USD).total.micros());
            prop_assert!(paid * i128::from(per_units) <= i128::from(used) * i128::from(price));
        }
    }
}
