//! The unspent goes out of the balance, and the card is charged the rest; what it could not be charged is paid out of the
//! balance.

use std::sync::Arc;

use farthing_protocol::api::DeclineCode;
use farthing_protocol::{Money, Timestamp};
use tracing::Instrument;
use uuid::Uuid;

use super::State;
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, Transaction, owed, unspread_fee, whole_minor_units};
use crate::processor::Progress;
use crate::store::{StoreError, Tab, Tables};
use crate::traces;
use crate::webhook::{Event, announce};

/// Decides what the card is charged, or pays what it could not be charged. A tab that is neither open nor due stays as it
/// is; nothing when there is none of that name.
pub(crate) async fn close(shared: &Arc<Shared>, id: Uuid) -> Result<Option<Tab>, StoreError> {
    let now = shared.clock.now();
    let write = move |tables: &dyn Tables| {
        let Some(mut tab) = tables.tab(id)? else { return Ok(None) };
        match tab.state {
            State::Open => {}
            State::Failed { due: Some(due), .. } => return pay(tables, tab, due, now).map(Some),
            _ => return Ok(Some(tab)),
        }
        let (account, currency) = (tab.account, tab.limit.currency());
        let available = owed(tables.balance(&LedgerAccount::user_available(account), currency)?)?;
        // A card is charged whole minor units, so what is less than one stays in the balance, paid for.
        let unspent = whole_minor_units(available).min(tab.limit.micros());
        let unspent = Money::from_micros(unspent, currency);
        let fee = unspread_fee(tables, account, unspent)?;
        let out_of_range = |_| StoreError::Damaged("a tab that is out of range");
        let (net, due) = (unspent.minus(fee).map_err(out_of_range)?, tab.limit.minus(unspent).map_err(out_of_range)?);
        let returned = Transaction::new("tab_unspent", id.as_bytes())
            .debit(LedgerAccount::user_available(account), unspent)
            .credit(LedgerAccount::processor_fees_prepaid(account), fee)?
            .credit(LedgerAccount::card_authorised(account), net)?;
        tables.post(&returned, now)?;
        let due = if DeliberateBug::ChargeLimit.is_planted() { tab.limit } else { due };
        tab.state = State::Closing { due };
        tables.set_tab_state(id, tab.state)?;
        tables.raise_revision(account)?;
        Ok(Some(tab))
    };
    shared.store.write(write).await
}

/// Pays what is due out of what is available, all of it or nothing: the platform has borne it until now.
fn pay(tables: &dyn Tables, mut tab: Tab, due: Money, now: Timestamp) -> Result<Tab, StoreError> {
    let account = tab.account;
    let available = owed(tables.balance(&LedgerAccount::user_available(account), due.currency())?)?;
    if available.micros() < due.micros() {
        return Ok(tab);
    }
    let fee = unspread_fee(tables, account, due)?;
    let net = due.minus(fee).map_err(|_| StoreError::Damaged("a tab that is out of range"))?;
    let paid = Transaction::new("tab_paid", tab.id.as_bytes())
        .debit(LedgerAccount::user_available(account), due)
        .credit(LedgerAccount::processor_fees_prepaid(account), fee)?
        .credit(LedgerAccount::platform_revenue(), net)?;
    tables.post(&paid, now)?;
    if !DeliberateBug::KeepDebts.is_planted() {
        tab.state = State::Closed { charged: due };
    }
    tables.set_tab_state(tab.id, tab.state)?;
    tables.raise_revision(account)?;
    announce(tables, account, || Ok(Event::TabClosed { account, tab: tab.id, charged: due }), now)?;
    Ok(tab)
}

/// Has the card charged what is due, as long as that is not done.
pub(crate) async fn conclude(shared: &Arc<Shared>, tab: Tab) -> Result<Tab, StoreError> {
    let State::Closing { due } = tab.state else { return Ok(tab) };
    let span = traces::processor(shared.processor.name(), "capture");
    let fee = match traces::outcome(shared.processor.capture(tab.id, due)).instrument(span).await? {
        Progress::Pending => return Ok(tab),
        Progress::Failed => None,
        Progress::Done { .. } if due.is_zero() => Some(due),
        Progress::Done { fee } => Some(fee.unwrap_or_else(|| shared.config.processors.fees().fee(due))),
    };
    let (shared_, id, now) = (shared.clone(), tab.id, shared.clock.now());
    shared.store.write(move |tables| end(tables, &shared_, id, fee, now)).await
}

/// Posts the charge with its fee, or that there was none. Two may come here at once with the same word.
fn end(tables: &dyn Tables, shared: &Shared, id: Uuid, fee: Option<Money>, now: Timestamp) -> Result<Tab, StoreError> {
    let mut tab = tables.tab(id)?.ok_or(StoreError::Damaged("a tab is gone"))?;
    let State::Closing { due } = tab.state else { return Ok(tab) };
    let (account, out_of_range) = (tab.account, |_| StoreError::Damaged("a tab that is out of range"));
    // An account has one tab in a currency: this is what is left of it.
    let left = tables.balance(&LedgerAccount::card_authorised(account), due.currency())?;
    let come_in = fee.map_or(Ok(Money::zero(due.currency())), |fee| due.minus(fee)).map_err(out_of_range)?;
    let ended = Transaction::new("tab_charge", id.as_bytes())
        .debit(LedgerAccount::card_clearing(shared.processor.name()), come_in)
        // A fee that is not the expected one, or a charge that fails after the goods are gone, is the platform's.
        .debit(LedgerAccount::platform_revenue(), left.minus(come_in).map_err(out_of_range)?)
        .credit(LedgerAccount::card_authorised(account), left)?;
    tables.post(&ended, now)?;
    tab.state = match fee {
        Some(_) => State::Closed { charged: due },
        None => State::Failed { code: DeclineCode::Other, due: Some(due).filter(|due| due.is_positive()) },
    };
    tables.set_tab_state(id, tab.state)?;
    tables.raise_revision(account)?;
    let event = || {
        Ok(match fee {
            Some(_) => Event::TabClosed { account, tab: id, charged: due },
            None => Event::TabFailed { account, tab: id, due },
        })
    };
    announce(tables, account, event, now)?;
    Ok(tab)
}
