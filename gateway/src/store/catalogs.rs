//! Every version of the catalog that was ever published.

use std::collections::BTreeMap;

use farthing_protocol::{Digest, Timestamp};

use super::StoreError;
use crate::catalog::CatalogContent;

/// A version, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edition {
    pub(crate) version: u64,
    /// Of the content.
    pub(crate) digest: Digest,
    pub(crate) origin: Origin,
    /// Not known of versions that a gateway published before it kept this.
    pub(crate) published_at: Option<Timestamp>,
}

/// Where a version is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// `catalog.toml`, at a start.
    File,
    /// The API.
    Upload,
}

impl Origin {
    pub(super) fn of_row(is_uploaded: bool) -> Self {
        if is_uploaded { Origin::Upload } else { Origin::File }
    }
}

pub(crate) trait Catalogs {
    /// All versions after one.
    fn catalogs_after(&self, version: u64) -> Result<BTreeMap<u64, CatalogContent>, StoreError>;

    /// The latest versions before one, the newest first.
    fn editions_before(&self, version: u64, most: u32) -> Result<Vec<Edition>, StoreError>;

    /// A version with its content.
    fn catalog(&self, version: u64) -> Result<Option<(Edition, CatalogContent)>, StoreError>;

    /// Keeps a version.
    fn add_catalog(&self, edition: &Edition, json: &str) -> Result<(), StoreError>;
}

/// What became of a catalog that was to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Publishing {
    /// It is the latest version now.
    Published(Edition),
    /// It was so before.
    Unchanged(Edition),
    /// This version was published since the one that it was made from.
    Superseded(u64),
}

/// Makes a file's content the latest version, unless it is that already. Once a catalog was uploaded, files are not
/// published any more: a file that an upload has overtaken would bring its old prices back at the next start.
pub(crate) fn publish_file(
    tables: &dyn super::Tables,
    content: &CatalogContent,
    now: Timestamp,
) -> Result<(), StoreError> {
    let latest = latest(tables)?;
    let (digest, json) = digested(content)?;
    match latest {
        Some(latest) if latest.digest == digest => {}
        Some(Edition { version, origin: Origin::Upload, .. }) => {
            tracing::warn!(version, "catalog.toml differs from the catalog that was uploaded, which stays on sale");
        }
        latest => {
            add(tables, latest, Edition { version: 0, digest, origin: Origin::File, published_at: Some(now) }, &json)?;
        }
    }
    Ok(())
}

/// Makes an uploaded content the latest version, unless it is that already. Where it says from which version it was
/// made, that must be the latest one.
pub(crate) fn publish_upload(
    tables: &dyn super::Tables,
    content: &CatalogContent,
    made_from: Option<u64>,
    now: Timestamp,
) -> Result<Publishing, StoreError> {
    let latest = latest(tables)?;
    let (digest, json) = digested(content)?;
    let version = latest.map_or(0, |latest| latest.version);
    match latest {
        // What an earlier request with this content has published, too.
        Some(latest) if latest.digest == digest => Ok(Publishing::Unchanged(latest)),
        _ if made_from.is_some_and(|made_from| made_from != version) => Ok(Publishing::Superseded(version)),
        latest => {
            let edition = Edition { version: 0, digest, origin: Origin::Upload, published_at: Some(now) };
            add(tables, latest, edition, &json).map(Publishing::Published)
        }
    }
}

fn latest(tables: &dyn super::Tables) -> Result<Option<Edition>, StoreError> {
    Ok(tables.editions_before(i64::MAX as u64, 1)?.pop())
}

fn digested(content: &CatalogContent) -> Result<(Digest, String), StoreError> {
    let json = serde_json::to_string(content).map_err(|_| StoreError::Damaged("a catalog that is no JSON"))?;
    Ok((Digest::of(json.as_bytes()), json))
}

/// Keeps a content as the version after the latest one.
fn add(
    tables: &dyn super::Tables,
    latest: Option<Edition>,
    edition: Edition,
    json: &str,
) -> Result<Edition, StoreError> {
    let edition = Edition { version: latest.map_or(1, |latest| latest.version + 1), ..edition };
    tables.add_catalog(&edition, json)?;
    Ok(edition)
}

pub(super) fn content(json: &str) -> Result<CatalogContent, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Damaged("an unreadable catalog"))
}
