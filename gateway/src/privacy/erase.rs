//! Erases what is known of a user (GDPR, article 17).
//!
//! 1. **Refuse what can't be undone later.** While a charge, a tab, a refund or a dispute is under way, its outcome still
//!    needs the account. Money that is left must be paid back first (a refund to the card), or the operator declares it
//!    written off.
//! 2. **Close.** The devices are revoked: nothing more is settled from them, and what they had reserved is the account's.
//! 3. **Destroy.** The account's key goes, and with it everything that it has sealed; so do the card's number, limits,
//!    approvals, and the words that somebody typed.
//! 4. **Keep what the law asks for.** The books, receipts and refunds stay under the account's name, which says nothing
//!    any more (article 17(3)(b); for accounts, article 5(1)(e) and the tax law of the merchant's country).
//! 5. **Tell.** The merchant hears of it (`account.erased`), since they may know more (article 19). Stripe is told to let
//!    go of the cards.
//!
//! A copy of the database that was made before still has the account's key, sealed by the vault key of that time. It is
//! beyond reach once that vault key is retired and its file destroyed; the guide says how.

use std::sync::Arc;

use farthing_protocol::{AccountId, EntryId, Money, Receipt, RefundReceipt, Timestamp, Tip};
use serde_json::Value;
use uuid::Uuid;

use crate::dashboard::audit::{Action, Note};
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, Transaction};
use crate::revocation::revoke;
use crate::store::{RefundText, StoreError, Tables, Unfinished};
use crate::vault::Instrument;
use crate::webhook::{Event, announce};

/// What becomes of money that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOver {
    /// The account is not erased.
    Refuse,
    /// The operator declares it theirs.
    WriteOff,
}

/// What became of a wish to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Erased {
    Done {
        at: Timestamp,
        /// What was written off.
        written_off: Vec<Money>,
    },
    NoSuchAccount,
    /// Something is under way. Nothing was changed.
    Unfinished(Unfinished),
    /// Money is left. Nothing was changed.
    HasMoney(Vec<Money>),
}

/// Who asks for it, and what of.
pub(crate) struct Wish {
    pub(crate) account: AccountId,
    pub(crate) left_over: LeftOver,
    /// As the audit log has it.
    pub(crate) who: String,
}

/// Erases an account. Asked again, it says when it was done.
pub(crate) async fn erase(shared: &Arc<Shared>, wish: Wish) -> Result<Erased, StoreError> {
    let account = wish.account;
    let look = move |tables: &dyn Tables| Words::of(tables, account);
    // Whole tables are looked at apart from the transaction that changes something.
    let words = shared.store.read(look).await?;
    let merchant = shared.catalogs.merchant();
    let (shared_, now, noted_at) = (shared.clone(), shared.clock.now(), shared.clock.unskewed());
    let write = move |tables: &dyn Tables| {
        let instruments = instruments(tables, &shared_, account)?;
        let erased = erase_in(tables, &wish, (&words, &merchant), now, noted_at)?;
        Ok((erased, instruments))
    };
    let (erased, instruments) = shared.store.write(write).await?;
    if let Erased::Done { .. } = &erased {
        // What came in between the look and the end of the account.
        let rest = shared.store.read(look).await?;
        shared.store.write(move |tables: &dyn Tables| rest.clear(tables)).await?;
        if let Some(stripe) = &shared.stripe {
            for instrument in &instruments {
                if let Instrument::PaymentMethod(method) = instrument {
                    stripe.forget(method).await;
                }
            }
        }
        shared.store.scrub().await?;
    }
    Ok(erased)
}

fn instruments(tables: &dyn Tables, shared: &Shared, account: AccountId) -> Result<Vec<Instrument>, StoreError> {
    if shared.stripe.is_none() {
        return Ok(Vec::new());
    }
    let cards = shared.persons.cards(tables, account)?;
    cards.iter().map(|card| shared.vault.open(card)).collect()
}

fn erase_in(
    tables: &dyn Tables,
    wish: &Wish,
    (words, merchant): (&Words, &str),
    now: Timestamp,
    noted_at: Timestamp,
) -> Result<Erased, StoreError> {
    let account = wish.account;
    let Some(record) = tables.account_record(account)? else { return Ok(Erased::NoSuchAccount) };
    if let Some(at) = record.erased_at {
        return Ok(Erased::Done { at, written_off: Vec::new() });
    }
    let note = |detail: Option<String>| {
        let subject = Some(account.to_string());
        Note { who: Some(&wish.who), action: Action::EraseAccount, subject, detail }
    };
    let unfinished = tables.unfinished(account)?;
    if unfinished != Unfinished::default() {
        note(Some("something is under way".to_owned())).refused(tables, noted_at)?;
        return Ok(Erased::Unfinished(unfinished));
    }
    let left_over = tables.left_over(account)?;
    if !left_over.is_empty() && wish.left_over == LeftOver::Refuse {
        note(Some(format!("{} is left", amounts(&left_over)))).refused(tables, noted_at)?;
        return Ok(Erased::HasMoney(left_over));
    }
    for device in tables.devices_of(account)? {
        revoke(tables, device, now)?;
    }
    for amount in &left_over {
        tables.post(&write_off(tables, account, merchant, *amount)?, now)?;
    }
    words.clear(tables)?;
    tables.forget_person(account, now)?;
    tables.raise_revision(account)?;
    announce(tables, account, || Ok(Event::AccountErased { account }), now)?;
    let detail = (!left_over.is_empty()).then(|| format!("{} written off", amounts(&left_over)));
    note(detail).done(tables, noted_at)?;
    Ok(Erased::Done { at: now, written_off: left_over })
}

/// Where words of a user's are.
struct Words {
    refunds: Vec<Uuid>,
    tips: Vec<(EntryId, Vec<u8>)>,
    messages: Vec<Uuid>,
}

impl Words {
    fn of(tables: &dyn Tables, account: AccountId) -> Result<Self, StoreError> {
        Ok(Words {
            refunds: tables.refunds_of(account)?,
            tips: tables.receipts_of_tips(account)?,
            messages: tables.webhook_messages_of(account)?,
        })
    }

    fn clear(&self, tables: &dyn Tables) -> Result<(), StoreError> {
        for refund in &self.refunds {
            if let Some(text) = tables.refund_text(*refund)? {
                let receipt = text.receipt.as_deref().map(without_reason).transpose()?;
                tables.clear_refund_text(&RefundText { receipt, ..text })?;
            }
        }
        for (purchase, receipt) in &self.tips {
            tables.set_receipt(*purchase, &without_message(receipt)?)?;
        }
        self.messages.iter().try_for_each(|message| tables.clear_webhook_message(*message, &redacted))
    }
}

/// Amounts, for people.
pub(crate) fn amounts(amounts: &[Money]) -> String {
    amounts.iter().map(Money::to_string).collect::<Vec<_>>().join(", ")
}

/// What is left becomes the platform's, less the fee that was still to be spread of it. Units of the merchant's own
/// currency are nobody's any more.
fn write_off(
    tables: &dyn Tables,
    account: AccountId,
    merchant: &str,
    amount: Money,
) -> Result<Transaction, StoreError> {
    if amount.currency().is_virtual() {
        return Transaction::new("write_off", account.as_bytes())
            .debit(LedgerAccount::user_available(account), amount)
            .credit(LedgerAccount::virtual_currency(merchant), amount);
    }
    let fee = tables.balance(&LedgerAccount::processor_fees_prepaid(account), amount.currency())?;
    let earned = amount.minus(fee).map_err(|_| StoreError::Unbalanced("a fee in another currency"))?;
    Transaction::new("write_off", account.as_bytes())
        .debit(LedgerAccount::user_available(account), amount)
        .credit(LedgerAccount::processor_fees_prepaid(account), fee)?
        .credit(LedgerAccount::platform_revenue(), earned)
}

/// A refund's receipt without the words of its reason.
fn without_reason(payload: &[u8]) -> Result<Vec<u8>, StoreError> {
    let unreadable = |_| StoreError::Damaged("a refund receipt that is none");
    let receipt: RefundReceipt = serde_json::from_slice(payload).map_err(unreadable)?;
    serde_json::to_vec(&RefundReceipt { reason: String::new(), ..receipt }).map_err(unreadable)
}

/// A tip's receipt without what was said with it.
fn without_message(payload: &[u8]) -> Result<Vec<u8>, StoreError> {
    let unreadable = |_| StoreError::Damaged("a receipt that is no JSON");
    let mut receipt: Receipt = serde_json::from_slice(payload).map_err(unreadable)?;
    receipt.tip = receipt.tip.map(|tip| Tip { message: None, ..tip });
    serde_json::to_vec(&receipt).map_err(unreadable)
}

/// A message that is still to be sent, without the words of a reason and what was said with tips.
fn redacted(body: &str) -> String {
    let Ok(mut event) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    if let Some(reason) = event.pointer_mut("/data/reason").filter(|reason| reason.is_string()) {
        *reason = Value::String(String::new());
    }
    let tips = event.pointer_mut("/data/tips").and_then(Value::as_array_mut);
    for tip in tips.into_iter().flatten() {
        if let Some(tip) = tip.pointer_mut("/tip").and_then(Value::as_object_mut) {
            tip.remove("message");
        }
    }
    event.to_string()
}
