use farthing_protocol::{ConsumeBody, DeviceState, Entry, JOURNAL_VERSION, PurchaseBody, ReleaseBody};

use super::*;
use crate::Balance;

const DEVICE: DeviceId = DeviceId::from_bytes([1; 16]);

fn sku() -> Sku {
    Sku::new("arrow").unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).unwrap()
}

fn purchase(quantity: u32, total: &str) -> EntryBody {
    let (unit_price, total) = (usd("0.25"), usd(total));
    let operation = Some(key("tap"));
    EntryBody::Purchase(PurchaseBody {
        sku: sku(),
        quantity,
        unit_price,
        total,
        catalog: 1,
        allowance: 1,
        operation,
        approval: None,
        pass: None,
        contents: Vec::new(),
        credits: None,
    })
}

fn consume(quantity: u32) -> EntryBody {
    EntryBody::Consume(ConsumeBody { sku: sku(), quantity, operation: key("shot") })
}

fn release(amount: &str) -> EntryBody {
    EntryBody::Release(ReleaseBody { amount: usd(amount), allowance: 1 })
}

fn entry(after: JournalPosition, body: EntryBody) -> EncodedEntry {
    let (seq, previous) = (after.seq + 1, after.head);
    let (id, at) = (EntryId::from_parts(seq, [7; 10]), "2026-01-02T03:04:05Z".parse().unwrap());
    EncodedEntry::new(Entry { version: JOURNAL_VERSION, seq, previous, id, at, body }).unwrap()
}

fn state() -> State {
    let start = Sums::starting_at(JournalPosition::genesis(DEVICE, 1));
    State { settled: start.clone(), current: start, ..State::default() }
}

/// Writes one more entry.
fn add(state: &mut State, body: EntryBody) -> EncodedEntry {
    let entry = entry(state.current.position.unwrap(), body);
    state.add(&entry).unwrap();
    entry
}

#[test]
fn entries_sum_up_to_what_is_spent_and_owned() {
    let mut state = state();
    add(&mut state, purchase(5, "1.25"));
    add(&mut state, purchase(2, "0.50"));
    add(&mut state, consume(3));
    add(&mut state, release("2.00"));
    assert_eq!(state.current.drawn(Currency::USD), Drawn { total: usd("3.75"), count: 3 });
    assert_eq!(state.current.drawn(Currency::EUR).count, 0);
    assert_eq!((state.current.owned(&sku()), state.queued()), (4, 4));
    add(&mut state, consume(4));
    assert!(state.current.inventory.is_empty());

    // What is settled is not waiting.
    let first = entry(state.settled.position.unwrap(), purchase(5, "1.25"));
    state.settled.add(&first).unwrap();
    assert_eq!((state.queued(), state.settled.owned(&sku())), (4, 5));
}

#[test]
fn what_is_given_back_is_drawn_and_not_spent() {
    let mut state = state();
    add(&mut state, purchase(5, "1.25"));
    add(&mut state, release("2.00"));
    assert_eq!((state.returning(Currency::USD), state.returning(Currency::EUR).micros()), (usd("2.00"), 0));
    let line = Balance::of(&state, "2026-01-02T03:04:05Z".parse().unwrap()).of_currency(Currency::USD);
    assert_eq!((line.total, line.pending), (usd("2.00"), usd("1.25")));
    // Once it is settled, the statement's balance has it.
    state.settled = state.current.clone();
    assert_eq!(state.returning(Currency::USD), usd("0"));
}

#[test]
fn the_gateway_s_count_takes_the_place_of_one_s_own() {
    let mut state = state();
    add(&mut state, purchase(1, "0.25"));
    let (drawn, account) = (Drawn { total: usd("9.00"), count: 12 }, AccountId::from_bytes([2; 16]));
    let statement = Statement {
        account,
        device: DEVICE,
        key: None,
        revision: 1,
        issued_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        device_state: DeviceState::Active,
        available: vec![],
        journal: state.settled.position.unwrap(),
        drawn: vec![drawn],
        refunds: 0,
        disputed: Vec::new(),
        meters: vec![],
        passes: Vec::new(),
        pricing: Default::default(),
        durables: Vec::new(),
    };
    state.current.take_drawn(&statement);
    assert_eq!(state.current.drawn(Currency::USD), drawn);
}

#[test]
fn what_the_account_keeps_was_not_taken_back() {
    let part = |name: &str, quantity| Content { sku: Sku::new(name).unwrap(), quantity, pass: None };
    let inventory = BTreeMap::from([(Sku::new("sword").unwrap(), 1), (Sku::new("hint").unwrap(), 5)]);
    let before = Sums { inventory, ..Sums::default() };
    let (after, sword) = (Sums::default(), [Sku::new("sword").unwrap()]);
    let (alone, set) = ([part("sword", 1)], [part("hint", 5), part("sword", 1)]);
    assert_eq!((before.revoked(&alone, 1, (&after, &[])), before.revoked(&set, 1, (&after, &[]))), (1, 1));
    assert_eq!((before.revoked(&alone, 1, (&after, &sword)), before.revoked(&set, 1, (&after, &sword))), (0, 0));
}

#[test]
fn an_entry_that_does_not_follow_is_damage() {
    let start = JournalPosition::genesis(DEVICE, 1);
    let wrong_number = JournalPosition { seq: 1, ..start };
    let wrong_head = JournalPosition { head: Digest::of(b"elsewhere"), ..start };
    for place in [wrong_number, wrong_head] {
        let refused = Sums::starting_at(start).pass(&entry(place, consume(1)));
        assert!(matches!(refused, Err(WalletError::StorageDamaged { .. })), "{place:?}");
    }
    assert!(matches!(Sums::default().pass(&entry(start, consume(1))), Err(WalletError::StorageDamaged { .. })));
    let rejected = entry(start, purchase(1, "0.25"));
    let mut sums = Sums::starting_at(start);
    sums.pass(&rejected).unwrap();
    assert_eq!((sums.seq(), sums.drawn.len(), sums.owned(&sku())), (1, 0, 0));
}

#[test]
fn a_sum_beyond_all_numbers_is_damage() {
    let mut state = state();
    add(&mut state, release("9223372036854.775807"));
    let one_more = entry(state.current.position.unwrap(), release("0.000001"));
    assert!(matches!(state.add(&one_more), Err(WalletError::StorageDamaged { .. })));
}

#[test]
fn an_idempotency_key_stands_for_one_action() {
    let mut state = state();
    let bought = add(&mut state, purchase(5, "1.25"));
    let used = add(&mut state, consume(3));
    add(&mut state, release("1.00"));
    assert_eq!(state.operations.len(), 2);
    let sku = sku();
    let (tap, shot) = (state.operations[&key("tap")], state.operations[&key("shot")]);
    assert_eq!((tap.entry, tap.seq, shot.seq), (bought.entry().id, 1, 2));
    assert_eq!(Operation::of(&used), Some(shot));
    assert!(tap.is(Action::Buy(&sku, 5)) && shot.is(Action::Consume(&sku, 3)));
    assert!(!tap.is(Action::Buy(&sku, 4)) && !tap.is(Action::Consume(&sku, 5)));
}

#[test]
fn a_salvaged_journal_may_have_strays_until_the_gateway_has_said_where_it_stands() {
    let recovery = |lost_entries| Recovery {
        set_aside: None,
        reason: "a page is damaged".into(),
        entries: 2,
        purchases: 0,
        lost_entries,
        lost_items: false,
        items_are_back: true,
        expected: JournalHead::default(),
    };
    assert!(!state().has_strays());
    for (lost_entries, expected) in [(None, true), (Some(0), false), (Some(3), false)] {
        let salvaged = State { recovery: Some(recovery(lost_entries)), ..state() };
        assert_eq!(salvaged.has_strays(), expected, "{lost_entries:?}");
    }
}
