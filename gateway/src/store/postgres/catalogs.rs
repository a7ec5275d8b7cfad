//! Every version of the catalog that was ever published.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, number, signed};
use super::transaction::Transaction;
use crate::catalog::CatalogContent;
use crate::store::StoreError;
use crate::store::catalogs::{Catalogs, Edition, Origin, content};

fn edition(row: &PgRow) -> Result<Edition, StoreError> {
    Ok(Edition {
        version: number(row, 0)?,
        digest: column::digest(row, 1)?,
        origin: Origin::of_row(row.try_get(2)?),
        published_at: row.try_get::<Option<i64>, _>(3)?.map(crate::clock::from_milliseconds),
    })
}

impl Catalogs for Transaction {
    fn catalogs_after(&self, version: u64) -> Result<BTreeMap<u64, CatalogContent>, StoreError> {
        let rows =
            self.all(query("SELECT version, content FROM catalogs WHERE version > $1").bind(signed(version)?))?;
        rows.iter().map(|row| Ok((number(row, 0)?, content(row.try_get(1)?)?))).collect()
    }

    fn editions_before(&self, version: u64, most: u32) -> Result<Vec<Edition>, StoreError> {
        let select = query(
            "SELECT version, digest, is_uploaded, published_at FROM catalogs WHERE version < $1
             ORDER BY version DESC LIMIT $2",
        );
        self.all(select.bind(signed(version)?).bind(i64::from(most)))?.iter().map(edition).collect()
    }

    fn catalog(&self, version: u64) -> Result<Option<(Edition, CatalogContent)>, StoreError> {
        let select =
            query("SELECT version, digest, is_uploaded, published_at, content FROM catalogs WHERE version = $1");
        let row = self.one(select.bind(signed(version)?))?;
        row.map(|row| Ok((edition(&row)?, content(row.try_get(4)?)?))).transpose()
    }

    fn add_catalog(&self, edition: &Edition, json: &str) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO catalogs (version, digest, is_uploaded, published_at, content) VALUES ($1, $2, $3, $4, $5)",
        );
        let insert = insert
            .bind(signed(edition.version)?)
            .bind(&edition.digest.as_bytes()[..])
            .bind(edition.origin == Origin::Upload)
            .bind(edition.published_at.map(|time| time.as_millisecond()))
            .bind(json);
        self.execute(insert)?;
        Ok(())
    }
}
