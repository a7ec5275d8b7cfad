//! Judges the entries of a batch, and sells what stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use farthing_protocol::{
    ApprovalId, ChainedEntry, Content, Drawn, Entry, EntryBody, EntryId, Environment, ItemKind, MeterReading,
    MeterTotals, Money, PassPeriod, PurchaseBody, Receipt, RejectionReason, Sku, Split, Timestamp, Tip, TipBody,
    UsageBody,
};

use super::book::Book;
use super::judge;
use crate::catalog::Shelves;
use crate::config::{Config, Percentage};
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::split;
use crate::rules::tax::{self, TaxRate};
use crate::store::{Device, Fate, NewEntry, StoreError};

/// What a player pays for, judged.
pub(super) struct Sale<'a> {
    sku: &'a Sku,
    quantity: u32,
    unit_price: Money,
    pub(super) total: Money,
    metered: Option<MeterReading>,
    /// Where a creator was tipped: who, and what was said.
    pub(super) tip: Option<&'a Tip>,
    contents: &'a [Content],
    passes: Vec<PassPeriod>,
    /// What it credits, where it is a currency pack.
    credits: Option<Money>,
    pub(super) merchant: &'a str,
    pub(super) drawn: Drawn,
    pub(super) allowance: u64,
    /// The guardian's approval that it uses up.
    pub(super) approval: Option<ApprovalId>,
}

/// Judges the entries of one batch, one after the other.
pub(super) struct Clerk<'a> {
    pub(super) shared: &'a Shared,
    pub(super) device: &'a Device,
    pub(super) shelves: Arc<Shelves>,
    /// Purchases that are settled: before, on this device or another, or by this batch.
    pub(super) settled: BTreeSet<EntryId>,
    pub(super) now: Timestamp,
    /// Whether faults that testers ordered happen; they are used up by it.
    pub(super) meets_faults: bool,
    /// Of the player.
    pub(super) tax: Option<TaxRate>,
    /// Purchases of durable items that the account owned before: they are settled, and then given back.
    pub(super) duplicates: Vec<EntryId>,
}

impl Clerk<'_> {
    /// Judges an entry. A rejected one counts for nothing.
    pub(super) fn judge(&mut self, book: &mut Book<'_>, entry: &ChainedEntry) -> Result<NewEntry, StoreError> {
        let judged = match entry.content.as_ref().map(|encoded| encoded.entry()) {
            Err(_) => Err(RejectionReason::Malformed),
            Ok(content) => match &content.body {
                EntryBody::Purchase(_) | EntryBody::Usage(_) | EntryBody::Tip(_) => {
                    self.pay_unless_fault(book, content)?
                }
                EntryBody::Consume(consume) => judge::consume(consume).map(|()| Fate::Settled),
                EntryBody::Release(release) => {
                    let page = book.page(release.amount.currency())?;
                    let drawn = judge::release(release, &page.standing);
                    drawn.map(|drawn| {
                        page.release(release.amount, (drawn, release.allowance));
                        Fate::Settled
                    })
                }
            },
        };
        Ok(NewEntry { seq: entry.seq, hash: entry.hash, fate: judged.unwrap_or_else(Fate::Rejected) })
    }

    /// Settles what was paid for, unless a tester ordered that it be rejected.
    fn pay_unless_fault(
        &mut self,
        book: &mut Book<'_>,
        entry: &Entry,
    ) -> Result<Result<Fate, RejectionReason>, StoreError> {
        let fault = self.meets_faults.then(|| self.shared.faults.reject(self.device.id)).flatten();
        match &entry.body {
            EntryBody::Purchase(purchase) => match fault {
                Some(reason) => Ok(Err(reason)),
                None => self.buy(book, entry, purchase),
            },
            EntryBody::Tip(tip) => match fault {
                Some(reason) => Ok(Err(reason)),
                None => self.tip(book, entry, tip),
            },
            EntryBody::Usage(usage) => {
                let before = book.meter(&usage.sku)?;
                let fate = match fault {
                    Some(reason) => Err(reason),
                    None => self.use_up(book, entry, usage, before.as_ref())?,
                };
                // The entries behind a rejected one have its totals in theirs already.
                if fate.is_ok() || usage.follows(before.as_ref()) {
                    book.set_meter(usage.totals(before.as_ref(), entry.at, fate.is_ok()));
                }
                Ok(fate)
            }
            EntryBody::Consume(_) | EntryBody::Release(_) => Ok(Err(RejectionReason::Malformed)),
        }
    }

    /// Settles a purchase that stands.
    fn buy(
        &mut self,
        book: &mut Book<'_>,
        entry: &Entry,
        purchase: &PurchaseBody,
    ) -> Result<Result<Fate, RejectionReason>, StoreError> {
        let shelves = self.shelves.clone();
        let standing = &book.page(purchase.total.currency())?.standing;
        let (drawn, shelf, approval) = match judge::purchase(purchase, entry.at, standing, &shelves, self.now) {
            Err(reason) => return Ok(Err(reason)),
            Ok(judged) => judged,
        };
        let (after, passes) = self.passes(book, entry, purchase)?;
        let credits = purchase.credited().map_err(|_| StoreError::Damaged("a pack that was judged"))?;
        let sale = Sale {
            sku: &purchase.sku,
            quantity: purchase.quantity,
            unit_price: purchase.unit_price,
            total: purchase.total,
            metered: None,
            tip: None,
            contents: &purchase.contents,
            passes,
            credits,
            merchant: &shelf.merchant,
            drawn,
            allowance: purchase.allowance,
            approval,
        };
        let fate = self.sell(book, entry, &sale)?;
        if fate.is_ok() {
            after.into_iter().for_each(|pass| book.set_pass(pass));
            let is_durable = |sku: &Sku| shelf.item(sku).is_some_and(|item| item.kind == ItemKind::Durable);
            for content in purchase.granted().into_iter().filter(|content| is_durable(&content.sku)) {
                // Of a bundle there is more than this to keep.
                let is_by_itself = purchase.contents.is_empty() || DeliberateBug::GiveBackBundles.is_planted();
                let is_duplicate = book.add_durable(content.sku)? && is_by_itself;
                if is_duplicate && !DeliberateBug::PayTwice.is_planted() {
                    self.duplicates.push(entry.id);
                }
            }
            if let Some(units) = credits {
                book.credit(&shelf.merchant, units)?;
            }
        }
        Ok(fate)
    }

    /// How long passes last with a purchase, and what of it that is for. No device's clock is believed to be ahead of this
    /// one.
    fn passes(
        &self,
        book: &mut Book<'_>,
        entry: &Entry,
        purchase: &PurchaseBody,
    ) -> Result<(Vec<PassPeriod>, Vec<PassPeriod>), StoreError> {
        let (mut after, mut bought) = (Vec::new(), Vec::new());
        for content in purchase.granted() {
            let Some(grant) = content.pass else { continue };
            let before = book.pass(&content.sku)?;
            let at = if DeliberateBug::BelieveClocks.is_planted() { entry.at } else { entry.at.min(self.now) };
            let pass = PassPeriod::extended(before.as_ref(), &content.sku, grant, at);
            bought.push(pass.last(grant.length_seconds));
            after.push(pass);
        }
        Ok((after, bought))
    }

    /// Settles units of a metered item that stand.
    fn use_up(
        &mut self,
        book: &mut Book<'_>,
        entry: &Entry,
        usage: &UsageBody,
        before: Option<&MeterTotals>,
    ) -> Result<Result<Fate, RejectionReason>, StoreError> {
        let shelves = self.shelves.clone();
        let standing = &book.page(usage.amount.currency())?.standing;
        let sale = match judge::usage(usage, entry.at, standing, before, &shelves, self.now) {
            Err(reason) => return Ok(Err(reason)),
            Ok((drawn, shelf)) => Sale {
                sku: &usage.sku,
                quantity: usage.units,
                unit_price: usage.unit_price,
                total: usage.amount,
                metered: Some(MeterReading {
                    per_units: usage.per_units,
                    total_units: usage.total_units,
                    total: usage.total,
                }),
                tip: None,
                contents: &[],
                passes: Vec::new(),
                credits: None,
                merchant: &shelf.merchant,
                drawn,
                allowance: usage.allowance,
                approval: None,
            },
        };
        self.sell(book, entry, &sale)
    }

    /// Settles a tip that stands.
    fn tip(
        &mut self,
        book: &mut Book<'_>,
        entry: &Entry,
        body: &TipBody,
    ) -> Result<Result<Fate, RejectionReason>, StoreError> {
        let creator = book.creator(&body.creator)?;
        let standing = &book.page(body.amount.currency())?.standing;
        let (drawn, approval) = match judge::tip(body, entry.at, standing, creator.as_ref(), self.now) {
            Err(reason) => return Ok(Err(reason)),
            Ok(judged) => judged,
        };
        let (sku, tip, merchant) = (body.creator.sku(), body.tip(), self.shared.catalogs.merchant());
        let sale = Sale {
            sku: &sku,
            quantity: 1,
            unit_price: body.amount,
            total: body.amount,
            metered: None,
            tip: Some(&tip),
            contents: &[],
            passes: Vec::new(),
            credits: None,
            merchant: &merchant,
            drawn,
            allowance: body.allowance,
            approval,
        };
        self.sell(book, entry, &sale)
    }

    /// Splits a price and moves it. The exact bytes of the receipt's payload are kept for ever.
    fn sell(
        &mut self,
        book: &mut Book<'_>,
        entry: &Entry,
        sale: &Sale<'_>,
    ) -> Result<Result<Fate, RejectionReason>, StoreError> {
        let page = book.page(sale.total.currency())?;
        let Config { platform, tips, .. } = &self.shared.config;
        let percentage = match sale.tip {
            // The platform had its share when the units were bought.
            _ if sale.total.currency().is_virtual() => Percentage::default(),
            Some(_) => tips.percentage,
            None => platform.percentage,
        };
        // What fits the allowance is reserved, and so in the purse.
        let Some((left, split)) = split(page.purse, sale.total, percentage) else {
            return Err(StoreError::Damaged("a reserve is not in the account"));
        };
        if !self.settled.insert(entry.id) {
            return Ok(Err(RejectionReason::Malformed));
        }
        let receipt = self.receipt(entry, sale, split)?;
        // No card is charged in a merchant's own currency.
        let fee_alone = match sale.total.currency() {
            currency if currency.is_virtual() => Money::zero(currency),
            _ => self.shared.config.processors.fees().fee(sale.total),
        };
        page.sell(sale, (entry.at, self.now), (left, split), fee_alone);
        Ok(Ok(Fate::Purchase { id: entry.id, receipt }))
    }

    fn receipt(&self, entry: &Entry, sale: &Sale<'_>, split: Split) -> Result<Vec<u8>, StoreError> {
        let receipt = Receipt {
            iss: self.shared.signer.issuer.clone(),
            sub: self.device.account,
            jti: entry.id,
            iat: self.now.as_second(),
            environment: Environment::Sandbox,
            merchant: sale.merchant.to_owned(),
            device: self.device.id,
            sku: sale.sku.clone(),
            quantity: sale.quantity,
            unit_price: sale.unit_price,
            total: sale.total,
            metered: sale.metered,
            tip: sale.tip.cloned(),
            contents: sale.contents.to_vec(),
            passes: sale.passes.clone(),
            credits: sale.credits,
            purchased_at: entry.at,
            split,
            // What is given freely is no price.
            tax: if sale.tip.is_some() { None } else { tax::in_price(self.tax.as_ref(), sale.drawn.total, sale.total) },
        };
        serde_json::to_vec(&receipt).map_err(|_| StoreError::Damaged("a receipt that is no JSON"))
    }
}
