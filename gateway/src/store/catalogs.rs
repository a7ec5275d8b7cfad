//! Every version of the catalog that was ever published.

use std::collections::BTreeMap;

use farthing_protocol::Digest;
use rusqlite::{Connection, params};

use super::StoreError;
use crate::catalog::CatalogContent;

/// All versions.
pub(crate) fn all(connection: &Connection) -> Result<BTreeMap<u64, CatalogContent>, StoreError> {
    let mut statement = connection.prepare("SELECT version, content FROM catalogs")?;
    let mut rows = statement.query([])?;
    let mut versions = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let content: String = row.get(1)?;
        let content = serde_json::from_str(&content).map_err(|_| StoreError::Damaged("an unreadable catalog"))?;
        versions.insert(row.get(0)?, content);
    }
    Ok(versions)
}

/// Makes this content the latest version, unless it is that already; returns the version.
pub(crate) fn publish(connection: &Connection, content: &CatalogContent) -> Result<u64, StoreError> {
    let json = serde_json::to_string(content).map_err(|_| StoreError::Damaged("a catalog that is no JSON"))?;
    let digest = Digest::of(json.as_bytes());
    let latest = connection
        .prepare("SELECT version, digest FROM catalogs ORDER BY version DESC LIMIT 1")?
        .query_map([], |row| Ok((row.get::<_, u64>(0)?, super::column::digest(row, 1)?)))?
        .next()
        .transpose()?;
    let version = match latest {
        Some((version, known)) if known == digest => return Ok(version),
        Some((version, _)) => version + 1,
        None => 1,
    };
    connection.prepare("INSERT INTO catalogs (version, digest, content) VALUES (?, ?, ?)")?.execute(params![
        version,
        digest.as_bytes(),
        json
    ])?;
    Ok(version)
}
