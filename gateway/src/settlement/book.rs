//! The running figures of one batch: read once for each currency, posted once at its end.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use farthing_protocol::api::{ApprovalRecord, ApprovalState};
use farthing_protocol::{
    ApprovalId, CreatorId, Currency, Drawn, MeterTotals, Money, PassPeriod, Sku, Split, Timestamp,
};

use super::clerk::Sale;
use super::judge::Standing;
use crate::deliberate_bug::DeliberateBug;
use crate::ledger::{DayFigures, LedgerAccount, Purse, Transaction, purse};
use crate::spending::Spent;
use crate::spending::share::Rules;
use crate::store::{Device, DrawnBy, StoreError, StoredCreator, Tables};

/// A batch's figures.
pub(super) struct Book<'a> {
    tables: &'a dyn Tables,
    device: &'a Device,
    pages: BTreeMap<Currency, Page>,
    /// What the device's meters have come to.
    meters: Rows<MeterTotals>,
    /// How long its passes last.
    passes: Rows<PassPeriod>,
    /// Durable items that were bought just now, and how often.
    durables: BTreeMap<Sku, u32>,
    /// The creators who were asked for.
    creators: BTreeMap<CreatorId, Option<StoredCreator>>,
    /// Units of merchants' own currencies that were bought, by who sold them.
    credited: BTreeMap<(String, Currency), Money>,
}

/// Rows of the device by SKU, once an entry asks for them, and whether each has gone on.
struct Rows<T>(Option<BTreeMap<Sku, (T, bool)>>);

impl<T: Clone> Rows<T> {
    /// The row of a SKU; the first time, all are read.
    fn find(
        &mut self,
        sku: &Sku,
        read: impl FnOnce() -> Result<Vec<T>, StoreError>,
        name: impl Fn(&T) -> &Sku,
    ) -> Result<Option<T>, StoreError> {
        let rows = match self.0.take() {
            Some(rows) => rows,
            None => read()?.into_iter().map(|row| (name(&row).clone(), (row, false))).collect(),
        };
        Ok(self.0.insert(rows).get(sku).map(|(row, _)| row.clone()))
    }

    /// A row has gone on; all were read before.
    fn set(&mut self, sku: Sku, row: T) {
        self.0.get_or_insert_default().insert(sku, (row, true));
    }

    fn changed(self) -> impl Iterator<Item = T> {
        self.0.unwrap_or_default().into_values().filter(|(_, has_gone_on)| *has_gone_on).map(|(row, _)| row)
    }
}

/// The figures in one currency.
pub(super) struct Page {
    pub(super) standing: Standing,
    pub(super) purse: Purse,
    sold: BTreeMap<String, Shares>,
    tipped: BTreeMap<CreatorId, Shares>,
    released: i64,
    changed: bool,
    /// What was spent when, for the account's limits.
    spent: Spent,
    /// A guardian's approvals that were used just now.
    approvals: Vec<ApprovalId>,
}

/// What was sold for one merchant, or what one creator was tipped, in micros.
#[derive(Clone, Copy, Default)]
struct Shares {
    processor: i64,
    platform: i64,
    developer: i64,
    purchases: u64,
    /// The processor's fees if each purchase had been a charge of its own.
    fees_one_by_one: i64,
}

impl Shares {
    fn add(&mut self, split: Split, fee_alone: Money) {
        // The sums stay under the allowance's limit, which is an amount itself.
        self.processor += split.processor.micros();
        self.platform += split.platform.micros();
        self.developer += split.developer.micros();
        self.purchases += 1;
        self.fees_one_by_one = self.fees_one_by_one.saturating_add(fee_alone.micros());
    }
}

impl<'a> Book<'a> {
    pub(super) fn new(tables: &'a dyn Tables, device: &'a Device) -> Self {
        Book {
            tables,
            device,
            pages: BTreeMap::new(),
            meters: Rows(None),
            passes: Rows(None),
            durables: BTreeMap::new(),
            creators: BTreeMap::new(),
            credited: BTreeMap::new(),
        }
    }

    /// The figures in a currency.
    pub(super) fn page(&mut self, currency: Currency) -> Result<&mut Page, StoreError> {
        match self.pages.entry(currency) {
            Entry::Occupied(page) => Ok(page.into_mut()),
            Entry::Vacant(page) => Ok(page.insert(Page::read(self.tables, self.device, currency)?)),
        }
    }

    /// What a meter has come to.
    pub(super) fn meter(&mut self, sku: &Sku) -> Result<Option<MeterTotals>, StoreError> {
        self.meters.find(sku, || self.tables.meters(self.device), |totals| &totals.sku)
    }

    /// A meter has gone on.
    pub(super) fn set_meter(&mut self, totals: MeterTotals) {
        self.meters.set(totals.sku.clone(), totals);
    }

    /// How long a pass lasts.
    pub(super) fn pass(&mut self, sku: &Sku) -> Result<Option<PassPeriod>, StoreError> {
        self.passes.find(sku, || self.tables.passes(self.device.id), |pass| &pass.sku)
    }

    /// A pass lasts longer.
    pub(super) fn set_pass(&mut self, pass: PassPeriod) {
        self.passes.set(pass.sku.clone(), pass);
    }

    /// A durable item was bought; returns whether the account owned it before this batch. It is said once: no wallet buys
    /// one twice before it has synced, so what a batch has more of it stands, and nobody can have us refund hundreds at once.
    pub(super) fn add_durable(&mut self, sku: Sku) -> Result<bool, StoreError> {
        let is_owned = !self.durables.contains_key(&sku) && self.tables.owns(self.device.account, &sku)?;
        *self.durables.entry(sku).or_default() += 1;
        Ok(is_owned)
    }

    /// Units of a merchant's own currency were bought.
    pub(super) fn credit(&mut self, merchant: &str, units: Money) -> Result<(), StoreError> {
        let bought =
            self.credited.entry((merchant.to_owned(), units.currency())).or_insert(Money::zero(units.currency()));
        *bought = bought.plus(units).map_err(|_| StoreError::Unbalanced("more units than can be counted"))?;
        Ok(())
    }

    /// A creator, as the merchant has registered them.
    pub(super) fn creator(&mut self, id: &CreatorId) -> Result<Option<StoredCreator>, StoreError> {
        if let Some(known) = self.creators.get(id) {
            return Ok(known.clone());
        }
        let found = self.tables.creator(id)?;
        self.creators.insert(id.clone(), found.clone());
        Ok(found)
    }

    /// Posts what was sold and released; returns the currencies in which funds were given back.
    pub(super) fn post(self, now: Timestamp) -> Result<BTreeSet<Currency>, StoreError> {
        let Book { tables, device, pages, meters, passes, durables, credited, .. } = self;
        meters.changed().try_for_each(|totals| tables.set_meter(device, &totals))?;
        passes.changed().try_for_each(|pass| tables.set_pass(device.id, &pass))?;
        durables.iter().try_for_each(|(sku, count)| tables.add_durable(device, sku, *count))?;
        let reserved = LedgerAccount::user_reserved(device.id);
        let is_limited = Rules::read(tables, device)?.were_set();
        let mut given_back = BTreeSet::new();
        for (currency, page) in pages {
            if !page.changed {
                continue;
            }
            if is_limited {
                page.spent.keep(tables, device.account, currency)?;
            }
            for id in page.approvals {
                if let Some((_, record)) = tables.approval(id)? {
                    tables.set_approval(&ApprovalRecord { state: ApprovalState::Used, ..record })?;
                }
            }
            let money = |micros| Money::from_micros(micros, currency);
            let sold = page.sold.iter().map(|(merchant, shares)| (LedgerAccount::earned(merchant, currency), *shares));
            let tipped = page.tipped.iter().map(|(creator, shares)| (LedgerAccount::creator_payable(creator), *shares));
            for (payable, shares) in sold.chain(tipped) {
                let total = [shares.platform, shares.developer]
                    .into_iter()
                    .try_fold(shares.processor, i64::checked_add)
                    .ok_or(StoreError::Unbalanced("a batch's total is out of range"))?;
                let settlement = Transaction::new("settlement", device.id.as_bytes())
                    .debit(reserved.clone(), money(total))
                    .credit(payable, money(shares.developer))?
                    .credit(LedgerAccount::platform_revenue(), money(shares.platform))?
                    .credit(LedgerAccount::processor_fees_prepaid(device.account), money(shares.processor))?
                    .counting(DayFigures {
                        count: shares.purchases,
                        volume: money(total),
                        fees: money(shares.processor),
                        fees_one_by_one: money(shares.fees_one_by_one),
                    });
                tables.post(&settlement, now)?;
            }
            if page.released > 0 {
                given_back.insert(currency);
                let release = Transaction::new("release", device.id.as_bytes())
                    .debit(reserved.clone(), money(page.released))
                    .credit(LedgerAccount::user_available(device.account), money(page.released))?;
                tables.post(&release, now)?;
            }
            let by = DrawnBy { drawn: page.standing.drawn, version: page.standing.version };
            tables.set_drawn(device.id, &by)?;
        }
        for ((merchant, _), units) in credited {
            let pack = Transaction::new("currency_pack", device.id.as_bytes())
                .debit(LedgerAccount::virtual_currency(&merchant), units)
                .credit(LedgerAccount::user_available(device.account), units)?;
            tables.post(&pack, now)?;
        }
        Ok(given_back)
    }
}

impl Page {
    fn read(tables: &dyn Tables, device: &Device, currency: Currency) -> Result<Self, StoreError> {
        let DrawnBy { drawn, version } = tables.drawn(device.id, currency)?;
        let issued = tables.allowances_from(device, currency, version)?;
        let mut used = BTreeSet::new();
        let shares = issued.values().filter_map(|allowance| allowance.spending.as_ref());
        for approval in shares.flat_map(|share| &share.approvals).map(|approval| approval.id).collect::<BTreeSet<_>>() {
            let is_used = tables.approval(approval)?.is_none_or(|(_, record)| record.state != ApprovalState::Approved);
            if is_used && !DeliberateBug::ApproveForAll.is_planted() {
                used.insert(approval);
            }
        }
        Ok(Page {
            standing: Standing { drawn, version, issued, used },
            purse: purse(tables, device.account, currency)?,
            sold: BTreeMap::new(),
            tipped: BTreeMap::new(),
            released: 0,
            changed: false,
            spent: Spent::default(),
            approvals: Vec::new(),
        })
    }

    /// A purchase stands. As a charge of its own it would have cost `fee_alone`.
    pub(super) fn sell(
        &mut self,
        sale: &Sale<'_>,
        (at, now): (Timestamp, Timestamp),
        (left, split): (Purse, Split),
        fee_alone: Money,
    ) {
        let issued_at = self.standing.issued_at(sale.allowance).unwrap_or(at);
        self.spent.add(sale.total, at, issued_at, now);
        if let Some(approval) = sale.approval {
            self.approvals.push(approval);
            self.standing.used.insert(approval);
        }
        self.standing.after(sale.drawn, sale.allowance);
        self.purse = left;
        self.changed = true;
        if let Some(tip) = sale.tip {
            self.tipped.entry(tip.creator.clone()).or_default().add(split, fee_alone);
            return;
        }
        if !self.sold.contains_key(sale.merchant) {
            self.sold.insert(sale.merchant.to_owned(), Shares::default());
        }
        if let Some(shares) = self.sold.get_mut(sale.merchant) {
            shares.add(split, fee_alone);
        }
    }

    /// A release stands.
    pub(super) fn release(&mut self, amount: Money, (drawn, version): (Drawn, u64)) {
        self.standing.after(drawn, version);
        self.released += amount.micros();
        self.changed = true;
    }
}
