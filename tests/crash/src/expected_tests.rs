use farthing_core::{PurchaseKind, Split, Timestamp};

use super::*;
use crate::victim::usd;

const ARROW: i64 = 5_000;

fn sku(text: &str) -> Sku {
    Sku::new(text).unwrap()
}

fn buy(key: &str, quantity: u32) -> Action {
    Action::Buy { key: key.into(), sku: sku("arrow"), quantity }
}

fn consume(operation: &str, quantity: u32) -> Action {
    Action::Consume { operation: operation.into(), sku: sku("arrow"), quantity }
}

fn bought(purchase: EntryId, quantity: u32) -> Answer {
    Answer::Bought { purchase, total: usd(ARROW * i64::from(quantity)) }
}

fn refused(error: &str) -> Answer {
    Answer::Refused { error: error.into(), text: String::new() }
}

fn top_up(amount: i64, state: TopUpState) -> TopUp {
    let (id, card) = (TopUpId::generate(), CardId::generate());
    TopUp { id, amount: usd(amount), card, created_at: Timestamp::UNIX_EPOCH, state, is_automatic: false }
}

fn settled(quantity: u32) -> PurchaseState {
    let third = |micros| usd(micros * i64::from(quantity));
    let split = Split { processor: third(1_000), platform: third(1_000), developer: third(3_000) };
    PurchaseState::Settled { split, settled_at: Timestamp::UNIX_EPOCH }
}

fn purchase(id: EntryId, quantity: u32, state: PurchaseState) -> Purchase {
    let total = usd(ARROW * i64::from(quantity));
    let (kind, purchased_at) = (PurchaseKind::Item, Timestamp::UNIX_EPOCH);
    Purchase {
        id,
        kind,
        sku: sku("arrow"),
        quantity,
        total,
        tip: None,
        purchased_at,
        state,
        is_from_another_device: false,
    }
}

/// A wallet that said and heard all of this.
fn told(lines: impl IntoIterator<Item = (Action, Option<Answer>)>) -> Expected {
    let mut expected = Expected::default();
    for (number, (action, answer)) in (1..).zip(lines) {
        expected.hear(Line::Intent { number, action }).unwrap();
        if let Some(answer) = answer {
            expected.hear(Line::Answer { number, answer }).unwrap();
        }
    }
    expected
}

/// What is seen of a wallet with this history, if all is right.
fn seen(purchases: Vec<Purchase>, owned: u64, top_ups: Vec<TopUp>) -> Seen {
    let spent: i64 = purchases.iter().map(|bought| bought.total.micros()).sum();
    let waiting = purchases.iter().filter(|bought| waits(bought)).map(|bought| bought.total.micros()).sum();
    let came_in = top_ups.iter().filter(|top_up| top_up.state == TopUpState::Succeeded);
    let total = usd(came_in.map(|top_up| top_up.amount.micros()).sum::<i64>() - spent);
    let owned = (owned > 0).then(|| OwnedItem { sku: sku("arrow"), quantity: owned });
    Seen {
        purchases,
        owned: owned.into_iter().collect(),
        top_ups,
        cards: Vec::new(),
        dollars: CurrencyBalance { total, offline_spendable: total, pending: usd(waiting) },
    }
}

fn kinds(violations: &[Violation]) -> Vec<Kind> {
    violations.iter().map(|violation| violation.kind).collect()
}

/// A wallet with money that was told of one purchase of three arrows.
fn three_arrows() -> (Expected, EntryId, TopUp) {
    let (id, money) = (EntryId::from_parts(1, [1; 10]), top_up(1_000_000, TopUpState::Succeeded));
    let paid = (Action::TopUp { amount: money.amount }, Some(Answer::ToppedUp(money.clone())));
    (told([paid, (buy("1-1", 3), Some(bought(id, 3)))]), id, money)
}

#[test]
fn what_was_answered_is_there_or_it_is_lost() {
    let (expected, id, money) = three_arrows();
    let granted = purchase(id, 3, PurchaseState::Granted);
    assert_eq!(expected.check(&seen(vec![granted.clone()], 3, vec![money.clone()])), []);
    assert_eq!(kinds(&expected.check(&seen(vec![], 0, vec![money.clone()]))), [Kind::Lost]);
    assert_eq!(kinds(&expected.check(&seen(vec![granted.clone()], 2, vec![money.clone()]))), [Kind::Lost]);
    assert_eq!(kinds(&expected.check(&seen(vec![granted.clone()], 4, vec![money]))), [Kind::Doubled]);
    // The top-up is gone, and so the balance is below zero.
    let poor = seen(vec![granted], 3, vec![]);
    assert_eq!(kinds(&expected.check(&poor)), [Kind::Lost, Kind::Wrong]);
}

#[test]
fn what_was_not_answered_is_there_once_or_not_at_all() {
    let (mut expected, id, money) = three_arrows();
    expected.hear(Line::Intent { number: 9, action: buy("1-9", 1) }).unwrap();
    let first = purchase(id, 3, PurchaseState::Granted);
    let other = |number| purchase(EntryId::from_parts(2, [number; 10]), 1, PurchaseState::Granted);
    let top_ups = vec![money];
    assert_eq!(expected.check(&seen(vec![first.clone()], 3, top_ups.clone())), []);
    assert_eq!(expected.check(&seen(vec![first.clone(), other(1)], 4, top_ups.clone())), []);
    let twice = seen(vec![first.clone(), other(1), other(2)], 5, top_ups.clone());
    assert_eq!(kinds(&expected.check(&twice)), [Kind::Doubled]);
    // Once it is answered, nothing else can be there.
    expected.hear(Line::Answer { number: 9, answer: refused("InsufficientFunds") }).unwrap();
    assert_eq!(kinds(&expected.check(&seen(vec![first, other(1)], 4, top_ups))), [Kind::Doubled]);
}

#[test]
fn a_double_tap_that_was_cut_off_is_one_purchase() {
    let expected = told([(buy("1-1", 1), None), (buy("1-1", 1), None)]);
    let money = Vec::new;
    let one = |number| purchase(EntryId::from_parts(1, [number; 10]), 1, PurchaseState::Granted);
    let violations = expected.check(&seen(vec![one(1), one(2)], 2, money()));
    assert!(kinds(&violations).contains(&Kind::Doubled), "{violations:?}");
}

#[test]
fn a_key_means_one_purchase_for_ever() {
    let (mut expected, id, _) = three_arrows();
    let mut again = |answer| {
        expected.hear(Line::Intent { number: 5, action: buy("1-1", 3) }).unwrap();
        expected.hear(Line::Answer { number: 5, answer }).map_err(|violation| violation.kind)
    };
    assert_eq!(again(bought(id, 3)), Ok(()));
    assert_eq!(again(refused("InsufficientFunds")), Err(Kind::Lost));
    assert_eq!(again(bought(EntryId::from_parts(7, [0; 10]), 3)), Err(Kind::Doubled));
}

#[test]
fn an_operation_uses_something_up_once() {
    let (mut expected, id, money) = three_arrows();
    let see = |owned| seen(vec![purchase(id, 3, PurchaseState::Granted)], owned, vec![money.clone()]);
    for number in 10..12 {
        expected.hear(Line::Intent { number, action: consume("use", 1) }).unwrap();
    }
    assert_eq!((expected.check(&see(3)), expected.check(&see(2))), (vec![], vec![]));
    assert_eq!(kinds(&expected.check(&see(1))), [Kind::Lost]);
    for number in 10..12 {
        expected.hear(Line::Answer { number, answer: Answer::Done }).unwrap();
    }
    assert_eq!(expected.check(&see(2)), []);
    assert_eq!(kinds(&expected.check(&see(3))), [Kind::Doubled]);
}

#[test]
fn a_top_up_that_was_cut_off_is_taken_on_and_then_it_must_stay() {
    let mut expected = told([(Action::TopUp { amount: usd(1_000_000) }, None)]);
    let begun = top_up(1_000_000, TopUpState::Created);
    let mut see = seen(vec![], 0, vec![begun.clone()]);
    assert_eq!(expected.check(&see), []);
    assert_eq!(expected.unknown_top_ups(&see.top_ups), 1);
    assert_eq!(kinds(&expected.check_settled(&see).unwrap_err()), [Kind::Wrong]);
    see.top_ups.push(top_up(1_000_000, TopUpState::Created));
    assert_eq!(kinds(&expected.check(&see)), [Kind::Doubled]);
    see.top_ups.pop();
    expected.conclude(&see);
    assert_eq!(kinds(&expected.check(&seen(vec![], 0, vec![]))), [Kind::Lost]);
    let done = TopUp { state: TopUpState::Succeeded, ..begun };
    expected.conclude(&seen(vec![], 0, vec![done.clone()]));
    let failed = TopUp { state: TopUpState::Failed { code: farthing_core::DeclineCode::Other }, ..done };
    assert_eq!(kinds(&expected.check(&seen(vec![], 0, vec![failed]))), [Kind::Wrong]);
}

#[test]
fn cards_that_were_answered_are_there_once() {
    let card = |id| Card {
        id,
        brand: farthing_core::CardBrand::Visa,
        last_four: "4242".into(),
        expiry_month: 12,
        expiry_year: 2034,
        state: farthing_core::CardState::Active,
    };
    let (id, other) = (CardId::generate(), CardId::generate());
    let expected = told([(Action::AddCard { last_four: "4242".into() }, Some(Answer::CardAdded(id)))]);
    let with = |cards| Seen { cards, ..seen(vec![], 0, vec![]) };
    assert_eq!(expected.check(&with(vec![card(id)])), []);
    assert_eq!(kinds(&expected.check(&with(vec![]))), [Kind::Lost]);
    assert_eq!(kinds(&expected.check(&with(vec![card(id), card(other)]))), [Kind::Doubled]);
}

#[test]
fn an_error_that_no_kill_explains_is_wrong() {
    let mut expected = told([(Action::Open, None), (Action::Sync, None), (buy("1", 1), None)]);
    let mut answer = |number, answer| expected.hear(Line::Answer { number, answer }).map_err(|broken| broken.kind);
    assert_eq!(answer(1, refused("StorageDamaged")), Err(Kind::Wrong));
    assert_eq!(answer(2, refused("Offline")), Ok(()));
    assert_eq!(answer(3, refused("DeviceFrozen")), Err(Kind::Wrong));
    assert_eq!(answer(4, Answer::Done), Err(Kind::Wrong));
    // Three arrows never cost what one does.
    let mut cheap = told([(buy("1", 3), None)]);
    let answered = cheap.hear(Line::Answer { number: 1, answer: bought(EntryId::from_parts(1, [0; 10]), 1) });
    assert_eq!(answered.map_err(|broken| broken.kind), Err(Kind::Wrong));
}

#[test]
fn after_a_sync_nothing_waits_and_the_balance_is_exact() {
    let (expected, id, money) = three_arrows();
    let mut see = seen(vec![purchase(id, 3, settled(3))], 3, vec![money.clone()]);
    let turnover = expected.check_settled(&see).unwrap();
    assert_eq!((turnover.topped_up, turnover.spent, turnover.developer), (1_000_000, 15_000, 9_000));
    see.dollars.total = usd(985_000 - 1);
    assert_eq!(kinds(&expected.check_settled(&see).unwrap_err()), [Kind::Lost]);
    see.dollars.total = usd(985_000 + 1);
    assert_eq!(kinds(&expected.check_settled(&see).unwrap_err()), [Kind::Doubled, Kind::Doubled]);
    let waiting = seen(vec![purchase(id, 3, PurchaseState::Settling)], 3, vec![money.clone()]);
    assert_eq!(kinds(&expected.check_settled(&waiting).unwrap_err()), [Kind::Wrong]);
    let rejected = PurchaseState::Rejected { reason: farthing_core::RejectionReason::Malformed };
    assert!(expected.check_settled(&seen(vec![purchase(id, 3, rejected)], 3, vec![money])).is_err());
}
