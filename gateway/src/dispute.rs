//! A cardholder disputes a charge at the bank: the bank takes the money back until it has decided.
//!
//! What the player has not reserved yet of the charge is held meanwhile. What is reserved for a device stays there: it
//! was promised to settle. So the loss is at most what was spent or promised.

use std::sync::Arc;

use farthing_protocol::limits::DISPUTED_CHARGES_MAX;
use farthing_protocol::{AccountId, DisputedCharge, Money, Timestamp, TopUpId};
use uuid::Uuid;

use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, Transaction, Withdrawal, owed, unspread_fee};
use crate::processor::ChargeStatus;
use crate::refund::of_charge;
use crate::store::{Dispute, DisputeState, StoreError, Tables};
use crate::webhook::{Event, announce};
use crate::{tab, top_up};

/// A dispute as a processor tells of it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// What the processor calls it.
    pub(crate) name: String,
    pub(crate) amount: Money,
    /// What the processor takes for it, as far as it is not returned.
    pub(crate) fee: Money,
    pub(crate) state: DisputeState,
}

/// Writes down how a dispute of a top-up's or tab's charge stands. Told again, or late, nothing changes.
pub(crate) async fn record(
    shared: &Arc<Shared>,
    account: AccountId,
    payment: Uuid,
    told: Told,
) -> Result<Dispute, StoreError> {
    let (processor, now) = (shared.processor.name(), shared.clock.now());
    shared.store.write(move |tables| write_down(tables, processor, (account, payment), &told, now)).await
}

/// What the sandbox takes for a dispute, in micros of the charge's currency: 15.00, as `economics/month.toml` assumes.
const SANDBOX_FEE: i64 = 15_000_000;

/// What became of a tester's order.
pub(crate) enum Ordered {
    Dispute(Box<Dispute>),
    NoSuchPayment,
    /// No card was charged for it, or all of that has gone back.
    NothingCharged,
    /// The bank has decided before, and otherwise.
    Decided(DisputeState),
}

/// Disputes a charge of the sandbox, and decides on it, in a bank's place.
pub(crate) async fn order(shared: &Arc<Shared>, name: Uuid, state: DisputeState) -> Result<Ordered, StoreError> {
    let (processor, now) = (shared.processor.name(), shared.clock.now());
    let write = move |tables: &dyn Tables| {
        let Some(payment) = tables.payment_called(name)? else { return Ok(Ordered::NoSuchPayment) };
        let (account, amount) = charged(tables, payment)?;
        let name = format!("sandbox_{payment}");
        if amount.is_zero() && tables.dispute(&name)?.is_none() {
            return Ok(Ordered::NothingCharged);
        }
        let fee = Money::from_micros(SANDBOX_FEE, amount.currency());
        let told = Told { name, amount, fee, state };
        let dispute = write_down(tables, processor, (account, payment), &told, now)?;
        Ok(if dispute.state == state { Ordered::Dispute(dispute.into()) } else { Ordered::Decided(dispute.state) })
    };
    shared.store.write(write).await
}

/// Whose a top-up or tab is, and what can go back of what the sandbox has charged a card for it.
fn charged(tables: &dyn Tables, payment: Uuid) -> Result<(AccountId, Money), StoreError> {
    let id = TopUpId::from_bytes(payment.into_bytes());
    let charge = tables.sandbox_charge(id)?;
    let is_charged = charge.is_some_and(|charge| matches!(charge.answer, ChargeStatus::Succeeded { .. }));
    if let Some(top_up) = tables.top_up(id)? {
        let is_charged = is_charged && top_up.state == top_up::State::Succeeded;
        let left = if is_charged { of_charge(tables, id, top_up.amount)? } else { 0 };
        return Ok((top_up.account, Money::from_micros(left, top_up.amount.currency())));
    }
    let tab = tables.tab(payment)?.ok_or(StoreError::Damaged("a payment of nothing"))?;
    match tab.state {
        tab::State::Closed { charged } if is_charged => Ok((tab.account, charged)),
        _ => Ok((tab.account, Money::zero(tab.limit.currency()))),
    }
}

fn write_down(
    tables: &dyn Tables,
    processor: &str,
    of: (AccountId, Uuid),
    told: &Told,
    now: Timestamp,
) -> Result<Dispute, StoreError> {
    let mut dispute = match tables.dispute(&told.name)? {
        Some(known) => known,
        None => open(tables, processor, of, told, now)?,
    };
    if dispute.state == DisputeState::Open && told.state != DisputeState::Open {
        close(tables, processor, &dispute, told.state, now)?;
        dispute.state = told.state;
        tables.set_dispute_state(dispute.id, dispute.state)?;
        tables.raise_revision(dispute.account)?;
        announce(tables, dispute.account, || Ok(Event::of_dispute(&dispute)), now)?;
    }
    Ok(dispute)
}

/// The charges of an account that banks have taken back, as its statements have them.
pub(crate) fn disputed(tables: &dyn Tables, account: AccountId) -> Result<Vec<DisputedCharge>, StoreError> {
    let disputes = tables.disputes_of(account)?;
    let taken_back = disputes.iter().rev().filter(|dispute| dispute.state != DisputeState::Won);
    let charge = |dispute: &Dispute| {
        let top_up = tables.top_up(TopUpId::from_bytes(*dispute.payment.as_bytes()))?;
        let key = match top_up {
            Some(top_up) => Some(top_up.key),
            None => tables.tab(dispute.payment)?.map(|tab| tab.key),
        };
        let idempotency_key = key.ok_or(StoreError::Damaged("a dispute of no payment"))?;
        Ok(DisputedCharge { idempotency_key, held: dispute.held, is_lost: dispute.state == DisputeState::Lost })
    };
    taken_back.take(DISPUTED_CHARGES_MAX).map(charge).collect()
}

fn open(
    tables: &dyn Tables,
    processor: &str,
    (account, payment): (AccountId, Uuid),
    told: &Told,
    now: Timestamp,
) -> Result<Dispute, StoreError> {
    let Told { amount, fee, .. } = *told;
    let available = owed(tables.balance(&LedgerAccount::user_available(account), amount.currency())?)?;
    let held = if available.micros() < amount.micros() { available } else { amount };
    let held_fee = unspread_fee(tables, account, held)?;
    let taken = amount.plus(fee).map_err(|_| StoreError::Unbalanced("a dispute that is out of range"))?;
    let chargebacks = LedgerAccount::chargebacks(processor);
    let opened = Transaction::new("dispute", payment.as_bytes())
        .debit(chargebacks.clone(), amount)
        .debit(LedgerAccount::platform_revenue(), fee)
        .credit(LedgerAccount::card_clearing(processor), taken)?;
    tables.post(&opened, now)?;
    let hold = Withdrawal { account, amount: held, fee: held_fee, to: chargebacks };
    tables.post(&hold.taken("dispute_hold", payment.as_bytes())?, now)?;
    let dispute = Dispute {
        id: Uuid::now_v7(),
        name: told.name.clone(),
        account,
        payment,
        amount,
        fee,
        held,
        held_fee,
        state: DisputeState::Open,
    };
    tables.add_dispute(&dispute, now)?;
    tables.raise_revision(account)?;
    announce(tables, account, || Ok(Event::of_dispute(&dispute)), now)?;
    Ok(dispute)
}

fn close(
    tables: &dyn Tables,
    processor: &str,
    dispute: &Dispute,
    state: DisputeState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Dispute { account, payment, amount, held, held_fee, .. } = dispute;
    let chargebacks = LedgerAccount::chargebacks(processor);
    if state == DisputeState::Won {
        let won = Transaction::new("dispute_won", payment.as_bytes())
            .debit(LedgerAccount::card_clearing(processor), *amount)
            .credit(chargebacks.clone(), *amount)?;
        tables.post(&won, now)?;
        let hold = Withdrawal { account: *account, amount: *held, fee: *held_fee, to: chargebacks };
        if DeliberateBug::KeepHolds.is_planted() {
            return Ok(());
        }
        return tables.post(&hold.returned("dispute_release", payment.as_bytes())?, now);
    }
    let loss = amount.minus(*held).map_err(|_| StoreError::Damaged("a dispute in two currencies"))?;
    let lost = Transaction::new("dispute_lost", payment.as_bytes())
        .debit(LedgerAccount::platform_revenue(), loss)
        .credit(chargebacks, loss)?;
    tables.post(&lost, now)
}
