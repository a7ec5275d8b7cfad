//! What is for sale: read from `catalog.toml`, kept in every version that was ever published.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use farthing_protocol::{Catalog, Item, Sku, Timestamp, VirtualCurrency};
use serde::{Deserialize, Serialize};

use crate::clock::days_after;
use crate::config::ConfigError;
use crate::keys::{KeysError, Signer};

/// The file that a new gateway starts with.
pub(crate) const SAMPLE: &str = include_str!("catalog.toml");

/// A catalog without its version and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CatalogContent {
    pub(crate) merchant: String,
    #[serde(default)]
    pub(crate) currencies: Vec<VirtualCurrency>,
    #[serde(default)]
    pub(crate) items: Vec<Item>,
}

impl CatalogContent {
    /// Reads a file and checks that it can be sold from.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let content: CatalogContent = crate::config::read_toml(path)?;
        let wrong = |reason: String| ConfigError::Unusable { path: path.display().to_string(), reason };
        if content.merchant.trim().is_empty() {
            return Err(wrong("`merchant` must say who sells".into()));
        }
        let unsigned = content.clone().at(1, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        unsigned.check().map_err(|error| wrong(error.to_string()))?;
        Ok(content)
    }

    fn at(self, version: u64, issued_at: Timestamp, expires_at: Timestamp) -> Catalog {
        let CatalogContent { merchant, currencies, items } = self;
        Catalog { merchant, version, issued_at, expires_at, currencies, items }
    }
}

/// The catalog that a file makes before it has a version: the door for those who test how files are read.
///
/// # Errors
/// As at a gateway's start.
#[doc(hidden)]
pub fn catalog_of_file(path: &Path) -> Result<Catalog, ConfigError> {
    Ok(CatalogContent::read(path)?.at(1, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH))
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
}

#[derive(Clone)]
struct Known {
    shelves: Arc<Shelves>,
    on_sale: Arc<OnSale>,
}

impl Published {
    /// All versions up to now; `None` where there is none.
    pub(crate) fn new(versions: BTreeMap<u64, CatalogContent>, valid_days: u32) -> Option<Self> {
        let on_sale = OnSale::latest_of(&versions)?;
        let known = Known { shelves: Arc::new(shelves(versions).collect()), on_sale: Arc::new(on_sale) };
        Some(Published { known: RwLock::new(known), valid_days })
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in versions that another gateway on the same database has published.
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

    /// The signed catalog. It is signed anew each day, so that a device that is online once
    /// in a while has prices for nearly `valid_days`.
    pub(crate) fn signed(&self, signer: &Signer, now: Timestamp) -> Result<Signed, KeysError> {
        self.known().on_sale.signed(signer, self.valid_days, now)
    }
}

fn shelves(versions: BTreeMap<u64, CatalogContent>) -> impl Iterator<Item = (u64, Arc<Shelf>)> {
    versions.into_iter().map(|(version, content)| (version, Arc::new(Shelf::new(content))))
}

/// The catalog that is on sale now, signed.
struct OnSale {
    content: CatalogContent,
    version: u64,
    signed: Mutex<Option<Signed>>,
}

/// A signed catalog and the tag that stands for it.
#[derive(Clone)]
pub(crate) struct Signed {
    issued_at: Timestamp,
    pub(crate) etag: String,
    pub(crate) catalog: Arc<str>,
}

impl OnSale {
    fn latest_of(versions: &BTreeMap<u64, CatalogContent>) -> Option<Self> {
        let (version, content) = versions.last_key_value()?;
        Some(OnSale { content: content.clone(), version: *version, signed: Mutex::new(None) })
    }

    fn signed(&self, signer: &Signer, valid_days: u32, now: Timestamp) -> Result<Signed, KeysError> {
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = &*signed
            && signed.issued_at <= now
            && now < days_after(signed.issued_at, 1)
        {
            return Ok(signed.clone());
        }
        let catalog = self.content.clone().at(self.version, now, days_after(now, valid_days));
        let fresh = Signed {
            issued_at: now,
            etag: format!("\"{}-{}\"", self.version, now.as_millisecond()),
            catalog: signer.sign(&catalog)?.into(),
        };
        *signed = Some(fresh.clone());
        Ok(fresh)
    }
}
