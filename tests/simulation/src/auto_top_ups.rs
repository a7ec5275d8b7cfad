//! Cards that wallets charge by themselves, counted beside the real thing.
//!
//! - **Nothing unasked**: each such top-up is what the player agrees to at that time, from that card. Once they take it
//!   back, or the wallet has paused, none begins any more.
//! - **One at a time**: none begins while another top-up is under way.
//! - **Never above the cap**: what a month has of them is no more than what was agreed to.
//! - Whether the balance was below what was agreed to, the gateway's books say ([`crate::audit`]).

use std::collections::{BTreeMap, BTreeSet};

use farthing_core::{AutoTopUp, AutoTopUpConsent, Timestamp, TopUp, TopUpId, TopUpState};

use crate::Violation;
use crate::phone::first_word;

/// The automatic top-ups of one wallet, and what its player agrees to.
#[derive(Default)]
pub(crate) struct AutoTopUps {
    /// What may be agreed to now: more than one where the storage has failed meanwhile.
    agreed: Vec<Option<AutoTopUp>>,
    /// The wallet had paused when it was last looked at, and nobody has agreed since.
    has_paused: bool,
    seen: BTreeMap<TopUpId, Seen>,
    /// All that were under way when the wallet was last looked at, the player's own as well.
    under_way: BTreeSet<TopUpId>,
}

/// One that was seen.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) top_up: TopUp,
    /// Below what the balance must have been; nothing where it was not charged at once.
    pub(crate) below: Option<i64>,
    /// The wallet has given it up.
    pub(crate) is_gone: bool,
}

impl AutoTopUps {
    /// The player is about to agree to something, or to nothing any more.
    pub(crate) fn may_agree(&mut self, setting: Option<AutoTopUp>) {
        if self.agreed.is_empty() {
            self.agreed.push(None);
        }
        self.agreed.push(setting);
        self.has_paused = false;
    }

    /// They did.
    pub(crate) fn has_agreed(&mut self) {
        self.agreed.drain(..self.agreed.len().saturating_sub(1));
    }

    /// They did not.
    pub(crate) fn has_not_agreed(&mut self) {
        self.agreed.pop();
    }

    /// Whether they were asked at all.
    pub(crate) fn were_asked_for(&self) -> bool {
        !self.agreed.is_empty()
    }

    /// All that were ever seen.
    pub(crate) fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.values()
    }

    /// Compares with what the wallet shows; returns what was seen for the first time.
    pub(crate) fn check(
        &mut self,
        shown: &[TopUp],
        consent: Option<&AutoTopUpConsent>,
    ) -> Result<Vec<String>, Violation> {
        if !self.agreed.contains(&consent.map(|consent| consent.setting)) {
            return Err(Violation::new("a wallet goes by another consent than the player gave"));
        }
        let mut news = Vec::new();
        for top_up in shown.iter().filter(|top_up| top_up.is_automatic) {
            match self.seen.get_mut(&top_up.id) {
                None => news.extend(self.admit(top_up, shown)?),
                Some(before) if before.is_gone => return Err(Violation::new("what a wallet gave up is there again")),
                Some(before) => {
                    if before.top_up.state != top_up.state {
                        let stages = (word(&before.top_up.state), word(&top_up.state));
                        news.push(format!("automatic top-up: {} → {}", stages.0, stages.1));
                    }
                    before.top_up = top_up.clone();
                }
            }
        }
        let under_way = shown.iter().filter(|top_up| !top_up.state.is_final());
        self.under_way = under_way.map(|top_up| top_up.id).collect();
        for gone in self.seen.values_mut().filter(|seen| !seen.is_gone) {
            if shown.iter().all(|top_up| top_up.id != gone.top_up.id) {
                if gone.top_up.state != TopUpState::Created {
                    return Err(Violation::new("an automatic top-up that was charged is gone"));
                }
                gone.is_gone = true;
                news.push("an automatic top-up was given up".to_owned());
            }
        }
        if let Some(reason) = consent.and_then(|consent| consent.pause) {
            self.has_paused = true;
            news.push(format!("automatic top-ups paused: {reason:?}"));
        }
        if consent.is_some_and(|consent| consent.waits_until.is_some()) {
            news.push("automatic top-ups wait for room".to_owned());
        }
        Ok(news)
    }

    fn admit(&mut self, top_up: &TopUp, shown: &[TopUp]) -> Result<Vec<String>, Violation> {
        let matches = |setting: &&AutoTopUp| (setting.amount, setting.card) == (top_up.amount, top_up.card);
        let setting = self.agreed.iter().flatten().rfind(matches).copied();
        let Some(setting) = setting else {
            return Err(Violation::new("a card was charged by itself, and the player has not agreed to that"));
        };
        if self.has_paused {
            return Err(Violation::new("a card was charged by itself while that had paused"));
        }
        let rivals = shown.iter().filter(|other| other.amount.currency() == top_up.amount.currency());
        if rivals.clone().any(|other| self.under_way.contains(&other.id) && !other.state.is_final()) {
            return Err(Violation::new("a card was charged by itself while another top-up was under way"));
        }
        let counts = |other: &&TopUp| other.is_automatic && !matches!(other.state, TopUpState::Failed { .. });
        let of_month = rivals.filter(counts).filter(|other| month(other.created_at) == month(top_up.created_at));
        let sum: i64 = of_month.map(|other| other.amount.micros()).sum();
        if sum > setting.monthly_cap.micros() {
            return Err(Violation::new(format!("{sum} was charged by itself in a month, above what was agreed to")));
        }
        let mut news = vec![format!("automatic top-up: new → {}", word(&top_up.state))];
        if sum > setting.amount.micros() && sum > setting.monthly_cap.micros() - setting.amount.micros() {
            news.push("automatic top-ups came to the cap of a month".to_owned());
        }
        let below = (top_up.state == TopUpState::Succeeded).then_some(setting.below.micros());
        self.seen.insert(top_up.id, Seen { top_up: top_up.clone(), below, is_gone: false });
        Ok(news)
    }
}

fn word(state: &TopUpState) -> String {
    first_word(&format!("{state:?}"))
}

fn month(time: Timestamp) -> String {
    time.to_string().chars().take("2026-11".len()).collect()
}
