//! The running figures of one batch: read once for each currency, posted once at its end.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use farthing_protocol::{Currency, Drawn, Money, Split, Timestamp};

use super::judge::Standing;
use crate::ledger::{LedgerAccount, Purse, Transaction};
use crate::store::{Device, DrawnBy, StoreError, Tables};

/// A batch's figures.
pub(super) struct Book<'a> {
    tables: &'a dyn Tables,
    device: &'a Device,
    pages: BTreeMap<Currency, Page>,
}

/// The figures in one currency.
pub(super) struct Page {
    pub(super) standing: Standing,
    pub(super) purse: Purse,
    sold: BTreeMap<String, Shares>,
    released: i64,
    changed: bool,
}

/// What was sold for one merchant, in micros.
#[derive(Clone, Copy, Default)]
struct Shares {
    processor: i64,
    platform: i64,
    developer: i64,
}

impl<'a> Book<'a> {
    pub(super) fn new(tables: &'a dyn Tables, device: &'a Device) -> Self {
        Book { tables, device, pages: BTreeMap::new() }
    }

    /// The figures in a currency.
    pub(super) fn page(&mut self, currency: Currency) -> Result<&mut Page, StoreError> {
        match self.pages.entry(currency) {
            Entry::Occupied(page) => Ok(page.into_mut()),
            Entry::Vacant(page) => Ok(page.insert(Page::read(self.tables, self.device, currency)?)),
        }
    }

    /// Posts what was sold and released; returns the currencies in which funds were given back.
    pub(super) fn post(self, now: Timestamp) -> Result<BTreeSet<Currency>, StoreError> {
        let Book { tables, device, pages } = self;
        let reserved = LedgerAccount::user_reserved(device.id);
        let mut given_back = BTreeSet::new();
        for (currency, page) in pages {
            if !page.changed {
                continue;
            }
            let money = |micros| Money::from_micros(micros, currency);
            for (merchant, shares) in page.sold {
                let total = [shares.platform, shares.developer]
                    .into_iter()
                    .try_fold(shares.processor, i64::checked_add)
                    .ok_or(StoreError::Unbalanced("a batch's total is out of range"))?;
                let settlement = Transaction::new("settlement", device.id.as_bytes())
                    .debit(reserved.clone(), money(total))
                    .credit(LedgerAccount::merchant_payable(&merchant), money(shares.developer))?
                    .credit(LedgerAccount::platform_revenue(), money(shares.platform))?
                    .credit(LedgerAccount::processor_fees_prepaid(device.account), money(shares.processor))?;
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
        Ok(given_back)
    }
}

impl Page {
    fn read(tables: &dyn Tables, device: &Device, currency: Currency) -> Result<Self, StoreError> {
        let DrawnBy { drawn, version } = tables.drawn(device.id, currency)?;
        let issued = tables.allowances_from(device, currency, version)?;
        let out_of_range = || StoreError::Damaged("a balance that is out of range");
        let available = tables.balance(&LedgerAccount::user_available(device.account), currency)?;
        let reserves = tables.all_reserves(device.account, currency)?;
        let owed = available.plus(reserves).map_err(|_| out_of_range())?;
        let fee = tables.balance(&LedgerAccount::processor_fees_prepaid(device.account), currency)?;
        Ok(Page {
            standing: Standing { drawn, version, issued },
            purse: Purse { balance: owed.micros().checked_neg().ok_or_else(out_of_range)?, fee: fee.micros() },
            sold: BTreeMap::new(),
            released: 0,
            changed: false,
        })
    }

    /// A purchase stands.
    pub(super) fn sell(&mut self, merchant: &str, (drawn, version): (Drawn, u64), (left, split): (Purse, Split)) {
        self.standing.after(drawn, version);
        self.purse = left;
        self.changed = true;
        if !self.sold.contains_key(merchant) {
            self.sold.insert(merchant.to_owned(), Shares::default());
        }
        // The sums stay under the allowance's limit, which is an amount itself.
        if let Some(shares) = self.sold.get_mut(merchant) {
            shares.processor += split.processor.micros();
            shares.platform += split.platform.micros();
            shares.developer += split.developer.micros();
        }
    }

    /// A release stands.
    pub(super) fn release(&mut self, amount: Money, (drawn, version): (Drawn, u64)) {
        self.standing.after(drawn, version);
        self.released += amount.micros();
        self.changed = true;
    }
}
