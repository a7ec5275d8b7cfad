//! Every version of the catalog that was ever published.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::catalog::CatalogContent;
use crate::store::StoreError;
use crate::store::catalogs::{Catalogs, Edition, Origin, content};

fn edition(row: &Row<'_>) -> rusqlite::Result<Edition> {
    Ok(Edition {
        version: row.get(0)?,
        digest: column::digest(row, 1)?,
        origin: Origin::of_row(row.get(2)?),
        published_at: row.get::<_, Option<i64>>(3)?.map(crate::clock::from_milliseconds),
    })
}

impl Catalogs for Connection {
    fn catalogs_after(&self, version: u64) -> Result<BTreeMap<u64, CatalogContent>, StoreError> {
        let mut statement = self.prepare_cached("SELECT version, content FROM catalogs WHERE version > ?")?;
        let mut rows = statement.query([version])?;
        let mut versions = BTreeMap::new();
        while let Some(row) = rows.next()? {
            versions.insert(row.get(0)?, content(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?);
        }
        Ok(versions)
    }

    fn editions_before(&self, version: u64, most: u32) -> Result<Vec<Edition>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT version, digest, is_uploaded, published_at FROM catalogs WHERE version < ?
             ORDER BY version DESC LIMIT ?",
        )?;
        let editions = statement.query_map(params![version, most], edition)?;
        Ok(editions.collect::<Result<_, _>>()?)
    }

    fn catalog(&self, version: u64) -> Result<Option<(Edition, CatalogContent)>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT version, digest, is_uploaded, published_at, content FROM catalogs WHERE version = ?",
        )?;
        let row = statement.query_row([version], |row| Ok((edition(row)?, row.get::<_, String>(4)?))).optional()?;
        row.map(|(edition, json)| Ok((edition, content(&json)?))).transpose()
    }

    fn add_catalog(&self, edition: &Edition, json: &str) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO catalogs (version, digest, is_uploaded, published_at, content) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            edition.version,
            edition.digest.as_bytes(),
            edition.origin == Origin::Upload,
            edition.published_at.map(|time| time.as_millisecond()),
            json
        ])?;
        Ok(())
    }
}
