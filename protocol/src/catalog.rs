//! What a merchant sells, signed, so that prices hold offline.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jws::Document;
use crate::limits::CATALOG_ITEMS_MAX;
use crate::{Currency, Money, Sku};

/// A merchant's items and prices, as one signed version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Who sells.
    pub merchant: String,
    /// Counts up; a purchase names the version that its price is from.
    pub version: u64,
    /// When it was signed, by the gateway's clock.
    pub issued_at: Timestamp,
    /// Nothing may be bought from it after this.
    pub expires_at: Timestamp,
    /// The merchant's own currencies.
    #[serde(default)]
    pub currencies: Vec<VirtualCurrency>,
    /// What is for sale.
    pub items: Vec<Item>,
}

impl Document for Catalog {
    const TYPE: &'static str = "farthing-catalog+jwt";
}

/// A currency of the merchant's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualCurrency {
    /// Its code, such as `gems`.
    pub code: Currency,
    /// The decimals of its smallest unit.
    pub exponent: u32,
    /// What players call it.
    pub title: String,
}

/// One thing for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its name in code.
    pub sku: Sku,
    /// Its name for players.
    pub title: String,
    /// A sentence for players.
    #[serde(default)]
    pub description: String,
    /// The price of one.
    pub price: Money,
    /// What becomes of it.
    pub kind: ItemKind,
}

/// What becomes of an item once it is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// Used up, and bought again.
    Consumable,
    /// Owned once, for ever.
    Durable,
}

/// Why a catalog is not one that can be sold from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// More items than a wallet holds.
    #[error("a catalog has at most {CATALOG_ITEMS_MAX} items")]
    TooManyItems,
    /// A SKU occurs twice.
    #[error("the item {sku} is in the catalog twice")]
    DuplicateItem {
        /// Which.
        sku: Sku,
    },
    /// A price is nothing or less.
    #[error("the price of {sku} must be above zero")]
    PriceNotPositive {
        /// Of which item.
        sku: Sku,
    },
    /// A price has more decimals than its virtual currency.
    #[error("the price of {sku} has more decimals than {currency}")]
    PriceTooPrecise {
        /// Of which item.
        sku: Sku,
        /// The currency.
        currency: Currency,
    },
    /// A price is in a virtual currency that the catalog does not declare.
    #[error("the price of {sku} is in {currency}, which the catalog does not declare")]
    UndeclaredCurrency {
        /// Of which item.
        sku: Sku,
        /// The currency.
        currency: Currency,
    },
    /// A declared currency is ISO 4217's, or has more decimals than an amount can have.
    #[error("{currency} can't be declared: only virtual currencies of at most 6 decimals can")]
    BadCurrency {
        /// The currency.
        currency: Currency,
    },
}

impl Catalog {
    /// Checks what a signature can't: limits, prices, that each SKU is there once.
    ///
    /// # Errors
    /// [`CatalogError`], for the first thing that is wrong.
    pub fn check(&self) -> Result<(), CatalogError> {
        if self.items.len() > CATALOG_ITEMS_MAX {
            return Err(CatalogError::TooManyItems);
        }
        for declared in &self.currencies {
            if !declared.code.is_virtual() || declared.exponent > 6 {
                return Err(CatalogError::BadCurrency { currency: declared.code });
            }
        }
        let mut seen = std::collections::HashSet::with_capacity(self.items.len());
        for item in &self.items {
            let sku = item.sku.clone();
            let currency = item.price.currency();
            if !seen.insert(&item.sku) {
                return Err(CatalogError::DuplicateItem { sku });
            }
            if !item.price.is_positive() {
                return Err(CatalogError::PriceNotPositive { sku });
            }
            if currency.is_virtual() {
                let declared = self.currencies.iter().find(|declared| declared.code == currency);
                let declared = declared.ok_or(CatalogError::UndeclaredCurrency { sku: sku.clone(), currency })?;
                if !item.price.is_whole_minor_units(declared.exponent) {
                    return Err(CatalogError::PriceTooPrecise { sku, currency });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(price: &str) -> Catalog {
        let json = format!(
            r#"{{"merchant":"studio","version":1,"issued_at":"2026-01-01T00:00:00Z","expires_at":"2026-02-01T00:00:00Z",
                "items":[{{"sku":"extra_life","title":"Extra life","price":{price},"kind":"consumable"}}]}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_catalog_must_be_one_that_can_be_sold_from() {
        let good = catalog(r#"{"amount":"0.25","currency":"USD"}"#);
        assert_eq!(good.check(), Ok(()));

        let mut twice = good.clone();
        twice.items.push(twice.items[0].clone());
        assert!(matches!(twice.check(), Err(CatalogError::DuplicateItem { .. })));

        let free = catalog(r#"{"amount":"0","currency":"USD"}"#);
        assert!(matches!(free.check(), Err(CatalogError::PriceNotPositive { .. })));

        let gems = catalog(r#"{"amount":"5","currency":"gems"}"#);
        assert!(matches!(gems.check(), Err(CatalogError::UndeclaredCurrency { .. })));

        let mut half_a_gem = catalog(r#"{"amount":"0.5","currency":"gems"}"#);
        half_a_gem.currencies =
            vec![VirtualCurrency { code: "gems".parse().unwrap(), exponent: 0, title: "Gems".into() }];
        assert!(matches!(half_a_gem.check(), Err(CatalogError::PriceTooPrecise { .. })));

        let mut large = good;
        large.items = vec![large.items[0].clone(); CATALOG_ITEMS_MAX + 1];
        assert_eq!(large.check(), Err(CatalogError::TooManyItems));
    }
}
