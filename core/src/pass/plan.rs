//! What is to be done about a pass, and when: pure functions.

use farthing_protocol::{Item, ItemKind, Money, PassPeriod, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::later;
use crate::deliberate_bug::DeliberateBug;

/// A renewal is made a tenth of the pass's length before its end, but no sooner than this.
const LEAD_SECONDS_MAX: u32 = 86_400;
/// It follows its reminder after a tenth of the pass's length, but no later than this.
const NOTICE_SECONDS_MAX: u32 = 3_600;

/// What the player has agreed to: that the wallet buys this pass again, for this price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Consent {
    pub(crate) price: Money,
    pub(crate) length_seconds: u32,
}

impl Consent {
    /// What a player agrees to with an item as it is, at its price; `None` where it may not be renewed.
    pub(super) fn to(item: &Item, price: Money) -> Option<Self> {
        let terms = item.pass.filter(|terms| item.kind == ItemKind::Pass && terms.may_renew)?;
        Some(Consent { price, length_seconds: terms.length_seconds })
    }

    /// Whether the item, at its price now, is still what was agreed to, or better.
    pub(super) fn covers(&self, item: &Item, price: Money) -> bool {
        Consent::to(item, price).is_some_and(|now| {
            now.price.currency() == self.price.currency()
                && (now.price.micros() <= self.price.micros() || DeliberateBug::RenewAtAnyPrice.is_planted())
                && now.length_seconds >= self.length_seconds
        })
    }

    fn lead(&self) -> i64 {
        (self.length_seconds / 10).min(LEAD_SECONDS_MAX).into()
    }

    fn notice(&self) -> i64 {
        (self.length_seconds / 10).clamp(1, NOTICE_SECONDS_MAX).into()
    }
}

/// What the player was told of one end of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Which end.
    pub(super) ends_at: Timestamp,
    /// When they were reminded of it.
    pub(super) reminded_at: Option<Timestamp>,
    /// That it can't be renewed.
    pub(super) refused: bool,
    /// That it is over.
    pub(super) ended: bool,
}

impl Told {
    /// Nothing yet.
    pub(super) fn nothing_of(period: &PassPeriod) -> Self {
        Told { ends_at: period.ends_at, reminded_at: None, refused: false, ended: false }
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The player is told that it ends, and whether it will be renewed.
    Remind,
    /// It is bought again.
    Renew,
    /// The player is told that it is over.
    End,
    /// Nothing before this time.
    Wait(Timestamp),
    /// Nothing any more.
    Nothing,
}

/// What is to be done about a pass. A renewal is made before the end or in the grace period, never later, and never
/// without a reminder before it.
pub(super) fn next_step(
    period: &PassPeriod,
    reminder_seconds: u32,
    consent: Option<&Consent>,
    told: &Told,
    now: Timestamp,
) -> Step {
    let over = period.grace_ends_at();
    if now >= over {
        return if told.ended { Step::Nothing } else { Step::End };
    }
    let before_end = |seconds: i64| later(period.ends_at, -seconds);
    let Some(reminded_at) = told.reminded_at else {
        let for_renewal = consent.map_or(0, |consent| consent.lead() + consent.notice());
        let reminder = for_renewal.max(reminder_seconds.into());
        return match before_end(reminder) {
            _ if reminder == 0 => Step::Wait(over),
            time if now >= time => Step::Remind,
            time => Step::Wait(time),
        };
    };
    match consent {
        None => Step::Wait(over),
        Some(consent) => {
            let due = before_end(consent.lead()).max(later(reminded_at, consent.notice()));
            if now >= due { Step::Renew } else { Step::Wait(due.min(over)) }
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
