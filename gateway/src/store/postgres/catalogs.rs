//! Every version of the catalog that was ever published.

use std::collections::BTreeMap;

use farthing_protocol::Digest;
use sqlx::{Row, query};

use super::column::{self, number, signed};
use super::transaction::Transaction;
use crate::catalog::CatalogContent;
use crate::store::StoreError;
use crate::store::catalogs::{Catalogs, content};

impl Catalogs for Transaction {
    fn catalogs_after(&self, version: u64) -> Result<BTreeMap<u64, CatalogContent>, StoreError> {
        let rows =
            self.all(query("SELECT version, content FROM catalogs WHERE version > $1").bind(signed(version)?))?;
        rows.iter().map(|row| Ok((number(row, 0)?, content(row.try_get(1)?)?))).collect()
    }

    fn latest_catalog(&self) -> Result<Option<(u64, Digest)>, StoreError> {
        let row = self.one(query("SELECT version, digest FROM catalogs ORDER BY version DESC LIMIT 1"))?;
        row.map(|row| Ok((number(&row, 0)?, column::digest(&row, 1)?))).transpose()
    }

    fn add_catalog(&self, version: u64, digest: Digest, json: &str) -> Result<(), StoreError> {
        let insert = query("INSERT INTO catalogs (version, digest, content) VALUES ($1, $2, $3)");
        self.execute(insert.bind(signed(version)?).bind(&digest.as_bytes()[..]).bind(json))?;
        Ok(())
    }
}
