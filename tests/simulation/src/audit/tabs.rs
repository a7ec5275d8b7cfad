//! What the gateway has charged for tabs, by its own ledger.

use std::collections::BTreeSet;

use farthing_core::{Tab, TabState, Timestamp};

use super::ledger::{Posting, Purses};
use super::{Audit, failed};
use crate::Violation;
use crate::coverage::Coverage;
use crate::phone::Statement;

/// Each rule selects what breaks it.
const RULES: [(&str, &str); 7] = [
    ("a tab was charged more than its limit", "SELECT 1 FROM tabs WHERE due > amount"),
    ("a tab was charged less than a minor unit", "SELECT 1 FROM tabs WHERE due % 10000 <> 0"),
    (
        "an account has two tabs at once",
        "SELECT 1 FROM tabs WHERE state NOT IN ('closed', 'failed') OR due IS NOT NULL AND state = 'failed'
         GROUP BY account, currency HAVING count(*) > 1",
    ),
    (
        "a tab was opened that no card has authorised",
        "SELECT 1 FROM tabs WHERE (state IN ('open', 'closing', 'closed') OR due IS NOT NULL) AND id NOT IN
         (SELECT top_up FROM sandbox_charges WHERE status LIKE '%succeeded%')",
    ),
    (
        "a tab was not credited once",
        "SELECT 1 FROM tabs WHERE (state IN ('open', 'closing', 'closed') OR due IS NOT NULL) <>
         (SELECT count(*) FROM ledger_transactions WHERE kind = 'tab' AND reference = tabs.id)",
    ),
    (
        "a tab was charged or paid twice",
        "SELECT 1 FROM ledger_transactions WHERE kind IN ('tab_unspent', 'tab_charge', 'tab_paid')
         GROUP BY kind, reference HAVING count(*) > 1",
    ),
    (
        "a card is held for a tab that has ended",
        "SELECT 1 FROM ledger_accounts held WHERE kind = 'card_authorised' AND balance <> 0 AND NOT EXISTS
         (SELECT 1 FROM tabs WHERE account = owner AND tabs.currency = held.currency AND state IN ('open', 'closing'))",
    ),
];

/// How long a tab is open at most, in milliseconds.
const LASTS: i64 = 6 * 86_400_000;
/// Micros of the least that these worlds' cards are charged.
const MINOR_UNIT: i64 = 10_000;

/// A tab as the gateway keeps it, and what its ledger says of it.
struct Kept {
    id: Vec<u8>,
    account: Vec<u8>,
    device: Vec<u8>,
    key: String,
    limit: i64,
    currency: String,
    state: String,
    due: Option<i64>,
    /// The card could not be charged.
    was_declined: bool,
    opened_at: i64,
    life: Life,
}

/// What the ledger says of a tab, in micros.
#[derive(Default)]
struct Life {
    is_open: bool,
    /// What went out of the balance again, and how much there was then.
    unspent: Option<(i64, i64)>,
    /// What was reserved for its device when it was closed.
    reserved: i64,
    closed_at: i64,
    /// What came in from the card, less the processor's fee.
    charged: Option<i64>,
    paid: Option<i64>,
}

impl Audit {
    /// Each tab was opened as one, charged what was owed, once, and each wallet shows it as the gateway has it.
    pub(crate) fn check_tabs(
        &self,
        statements: &[Statement],
        now: Timestamp,
        coverage: &Coverage,
    ) -> Result<(), Violation> {
        self.check_rules(&RULES)?;
        let mut kept = self.tabs()?;
        let purses = self.live(&mut kept)?;
        let honest: BTreeSet<&Vec<u8>> = statements.iter().map(|statement| &statement.device).collect();
        for tab in &kept {
            tab.check(now, honest.contains(&tab.device), coverage)?;
        }
        for Statement { device, tabs, .. } in statements {
            for shown in tabs {
                let known = kept.iter().find(|known| known.device == *device && known.key == shown.id.to_string());
                match known {
                    Some(known) => known.compare(shown, &purses)?,
                    // It was given up before the gateway heard of it.
                    None if matches!(shown.state, TabState::Failed { .. }) && shown.owed.is_zero() => {}
                    None => return Err(Violation::new("a wallet shows a tab that its gateway does not have")),
                }
            }
            let is_shown = |known: &&Kept| tabs.iter().any(|shown| shown.id.to_string() == known.key);
            if kept.iter().filter(|known| known.device == *device).any(|known| !is_shown(&known)) {
                return Err(Violation::new("the gateway has a tab that the player does not see"));
            }
        }
        Ok(())
    }

    fn tabs(&self) -> Result<Vec<Kept>, Violation> {
        let tabs = "SELECT id, account, device, idempotency_key, amount, currency, state, due, paid_from_balance,
                    created_at FROM tabs ORDER BY created_at, id";
        let mut tabs = self.0.prepare(tabs).map_err(failed)?;
        let tabs = tabs.query_map([], |row| {
            let state: String = row.get(6)?;
            Ok(Kept {
                id: row.get(0)?,
                account: row.get(1)?,
                device: row.get(2)?,
                key: row.get(3)?,
                limit: row.get(4)?,
                currency: row.get(5)?,
                was_declined: state == "failed" || row.get(8)?,
                state,
                due: row.get(7)?,
                opened_at: row.get(9)?,
                life: Life::default(),
            })
        });
        tabs.and_then(Iterator::collect).map_err(failed)
    }

    /// Goes through the ledger, and notes of each tab what becomes of it; returns what is owed in the end.
    fn live(&self, kept: &mut [Kept]) -> Result<Purses, Violation> {
        self.walk(|posting, purses| {
            let Some(place) = kept.iter().position(|tab| tab.id == posting.reference) else { return Ok(()) };
            if posting.transaction == "tab" && kept.iter().any(|other| other.is_at_once_with(&kept[place])) {
                return Err(Violation::new("a tab was opened while there was one, or while one was due"));
            }
            kept[place].note(posting, purses)
        })
    }
}

impl Kept {
    fn purse(&self, purses: &Purses, owner: &[u8]) -> i64 {
        purses.get(&(owner.to_vec(), self.currency.clone())).copied().unwrap_or_default()
    }

    /// Whether it has begun and not ended, in the currency of another one of its account.
    fn is_at_once_with(&self, other: &Kept) -> bool {
        let Life { is_open, charged, paid, unspent, .. } = &self.life;
        let nothing_is_due = unspent.is_some_and(|(unspent, _)| unspent == self.limit);
        let has_ended = nothing_is_due || if self.was_declined { paid.is_some() } else { charged.is_some() };
        let are_rivals = self.account == other.account && self.currency == other.currency && self.id != other.id;
        are_rivals && *is_open && !has_ended
    }

    /// Notes what a posting of it says, with what was owed before it.
    fn note(&mut self, posting: &Posting, purses: &Purses) -> Result<(), Violation> {
        let of_card = posting.account == "card_clearing";
        match (&posting.transaction[..], &posting.account[..]) {
            ("tab", "user_available") => {
                self.life.is_open = true;
                if -posting.amount != self.limit {
                    return Err(Violation::new("a tab has brought another amount than its limit"));
                }
            }
            ("tab_unspent", "user_available") => {
                self.life.unspent = Some((posting.amount, self.purse(purses, &self.account)));
                self.life.reserved = self.purse(purses, &self.device);
                self.life.closed_at = posting.at;
            }
            ("tab_charge", _) => {
                if self.life.unspent.is_none() {
                    self.life.reserved = self.purse(purses, &self.device);
                    self.life.closed_at = posting.at;
                }
                let charged = self.life.charged.unwrap_or_default();
                self.life.charged = Some(charged + if of_card { posting.amount } else { 0 });
            }
            ("tab_paid", "user_available") => self.life.paid = Some(posting.amount),
            _ => {}
        }
        Ok(())
    }

    /// What its card was charged is what was owed, and what was due was paid.
    fn check(&self, now: Timestamp, is_honest: bool, coverage: &Coverage) -> Result<(), Violation> {
        let Life { unspent, reserved, closed_at, charged, paid, .. } = &self.life;
        if self.state == "open" && now.as_millisecond() - self.opened_at > LASTS {
            return Err(Violation::new("a tab is open longer than its card's authorisation lasts"));
        }
        let Some(due) = self.due else { return Ok(()) };
        let returned = unspent.map_or(0, |(returned, _)| returned);
        if due != self.limit - returned {
            return Err(Violation::new(format!(
                "{due} is charged for a tab of {}, and {returned} unspent",
                self.limit
            )));
        }
        if let Some((returned, there)) = *unspent
            && returned != (there - there % MINOR_UNIT).min(self.limit)
        {
            return Err(Violation::new(format!("{returned} of a tab was unspent, and {there} was there")));
        }
        let has_lapsed = closed_at - self.opened_at > LASTS;
        if *reserved > 0 && is_honest && !has_lapsed && due > 0 {
            return Err(Violation::new(format!("{reserved} that was reserved was charged as if it were spent")));
        }
        if *reserved > 0 && has_lapsed && due > 0 {
            coverage.add("a tab that nobody closed was charged with what was reserved");
        }
        if self.state == "closing" {
            // Of a wallet that is gone: nobody asked again.
            return Ok(());
        }
        let from_card = if self.was_declined { 0 } else { due - fee(due) };
        if charged.unwrap_or_default() != from_card {
            return Err(Violation::new(format!("{charged:?} came in from a card for a tab, and not {from_card}")));
        }
        let is_paid = self.was_declined && self.state == "closed";
        if paid.is_some() != is_paid || paid.is_some_and(|paid| paid != due) {
            return Err(Violation::new(format!("{paid:?} was paid of a tab's debt of {due}")));
        }
        Ok(())
    }

    /// A wallet that has heard everything shows it as it is here.
    fn compare(&self, shown: &Tab, purses: &Purses) -> Result<(), Violation> {
        let has_same_limit = shown.limit.micros() == self.limit && shown.limit.currency().code() == self.currency;
        // What the wallet has reserved it gives back before it closes the tab.
        let there = self.purse(purses, &self.account) + self.purse(purses, &self.device);
        let owed = match &self.state[..] {
            "open" => self.limit - (there - there % MINOR_UNIT).min(self.limit),
            "failed" => self.due.unwrap_or(0),
            _ => 0,
        };
        let (state, due) = (&self.state[..], self.due);
        let is_same = match shown.state {
            TabState::RequiresAction { .. } => state == "requires_action",
            TabState::Open => state == "open",
            TabState::Failed { .. } => state == "failed",
            TabState::Closed { charged } => state == "closed" && due == Some(charged.micros()),
            _ => false,
        };
        if !has_same_limit || !is_same {
            return Err(Violation::new(format!("a wallet shows {:?} of a tab that is {state}, {due:?}", shown.state)));
        }
        if owed != shown.owed.micros() {
            let said = shown.owed.micros();
            return Err(Violation::new(format!("a wallet says that {said} is owed of a tab, and it is {owed}")));
        }
        Ok(())
    }
}

/// What the sandbox takes of a charge: 2.9 % and 0.30, to the whole cent.
fn fee(charged: i64) -> i64 {
    if charged == 0 {
        return 0;
    }
    let cents = (charged * 29 / 1_000 + 300_000 + MINOR_UNIT / 2) / MINOR_UNIT;
    cents * MINOR_UNIT
}
