//! What is for sale: read from `catalog.toml` or uploaded, kept in every version that was ever published.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use farthing_protocol::limits::CATALOG_BYTES_MAX;
use farthing_protocol::{
    Catalog, CatalogError, ChargeTerms, Creator, Currency, Digest, Item, Sku, Timestamp, VirtualCurrency,
};
use serde::{Deserialize, Serialize};

use crate::clock::days_after;
use crate::config::{ChargePolicy, ConfigError, is_country};
use crate::keys::{KeysError, Signer};

/// The file that a new gateway starts with.
pub(crate) const SAMPLE: &str = include_str!("catalog.toml");

/// A catalog without its version and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CatalogContent {
    /// Who sells.
    #[schema(min_length = 1, example = "sample-studio")]
    pub(crate) merchant: String,
    /// The merchant's own currencies.
    #[serde(default)]
    pub(crate) currencies: Vec<VirtualCurrency>,
    /// Which countries have prices of their own; the usual prices hold in all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) price_tiers: Vec<PriceTier>,
    /// What is for sale.
    #[serde(default)]
    pub(crate) items: Vec<Item>,
}

/// Countries that share prices, which items name by `tiers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceTier {
    /// Its name in code.
    #[schema(pattern = "^[a-z0-9_]{1,32}$", example = "low")]
    name: String,
    /// Two letters each (ISO 3166-1).
    #[schema(value_type = Vec<String>, example = json!(["BR", "IN"]))]
    countries: BTreeSet<String>,
}

/// By what an account's prices are found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PricingRules {
    /// The tier of each country that has one.
    pub(crate) tiers: BTreeMap<String, String>,
    /// Whether something has an introductory price.
    pub(crate) is_introductory: bool,
}

impl CatalogContent {
    /// Reads a file and checks that it can be sold from.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let content: CatalogContent = crate::config::read_toml(path)?;
        let wrong = |wrong: Wrong| ConfigError::Unusable { path: path.display().to_string(), reason: wrong.reason };
        content.check().map_err(wrong)?;
        Ok(content)
    }

    /// Checks that it can be sold from.
    pub(crate) fn check(&self) -> Result<(), Wrong> {
        if self.merchant.trim().is_empty() {
            return Err(Wrong { field: "merchant".into(), reason: "`merchant` must say who sells".into() });
        }
        let unsigned = self.clone().at(1, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        unsigned.check().map_err(|error| Wrong { field: self.field(&error), reason: error.to_string() })?;
        self.check_tiers()?;
        self.check_size()
    }

    fn check_tiers(&self) -> Result<(), Wrong> {
        let (mut names, mut countries) = (BTreeSet::new(), BTreeSet::new());
        let is_name = |name: &str| {
            (1..=32).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        for (place, PriceTier { name, countries: of_it }) in self.price_tiers.iter().enumerate() {
            let wrong = |reason: String| Err(Wrong { field: format!("price_tiers[{place}]"), reason });
            if !is_name(name) || !names.insert(name) {
                return wrong(format!("`{name}` must be 1 to 32 of a-z, 0-9 and _, and of one price tier only"));
            }
            if let Some(bad) = of_it.iter().find(|country| !is_country(country)) {
                return wrong(format!("`{bad}` is no country: it takes two capital letters, such as BR"));
            }
            if let Some(twice) = of_it.iter().find(|country| !countries.insert(*country)) {
                return wrong(format!("{twice} is in two price tiers"));
            }
        }
        for (place, item) in self.items.iter().enumerate() {
            if let Some(unknown) = item.tiers.keys().find(|tier| !names.contains(tier)) {
                let reason = format!("{} has a price in `{unknown}`, which `price_tiers` does not have", item.sku);
                return Err(Wrong { field: format!("items[{place}].tiers"), reason });
            }
        }
        Ok(())
    }

    fn pricing(&self) -> PricingRules {
        let tiers = self.price_tiers.iter();
        let tiers = tiers.flat_map(|tier| tier.countries.iter().map(|country| (country.clone(), tier.name.clone())));
        let mut of_tiers = self.items.iter().flat_map(|item| item.tiers.values());
        let is_introductory = self.items.iter().any(|item| item.introductory.is_some())
            || of_tiers.any(|tier| tier.introductory.is_some());
        PricingRules { tiers: tiers.collect(), is_introductory }
    }

    /// Wallets refuse a document that is too long: better the merchant hears of it.
    fn check_size(&self) -> Result<(), Wrong> {
        let bytes = serde_json::to_vec(self).map_or(usize::MAX, |json| json.len());
        if bytes <= CATALOG_BYTES_MAX {
            return Ok(());
        }
        let reason = format!(
            "takes {bytes} bytes of JSON, and a wallet takes {CATALOG_BYTES_MAX}: fewer items or languages, or shorter texts"
        );
        Err(Wrong { field: "items".into(), reason })
    }

    /// Where an error is.
    fn field(&self, error: &CatalogError) -> String {
        let item = |sku: &Sku| self.items.iter().rposition(|item| item.sku == *sku).unwrap_or_default();
        match error {
            CatalogError::TooManyItems => "items".into(),
            // Creators are in no catalog that is published.
            CatalogError::TooManyCreators => "creators".into(),
            CatalogError::DuplicateItem { sku } | CatalogError::NameOfTips { sku } => {
                format!("items[{}].sku", item(sku))
            }
            CatalogError::PriceNotPositive { sku }
            | CatalogError::PriceTooPrecise { sku, .. }
            | CatalogError::UndeclaredCurrency { sku, .. } => format!("items[{}].price", item(sku)),
            CatalogError::BadMeter { sku, .. } => format!("items[{}].meter", item(sku)),
            CatalogError::BadPass { sku, .. } => format!("items[{}].pass", item(sku)),
            CatalogError::BadBundle { sku, .. } => format!("items[{}].contents", item(sku)),
            CatalogError::BadPack { sku, .. } => format!("items[{}].credits", item(sku)),
            CatalogError::BadPrices { sku, .. } => format!("items[{}].prices", item(sku)),
            CatalogError::BadText { sku, .. } => format!("items[{}]", item(sku)),
            CatalogError::BadCurrency { currency } => {
                let declared = self.currencies.iter().position(|declared| declared.code == *currency);
                format!("currencies[{}]", declared.unwrap_or_default())
            }
        }
    }

    fn at(self, version: u64, issued_at: Timestamp, expires_at: Timestamp) -> Catalog {
        // Which countries a tier has is no wallet's business: an allowance names the tier.
        let CatalogContent { merchant, currencies, items, price_tiers: _ } = self;
        Catalog {
            merchant,
            version,
            issued_at,
            expires_at,
            currencies,
            items,
            charges: Vec::new(),
            creators: Vec::new(),
        }
    }

    /// What charging a card costs, for each currency that something is priced in and a card can be charged in.
    fn charges(&self, policy: &ChargePolicy) -> Vec<ChargeTerms> {
        let prices = self.items.iter().flat_map(Item::all_prices);
        let priced: BTreeSet<Currency> = prices.map(|price| price.currency()).collect();
        priced.into_iter().filter(|currency| !currency.is_virtual()).map(|currency| policy.terms(currency)).collect()
    }
}

/// What is wrong with a catalog, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) reason: String,
}

/// The catalog that a file makes before it has a version: the door for those who test how files are read.
///
/// # Errors
/// As at a gateway's start.
#[doc(hidden)]
pub fn catalog_of_file(path: &Path) -> Result<Catalog, ConfigError> {
    Ok(CatalogContent::read(path)?.at(1, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH))
}

/// What tells this list of creators from another one in an `ETag`; nothing where there are none.
fn tag(creators: &[Creator]) -> String {
    if creators.is_empty() {
        return String::new();
    }
    let listed: String = creators.iter().map(|creator| format!("{}\n{}\n", creator.id, creator.name)).collect();
    format!("-{}", Digest::of(listed.as_bytes()))
}

/// One version, ready to look prices up.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) merchant: String,
    items: HashMap<Sku, Item>,
}

impl Shelf {
    pub(crate) fn new(content: CatalogContent) -> Self {
        let items = content.items.into_iter().map(|item| (item.sku.clone(), item)).collect();
        Shelf { merchant: content.merchant, items }
    }

    pub(crate) fn item(&self, sku: &Sku) -> Option<&Item> {
        self.items.get(sku)
    }
}

/// Every version by number.
pub(crate) type Shelves = BTreeMap<u64, Arc<Shelf>>;

/// Every version that was ever published, as far as this gateway knows, and the latest one, which is on sale.
pub(crate) struct Published {
    known: RwLock<Known>,
    valid_days: u32,
    charges: ChargePolicy,
}

#[derive(Clone)]
struct Known {
    shelves: Arc<Shelves>,
    on_sale: Arc<OnSale>,
}

impl Published {
    /// All versions up to now; `None` where there is none.
    pub(crate) fn new(versions: BTreeMap<u64, CatalogContent>, valid_days: u32, charges: ChargePolicy) -> Option<Self> {
        let on_sale = OnSale::latest_of(&versions)?;
        let known = Known { shelves: Arc::new(shelves(versions).collect()), on_sale: Arc::new(on_sale) };
        Some(Published { known: RwLock::new(known), valid_days, charges })
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in versions that were published, by this gateway or another one on the same database.
    pub(crate) fn learn(&self, versions: BTreeMap<u64, CatalogContent>) {
        let Some(on_sale) = OnSale::latest_of(&versions) else { return };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if on_sale.version > known.on_sale.version {
            known.on_sale = Arc::new(on_sale);
        }
        Arc::make_mut(&mut known.shelves).extend(shelves(versions));
    }

    pub(crate) fn shelves(&self) -> Arc<Shelves> {
        self.known().shelves
    }

    /// The version that is on sale.
    pub(crate) fn latest(&self) -> u64 {
        self.known().on_sale.version
    }

    pub(crate) fn merchant(&self) -> String {
        self.known().on_sale.content.merchant.clone()
    }

    /// By what an account's prices are found, in the version that is on sale.
    pub(crate) fn pricing(&self) -> Arc<PricingRules> {
        self.known().on_sale.pricing.clone()
    }

    /// The signed catalog. It is signed anew each day, so that a device that is online once
    /// in a while has prices for nearly `valid_days`.
    pub(crate) fn signed(
        &self,
        signer: &Signer,
        creators: &Arc<Vec<Creator>>,
        now: Timestamp,
    ) -> Result<Signed, KeysError> {
        self.known().on_sale.signed(signer, (self.valid_days, &self.charges, creators), now)
    }
}

fn shelves(versions: BTreeMap<u64, CatalogContent>) -> impl Iterator<Item = (u64, Arc<Shelf>)> {
    versions.into_iter().map(|(version, content)| (version, Arc::new(Shelf::new(content))))
}

/// The catalog that is on sale now, signed.
struct OnSale {
    content: CatalogContent,
    pricing: Arc<PricingRules>,
    version: u64,
    signed: Mutex<Option<Signed>>,
}

/// A signed catalog and the tag that stands for it.
#[derive(Clone)]
pub(crate) struct Signed {
    issued_at: Timestamp,
    creators: Arc<Vec<Creator>>,
    pub(crate) etag: String,
    pub(crate) catalog: Arc<str>,
}

impl OnSale {
    fn latest_of(versions: &BTreeMap<u64, CatalogContent>) -> Option<Self> {
        let (version, content) = versions.last_key_value()?;
        let pricing = Arc::new(content.pricing());
        Some(OnSale { content: content.clone(), pricing, version: *version, signed: Mutex::new(None) })
    }

    fn signed(
        &self,
        signer: &Signer,
        (valid_days, charges, creators): (u32, &ChargePolicy, &Arc<Vec<Creator>>),
        now: Timestamp,
    ) -> Result<Signed, KeysError> {
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = &*signed
            && signed.issued_at <= now
            && now < days_after(signed.issued_at, 1)
            && (Arc::ptr_eq(&signed.creators, creators) || signed.creators == *creators)
        {
            return Ok(signed.clone());
        }
        let catalog = self.content.clone().at(self.version, now, days_after(now, valid_days));
        let catalog = Catalog { charges: self.content.charges(charges), creators: creators.to_vec(), ..catalog };
        let fresh = Signed {
            issued_at: now,
            creators: creators.clone(),
            etag: format!("\"{}-{}{}\"", self.version, now.as_millisecond(), tag(creators)),
            catalog: signer.sign(&catalog)?.into(),
        };
        *signed = Some(fresh.clone());
        Ok(fresh)
    }
}

#[cfg(test)]
mod tests {
    use farthing_protocol::limits::{CREATOR_ID_LENGTH_MAX, CREATOR_NAME_LENGTH_MAX, CREATORS_MAX, DOCUMENT_BYTES_MAX};

    use super::*;

    #[test]
    fn the_largest_catalog_fits_a_signed_document_with_all_creators_that_there_can_be() {
        let creator = |number: usize| Creator {
            id: format!("{number:0>CREATOR_ID_LENGTH_MAX$}").parse().unwrap(),
            name: "\u{1f3b5}".repeat(CREATOR_NAME_LENGTH_MAX),
        };
        let creators: Vec<_> = (0..CREATORS_MAX).map(creator).collect();
        let bytes = CATALOG_BYTES_MAX + serde_json::to_vec(&creators).unwrap().len();
        // What is signed is written in base64; its head, the signature, times and charges take the rest.
        let rest = 16 * 1024;
        assert!(bytes * 4 / 3 + rest < DOCUMENT_BYTES_MAX, "{bytes}");
    }
}
