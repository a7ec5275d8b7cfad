//! What a merchant sells, signed, so that prices hold offline.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jws::Document;
use crate::limits::{CATALOG_ITEMS_MAX, CREATORS_MAX};
use crate::{
    BundledItem, ChargeTerms, Creator, Currency, IntroductoryPrice, ItemTexts, MeterTerms, Money, PassGrant, PassTerms,
    Pricing, ScheduledPrice, Sku, TierPrice,
};

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
    /// What charging a card costs, for each ISO 4217 currency that something is priced in; nothing where an older
    /// gateway has signed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<ChargeTerms>,
    /// Who can be tipped, sorted by their names in code. They come and go within a version of the catalog.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creators: Vec<Creator>,
}

impl Document for Catalog {
    const TYPE: &'static str = "farthing-catalog+jwt";
}

/// A currency of the merchant's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VirtualCurrency {
    /// Its code, such as `gems`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "gems", pattern = r"^[a-z][a-z0-9_]{1,15}$"))]
    pub code: Currency,
    /// The decimals of its smallest unit.
    #[cfg_attr(feature = "openapi", schema(maximum = 6))]
    pub exponent: u32,
    /// What players call it.
    pub title: String,
}

/// One thing for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    /// Its name in code.
    pub sku: Sku,
    /// Its name for players.
    pub title: String,
    /// A sentence for players.
    #[serde(default)]
    pub description: String,
    /// The price of one; of a metered item, that of as many units as its meter says.
    pub price: Money,
    /// What becomes of it.
    pub kind: ItemKind,
    /// How the units of a metered item are counted; the defaults where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<MeterTerms>,
    /// How long a pass lasts, and what comes after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<PassTerms>,
    /// What is in a bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<BundledItem>,
    /// What one of a currency pack credits, in a currency of the merchant's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<Money>,
    /// Other prices than the usual one, each for a time; not of a metered item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<ScheduledPrice>,
    /// What it costs at first; not of a metered item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introductory: Option<IntroductoryPrice>,
    /// What it costs in price tiers, by their names; not of a metered item. The usual prices hold in the others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tiers: BTreeMap<String, TierPrice>,
    /// What it is called in other languages, by their tags (BCP 47).
    #[serde(default, skip_serializing_if = "ItemTexts::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, crate::ItemText>))]
    pub texts: ItemTexts,
    /// Where a picture of it is, for apps to fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500, example = "https://cdn.example/extra_life.png"))]
    pub picture: Option<String>,
}

impl Item {
    /// What one purchase of a pass gives; `None` for an item of another kind.
    pub fn pass_grant(&self) -> Option<PassGrant> {
        self.pass.filter(|_| self.kind == ItemKind::Pass).map(|terms| terms.grant())
    }

    /// How the units of a metered item are counted; `None` for an item of another kind.
    pub fn meter_terms(&self) -> Option<MeterTerms> {
        (self.kind == ItemKind::Metered).then(|| self.meter.unwrap_or_default())
    }
}

/// What becomes of an item once it is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ItemKind {
    /// Used up, and bought again.
    Consumable,
    /// Owned once, for ever, on each of the account's devices.
    Durable,
    /// Paid by use: a meter counts its units, and it is never bought nor owned.
    Metered,
    /// Had for a time: bought again, it lasts longer.
    Pass,
    /// Several items in one: never owned itself.
    Bundle,
    /// Units of a currency of the merchant's own: they go into the balance, and nothing is owned.
    CurrencyPack,
}

/// Why a catalog is not one that can be sold from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// More items than a wallet holds.
    #[error("a catalog has at most {CATALOG_ITEMS_MAX} items")]
    TooManyItems,
    /// More creators than a wallet holds.
    #[error("a catalog has at most {CREATORS_MAX} creators")]
    TooManyCreators,
    /// A SKU is a name of tips.
    #[error("the item {sku} has a name that begins as tips do, with \"tip:\"")]
    NameOfTips {
        /// Which.
        sku: Sku,
    },
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
    /// A meter that can't be counted by.
    #[error("the meter of {sku} {rule}")]
    BadMeter {
        /// Of which item.
        sku: Sku,
        /// What a meter does.
        rule: &'static str,
    },
    /// A pass without terms, or with some that can't be.
    #[error("the pass of {sku} {rule}")]
    BadPass {
        /// Of which item.
        sku: Sku,
        /// What a pass does.
        rule: &'static str,
    },
    /// A bundle that nothing, or not that, can be in.
    #[error("the bundle {sku} {rule}")]
    BadBundle {
        /// Which item.
        sku: Sku,
        /// What a bundle has.
        rule: &'static str,
    },
    /// A currency pack that credits nothing, or not that.
    #[error("the pack {sku} {rule}")]
    BadPack {
        /// Which item.
        sku: Sku,
        /// What a pack does.
        rule: &'static str,
    },
    /// Prices beside the usual one that can't be.
    #[error("the prices of {sku} {rule}")]
    BadPrices {
        /// Of which item.
        sku: Sku,
        /// What prices are.
        rule: &'static str,
    },
    /// A text or a picture that can't be.
    #[error("the item {sku} {rule}")]
    BadText {
        /// Which item.
        sku: Sku,
        /// What an item has.
        rule: &'static str,
    },
    /// A declared currency is ISO 4217's, or has more decimals than an amount can have.
    #[error("{currency} can't be declared: only virtual currencies of at most 6 decimals can")]
    BadCurrency {
        /// The currency.
        currency: Currency,
    },
}

impl Catalog {
    /// The catalog as a player sees it, see [`Item::offered_to`].
    pub fn offered_to(&self, pricing: &Pricing) -> Catalog {
        let items = self.items.iter().map(|item| item.offered_to(pricing)).collect();
        let Catalog { merchant, version, issued_at, expires_at, currencies, charges, creators, .. } = self.clone();
        Catalog { merchant, version, issued_at, expires_at, currencies, items, charges, creators }
    }

    /// Checks what a signature can't: limits, prices, that each SKU is there once.
    ///
    /// # Errors
    /// [`CatalogError`], for the first thing that is wrong.
    pub fn check(&self) -> Result<(), CatalogError> {
        if self.items.len() > CATALOG_ITEMS_MAX {
            return Err(CatalogError::TooManyItems);
        }
        if self.creators.len() > CREATORS_MAX {
            return Err(CatalogError::TooManyCreators);
        }
        for declared in &self.currencies {
            if !declared.code.is_virtual() || declared.exponent > 6 {
                return Err(CatalogError::BadCurrency { currency: declared.code });
            }
        }
        let mut seen = std::collections::HashSet::with_capacity(self.items.len());
        let known: std::collections::HashMap<&Sku, &Item> = self.items.iter().map(|item| (&item.sku, item)).collect();
        for item in &self.items {
            let sku = item.sku.clone();
            let currency = item.price.currency();
            if !seen.insert(&item.sku) {
                return Err(CatalogError::DuplicateItem { sku });
            }
            if sku.is_of_tips() {
                return Err(CatalogError::NameOfTips { sku });
            }
            if !item.price.is_positive() {
                return Err(CatalogError::PriceNotPositive { sku });
            }
            if let Some(rule) = item.meter.and_then(|terms| terms.fault(item)) {
                return Err(CatalogError::BadMeter { sku, rule });
            }
            let without_terms = (item.kind == ItemKind::Pass).then_some("says how long it lasts");
            if let Some(rule) = item.pass.map_or(without_terms, |terms| terms.fault(item)) {
                return Err(CatalogError::BadPass { sku, rule });
            }
            if let Some(rule) = item.fault_of_contents(|sku| known.get(sku).copied()) {
                return Err(CatalogError::BadBundle { sku, rule });
            }
            let exponent = |amount: &Money| {
                let declared = self.currencies.iter().find(|declared| declared.code == amount.currency());
                declared.map(|declared| declared.exponent)
            };
            if let Some(rule) = item.fault_of_credits(exponent) {
                return Err(CatalogError::BadPack { sku, rule });
            }
            if let Some(rule) = item.fault_of_prices() {
                return Err(CatalogError::BadPrices { sku, rule });
            }
            if let Some(rule) = item.fault_of_texts() {
                return Err(CatalogError::BadText { sku, rule });
            }
            if currency.is_virtual() {
                let declared = self.currencies.iter().find(|declared| declared.code == currency);
                let declared = declared.ok_or(CatalogError::UndeclaredCurrency { sku: sku.clone(), currency })?;
                if !item.all_prices().all(|price| price.is_whole_minor_units(declared.exponent)) {
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

        let mut tip = good.clone();
        tip.items[0].sku = Sku::new("tip:ana").unwrap();
        assert!(matches!(tip.check(), Err(CatalogError::NameOfTips { .. })));

        let free = catalog(r#"{"amount":"0","currency":"USD"}"#);
        assert!(matches!(free.check(), Err(CatalogError::PriceNotPositive { .. })));

        let gems = catalog(r#"{"amount":"5","currency":"gems"}"#);
        assert!(matches!(gems.check(), Err(CatalogError::UndeclaredCurrency { .. })));

        let mut half_a_gem = catalog(r#"{"amount":"0.5","currency":"gems"}"#);
        half_a_gem.currencies =
            vec![VirtualCurrency { code: "gems".parse().unwrap(), exponent: 0, title: "Gems".into() }];
        assert!(matches!(half_a_gem.check(), Err(CatalogError::PriceTooPrecise { .. })));

        let mut metered = good.clone();
        metered.items[0].meter = Some(MeterTerms::default());
        assert!(matches!(metered.check(), Err(CatalogError::BadMeter { .. })), "a meter of a consumable");
        metered.items[0].kind = ItemKind::Metered;
        assert_eq!(metered.check(), Ok(()));
        metered.items[0].meter = None;
        assert_eq!((metered.check(), metered.items[0].meter_terms()), (Ok(()), Some(MeterTerms::default())));
        for bad in [
            MeterTerms { per_units: 0, ..MeterTerms::default() },
            MeterTerms { flush_after_units: 1_000_000_001, ..MeterTerms::default() },
            MeterTerms { flush_after_seconds: 86_401, ..MeterTerms::default() },
            MeterTerms { daily_cap: Some(Money::zero(Currency::USD)), ..MeterTerms::default() },
            MeterTerms { daily_cap: Some(Money::from_micros(1, Currency::EUR)), ..MeterTerms::default() },
        ] {
            metered.items[0].meter = Some(bad);
            assert!(matches!(metered.check(), Err(CatalogError::BadMeter { .. })), "{bad:?}");
        }

        let mut pass = good.clone();
        pass.items[0].kind = ItemKind::Pass;
        assert!(matches!(pass.check(), Err(CatalogError::BadPass { .. })), "a pass without terms");
        let day = PassTerms { length_seconds: 86_400, grace_seconds: 3_600, may_renew: true, reminder_seconds: 7_200 };
        pass.items[0].pass = Some(day);
        assert_eq!((pass.check(), pass.items[0].pass_grant()), (Ok(()), Some(day.grant())));
        for bad in [
            PassTerms { length_seconds: 0, grace_seconds: 0, reminder_seconds: 0, ..day },
            PassTerms { length_seconds: 316_224_001, ..day },
            PassTerms { grace_seconds: 86_401, ..day },
            PassTerms { reminder_seconds: 86_401, ..day },
        ] {
            pass.items[0].pass = Some(bad);
            assert!(matches!(pass.check(), Err(CatalogError::BadPass { .. })), "{bad:?}");
        }
        pass.items[0] = Item { kind: ItemKind::Durable, pass: Some(day), ..good.items[0].clone() };
        assert!(matches!(pass.check(), Err(CatalogError::BadPass { .. })), "the pass of a durable item");
        assert_eq!(pass.items[0].pass_grant(), None);

        let mut chest = good.clone();
        let contents = vec![BundledItem { sku: good.items[0].sku.clone(), quantity: 2 }];
        chest.items.push(Item {
            sku: Sku::new("chest").unwrap(),
            kind: ItemKind::Bundle,
            contents,
            ..good.items[0].clone()
        });
        assert_eq!(chest.check(), Ok(()));
        chest.items[1].contents[0].sku = Sku::new("chest").unwrap();
        assert!(matches!(chest.check(), Err(CatalogError::BadBundle { .. })), "a bundle in itself");

        let mut large = good;
        large.items = vec![large.items[0].clone(); CATALOG_ITEMS_MAX + 1];
        assert_eq!(large.check(), Err(CatalogError::TooManyItems));
    }
}
