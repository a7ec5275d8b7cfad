//! What a player owes on tabs, counted beside the real thing.
//!
//! - **None that nobody has opened**: each tab that a wallet shows has a limit that the player asked for, and as often as it was
//!   asked for at most.
//! - **One at a time**: in a currency, one at most is not at its end, or due.
//! - **Never more than its limit** is owed or charged, and what was charged stays so. A tab never goes back to where it was.
//! - What cards were charged, the gateway's books say ([`crate::audit`]).

use std::collections::{BTreeMap, BTreeSet};

use farthing_core::{CardId, Currency, Money, Tab, TabId, TabState};

use crate::Violation;

/// The tabs of one wallet.
#[derive(Default)]
pub(crate) struct Tabs {
    /// The limits that were asked for.
    asked: Vec<Money>,
    /// What was reserved may have been given back to close one: an entry of the journal that nothing else shows.
    pub(crate) may_have_released: bool,
    /// Cards that authorise a tab, and can't be charged at its end.
    failing: BTreeSet<CardId>,
    /// How far each was when it was last seen.
    seen: BTreeMap<TabId, Seen>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    stage: Stage,
    limit: Money,
    charged: i64,
}

/// How far a tab is; the order is the way that it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Created,
    /// The bank has not said yet.
    Undecided,
    Open,
    Closing,
    Failed,
    Closed,
}

impl Tabs {
    /// One is about to be asked for.
    pub(crate) fn may_open(&mut self, limit: Money) {
        self.asked.push(limit);
    }

    /// A card can't be charged at a tab's end.
    pub(crate) fn will_fail(&mut self, card: CardId) {
        self.failing.insert(card);
    }

    /// Whether there may be one.
    pub(crate) fn were_asked_for(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Compares with what the wallet shows; returns the steps from state to state.
    pub(crate) fn check(&mut self, shown: &[Tab], is_tampered: bool) -> Result<Vec<String>, Violation> {
        let (mut steps, mut currencies) = (Vec::new(), BTreeSet::new());
        for tab in shown {
            let now = Seen::of(tab)?;
            if tab.owed.is_negative() || tab.owed.micros().max(now.charged) > tab.limit.micros() {
                let (owed, limit) = (tab.owed, tab.limit);
                return Err(Violation::new(format!("a tab owes or has cost more than its limit: {owed} of {limit}")));
            }
            let before = self.seen.insert(tab.id, now);
            if is_tampered {
                continue;
            }
            if is_unfinished(tab) && !currencies.insert(tab.limit.currency()) {
                return Err(Violation::new("a wallet has two tabs at once"));
            }
            match before {
                None if self.times_seen(tab.limit) > self.times_asked(tab.limit) => {
                    return Err(Violation::new("there is a tab that nobody has opened"));
                }
                Some(before)
                    if now.stage < before.stage && (before.stage, now.stage) != (Stage::Failed, Stage::Closing) =>
                {
                    let stages = (before.stage, now.stage);
                    return Err(Violation::new(format!("a tab went back from {:?} to {:?}", stages.0, stages.1)));
                }
                Some(before) if before.stage == Stage::Closed && before != now => {
                    return Err(Violation::new("what a tab has cost was changed afterwards"));
                }
                _ => {}
            }
            if before.is_none_or(|before| before.stage != now.stage) {
                let before = before.map_or("new".to_owned(), |before| format!("{:?}", before.stage));
                steps.push(format!("tab: {before} → {:?}", now.stage));
            }
        }
        Ok(steps)
    }

    fn times_seen(&self, limit: Money) -> usize {
        self.seen.values().filter(|seen| seen.limit == limit).count()
    }

    fn times_asked(&self, limit: Money) -> usize {
        self.asked.iter().filter(|asked| **asked == limit).count()
    }

    /// What tabs have brought into the balance, in micros: an open one its limit, one at its end what the card was charged or
    /// the player owes. Where the card can't be charged, what was paid came out of the balance again.
    pub(crate) fn brought(&self, shown: &[Tab], currency: Currency) -> i64 {
        let of_currency = shown.iter().filter(|tab| tab.limit.currency() == currency);
        let brought = of_currency.map(|tab| match tab.state {
            TabState::Open => tab.limit.micros(),
            TabState::Closed { .. } if self.failing.contains(&tab.card) => 0,
            TabState::Closed { charged } => charged.micros(),
            _ => tab.owed.micros(),
        });
        brought.sum()
    }
}

impl Seen {
    fn of(tab: &Tab) -> Result<Self, Violation> {
        let (stage, charged) = match tab.state {
            TabState::Created => (Stage::Created, 0),
            TabState::RequiresAction { .. } | TabState::Processing => (Stage::Undecided, 0),
            TabState::Open => (Stage::Open, 0),
            TabState::Closing => (Stage::Closing, 0),
            TabState::Failed { .. } => (Stage::Failed, 0),
            TabState::Closed { charged } => (Stage::Closed, charged.micros()),
            _ => return Err(Violation::new("a tab is in a state that is none")),
        };
        Ok(Seen { stage, limit: tab.limit, charged })
    }
}

/// Whether a tab is not at its end, or something is due of it.
pub(crate) fn is_unfinished(tab: &Tab) -> bool {
    match tab.state {
        TabState::Closed { .. } => false,
        TabState::Failed { .. } => tab.owed.is_positive(),
        _ => true,
    }
}
