//! The price of a purchase goes back into the balance that it was paid from.

use std::collections::BTreeMap;
use std::sync::Arc;

use farthing_protocol::{
    EntryId, IdempotencyKey, Money, PassPeriod, Receipt, RefundId, RefundReceipt, Sku, Split, Timestamp,
};
use uuid::Uuid;

use super::{Begun, Wish, amount};
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, Transaction, owed};
use crate::store::{Change, Refund, RefundState, RefundedFrom, SignedRefund, StoreError, Tables};
use crate::webhook::{Event, announce};

/// Gives back the price of a purchase, or a part of it: everyone who got a share of it returns as much of that.
///
/// `quantity` is how many of the items are taken back; where it is not said, they are once all of the price has gone
/// back, and the player keeps them until then.
pub(crate) async fn refund_purchase(
    shared: &Arc<Shared>,
    wish: Wish<EntryId>,
    quantity: Option<u32>,
) -> Result<Begun, StoreError> {
    let (shared_, now) = (shared.clone(), shared.clock.now());
    shared.store.write(move |tables| refund_in(tables, &shared_, &wish, quantity, now)).await
}

/// As [`refund_purchase`], in a transaction that has more to do.
pub(crate) fn refund_in(
    tables: &dyn Tables,
    shared: &Shared,
    wish: &Wish<EntryId>,
    quantity: Option<u32>,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    if let Some(known) = tables.refund_by_key(&wish.key)? {
        let same = known.purchase() == Some(wish.of)
            && wish.amount.is_none_or(|amount| amount == known.amount)
            && quantity.is_none_or(|quantity| quantity == known.quantity());
        return Ok(if same { Begun::Refund(known.into()) } else { Begun::OtherRequest });
    }
    let Some(receipt) = receipt_of(tables, wish.of)? else { return Ok(Begun::NotThere) };
    if tables.erased_at(receipt.sub)?.is_some() {
        let reason = "The account was erased: there is no balance that it could go back into.";
        return Ok(Begun::BadAmount(reason.to_owned()));
    }
    let gone = Gone::of(tables, wish.of)?;
    let amount = match amount(wish.amount, gone.rest(&receipt), "this purchase") {
        Ok(amount) => amount,
        Err(reason) => return Ok(Begun::BadAmount(reason)),
    };
    let left = left(tables, &receipt, gone, now)?;
    let takes_all = gone.micros + amount.micros() == receipt.total.micros();
    let quantity = quantity.unwrap_or(if takes_all { left } else { 0 });
    if quantity > left {
        return Ok(Begun::BadQuantity(format!("Of this purchase up to {left} can be taken back.")));
    }
    let giving = Giving { receipt: &receipt, gone, amount, quantity, key: &wish.key, reason: &wish.reason };
    Ok(Begun::Refund(give(tables, shared, &giving, now)?.into()))
}

/// How many can still be taken back. Of what was paid by use there is nothing, nor of a pass that has ended; of currency
/// packs as many as there are units in the account that no device has reserved.
fn left(tables: &dyn Tables, receipt: &Receipt, gone: Gone, now: Timestamp) -> Result<u32, StoreError> {
    let is_pass = receipt.contents.is_empty() && !receipt.passes.is_empty();
    let has_ended = || Ok::<_, StoreError>(pass_of(tables, receipt, &receipt.sku)?.is_none_or(|it| it.ends_at <= now));
    let nothing = grants_nothing(receipt) || (is_pass && (has_run(receipt, &receipt.sku, now) || has_ended()?));
    let left = if nothing { 0 } else { receipt.quantity.saturating_sub(gone.quantity) };
    if receipt.credits.is_none() {
        return Ok(left);
    }
    let pack = units_of(receipt, 1)?;
    let available = owed(tables.balance(&LedgerAccount::user_available(receipt.sub), pack.currency())?)?;
    let covered = available.micros().checked_div(pack.micros()).unwrap_or(0).clamp(0, i64::from(left));
    Ok(u32::try_from(covered).unwrap_or(left))
}

/// What so many packs of a purchase have credited; nothing of another one.
fn units_of(receipt: &Receipt, quantity: u32) -> Result<Money, StoreError> {
    let Some(all) = receipt.credits else { return Ok(Money::zero(receipt.total.currency())) };
    let pack = Money::from_micros(all.micros() / i64::from(receipt.quantity.max(1)), all.currency());
    pack.times(quantity).map_err(|_| StoreError::Damaged("more packs than were bought"))
}

/// Whether the device that bought has as many left as so many of a purchase are, of each item in it. Items are alike, and
/// so is time: it does not matter by which purchase they came.
pub(super) fn is_unused(
    tables: &dyn Tables,
    receipt: &Receipt,
    quantity: u32,
    (pass_used_percent, now): (u32, Timestamp),
) -> Result<bool, StoreError> {
    for (sku, quantity, seconds) in parts(receipt, quantity) {
        let is_there = match seconds {
            None => tables.items_left(receipt.device, sku)? >= u64::from(quantity),
            Some(seconds) => {
                pass_of(tables, receipt, sku)?.is_some_and(|pass| pass.is_unused(seconds, pass_used_percent, now))
            }
        };
        if !is_there {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What so many of a purchase are: each item, how many, and of a pass for how many seconds.
fn parts(receipt: &Receipt, quantity: u32) -> impl Iterator<Item = (&Sku, u32, Option<u64>)> {
    let itself = receipt.contents.is_empty().then_some((&receipt.sku, quantity));
    let in_it = receipt.contents.iter().map(move |content| (&content.sku, content.quantity.saturating_mul(quantity)));
    itself.into_iter().chain(in_it).map(|(sku, quantity)| {
        let pass = receipt.passes.iter().find(|pass| pass.sku == *sku);
        (sku, quantity, pass.map(seconds_of))
    })
}

/// Whether the time of a pass that a purchase was for is over. What is left then came by later ones.
fn has_run(receipt: &Receipt, sku: &Sku, now: Timestamp) -> bool {
    receipt.passes.iter().any(|pass| pass.sku == *sku && pass.ends_at <= now)
}

/// How long a pass lasts on the device that bought it.
fn pass_of(tables: &dyn Tables, receipt: &Receipt, sku: &Sku) -> Result<Option<PassPeriod>, StoreError> {
    Ok(tables.passes(receipt.device)?.into_iter().find(|pass| pass.sku == *sku))
}

/// Seconds that a purchase of a pass was for.
fn seconds_of(bought: &PassPeriod) -> u64 {
    let milliseconds = bought.ends_at.as_millisecond() - bought.starts_at.as_millisecond();
    u64::try_from(milliseconds / 1_000).unwrap_or(0)
}

/// Writes down that so many of a purchase are the player's no more.
fn take_back(tables: &dyn Tables, receipt: &Receipt, quantity: u32, now: Timestamp) -> Result<(), StoreError> {
    // The units of a pack are money, and moved with the price.
    if grants_nothing(receipt) || receipt.credits.is_some() {
        return Ok(());
    }
    let mut changes: BTreeMap<Sku, Change> = BTreeMap::new();
    for (sku, quantity, seconds) in parts(receipt, quantity) {
        match seconds {
            None => {
                changes.entry(sku.clone()).or_default().take(quantity);
                tables.take_durable(receipt.sub, receipt.device, sku, quantity)?;
            }
            Some(_) if DeliberateBug::KeepRefundedPasses.is_planted() => {}
            Some(seconds) if quantity > 0 && !has_run(receipt, sku, now) => {
                if let Some(pass) = pass_of(tables, receipt, sku)? {
                    tables.set_pass(receipt.device, &pass.shortened(seconds, now))?;
                }
            }
            Some(_) => {}
        }
    }
    tables.change_items(receipt.device, &changes)
}

/// What the receipt of a purchase says, if it is settled.
pub(super) fn receipt_of(tables: &dyn Tables, purchase: EntryId) -> Result<Option<Receipt>, StoreError> {
    let Some(purchase) = tables.purchase(purchase)? else { return Ok(None) };
    let receipt = serde_json::from_slice(&purchase.receipt);
    receipt.map(Some).map_err(|_| StoreError::Damaged("a receipt that is none"))
}

/// Whether nothing was granted for what was paid: units were used, or a creator was tipped.
pub(super) fn grants_nothing(receipt: &Receipt) -> bool {
    receipt.metered.is_some() || receipt.tip.is_some()
}

/// What went back of a purchase before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) micros: i64,
    pub(super) quantity: u32,
}

impl Gone {
    pub(super) fn of(tables: &dyn Tables, purchase: EntryId) -> Result<Self, StoreError> {
        if DeliberateBug::ForgetRefunds.is_planted() {
            return Ok(Gone::default());
        }
        let refunds = tables.refunds_of_purchase(purchase)?;
        let micros = refunds.iter().map(|refund| refund.amount.micros()).sum();
        Ok(Gone { micros, quantity: refunds.iter().map(Refund::quantity).sum() })
    }

    /// What of the price has not gone back.
    pub(super) fn rest(self, receipt: &Receipt) -> Money {
        Money::from_micros(receipt.total.micros() - self.micros, receipt.total.currency())
    }
}

/// A refund that was decided.
pub(super) struct Giving<'a> {
    pub(super) receipt: &'a Receipt,
    pub(super) gone: Gone,
    pub(super) amount: Money,
    pub(super) quantity: u32,
    pub(super) key: &'a IdempotencyKey,
    pub(super) reason: &'a str,
}

/// Writes a refund down, with its receipt and its postings.
pub(super) fn give(
    tables: &dyn Tables,
    shared: &Shared,
    giving: &Giving<'_>,
    now: Timestamp,
) -> Result<Refund, StoreError> {
    let Giving { receipt, gone, amount, quantity, key, reason } = *giving;
    let (id, shares) = (Uuid::now_v7(), returned(receipt, gone.micros, amount)?);
    let (_, refunds, _) = tables.revision_and_counts(receipt.sub)?;
    let claims = RefundReceipt {
        iss: shared.signer.issuer.clone(),
        sub: receipt.sub,
        jti: RefundId::from_bytes(*id.as_bytes()),
        iat: now.as_second(),
        environment: receipt.environment,
        merchant: receipt.merchant.clone(),
        device: receipt.device,
        purchase: receipt.jti,
        number: refunds + 1,
        sku: receipt.sku.clone(),
        quantity,
        amount,
        partial: gone.micros + amount.micros() < receipt.total.micros(),
        split: shares,
        reason: reason.to_owned(),
    };
    let payload = serde_json::to_vec(&claims).map_err(|_| StoreError::Damaged("a receipt that is no JSON"))?;
    let signed = Some(SignedRefund { number: claims.number, payload });
    let refund = Refund {
        id,
        key: key.clone(),
        account: receipt.sub,
        from: RefundedFrom::Purchase { purchase: receipt.jti, shares, quantity, signed },
        amount,
        state: RefundState::Succeeded,
        reason: reason.to_owned(),
    };
    tables.add_refund(&refund, now)?;
    tables.post(&postings(&refund, receipt)?, now)?;
    take_back(tables, receipt, quantity, now)?;
    tables.raise_revision(refund.account)?;
    announce(tables, refund.account, || Ok(Event::of_refund(&refund)), now)?;
    Ok(refund)
}

/// What each returns of a further `amount`, after `gone` micros went back before. The shares of all refunds of a price
/// sum to its split, to the micro, however it was cut up.
fn returned(receipt: &Receipt, gone: i64, amount: Money) -> Result<Split, StoreError> {
    let (total, currency) = (receipt.total.micros(), amount.currency());
    let upto = |share: Money, part: i64| i128::from(share.micros()) * i128::from(part) / i128::from(total.max(1));
    let share = |share: Money| {
        let micros = upto(share, gone + amount.micros()) - upto(share, gone);
        i64::try_from(micros).map(|micros| Money::from_micros(micros, currency))
    };
    let out_of_range = |_| StoreError::Damaged("a split that is out of range");
    let (processor, platform) =
        (share(receipt.split.processor).map_err(out_of_range)?, share(receipt.split.platform).map_err(out_of_range)?);
    let developer = amount.minus(processor).and_then(|rest| rest.minus(platform));
    let developer = developer.map_err(|_| StoreError::Damaged("a split that is out of range"))?;
    Ok(Split { processor, platform, developer })
}

fn postings(refund: &Refund, receipt: &Receipt) -> Result<Transaction, StoreError> {
    let RefundedFrom::Purchase { purchase, shares, quantity, .. } = &refund.from else {
        return Err(StoreError::Damaged("a refund of another kind"));
    };
    let earned = match &receipt.tip {
        Some(tip) => LedgerAccount::creator_payable(&tip.creator),
        None => LedgerAccount::earned(&receipt.merchant, refund.amount.currency()),
    };
    let quantity = if DeliberateBug::KeepUnits.is_planted() { 0 } else { *quantity };
    let units = units_of(receipt, quantity)?;
    Transaction::new("refund", purchase.as_bytes())
        .debit(earned, shares.developer)
        .debit(LedgerAccount::platform_revenue(), shares.platform)
        // The fee that the price has borne is borne by what is bought next.
        .debit(LedgerAccount::processor_fees_prepaid(refund.account), shares.processor)
        .credit(LedgerAccount::user_available(refund.account), refund.amount)?
        .debit(LedgerAccount::user_available(refund.account), units)
        .credit(LedgerAccount::virtual_currency(&receipt.merchant), units)
}

#[cfg(test)]
mod tests {
    use farthing_protocol::{AccountId, Currency, DeviceId, Environment, Sku, Timestamp};
    use proptest::prelude::*;

    use super::*;

    fn receipt(processor: i64, platform: i64, developer: i64) -> Receipt {
        let money = |micros| Money::from_micros(micros, Currency::USD);
        Receipt {
            iss: "https://gateway.example".into(),
            sub: AccountId::generate(),
            jti: EntryId::generate(),
            iat: 0,
            environment: Environment::Sandbox,
            merchant: "studio".into(),
            device: DeviceId::generate(),
            sku: Sku::new("extra_life").unwrap(),
            quantity: 1,
            unit_price: money(processor + platform + developer),
            total: money(processor + platform + developer),
            metered: None,
            tip: None,
            contents: Vec::new(),
            passes: Vec::new(),
            credits: None,
            purchased_at: Timestamp::UNIX_EPOCH,
            split: Split { processor: money(processor), platform: money(platform), developer: money(developer) },
            tax: None,
        }
    }

    proptest! {
        #[test]
        fn the_shares_of_all_refunds_sum_to_the_split_however_the_price_was_cut_up(
            (processor, platform, developer) in (0_i64..1_000_000, 0_i64..1_000_000, 1_i64..5_000_000),
            cuts in prop::collection::vec(1_i64..2_000_000, 0..12),
        ) {
            let receipt = receipt(processor, platform, developer);
            let (mut gone, mut sums) = (0, [0; 3]);
            let mut cuts = cuts.into_iter();
            while gone < receipt.total.micros() {
                let left = receipt.total.micros() - gone;
                let amount = Money::from_micros(cuts.next().unwrap_or(left).min(left), Currency::USD);
                let shares = returned(&receipt, gone, amount).unwrap();
                prop_assert_eq!(shares.total().unwrap(), amount);
                let parts = [shares.processor, shares.platform, shares.developer].map(|share| share.micros());
                // Rounding puts a micro or two with another party until the rest goes back.
                prop_assert!(parts.iter().all(|part| *part >= -2), "{:?}", parts);
                for (sum, part) in sums.iter_mut().zip(parts) {
                    *sum += part;
                }
                gone += amount.micros();
            }
            prop_assert_eq!(sums, [processor, platform, developer]);
        }
    }
}
