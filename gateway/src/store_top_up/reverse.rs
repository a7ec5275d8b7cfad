//! The store gives a price back, or takes it again.
//!
//! What is not reserved of the credit is taken out of the balance; what is reserved for a device stays there: it was
//! promised to settle. What was spent or promised is the platform's loss, as in a card's dispute that is lost.

use std::sync::Arc;

use farthing_protocol::{Money, Timestamp};

use super::Seller;
use super::postings::Reversal;
use super::terms::{Part, Terms, share};
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, owed, unspread_fee};
use crate::processor::app_store::{AppStore, Notification, Told};
use crate::store::{SoldPack, StoreError, Tables};
use crate::webhook::{Event, StoreRefundData, announce};

/// Writes down what the App Store tells. Told again, nothing changes.
pub(crate) async fn take_notification(
    shared: &Arc<Shared>,
    store: &AppStore,
    notification: Notification,
) -> Result<(), StoreError> {
    let Notification { id, told, at, transaction: Some(transaction) } = notification else { return Ok(()) };
    if told == Told::Other {
        return Ok(());
    }
    let (terms, now) = (store.terms.clone(), shared.clock.now());
    let write = move |tables: &dyn Tables| {
        if !tables.note_store_notification(id, now)? {
            return Ok(());
        }
        let word = Word { seller: Seller::AppStore, name: &transaction.transaction_id, at };
        match told {
            Told::Refunded => word.refunded(tables, &terms, transaction.refunded_part(), now),
            Told::RefundReversed => word.refund_reversed(tables, now),
            Told::ConsumptionAsked => word.consumption_asked(tables, now),
            Told::Other => Ok(()),
        }
    };
    shared.store.write(write).await
}

/// What a store says of a purchase at a time.
pub(super) struct Word<'a> {
    pub(super) seller: Seller,
    pub(super) name: &'a str,
    pub(super) at: Timestamp,
}

impl Word<'_> {
    /// A part of the price went back to the player.
    pub(super) fn refunded(
        &self,
        tables: &dyn Tables,
        terms: &Terms,
        part: Part,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(mut pack) = tables.sold_pack(self.seller, self.name)? else {
            // Whoever hands it over later gets nothing for it.
            if DeliberateBug::ForgetRevocations.is_planted() {
                return Ok(());
            }
            return tables.set_store_revocation(self.seller, self.name, self.at);
        };
        // Messages may come in any order.
        if pack.reversal.is_some() || pack.told_at > self.at {
            return Ok(());
        }
        let SoldPack { account, id, sale, .. } = pack;
        let currency = sale.amount.currency();
        let available = owed(tables.balance(&LedgerAccount::user_available(account), currency)?)?;
        let credited = Money::from_micros(share(sale.amount.micros(), part), currency);
        let is_short = available.micros() < credited.micros() && !DeliberateBug::TakeBackWhole.is_planted();
        let held = if is_short { available } else { credited };
        let held_fee = unspread_fee(tables, account, held)?;
        let reversal = Reversal { taken: terms.taken_back(&sale, part), held, held_fee };
        tables.post(&reversal.posted(self.seller, account, id)?, now)?;
        (pack.reversal, pack.told_at) = (Some(reversal), self.at);
        tables.set_sold_pack(&pack)?;
        tables.raise_revision(account)?;
        let event = || Ok(Event::TopUpRefunded(StoreRefundData::of(&pack, credited, held)));
        announce(tables, account, event, now)
    }

    /// The price was taken from the player again.
    fn refund_reversed(&self, tables: &dyn Tables, now: Timestamp) -> Result<(), StoreError> {
        let Some(mut pack) = tables.sold_pack(self.seller, self.name)? else {
            return tables.lift_store_revocation(self.seller, self.name, self.at);
        };
        if pack.told_at > self.at {
            return Ok(());
        }
        pack.told_at = self.at;
        let Some(reversal) = pack.reversal.take() else { return tables.set_sold_pack(&pack) };
        let SoldPack { account, id, sale, .. } = pack;
        // Nobody can use what an erased account gets.
        let nothing = Money::zero(sale.amount.currency());
        let reversal = match tables.erased_at(account)? {
            Some(_) => Reversal { held: nothing, held_fee: nothing, ..reversal },
            None => reversal,
        };
        tables.post(&reversal.undone(self.seller, account, id)?, now)?;
        tables.set_sold_pack(&pack)?;
        tables.raise_revision(account)?;
        let event = || Ok(Event::TopUpRefundReversed(StoreRefundData::of(&pack, sale.amount, reversal.held)));
        announce(tables, account, event, now)
    }

    /// The player wants the price back, and the store asks how much was used. The merchant is told, who knows whether the
    /// player agrees to an answer; the gateway gives none.
    fn consumption_asked(&self, tables: &dyn Tables, now: Timestamp) -> Result<(), StoreError> {
        let Some(pack) = tables.sold_pack(self.seller, self.name)? else { return Ok(()) };
        let (account, amount) = (pack.account, pack.sale.amount);
        let available = owed(tables.balance(&LedgerAccount::user_available(account), amount.currency())?)?;
        let held = if available.micros() < amount.micros() { available } else { amount };
        tables.raise_revision(account)?;
        let event = || Ok(Event::TopUpConsumptionAsked(StoreRefundData::of(&pack, amount, held)));
        announce(tables, account, event, now)
    }
}
