//! Whether a card is to be charged by itself: pure functions.

use farthing_protocol::{Money, Timestamp};

use super::{AutoTopUpPause, Consent};
use crate::WalletError;
use crate::clock::later;
use crate::deliberate_bug::DeliberateBug;
use crate::top_up::{TopUp, TopUpState};

/// How long the gateway is not asked again after it had no room below its cap on the balance: long enough to hammer
/// nobody, short enough for a player who plays on.
const ROOM_SECONDS: i64 = 3_600;

/// How things are, in the currency of what was agreed to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// What the player has, by the newest signed statement, without what is queued.
    pub(super) balance: Money,
    /// Whether that statement was asked for after the last money is known to have come in.
    pub(super) is_shown: bool,
    /// Whether a top-up is under way, the player's own or one of these, also one that waits for the player to confirm it.
    pub(super) is_under_way: bool,
    /// What was charged by itself this month.
    pub(super) charged: Money,
    /// Trusted time.
    pub(super) now: Timestamp,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The card is charged this much.
    Charge(Money),
    /// The balance is not below what was agreed to.
    Enough,
    /// A top-up is under way: what becomes of it is seen first.
    UnderWay,
    /// Money came in that no statement shows yet: one is asked for first.
    NotShown,
    /// With one more, the month would have more than was agreed to.
    CapReached,
    /// The gateway's caps had no room a while ago.
    Waits,
    /// It is paused until the player agrees again.
    Paused,
}

/// Whether the card is charged, by what was agreed to and by how things are.
pub(super) fn decide(consent: &Consent, facts: &Facts) -> Decision {
    let setting = &consent.setting;
    let fits = |sum: Money| sum.micros() <= setting.monthly_cap.micros();
    if !consent.is_active() {
        Decision::Paused
    } else if facts.is_under_way && !DeliberateBug::TopUpBeside.is_planted() {
        Decision::UnderWay
    } else if facts.balance.micros() >= setting.below.micros() {
        Decision::Enough
    } else if consent.waits_until.is_some_and(|until| facts.now < until) {
        Decision::Waits
    } else if !facts.charged.plus(setting.amount).is_ok_and(fits) && !DeliberateBug::TopUpWithoutEnd.is_planted() {
        Decision::CapReached
    } else if !facts.is_shown {
        Decision::NotShown
    } else {
        Decision::Charge(setting.amount)
    }
}

/// What was charged by itself, or may yet be, of top-ups that were begun in the calendar month of a time, in one currency.
pub(super) fn charged<'a>(top_ups: impl IntoIterator<Item = &'a TopUp>, zero: Money, now: Timestamp) -> Money {
    let month = month(now);
    let counts = |top_up: &&TopUp| {
        top_up.is_automatic
            && top_up.amount.currency() == zero.currency()
            && !matches!(top_up.state, TopUpState::Failed { .. })
            && self::month(top_up.created_at) == month
    };
    let micros = top_ups.into_iter().filter(counts).map(|top_up| top_up.amount.micros());
    Money::from_micros(micros.fold(zero.micros(), i64::saturating_add), zero.currency())
}

/// What follows from the gateway's refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not asked again before this time.
    Wait(Timestamp),
    /// It is not asked again before the player has agreed again.
    Pause(AutoTopUpPause),
}

/// What follows from a refusal, in the words that it has for the app.
pub(super) fn after(error: &WalletError, now: Timestamp) -> Refusal {
    use farthing_protocol::TopUpCap::{Balance, MonthlyLoad};
    match error {
        WalletError::TopUpCapReached { cap: Balance, .. } => Refusal::Wait(later(now, ROOM_SECONDS)),
        WalletError::TopUpCapReached { cap: MonthlyLoad, .. } => Refusal::Wait(next_month(now)),
        WalletError::CardInvalid { .. } => Refusal::Pause(AutoTopUpPause::CardUnavailable),
        _ => Refusal::Pause(AutoTopUpPause::Refused),
    }
}

/// The calendar month of a time in UTC: `2026-11`.
fn month(time: Timestamp) -> String {
    time.to_string().chars().take("2026-11".len()).collect()
}

/// When the next calendar month begins in UTC.
fn next_month(time: Timestamp) -> Timestamp {
    let this = month(time);
    let numbers = this.split_once('-').and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)));
    let next: Option<Timestamp> = numbers.and_then(|(year, month): (i16, u8)| {
        let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        format!("{year:04}-{month:02}-01T00:00:00Z").parse().ok()
    });
    // Before the year 0, and after 9999.
    next.unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
