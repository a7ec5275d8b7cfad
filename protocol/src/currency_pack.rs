//! Packs of a merchant's own currency: 500 gems for $4.99.
//!
//! A purchase of a pack names what it credits, so that whoever adds up the journal needs no catalog. The units are the
//! account's once the gateway has settled the purchase; until then they can't be spent, since nobody has reserved them.

use crate::{Item, ItemKind, Money, MoneyError, PurchaseBody};

impl Item {
    /// What one of a currency pack credits; `None` for an item of another kind.
    pub fn pack_credits(&self) -> Option<Money> {
        self.credits.filter(|_| self.kind == ItemKind::CurrencyPack)
    }

    /// What is wrong with a pack, in words that follow "the pack". `exponent` knows the decimals of the catalog's own
    /// currencies.
    pub(crate) fn fault_of_credits(&self, exponent: impl Fn(&Money) -> Option<u32>) -> Option<&'static str> {
        if self.kind != ItemKind::CurrencyPack {
            return self.credits.map(|_| "is an item of the kind \"currency_pack\"");
        }
        let Some(credits) = self.credits else { return Some("says what it credits") };
        let Some(exponent) = exponent(&credits) else { return Some("credits a currency of its catalog's own") };
        if !credits.is_positive() || !credits.is_whole_minor_units(exponent) {
            Some("credits whole units, and at least one")
        } else if self.all_prices().any(|price| price.currency() == credits.currency()) {
            Some("is not paid in the currency that it credits")
        } else {
            None
        }
    }
}

impl PurchaseBody {
    /// What all of it credits, where it is a currency pack.
    ///
    /// # Errors
    /// [`MoneyError`], where that is no amount any more. No catalog sells so much at once.
    pub fn credited(&self) -> Result<Option<Money>, MoneyError> {
        self.credits.map(|credits| credits.times(self.quantity)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Sku};

    fn money(amount: &str, currency: &str) -> Money {
        Money::parse(amount, currency.parse().unwrap()).unwrap()
    }

    fn pack(credits: Option<Money>) -> Item {
        let json = r#"{"sku":"gems_500","title":"500 gems","price":{"amount":"4.99","currency":"USD"},"kind":"currency_pack"}"#;
        Item { credits, ..serde_json::from_str(json).unwrap() }
    }

    fn fault(item: &Item) -> Option<&'static str> {
        item.fault_of_credits(|credits| (credits.currency() == "gems".parse::<Currency>().unwrap()).then_some(0))
    }

    #[test]
    fn a_pack_credits_whole_units_of_a_currency_of_the_catalog_and_is_paid_in_another() {
        let good = pack(Some(money("500", "gems")));
        assert_eq!((fault(&good), good.pack_credits()), (None, Some(money("500", "gems"))));
        for (bad, rule) in [
            (pack(None), "says what it credits"),
            (pack(Some(money("5", "USD"))), "currency of its catalog's own"),
            (pack(Some(money("5", "gold"))), "currency of its catalog's own"),
            (pack(Some(money("0", "gems"))), "whole units"),
            (pack(Some(money("-5", "gems"))), "whole units"),
            (pack(Some(money("0.5", "gems"))), "whole units"),
            (Item { price: money("5", "gems"), ..good.clone() }, "not paid in the currency"),
            (Item { kind: ItemKind::Consumable, ..good }, "of the kind"),
        ] {
            assert!(fault(&bad).is_some_and(|fault| fault.contains(rule)), "{rule}: {:?}", fault(&bad));
        }
    }

    #[test]
    fn a_purchase_of_packs_credits_all_of_them_and_grants_no_item() {
        let quarter = money("4.99", "USD");
        let body = PurchaseBody {
            sku: Sku::new("gems_500").unwrap(),
            quantity: 3,
            unit_price: quarter,
            total: quarter.times(3).unwrap(),
            catalog: 1,
            allowance: 1,
            operation: None,
            approval: None,
            pass: None,
            contents: Vec::new(),
            credits: Some(money("500", "gems")),
        };
        assert_eq!(body.credited(), Ok(Some(money("1500", "gems"))));
        assert!(body.granted().is_empty());
        let item = PurchaseBody { credits: None, ..body };
        assert_eq!((item.credited(), item.granted().len()), (Ok(None), 1));
    }
}
