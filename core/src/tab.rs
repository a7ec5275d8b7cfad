//! Tabs: a card authorises a limit, it is spent as balance, and the card is charged once, at the end.
//!
//! 1. The tab is written down with its name (`Created`). The name is its idempotency key, so asking again opens no
//!    second one, as with [top-ups](crate::top_up).
//! 2. Once it is open, the limit is in the balance, and this device buys with it offline as with any balance. What the
//!    player **owes** is the limit less what is left of the balance: money of their own is spent first. It is known
//!    here, by the same sums as the balance, and no one has to be asked ([`owed`]).
//! 3. To close it, the wish is written down, what is reserved for this device goes back to the account (an entry of the
//!    journal), and when that is settled the gateway is told to close. So the card is charged what was spent. A tab that
//!    nobody closes, the gateway closes before the card's authorisation lapses; what is reserved then is charged, too,
//!    and stays the player's.
//! 4. What a card could not be charged is due: the player tops up, and closes the tab again, which pays it.
//!
//! All of them are one document: there are few.

use std::collections::{BTreeMap, BTreeSet};

use farthing_protocol::api::{DeclineCode, TabState as Heard};
use farthing_protocol::{CardId, Currency, DisputedCharge, EntryBody, Money, ReleaseBody, TabId, Timestamp, TopUpId};
use serde::{Deserialize, Serialize};

use crate::deliberate_bug::DeliberateBug;
use crate::event::WalletEvent;
use crate::store::{Books, DocumentName};
use crate::{WalletError, dispute, meter, top_up};

/// Tabs that are looked back on; older ones are in the gateway's ledger.
const KEPT_MAX: usize = 50;

/// A limit that a card has authorised: it is spent now, and the card is charged once, at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its name, which is also its idempotency key at the gateway.
    pub id: TabId,
    /// The most that the card is charged.
    pub limit: Money,
    /// Which card.
    pub card: CardId,
    /// When it was asked for, by trusted time. The gateway closes it six days later, if nobody has before.
    pub opened_at: Timestamp,
    /// What the player owes. Of an open tab: what the card would be charged if it were closed now, that is the limit
    /// less what is left of the balance, to the next whole minor unit; money that the player had or topped up is spent
    /// first, and what other devices of the account have reserved counts as spent. Of one that closes: what the card is
    /// being charged. Of one that could not be charged: what is due. Zero otherwise.
    pub owed: Money,
    /// How far it is.
    pub state: TabState,
}

/// How far a tab is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TabState {
    /// It is not known yet whether the gateway has got it. Sync finds out: wait for the event, and do not open another
    /// one meanwhile.
    Created,
    /// The player must confirm on the bank's page (3-D Secure): open it in a browser, then sync. Declining there ends
    /// the tab.
    RequiresAction {
        /// The page.
        url: String,
    },
    /// The bank has not decided yet. Sync asks again.
    Processing,
    /// The limit is in the balance.
    Open,
    /// It is being closed, or what was due of it is being paid. Sync goes on with it.
    Closing,
    /// It is paid.
    Closed {
        /// What the card was charged, or what was due and paid out of the balance; zero where nothing was spent.
        charged: Money,
    },
    /// The card did not authorise the limit, and nothing is owed; or it could not be charged at the end, and
    /// [`Tab::owed`] is due: top up, then [close](crate::Wallet::close_tab) it again.
    Failed {
        /// Why, as far as the bank says.
        code: DeclineCode,
    },
    /// The cardholder's bank has taken the charge back until it has decided: the player, or whoever has the card, disputes
    /// it. If it lets it stand, this is `Closed` again, and what is held is in the balance.
    Disputed {
        /// What is held of the balance meanwhile: as much of the charge as was neither spent nor reserved for a device.
        held: Money,
    },
    /// The bank has taken the charge back for good.
    ChargedBack {
        /// What went out of the balance with it.
        amount: Money,
    },
}

/// The player's tabs as they are kept, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tabs {
    /// How often they have changed: the latest of several versions that a damaged database has.
    pub(crate) changes: u64,
    kept: Vec<KeptTab>,
}

/// A tab as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptTab {
    pub(crate) id: TabId,
    pub(crate) limit: Money,
    pub(crate) card: CardId,
    opened_at: Timestamp,
    /// What the gateway calls it, once it has said.
    name: Option<TabId>,
    /// What the gateway last said of it.
    heard: Option<Heard>,
    /// The player wants it closed or paid, and the gateway has not answered to that.
    closes: bool,
}

/// What the gateway is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// To open it; the same each time.
    Open,
    /// How far it is.
    Show(TabId),
    /// To close it, or to take what is due of it out of the balance.
    Close(TabId),
}

impl Tabs {
    /// Whether sync has something to ask after.
    pub(crate) fn are_under_way(&self) -> bool {
        self.kept.iter().any(|kept| !kept.is_final())
    }

    /// Those that are not done yet, the oldest first.
    pub(crate) fn under_way(&self) -> Vec<KeptTab> {
        self.kept.iter().filter(|kept| !kept.is_final()).cloned().collect()
    }

    /// One tab.
    pub(crate) fn find(&self, id: TabId) -> Result<&KeptTab, WalletError> {
        self.kept.iter().find(|kept| kept.id == id).ok_or_else(not_ours)
    }

    /// Without those of which the gateway may not have heard. Such a one could be an old version of one that was given
    /// up: asking for it would have a card authorise something behind the player's back.
    pub(crate) fn salvaged(mut self) -> Self {
        self.kept.retain(|kept| kept.name.is_some());
        self
    }

    /// The tabs that the player wants closed or paid, and their currencies: no two have the same.
    fn closing(&self) -> BTreeMap<TabId, Currency> {
        self.kept.iter().filter(|kept| kept.closes).map(|kept| (kept.id, kept.limit.currency())).collect()
    }
}

impl KeptTab {
    /// Whether it will never change again.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.heard, Some(Heard::Closed { .. } | Heard::Failed { due: None, .. }))
    }

    pub(crate) fn question(&self) -> Question {
        match self.name {
            None => Question::Open,
            Some(name) if self.closes => Question::Close(name),
            Some(name) => Question::Show(name),
        }
    }

    /// The same, to be asked only how far it is.
    pub(crate) fn unclosed(self) -> Self {
        KeptTab { closes: false, ..self }
    }

    /// Whether an answer says that money has moved into the balance or out of it.
    pub(crate) fn moves_money(&self, heard: &Heard) -> bool {
        let is_undecided = matches!(heard, Heard::RequiresAction { .. } | Heard::Processing);
        !is_undecided && self.heard.as_ref() != Some(heard)
    }

    /// The tab for the app, by all that is left of the balance, and what banks have taken back.
    fn shown(&self, balance: Money, disputed: &[DisputedCharge]) -> Tab {
        let owed = match &self.heard {
            Some(Heard::Open) => owed(self.limit, balance),
            Some(Heard::Closing { due } | Heard::Failed { due: Some(due), .. }) => *due,
            _ => Money::zero(self.limit.currency()),
        };
        let state = match &self.heard {
            _ if self.closes => TabState::Closing,
            None => TabState::Created,
            Some(Heard::RequiresAction { url }) => TabState::RequiresAction { url: url.clone() },
            Some(Heard::Processing) => TabState::Processing,
            Some(Heard::Open) => TabState::Open,
            Some(Heard::Closing { .. }) => TabState::Closing,
            Some(Heard::Closed { charged }) => match dispute::of(disputed, &self.id) {
                Some(&DisputedCharge { held, is_lost: false, .. }) => TabState::Disputed { held },
                Some(&DisputedCharge { held: amount, .. }) => TabState::ChargedBack { amount },
                None => TabState::Closed { charged: *charged },
            },
            Some(Heard::Failed { decline_code, .. }) => TabState::Failed { code: *decline_code },
        };
        let KeptTab { id, limit, card, opened_at, .. } = *self;
        Tab { id, limit, card, opened_at, owed, state }
    }
}

impl Tab {
    /// The outcome for the caller of `open_tab`: a declined card is an error there.
    pub(crate) fn outcome(self) -> Result<Tab, WalletError> {
        match self.state {
            TabState::Failed { code } => {
                Err(WalletError::CardDeclined { code, top_up: TopUpId::from_bytes(*self.id.as_bytes()) })
            }
            _ => Ok(self),
        }
    }
}

/// What a card would be charged for a tab of that limit, with that much left of the balance. A card is charged whole
/// minor units, so what is less than one stays in the balance, paid for: as the gateway does it.
fn owed(limit: Money, balance: Money) -> Money {
    let fraction = balance.micros() % top_up::smallest_charge(limit.currency());
    let whole = if DeliberateBug::OweFractions.is_planted() { balance.micros() } else { balance.micros() - fraction };
    let unspent = whole.clamp(0, limit.micros());
    Money::from_micros(limit.micros().saturating_sub(unspent), limit.currency())
}

/// How far along a tab is: answers may come out of order.
fn progress(heard: Option<&Heard>) -> u8 {
    match heard {
        None => 0,
        Some(Heard::RequiresAction { .. } | Heard::Processing) => 1,
        Some(Heard::Open) => 2,
        Some(Heard::Closing { .. }) => 3,
        Some(Heard::Failed { .. }) => 4,
        Some(Heard::Closed { .. }) => 5,
    }
}

fn not_ours() -> WalletError {
    WalletError::invalid("tab", "is not one of this wallet")
}

/// Writes down a new tab, before anyone is asked.
pub(crate) fn create(books: &mut Books, limit: Money, card: CardId) -> Result<KeptTab, WalletError> {
    books.enrolment()?;
    let tabs = &mut books.state.tabs;
    if tabs.kept.iter().any(|kept| !kept.is_final() && kept.limit.currency() == limit.currency()) {
        let reason = "is in a currency in which there is a tab: close it first, or pay what is due of it";
        return Err(WalletError::invalid("limit", reason));
    }
    if tabs.kept.len() >= KEPT_MAX
        && let Some(oldest) = tabs.kept.iter().position(KeptTab::is_final)
    {
        tabs.kept.remove(oldest);
    }
    let opened_at = books.now();
    let kept = KeptTab { id: TabId::generate(), limit, card, opened_at, name: None, heard: None, closes: false };
    books.state.tabs.kept.push(kept.clone());
    keep(books)?;
    Ok(kept)
}

/// Forgets a tab that the gateway certainly does not have.
pub(crate) fn discard(books: &mut Books, id: TabId) -> Result<(), WalletError> {
    books.state.tabs.kept.retain(|kept| kept.id != id);
    keep(books)
}

/// Writes down what the gateway said to a question, and tells the app when that is news.
pub(crate) fn advance(
    books: &mut Books,
    id: TabId,
    question: Question,
    (name, heard): (Option<TabId>, Heard),
) -> Result<(), WalletError> {
    change(books, id, |kept| {
        if progress(Some(&heard)) >= progress(kept.heard.as_ref()) {
            kept.heard = Some(heard);
        }
        kept.name = kept.name.or(name);
        kept.closes &= !matches!(question, Question::Close(_));
        Ok(())
    })
}

/// The gateway will never open it, or does not know it.
pub(crate) fn give_up(books: &mut Books, id: TabId) -> Result<(), WalletError> {
    change(books, id, |kept| {
        kept.heard = Some(Heard::Failed { decline_code: DeclineCode::ProcessingError, due: None });
        kept.closes = false;
        Ok(())
    })
}

/// Writes down that the player wants a tab closed, or what is due of it paid. One that is at its end stays as it is.
///
/// # Errors
/// [`WalletError::InvalidArgument`] for one that is not open yet, [`WalletError::InsufficientFunds`] where less is left
/// than is due.
pub(crate) fn begin_to_close(books: &mut Books, id: TabId) -> Result<(), WalletError> {
    let currency = books.state.tabs.find(id)?.limit.currency();
    let available = books.balance().of_currency(currency).total;
    change(books, id, |kept| match kept.heard {
        Some(Heard::Failed { due: Some(needed), .. }) if available.micros() < needed.micros() => {
            Err(WalletError::InsufficientFunds { available, needed })
        }
        Some(Heard::Open | Heard::Failed { due: Some(_), .. }) => {
            kept.closes = true;
            Ok(())
        }
        Some(Heard::Closing { .. } | Heard::Closed { .. } | Heard::Failed { due: None, .. }) => Ok(()),
        None | Some(Heard::RequiresAction { .. } | Heard::Processing) => {
            Err(WalletError::invalid("tab", "is not open yet; sync, and try again"))
        }
    })
}

/// What the gateway may be told to close.
pub(crate) struct Closing {
    /// The tabs that the player wants closed or paid.
    pub(crate) tabs: BTreeSet<TabId>,
    /// Something was given back for them, which has to be settled first.
    pub(crate) released: bool,
}

/// Gives back what this device has reserved, where the player wants a tab closed or paid: else it would be charged as
/// if it were spent.
pub(crate) fn prepare_to_close(books: &mut Books, may_release: bool) -> Result<Closing, WalletError> {
    let closing = books.state.tabs.closing();
    let mut released = false;
    if may_release && !closing.is_empty() && !DeliberateBug::KeepReserve.is_planted() {
        meter::trim(books);
        for currency in closing.values() {
            let Some(allowance) = books.state.account.allowances.get(currency) else { continue };
            let amount = allowance.remaining(&books.state.committed(*currency));
            if amount.is_positive() {
                let allowance = allowance.version;
                books.append(EntryBody::Release(ReleaseBody { amount, allowance }))?;
                released = true;
            }
        }
    }
    Ok(Closing { tabs: closing.into_keys().collect(), released })
}

/// One tab, for the app.
pub(crate) fn shown(books: &Books, id: TabId) -> Result<Tab, WalletError> {
    shown_by(books, id, dispute::known(books))
}

/// One tab, for the app, by what banks have taken back.
pub(crate) fn shown_by(books: &Books, id: TabId, disputed: &[DisputedCharge]) -> Result<Tab, WalletError> {
    let kept = books.state.tabs.find(id)?;
    Ok(kept.shown(books.balance().of_currency(kept.limit.currency()).total, disputed))
}

/// All of them for the app, the newest first.
pub(crate) fn listed(books: &Books) -> Vec<Tab> {
    let (balance, disputed) = (books.balance(), dispute::known(books));
    let shown = |kept: &KeptTab| kept.shown(balance.of_currency(kept.limit.currency()).total, disputed);
    books.state.tabs.kept.iter().rev().map(shown).collect()
}

/// Changes a tab, writes that down, and tells the app.
fn change(
    books: &mut Books,
    id: TabId,
    change: impl FnOnce(&mut KeptTab) -> Result<(), WalletError>,
) -> Result<(), WalletError> {
    let kept = books.state.tabs.kept.iter_mut().find(|kept| kept.id == id).ok_or_else(not_ours)?;
    let before = kept.clone();
    change(kept)?;
    if *kept != before {
        keep(books)?;
        let tab = shown(books, id)?;
        books.tell(WalletEvent::TabChanged { tab });
    }
    Ok(())
}

fn keep(books: &mut Books) -> Result<(), WalletError> {
    books.state.tabs.changes += 1;
    books.put_document(DocumentName::Tabs, &books.state.tabs)
}

#[cfg(test)]
#[path = "tab_tests.rs"]
mod tests;
