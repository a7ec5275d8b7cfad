//! Passes: what the player has for a time.
//!
//! How long a pass lasts is a sum over the journal, as the inventory is: each purchase of it makes it longer
//! ([`farthing_protocol::pass`]). What is settled, the gateway's statement says; a refund comes with it.
//!
//! - **Time** is the wallet's trusted time, and never earlier than the latest that was seen with a pass in hand: that is
//!   on disk, too. So a clock that is set back, even over a restart, revives nothing. Where the gateway is heard, its
//!   time counts.
//! - **Renewal** is off until the player agrees to a price. What they agreed to is on disk, and can be taken back. When it
//!   is due ([`plan`], pure), the wallet makes an ordinary purchase, named by the pass and the end that it follows: so it is
//!   made once, whenever the app is killed. A pass that was not renewed by the end of its grace period is over, and the
//!   consent with it.
//! - The task that keeps time for meters wakes up for passes, too ([`tend`]).

mod plan;

use std::collections::BTreeMap;
use std::time::Duration;

use farthing_protocol::{Digest, Money, PassPeriod, PassState, Sku, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use plan::Consent;

use crate::clock::{TrustedTime, later};
use crate::deliberate_bug::DeliberateBug;
use crate::event::WalletEvent;
use crate::state::State;
use crate::store::{Books, DocumentName, must_roll_back};
use crate::{PurchaseRequest, WalletError, purchase};
use plan::{Step, Told, next_step};

/// How often the time is noted, and a renewal that failed is tried again. What runs off between is lost to a kill.
const NOTE_SECONDS: i64 = 600;

/// What a player has for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Which pass.
    pub sku: Sku,
    /// Whether it lasts, by trusted time.
    pub state: PassState,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ends. It is bought again before, and lasts longer.
    pub ends_at: Timestamp,
    /// When its grace period ends; the same where it has none.
    pub grace_ends_at: Timestamp,
    /// The most that the wallet pays to renew it, once that is due; `None` where the player has not agreed to it.
    pub renewal: Option<Money>,
}

/// What is on disk of passes, beside how long they last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Passes {
    /// It is no earlier than this.
    pub(crate) time: TrustedTime,
    /// The gateway's last time that this goes on from.
    heard: Option<Timestamp>,
    /// When it was last written down.
    noted_at: Option<Timestamp>,
    told: BTreeMap<Sku, Told>,
}

impl Passes {
    /// How new it is, beside others of the same wallet.
    pub(crate) fn rank(&self) -> u64 {
        self.time.heard().map_or(0, |time| u64::try_from(time.as_millisecond()).unwrap_or(0))
    }
}

/// What has become of passes, and what is to come.
#[derive(Debug, Default)]
pub(crate) struct Tended {
    /// When there is something to do again, if ever.
    pub(crate) next: Option<Duration>,
    /// Whether something was bought.
    pub(crate) has_bought: bool,
    /// A renewal that lacks what the gateway may have: its price, where it lacks a reserve for it.
    pub(crate) asks: Option<Option<Money>>,
}

/// What time it is for passes.
fn now(books: &mut Books) -> Timestamp {
    let (clock, State { account, passes, .. }) = (&*books.clock, &mut books.state);
    if passes.heard != account.time.heard() {
        (passes.time, passes.heard, passes.noted_at) = (account.time, account.time.heard(), None);
    }
    if DeliberateBug::RevivePasses.is_planted() {
        return account.time.now(clock);
    }
    let now = account.time.now(clock).max(passes.time.now(clock));
    // Parts of a second would be lost one by one.
    if passes.time.heard().is_none_or(|known| later(known, 1) <= now) {
        passes.time.remember(now, clock);
    }
    now
}

/// The player's passes, sorted by SKU, also those that are over. What a refund was asked for is not the player's until it
/// is answered.
pub(crate) fn all(books: &mut Books) -> Vec<Pass> {
    let now = now(books);
    let state = &books.state;
    let passes = state.current.passes.values().map(|period| {
        let asked = state.refunds.iter().flat_map(|asked| asked.parts()).filter(|part| part.sku == period.sku);
        let seconds = asked.filter_map(|part| part.pass).map(|grant| u64::from(grant.length_seconds));
        let period = period.shortened(seconds.sum(), now);
        Pass {
            state: period.state(now),
            starts_at: period.starts_at,
            ends_at: period.ends_at,
            grace_ends_at: period.grace_ends_at(),
            renewal: state.renewals.get(&period.sku).map(|consent| consent.price),
            sku: period.sku,
        }
    });
    passes.collect()
}

/// Whether a pass lasts: its grace period aside.
pub(crate) fn is_active(books: &Books, sku: &Sku) -> bool {
    let State { current, account, passes, .. } = &books.state;
    let now = account.time.now(&*books.clock).max(passes.time.now(&*books.clock));
    current.passes.get(sku).is_some_and(|pass| pass.state(now) == PassState::Active)
}

/// Agrees to renewals of a pass at its price, or agrees no more.
pub(crate) fn set_renewal(books: &mut Books, sku: &str, agrees: bool) -> Result<Pass, WalletError> {
    let known = all(books).into_iter().find(|pass| pass.sku.as_str() == sku);
    let pass = known.ok_or_else(|| WalletError::invalid("sku", "is not of a pass that the player has"))?;
    let mut renewals = books.state.renewals.clone();
    if agrees {
        let item = books.state.catalog.as_ref().ok_or(WalletError::CatalogMissing)?.item(&pass.sku);
        let consent = item.and_then(|item| Consent::to(item, books.state.account.price(item, books.now())));
        let consent = consent.ok_or_else(|| WalletError::invalid("sku", "is of a pass that can't be renewed"))?;
        if pass.state == PassState::Ended {
            return Err(WalletError::invalid("sku", "is of a pass that is over: it has to be bought first"));
        }
        renewals.insert(pass.sku.clone(), consent);
    } else {
        renewals.remove(&pass.sku);
    }
    keep_renewals(books, renewals)?;
    books.wake_for_passes();
    let renewal = books.state.renewals.get(&pass.sku).map(|consent| consent.price);
    Ok(Pass { renewal, ..pass })
}

fn keep_renewals(books: &mut Books, renewals: BTreeMap<Sku, Consent>) -> Result<(), WalletError> {
    if renewals != books.state.renewals {
        books.put_document(DocumentName::Renewals, &renewals)?;
        books.state.renewals = renewals;
    }
    Ok(())
}

/// Does what is due: reminds, renews, tells of an end, and notes the time. What a renewal lacks that the gateway `may` have
/// is asked for first; only then the player is told.
pub(crate) fn tend(books: &mut Books, gateway_may_help: bool) -> Result<Tended, WalletError> {
    let mut tended = Tended::default();
    if books.state.current.passes.is_empty() {
        return Ok(tended);
    }
    let now = now(books);
    let before = books.state.passes.told.clone();
    let skus: Vec<Sku> = books.state.current.passes.keys().cloned().collect();
    let mut next: Option<Timestamp> = None;
    for sku in skus {
        let until = tend_one(books, &sku, now, gateway_may_help, &mut tended)?;
        next = [next, until].into_iter().flatten().min();
    }
    let is_open = next.is_some();
    let noted = books.state.passes.noted_at;
    if before != books.state.passes.told || is_open && noted.is_none_or(|noted| later(noted, NOTE_SECONDS) <= now) {
        note(books, now)?;
    }
    // The time is noted now and then as long as a pass lasts.
    let next = next.map(|next| next.min(later(now, NOTE_SECONDS)).as_millisecond() - now.as_millisecond());
    tended.next = next.map(|pause| Duration::from_millis(u64::try_from(pause).unwrap_or(0)));
    Ok(tended)
}

/// Notes what time it is, before the wallet closes: unless it is known already that all passes are over.
pub(crate) fn close(books: &mut Books) -> Result<(), WalletError> {
    let now = now(books);
    let noted = books.state.passes.noted_at.unwrap_or(Timestamp::MIN);
    let was_open = books.state.current.passes.values().any(|pass| pass.state(noted) != PassState::Ended);
    if was_open { note(books, now) } else { Ok(()) }
}

fn note(books: &mut Books, now: Timestamp) -> Result<(), WalletError> {
    books.state.passes.noted_at = Some(now);
    books.put_document(DocumentName::Passes, &books.state.passes)
}

/// Does what is due for one pass; returns when there is something to do again.
fn tend_one(
    books: &mut Books,
    sku: &Sku,
    now: Timestamp,
    gateway_may_help: bool,
    tended: &mut Tended,
) -> Result<Option<Timestamp>, WalletError> {
    loop {
        let Some(period) = books.state.current.passes.get(sku).cloned() else { return Ok(None) };
        let told = books.state.passes.told.get(sku).copied().filter(|told| told.ends_at == period.ends_at);
        let mut told = told.unwrap_or(Told::nothing_of(&period));
        // What is asked back is not bought anew meanwhile.
        let is_asked_back = books.state.refunds.iter().any(|asked| asked.parts().iter().any(|part| part.sku == *sku));
        let mut consent = books.state.renewals.get(sku).copied().filter(|_| !is_asked_back);
        if DeliberateBug::RenewUnasked.is_planted() {
            let item = books.state.catalog.as_ref().and_then(|shelf| shelf.item(sku));
            consent = consent.or(item.and_then(|item| Consent::to(item, item.price)));
        }
        let terms = books.state.catalog.as_ref().and_then(|shelf| shelf.item(sku)?.pass);
        let reminder = terms.map_or(0, |terms| terms.reminder_seconds);
        match next_step(&period, reminder, consent.as_ref(), &told, now) {
            Step::Remind => {
                told.reminded_at = Some(now);
                let renewal = consent.map(|consent| consent.price);
                books.tell(WalletEvent::PassEnding { sku: sku.clone(), ends_at: period.ends_at, renewal });
            }
            Step::End => {
                told.ended = true;
                let mut renewals = books.state.renewals.clone();
                renewals.remove(sku);
                keep_renewals(books, renewals)?;
                books.tell(WalletEvent::PassEnded { sku: sku.clone() });
            }
            Step::Renew => {
                let refusal = match renew(books, &period, consent) {
                    Ok(true) => {
                        tended.has_bought = true;
                        continue;
                    }
                    Ok(false) => None,
                    Err(error) if must_roll_back(&error) => return Err(error),
                    Err(error) => Some(error),
                };
                match refusal {
                    Some(error) if gateway_may_help && error.is_helped_by_sync() => {
                        tended.asks = Some(consent.map(|it| it.price).filter(|_| error.is_short_of_reserve()));
                    }
                    error if !told.refused => {
                        told.refused = true;
                        books.state.passes.told.insert(sku.clone(), told);
                        books.tell(WalletEvent::PassNotRenewed { sku: sku.clone(), ends_at: period.ends_at, error });
                    }
                    _ => {}
                }
                return Ok(Some(later(now, NOTE_SECONDS).min(period.grace_ends_at())));
            }
            Step::Wait(until) => return Ok(Some(until)),
            Step::Nothing => return Ok(None),
        }
        books.state.passes.told.insert(sku.clone(), told);
    }
}

/// Buys a pass once more; says whether it lasts longer now. `false` where it is not what the player agreed to any more, or
/// where this renewal was made and rejected before.
fn renew(books: &mut Books, period: &PassPeriod, consent: Option<Consent>) -> Result<bool, WalletError> {
    let item = books.state.catalog.as_ref().and_then(|shelf| shelf.item(&period.sku));
    let price = |item| books.state.account.price(item, books.now());
    if !item.zip(consent).is_some_and(|(item, consent)| consent.covers(item, price(item))) {
        return Ok(false);
    }
    let name = Digest::of(format!("{}\n{}", period.sku, period.ends_at.as_millisecond()).as_bytes());
    let request = PurchaseRequest::new(period.sku.as_str()).idempotency_key(format!("renewal-{name}"));
    purchase::buy(books, &purchase::Wanted::Item(request))?;
    Ok(books.state.current.passes.get(&period.sku).is_some_and(|now| now.ends_at > period.ends_at))
}
