//! Every version of the catalog that was ever published.

use std::collections::BTreeMap;

use farthing_protocol::Digest;
use rusqlite::{Connection, OptionalExtension, params};

use super::column;
use crate::catalog::CatalogContent;
use crate::store::StoreError;
use crate::store::catalogs::{Catalogs, content};

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

    fn latest_catalog(&self) -> Result<Option<(u64, Digest)>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT version, digest FROM catalogs ORDER BY version DESC LIMIT 1")?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, column::digest(row, 1)?))).optional()?)
    }

    fn add_catalog(&self, version: u64, digest: Digest, json: &str) -> Result<(), StoreError> {
        self.prepare_cached("INSERT INTO catalogs (version, digest, content) VALUES (?, ?, ?)")?.execute(params![
            version,
            digest.as_bytes(),
            json
        ])?;
        Ok(())
    }
}
