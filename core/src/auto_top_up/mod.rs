//! Top-ups that the wallet makes by itself, once the player has agreed to them: when the balance is below an amount, and
//! up to so much in a month.
//!
//! - **Consent** is off until the player agrees, to one setting: from when on, how much, from which card, how much in a
//!   month. It is on disk, sealed, with the time that they agreed at, and can be taken back. It is this device's alone.
//! - **The rule** ([`plan`], pure) is asked at the end of each sync, when all is settled that can be. It charges only by a
//!   statement that was asked for after the last money is known to have come in, never while another top-up is under way,
//!   and never above the month's cap. A month is a calendar month in UTC, by trusted time.
//! - **A charge** goes the way of every top-up ([`crate::top_up`]): it is written down with its name before the gateway is
//!   asked, so a kill or a lost answer makes it no second one. What was written down and is not agreed to any more is not
//!   asked for, unless the gateway has got it already.
//! - **A refusal** hammers nobody. After a declined card, or what the gateway refuses for good, it is paused until the
//!   player agrees again, and the app is told; where the operator's caps have no room, it waits.

mod plan;

use farthing_protocol::{CardId, Money, Timestamp, TopUpId};
use serde::{Deserialize, Serialize};

use crate::card::{Card, CardState};
use crate::deliberate_bug::DeliberateBug;
use crate::event::WalletEvent;
use crate::store::{Books, DocumentName};
use crate::top_up::{self, TopUp, TopUpState};
use crate::{WalletError, store_top_up};
use plan::{Decision, Facts, Refusal, after, charged, decide};

/// What a player agrees to: that a card is charged by itself. All amounts are in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoTopUp {
    /// The card is charged once the balance is below this.
    pub below: Money,
    /// How much each time. Where that does not lift the balance to [`AutoTopUp::below`], the next sync charges once more.
    pub amount: Money,
    /// Which card.
    pub card: CardId,
    /// The most that is charged by itself in a calendar month (UTC). What the player tops up themselves does not count.
    pub monthly_cap: Money,
}

/// What the player has agreed to, and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoTopUpConsent {
    /// What they have agreed to.
    pub setting: AutoTopUp,
    /// When, by trusted time.
    pub agreed_at: Timestamp,
    /// How much of this month's cap is used: by charges that were made and by one that is under way.
    pub charged_this_month: Money,
    /// Why nothing is charged until the player agrees again; `None` where it goes on.
    pub pause: Option<AutoTopUpPause>,
    /// The operator's caps had no room: nothing is charged before this time.
    pub waits_until: Option<Timestamp>,
}

/// Why automatic top-ups are paused, until the player agrees again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AutoTopUpPause {
    /// The bank declined the card, or the player did not confirm the charge: the top-up itself has the bank's code. Or the
    /// bank has taken back what was charged.
    Declined,
    /// The card was removed, or has expired.
    CardUnavailable,
    /// The gateway charges no such amount, or charges nothing for this player: they may be too young.
    Refused,
}

/// What is on disk of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Consent {
    setting: AutoTopUp,
    agreed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pause: Option<AutoTopUpPause>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waits_until: Option<Timestamp>,
}

impl Consent {
    /// Whether anything may be charged.
    pub(crate) fn is_active(&self) -> bool {
        self.pause.is_none() || DeliberateBug::TopUpWhilePaused.is_planted()
    }
}

/// What was begun at the end of a sync.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Nothing is due.
    Nothing,
    /// Something may be due: it takes a newer statement to know.
    NotShown,
    /// This is to be asked for now. It is written down.
    TopUp(TopUp),
}

/// Agrees to a setting in place of the one before, or to none any more. Agreeing ends a pause.
pub(crate) fn set(books: &mut Books, setting: Option<AutoTopUp>) -> Result<Option<AutoTopUpConsent>, WalletError> {
    let consent = match setting {
        None => None,
        Some(setting) => {
            check(books, &setting)?;
            Some(Consent { setting, agreed_at: books.now(), pause: None, waits_until: None })
        }
    };
    if consent.is_some() || books.state.auto_top_up.is_some() {
        keep(books, consent)?;
    }
    agreed(books)
}

/// What the player has agreed to, and how it stands now.
pub(crate) fn agreed(books: &Books) -> Result<Option<AutoTopUpConsent>, WalletError> {
    let Some(Consent { setting, agreed_at, pause, waits_until }) = books.state.auto_top_up else { return Ok(None) };
    let now = books.now();
    let charged_this_month = charged(&top_up::all(books)?, Money::zero(setting.amount.currency()), now);
    let waits_until = waits_until.filter(|until| now < *until);
    Ok(Some(AutoTopUpConsent { setting, agreed_at, charged_this_month, pause, waits_until }))
}

/// Whether a setting can be agreed to, as far as the wallet can tell.
fn check(books: &Books, setting: &AutoTopUp) -> Result<(), WalletError> {
    let AutoTopUp { below, amount, card, monthly_cap } = setting;
    top_up::check_amount("amount", *amount)?;
    let exponent = amount.currency().exponent().unwrap_or_default();
    for (field, money) in [("below", below), ("monthly_cap", monthly_cap)] {
        if money.currency() != amount.currency() {
            return Err(WalletError::invalid(field, format!("must be in {}, as the amount is", amount.currency())));
        }
        if money.is_negative() || !money.is_whole_minor_units(exponent) {
            return Err(WalletError::invalid(field, "must be in whole minor units, and not below zero"));
        }
    }
    if monthly_cap.micros() < amount.micros() {
        return Err(WalletError::invalid("monthly_cap", "must have room for the amount"));
    }
    let known = books.cards()?.into_iter().find(|known| known.id == *card);
    match known.map(|known| Card::of(known, books.now()).state) {
        None => Err(WalletError::invalid("card", "is not one of this wallet")),
        Some(CardState::Expired) => Err(WalletError::invalid("card", "has expired")),
        Some(_) => Ok(()),
    }
}

fn keep(books: &mut Books, consent: Option<Consent>) -> Result<(), WalletError> {
    books.put_document(DocumentName::AutoTopUp, &consent)?;
    books.state.auto_top_up = consent;
    Ok(())
}

/// Forgets what is on disk of it: that may be from before the player took it back.
pub(crate) fn forget(books: &mut Books) -> Result<(), WalletError> {
    if books.state.auto_top_up.is_some() { keep(books, None) } else { Ok(()) }
}

/// Writes down a top-up where one is due. `shown` is how often money was known to have come in when the newest statement
/// was asked for; none where none was in this sync.
pub(crate) fn begin(books: &mut Books, shown: Option<u64>) -> Result<Begun, WalletError> {
    let Some(consent) = books.state.auto_top_up else { return Ok(Begun::Nothing) };
    let (AutoTopUp { amount, card, .. }, now) = (consent.setting, books.now());
    let (currency, top_ups) = (amount.currency(), top_up::all(books)?);
    let is_open = |top_up: &TopUp| !top_up.state.is_final() && top_up.amount.currency() == currency;
    let facts = Facts {
        balance: books.balance().of_currency(currency).total,
        is_shown: shown == Some(books.credits),
        // What a pack from a store credits is not known before the gateway says so.
        is_under_way: top_ups.iter().any(is_open) || !store_top_up::waiting(books)?.is_empty(),
        charged: charged(&top_ups, Money::zero(currency), now),
        now,
    };
    let decision = decide(&consent, &facts);
    tracing::debug!(?decision, "automatic top-up");
    match decision {
        Decision::Charge(amount) => top_up::create(books, amount, card, true).map(Begun::TopUp),
        Decision::NotShown => Ok(Begun::NotShown),
        _ => Ok(Begun::Nothing),
    }
}

/// Whether a top-up that was written down may still be asked for: it is the player's own, or what they agree to now.
pub(crate) fn is_agreed(books: &Books, top_up: &TopUp) -> bool {
    let agreed = books.state.auto_top_up.as_ref().filter(|consent| consent.is_active());
    !top_up.is_automatic || agreed.is_some_and(|consent| is_of(consent, top_up))
}

fn is_of(consent: &Consent, top_up: &TopUp) -> bool {
    consent.setting.amount == top_up.amount && consent.setting.card == top_up.card
}

/// The gateway has refused one for good, in words for the app, and has charged nothing.
pub(crate) fn was_refused(books: &mut Books, id: TopUpId, error: &WalletError) -> Result<(), WalletError> {
    let Some(top_up) = top_up::find(books, id)? else { return Ok(()) };
    top_up::discard(books, id)?;
    match after(error, books.now()) {
        Refusal::Pause(reason) => pause(books, &top_up, reason),
        Refusal::Wait(until) => match books.state.auto_top_up {
            Some(consent) if is_of(&consent, &top_up) => {
                tracing::info!(%error, %until, "an automatic top-up waits");
                keep(books, Some(Consent { waits_until: Some(until), ..consent }))
            }
            _ => Ok(()),
        },
    }
}

/// Hears what became of a top-up: after one that failed or was taken back, nothing more is charged before the player has agreed again.
pub(crate) fn hear(books: &mut Books, top_up: &TopUp) -> Result<(), WalletError> {
    use TopUpState::{ChargedBack, Disputed, Failed};
    let has_failed = matches!(top_up.state, Failed { .. } | Disputed { .. } | ChargedBack { .. });
    if top_up.is_automatic && has_failed { pause(books, top_up, AutoTopUpPause::Declined) } else { Ok(()) }
}

/// Pauses what a top-up was made by. What the player has agreed to since, about another card or amount, goes on.
fn pause(books: &mut Books, top_up: &TopUp, reason: AutoTopUpPause) -> Result<(), WalletError> {
    match books.state.auto_top_up {
        Some(consent) if is_of(&consent, top_up) && consent.is_active() => {
            keep(books, Some(Consent { pause: Some(reason), ..consent }))?;
            books.tell(WalletEvent::AutoTopUpPaused { reason });
            Ok(())
        }
        _ => Ok(()),
    }
}
