//! Every version of the catalog that was ever published.

use std::collections::BTreeMap;

use farthing_protocol::Digest;

use super::StoreError;
use crate::catalog::CatalogContent;

pub(crate) trait Catalogs {
    /// All versions after one.
    fn catalogs_after(&self, version: u64) -> Result<BTreeMap<u64, CatalogContent>, StoreError>;

    /// The latest version and the digest of its content.
    fn latest_catalog(&self) -> Result<Option<(u64, Digest)>, StoreError>;

    /// Keeps a version.
    fn add_catalog(&self, version: u64, digest: Digest, json: &str) -> Result<(), StoreError>;
}

/// Makes this content the latest version, unless it is that already; returns the version.
pub(crate) fn publish(catalogs: &dyn super::Tables, content: &CatalogContent) -> Result<u64, StoreError> {
    let json = serde_json::to_string(content).map_err(|_| StoreError::Damaged("a catalog that is no JSON"))?;
    let digest = Digest::of(json.as_bytes());
    let version = match catalogs.latest_catalog()? {
        Some((version, known)) if known == digest => return Ok(version),
        Some((version, _)) => version + 1,
        None => 1,
    };
    catalogs.add_catalog(version, digest, &json)?;
    Ok(version)
}

pub(super) fn content(json: &str) -> Result<CatalogContent, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Damaged("an unreadable catalog"))
}
