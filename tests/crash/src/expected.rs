//! What must be true of a wallet, by all that it said before it was killed. Pure: no I/O, no clock.
//!
//! Each answer that was heard is a promise. An action that was said and not answered may have been
//! done or not: once, and whole. Asking again under the same key settles it, and from then on the
//! accounts are exact. All amounts are micros of US dollars.

use std::collections::{BTreeMap, BTreeSet};

use farthing_core::{
    Card, CardId, CurrencyBalance, EntryId, OwnedItem, Purchase, PurchaseState, Sku, TopUp, TopUpId, TopUpState,
};
use serde::Serialize;

use crate::ledger::Turnover;
use crate::line::{Action, Answer, Line};
use crate::victim::{GOODS, NO_CARD};

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Violation {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// Which promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Something that was promised is not there.
    Lost,
    /// Something is there more often than it was asked for.
    Doubled,
    /// Anything else that must not be.
    Wrong,
}

pub(crate) fn lost(text: impl Into<String>) -> Violation {
    Violation { kind: Kind::Lost, text: text.into() }
}

pub(crate) fn doubled(text: impl Into<String>) -> Violation {
    Violation { kind: Kind::Doubled, text: text.into() }
}

pub(crate) fn wrong(text: impl Into<String>) -> Violation {
    Violation { kind: Kind::Wrong, text: text.into() }
}

/// What a wallet was seen to have.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) purchases: Vec<Purchase>,
    pub(crate) owned: Vec<OwnedItem>,
    pub(crate) top_ups: Vec<TopUp>,
    pub(crate) cards: Vec<Card>,
    pub(crate) dollars: CurrencyBalance,
}

/// What one wallet has promised.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    purchases: BTreeMap<EntryId, Bought>,
    /// What each key bought.
    keys: BTreeMap<String, EntryId>,
    /// Operations that used something up, and how much of each item that was.
    operations: BTreeSet<String>,
    consumed: BTreeMap<Sku, u64>,
    top_ups: BTreeMap<TopUpId, i64>,
    /// Those of them whose money was said to be in the balance.
    succeeded: BTreeSet<TopUpId>,
    cards: BTreeSet<CardId>,
    /// What was said and not answered, by its number.
    unanswered: BTreeMap<u64, Action>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Bought {
    sku: Sku,
    quantity: u32,
    total: i64,
}

impl Expected {
    /// What was said and not answered, by its number.
    pub(crate) fn unanswered(&self) -> &BTreeMap<u64, Action> {
        &self.unanswered
    }

    /// How many purchases it was told of.
    pub(crate) fn purchases(&self) -> u64 {
        self.purchases.len() as u64
    }

    /// How many top-ups there are.
    pub(crate) fn top_ups(&self) -> u64 {
        self.top_ups.len() as u64
    }

    /// How many of these it was not told of.
    pub(crate) fn unknown_top_ups(&self, seen: &[TopUp]) -> u64 {
        seen.iter().filter(|top_up| !self.top_ups.contains_key(&top_up.id)).count() as u64
    }

    /// The purchase of a key.
    pub(crate) fn purchase_of(&self, key: &str) -> Option<EntryId> {
        self.keys.get(key).copied()
    }

    /// Takes note of a line.
    pub(crate) fn hear(&mut self, line: Line) -> Result<(), Violation> {
        match line {
            Line::Intent { number, action } => {
                self.unanswered.insert(number, action);
                Ok(())
            }
            Line::Answer { number, answer } => match self.unanswered.remove(&number) {
                Some(action) => self.promise(action, answer),
                None => Err(wrong(format!("an answer to nothing that was asked: {answer:?}"))),
            },
        }
    }

    fn promise(&mut self, action: Action, answer: Answer) -> Result<(), Violation> {
        match (action, answer) {
            (Action::Buy { key, sku, quantity }, Answer::Bought { purchase, total }) => {
                let total = total.micros();
                if price(&sku).and_then(|price| price.checked_mul(quantity.into())) != Some(total) {
                    return Err(wrong(format!("{quantity} of {sku} cost {total} micros")));
                }
                match self.keys.insert(key.clone(), purchase) {
                    Some(known) if known != purchase => {
                        return Err(doubled(format!("the key {key} bought {known}, then {purchase}")));
                    }
                    _ => {}
                }
                let bought = Bought { sku, quantity, total };
                match self.purchases.insert(purchase, bought.clone()) {
                    Some(known) if known != bought => Err(wrong(format!("{purchase} was {known:?}, now {bought:?}"))),
                    _ => Ok(()),
                }
            }
            (Action::Buy { key, .. }, Answer::Refused { error, .. }) if self.keys.contains_key(&key) => {
                Err(lost(format!("the key {key} had bought something and is refused with {error}")))
            }
            (Action::Consume { operation, sku, quantity }, Answer::Done) => {
                if self.operations.insert(operation) {
                    *self.consumed.entry(sku).or_default() += u64::from(quantity);
                }
                Ok(())
            }
            (Action::Consume { operation, .. }, Answer::Refused { error, .. })
                if self.operations.contains(&operation) =>
            {
                Err(lost(format!("the operation {operation} was done and is refused with {error}")))
            }
            (Action::TopUp { amount }, Answer::ToppedUp(top_up)) if top_up.amount == amount => {
                self.top_ups.insert(top_up.id, amount.micros());
                if top_up.state == TopUpState::Succeeded {
                    self.succeeded.insert(top_up.id);
                }
                Ok(())
            }
            (Action::TopUp { amount }, Answer::Declined(top_up)) => {
                self.top_ups.insert(top_up, amount.micros());
                Ok(())
            }
            (Action::AddCard { .. }, Answer::CardAdded(card)) => {
                self.cards.insert(card);
                Ok(())
            }
            (Action::Open | Action::Close | Action::Sync, Answer::Done) => Ok(()),
            (action, Answer::Refused { error, .. }) if may_refuse(&action, &error) => Ok(()),
            (action, answer) => Err(wrong(format!("{action:?} was answered with {answer:?}"))),
        }
    }

    /// Compares all that was promised with what is there. What was not answered may be there, once.
    pub(crate) fn check(&self, seen: &Seen) -> Vec<Violation> {
        let mut violations = self.check_purchases(seen);
        violations.extend(self.check_items(seen));
        violations.extend(self.check_top_ups(seen));
        violations.extend(self.check_cards(seen));
        violations.extend(self.check_balance(seen));
        violations
    }

    fn check_purchases(&self, seen: &Seen) -> Vec<Violation> {
        let mut violations = Vec::new();
        let there: BTreeMap<EntryId, &Purchase> = seen.purchases.iter().map(|bought| (bought.id, bought)).collect();
        if there.len() != seen.purchases.len() {
            violations.push(doubled("a purchase is listed twice"));
        }
        for (id, bought) in &self.purchases {
            match there.get(id) {
                None => violations.push(lost(format!("the purchase {id} ({bought:?})"))),
                Some(found) if Bought::of(found) != *bought => {
                    violations.push(wrong(format!("the purchase {id} was {bought:?} and is {found:?}")));
                }
                Some(_) => {}
            }
        }
        let mut possible = self.possible_purchases();
        for (id, found) in there {
            if let PurchaseState::Rejected { reason } = found.state {
                violations.push(wrong(format!("the purchase {id} was rejected: {reason:?}")));
            }
            if self.purchases.contains_key(&id) {
                continue;
            }
            match possible.iter().position(|(sku, quantity)| (*sku, *quantity) == (&found.sku, found.quantity)) {
                Some(place) => drop(possible.swap_remove(place)),
                None => violations.push(doubled(format!(
                    "the purchase {id} of {} {}, which nobody asked for or which was refused",
                    found.quantity, found.sku
                ))),
            }
        }
        violations
    }

    /// What the keys that were not answered may have bought, each once.
    fn possible_purchases(&self) -> Vec<(&Sku, u32)> {
        let keys = self.unanswered.values().filter_map(|action| match action {
            Action::Buy { key, sku, quantity } if !self.keys.contains_key(key) => Some((key, (sku, *quantity))),
            _ => None,
        });
        keys.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// Items are what was bought less what was used.
    fn check_items(&self, seen: &Seen) -> Vec<Violation> {
        let mut bought: BTreeMap<&Sku, u64> = BTreeMap::new();
        for purchase in &seen.purchases {
            *bought.entry(&purchase.sku).or_default() += u64::from(purchase.quantity);
        }
        let possible: BTreeMap<&str, (&Sku, u32)> = self
            .unanswered
            .values()
            .filter_map(|action| match action {
                Action::Consume { operation, sku, quantity } if !self.operations.contains(operation) => {
                    Some((operation.as_str(), (sku, *quantity)))
                }
                _ => None,
            })
            .collect();
        let owned = |sku: &Sku| seen.owned.iter().find(|item| item.sku == *sku).map_or(0, |item| item.quantity);
        let skus: BTreeSet<&Sku> = bought.keys().copied().chain(seen.owned.iter().map(|item| &item.sku)).collect();
        let mut violations = Vec::new();
        for sku in skus {
            let used = self.consumed.get(sku).copied().unwrap_or_default();
            let most = bought.get(sku).copied().unwrap_or_default().checked_sub(used);
            let open = possible.values().filter(|(open, _)| *open == sku).map(|(_, quantity)| u64::from(*quantity));
            let (owned, open) = (owned(sku), open.sum::<u64>());
            match most {
                Some(most) if owned > most => {
                    violations.push(doubled(format!("{owned} of {sku} are there instead of {most}")));
                }
                Some(most) if owned >= most.saturating_sub(open) => {}
                most => violations.push(lost(format!("{owned} of {sku} are there instead of {most:?} less {open}"))),
            }
        }
        violations
    }

    fn check_top_ups(&self, seen: &Seen) -> Vec<Violation> {
        let mut violations = Vec::new();
        let there: BTreeMap<TopUpId, &TopUp> = seen.top_ups.iter().map(|top_up| (top_up.id, top_up)).collect();
        for (id, amount) in &self.top_ups {
            match there.get(id) {
                None => violations.push(lost(format!("the top-up {id} of {amount} micros"))),
                Some(found) if found.amount.micros() != *amount => {
                    violations.push(wrong(format!("the top-up {id} of {amount} micros is {found:?}")));
                }
                Some(found) if self.succeeded.contains(id) && found.state != TopUpState::Succeeded => {
                    violations.push(wrong(format!("the top-up {id} had succeeded and is {:?}", found.state)));
                }
                Some(_) => {}
            }
        }
        let open = self.unanswered.values().filter_map(|action| match action {
            Action::TopUp { amount } => Some(amount.micros()),
            _ => None,
        });
        let mut open: Vec<i64> = open.collect();
        for (id, found) in there.iter().filter(|(id, _)| !self.top_ups.contains_key(id)) {
            match open.iter().position(|amount| *amount == found.amount.micros()) {
                Some(place) => drop(open.swap_remove(place)),
                None => {
                    violations.push(doubled(format!("the top-up {id} of {}, which nobody asked for", found.amount)))
                }
            }
        }
        violations
    }

    fn check_cards(&self, seen: &Seen) -> Vec<Violation> {
        let there: BTreeSet<CardId> = seen.cards.iter().map(|card| card.id).collect();
        let numbers: BTreeSet<&str> = seen.cards.iter().map(|card| card.last_four.as_str()).collect();
        let gone = self.cards.difference(&there).map(|card| lost(format!("the card {card}")));
        let twice = (numbers.len() != seen.cards.len()).then(|| doubled(format!("a card is there twice: {numbers:?}")));
        gone.chain(twice).collect()
    }

    /// Nothing is spent twice, and no money is there that never came in.
    fn check_balance(&self, seen: &Seen) -> Vec<Violation> {
        let waiting = seen.purchases.iter().filter(|bought| waits(bought));
        let waiting: i64 = waiting.map(|bought| bought.total.micros()).sum();
        let mut violations = Vec::new();
        if seen.dollars.pending.micros() != waiting {
            let pending = seen.dollars.pending;
            violations.push(wrong(format!("{pending} is said to wait for settlement, but purchases of {waiting} do")));
        }
        let came_in = seen.top_ups.iter().filter(|top_up| !matches!(top_up.state, TopUpState::Failed { .. }));
        let most = came_in.map(|top_up| top_up.amount.micros()).sum::<i64>() - spent(seen);
        let total = seen.dollars.total.micros();
        if total > most {
            violations.push(doubled(format!("the balance is {total} micros, where at most {most} can be")));
        }
        if total < 0 {
            violations.push(wrong(format!("the balance is {total} micros")));
        }
        violations
    }

    /// From here on everything is known: top-ups that were not answered are there or never will be.
    pub(crate) fn conclude(&mut self, seen: &Seen) {
        for top_up in &seen.top_ups {
            self.top_ups.insert(top_up.id, top_up.amount.micros());
            if top_up.state == TopUpState::Succeeded {
                self.succeeded.insert(top_up.id);
            }
        }
        self.unanswered.clear();
    }

    /// Compares once more, after a sync that brought all home: nothing waits, and the balance is exact.
    pub(crate) fn check_settled(&self, seen: &Seen) -> Result<Turnover, Vec<Violation>> {
        let mut violations = self.check(seen);
        let mut turnover = Turnover { spent: spent(seen), ..Turnover::default() };
        for bought in &seen.purchases {
            match &bought.state {
                PurchaseState::Settled { split, .. } => {
                    turnover.processor += split.processor.micros();
                    turnover.platform += split.platform.micros();
                    turnover.developer += split.developer.micros();
                    if split.total() != Ok(bought.total) {
                        violations.push(wrong(format!("the shares of {} are {split:?}", bought.id)));
                    }
                }
                state => violations.push(wrong(format!("the purchase {} is {state:?} after a sync", bought.id))),
            }
        }
        for top_up in &seen.top_ups {
            match &top_up.state {
                TopUpState::Succeeded => turnover.topped_up += top_up.amount.micros(),
                TopUpState::Failed { .. } => {}
                state => violations.push(wrong(format!("the top-up {} is {state:?} after a sync", top_up.id))),
            }
        }
        let (total, due) = (seen.dollars.total.micros(), turnover.topped_up - turnover.spent);
        match total.cmp(&due) {
            std::cmp::Ordering::Less => violations.push(lost(format!("{total} micros are left instead of {due}"))),
            std::cmp::Ordering::Greater => {
                violations.push(doubled(format!("{total} micros are left instead of {due}")))
            }
            std::cmp::Ordering::Equal => {}
        }
        if violations.is_empty() { Ok(turnover) } else { Err(violations) }
    }
}

impl Bought {
    fn of(purchase: &Purchase) -> Self {
        Bought { sku: purchase.sku.clone(), quantity: purchase.quantity, total: purchase.total.micros() }
    }
}

fn waits(purchase: &Purchase) -> bool {
    matches!(purchase.state, PurchaseState::Granted | PurchaseState::Settling)
}

fn spent(seen: &Seen) -> i64 {
    seen.purchases.iter().map(|bought| bought.total.micros()).sum()
}

fn price(sku: &Sku) -> Option<i64> {
    GOODS.iter().find(|(known, _)| *known == sku.as_str()).map(|(_, price)| *price)
}

/// Whether an honest wallet may refuse this with that error, on a day when gateways die.
fn may_refuse(action: &Action, error: &str) -> bool {
    const GATEWAY: [&str; 3] = ["Offline", "GatewayUnavailable", "NotEnrolled"];
    match action {
        Action::Buy { .. } => [
            "AlreadyOwned",
            "CatalogMissing",
            "InsufficientFunds",
            "NotEnrolled",
            "OfflineLimitReached",
            "SpendingLimitReached",
            "UnknownItem",
        ]
        .contains(&error),
        Action::Consume { .. } => ["InsufficientItems", "NotEnrolled"].contains(&error),
        Action::Sync | Action::AddCard { .. } => GATEWAY.contains(&error),
        Action::TopUp { .. } => error == NO_CARD || GATEWAY.contains(&error),
        Action::Open | Action::Close => false,
    }
}

#[cfg(test)]
#[path = "expected_tests.rs"]
mod tests;
