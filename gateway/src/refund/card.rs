//! Unspent balance goes back to the card that was charged.

use std::sync::Arc;

use farthing_protocol::{Money, Timestamp, TopUpId};
use tracing::Instrument;
use uuid::Uuid;

use super::{Begun, Wish, amount};
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, Transaction, Withdrawal, owed, unspread_fee, whole_minor_units};
use crate::processor::{CardRefund, Progress};
use crate::store::{Refund, RefundState, RefundedFrom, StoreError, Tables};
use crate::top_up::State;
use crate::traces;
use crate::webhook::{Event, announce};

/// Takes what is to go back out of the balance and writes it down; [`resolve`] then asks the processor.
pub(crate) async fn refund_top_up(shared: &Arc<Shared>, wish: Wish<TopUpId>) -> Result<Begun, StoreError> {
    let (shared_, now) = (shared.clone(), shared.clock.now());
    let write = move |tables: &dyn Tables| {
        if let Some(known) = tables.refund_by_key(&wish.key)? {
            let same = known.top_up() == Some(wish.of) && wish.amount.is_none_or(|amount| amount == known.amount);
            return Ok(if same { Begun::Refund(known.into()) } else { Begun::OtherRequest });
        }
        let Some(top_up) = tables.top_up(wish.of)?.filter(|top_up| top_up.state == State::Succeeded) else {
            return Ok(Begun::NotThere);
        };
        let currency = top_up.amount.currency();
        let available = owed(tables.balance(&LedgerAccount::user_available(top_up.account), currency)?)?;
        let left = of_charge(tables, top_up.id, top_up.amount)?;
        let refundable = Money::from_micros(whole_minor_units(available).min(left), currency);
        let amount = match amount(wish.amount, refundable, "this charge and the balance") {
            Ok(amount) if whole_minor_units(amount) == amount.micros() => amount,
            Ok(_) => return Ok(Begun::BadAmount("A card gets whole minor units only.".to_owned())),
            Err(reason) => return Ok(Begun::BadAmount(reason)),
        };
        let fee = unspread_fee(tables, top_up.account, amount)?;
        let refund = Refund {
            id: Uuid::now_v7(),
            key: wish.key.clone(),
            account: top_up.account,
            from: RefundedFrom::TopUp { top_up: top_up.id, fee },
            amount,
            state: RefundState::Pending,
            reason: wish.reason.clone(),
        };
        tables.add_refund(&refund, now)?;
        let to = LedgerAccount::refunds(shared_.processor.name());
        let withdrawal = Withdrawal { account: top_up.account, amount, fee, to };
        tables.post(&withdrawal.taken("card_refund", top_up.id.as_bytes())?, now)?;
        tables.raise_revision(top_up.account)?;
        Ok(Begun::Refund(refund.into()))
    };
    shared.store.write(write).await
}

/// What can still go back of a charge, in micros: refunds and disputes take of the same money.
pub(crate) fn of_charge(tables: &dyn Tables, top_up: TopUpId, charged: Money) -> Result<i64, StoreError> {
    let refunds = tables.refunds_of_top_up(top_up)?;
    let gone: i64 =
        refunds.iter().filter(|refund| refund.state != RefundState::Failed).map(|refund| refund.amount.micros()).sum();
    Ok(if tables.is_disputed(Uuid::from_bytes(*top_up.as_bytes()))? { 0 } else { charged.micros() - gone })
}

/// Asks the processor how far a refund to a card is, as long as that is open.
pub(crate) async fn resolve(shared: &Arc<Shared>, refund: Refund) -> Result<Refund, StoreError> {
    let (RefundState::Pending, Some(top_up)) = (refund.state, refund.top_up()) else { return Ok(refund) };
    let asked = CardRefund { id: refund.id, top_up, amount: refund.amount };
    let span = traces::processor(shared.processor.name(), "refund");
    let state = match traces::outcome(shared.processor.refund(asked)).instrument(span).await? {
        Progress::Pending => return Ok(refund),
        Progress::Done { .. } => RefundState::Succeeded,
        Progress::Failed => RefundState::Failed,
    };
    let (processor, id, now) = (shared.processor.name(), refund.id, shared.clock.now());
    shared.store.write(move |tables| conclude(tables, processor, id, state, now)).await
}

/// Writes down what became of a refund. Two may come here at once with the same word.
fn conclude(
    tables: &dyn Tables,
    processor: &str,
    id: Uuid,
    state: RefundState,
    now: Timestamp,
) -> Result<Refund, StoreError> {
    let mut refund = tables.refund(id)?.ok_or(StoreError::Damaged("a refund is gone"))?;
    let RefundedFrom::TopUp { top_up, fee } = refund.from else { return Ok(refund) };
    if refund.state != RefundState::Pending {
        return Ok(refund);
    }
    let (account, amount) = (refund.account, refund.amount);
    let sent = LedgerAccount::refunds(processor);
    let postings = match state {
        RefundState::Failed => {
            Withdrawal { account, amount, fee, to: sent }.returned("card_refund_failed", top_up.as_bytes())?
        }
        _ => Transaction::new("card_refund_sent", top_up.as_bytes())
            .debit(sent, amount)
            .credit(LedgerAccount::card_clearing(processor), amount)?,
    };
    tables.post(&postings, now)?;
    tables.set_refund_state(id, state)?;
    refund.state = state;
    tables.raise_revision(account)?;
    announce(tables, account, || Ok(Event::of_refund(&refund)), now)?;
    Ok(refund)
}
