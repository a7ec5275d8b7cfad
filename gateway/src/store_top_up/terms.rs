//! What a pack comes to: the operator's terms for what a store sells. Pure.

use std::collections::BTreeMap;

use farthing_protocol::Money;

use crate::config::{FeeSchedule, Pack};

/// A part of a whole, as Apple counts refunds: in thousandths of a per cent.
pub(crate) type Part = u32;
/// All of it.
pub(crate) const WHOLE: Part = 100_000;

/// What a store's sales come to.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    fees: FeeSchedule,
    keeps_fee: bool,
    packs: BTreeMap<String, Pack>,
}

/// What was sold. All three are in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sale {
    /// What is credited.
    pub(crate) amount: Money,
    /// What the store has sold it for.
    pub(crate) price: Money,
    /// What the store takes of the price.
    pub(crate) fee: Money,
}

impl Terms {
    pub(crate) fn new(fees: &FeeSchedule, keeps_fee: bool, packs: &BTreeMap<String, Pack>) -> Self {
        Terms { fees: fees.clone(), keeps_fee, packs: packs.clone() }
    }

    /// So many of a pack; nothing where there is no such pack, or it would be out of range.
    pub(crate) fn sale(&self, product: &str, quantity: u32) -> Option<Sale> {
        let pack = self.packs.get(product)?;
        let times = |amount: Money| {
            let micros = amount.micros().checked_mul(i64::from(quantity)).filter(|micros| *micros > 0)?;
            Some(Money::from_micros(micros, amount.currency()))
        };
        let (amount, price) = (times(pack.credit)?, times(pack.price)?);
        Some(Sale { amount, price, fee: self.fees.fee(price) })
    }

    /// What the store takes back of what it owes for a sale, where it gives a part of the price back.
    pub(crate) fn taken_back(&self, sale: &Sale, part: Part) -> Money {
        let fee = if self.keeps_fee { 0 } else { sale.fee.micros() };
        Money::from_micros(share(sale.price.micros().saturating_sub(fee), part), sale.price.currency())
    }
}

/// A part of some micros, rounded down.
pub(crate) fn share(micros: i64, part: Part) -> i64 {
    let exactly = i128::from(micros) * i128::from(part.min(WHOLE)) / i128::from(WHOLE);
    i64::try_from(exactly).unwrap_or(micros)
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;

    use super::*;
    use crate::config::Config;

    fn usd(amount: &str) -> Money {
        Money::parse(amount, Currency::USD).unwrap()
    }

    fn terms(keeps_fee: bool) -> Terms {
        // 2.9 % and 30 cents.
        let fees = Config::sample().unwrap().processors.sandbox;
        Terms::new(&fees, keeps_fee, &[("five".to_owned(), Pack { credit: usd("5"), price: usd("4.99") })].into())
    }

    #[test]
    fn several_packs_are_one_sale() {
        let sale = |product, quantity| terms(false).sale(product, quantity);
        assert_eq!(sale("five", 1), Some(Sale { amount: usd("5"), price: usd("4.99"), fee: usd("0.44") }));
        assert_eq!(sale("five", 2), Some(Sale { amount: usd("10"), price: usd("9.98"), fee: usd("0.59") }));
        assert_eq!((sale("six", 1), sale("five", 0)), (None, None));
        let dear = Pack { credit: Money::from_micros(i64::MAX, Currency::USD), price: usd("5") };
        let fees = Config::sample().unwrap().processors.sandbox;
        assert_eq!(Terms::new(&fees, false, &[("dear".to_owned(), dear)].into()).sale("dear", 2), None);
    }

    #[test]
    fn a_store_takes_back_what_it_owes_and_its_fee_where_it_keeps_it() {
        let (returned, kept) = (terms(false), terms(true));
        let sale = returned.sale("five", 1).unwrap();
        assert_eq!(returned.taken_back(&sale, WHOLE), usd("4.55"));
        assert_eq!(kept.taken_back(&sale, WHOLE), usd("4.99"));
        assert_eq!(returned.taken_back(&sale, 40_000), usd("1.82"));
    }
}
