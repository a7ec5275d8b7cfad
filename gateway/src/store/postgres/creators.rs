//! Who can be tipped.

use farthing_protocol::CreatorId;
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column;
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::creators::{Creators, StoredCreator, creator};

fn read(row: &PgRow) -> Result<StoredCreator, StoreError> {
    creator(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, column::time(row, 3)?)
}

impl Creators for Transaction {
    fn creator(&self, id: &CreatorId) -> Result<Option<StoredCreator>, StoreError> {
        let select = query("SELECT id, name, is_open, registered_at FROM creators WHERE id = $1");
        self.one(select.bind(id.as_str()))?.as_ref().map(read).transpose()
    }

    fn set_creator(&self, creator: &StoredCreator) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO creators (id, name, is_open, registered_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, is_open = excluded.is_open",
        );
        let upsert = upsert.bind(creator.id.as_str()).bind(&creator.name).bind(creator.is_open);
        self.execute(upsert.bind(creator.registered_at.as_millisecond()))?;
        Ok(())
    }

    fn creators_after(&self, after: &str, only_open: bool, most: u32) -> Result<Vec<StoredCreator>, StoreError> {
        let select = query(
            "SELECT id, name, is_open, registered_at FROM creators WHERE id > $1 AND (is_open OR NOT $2)
             ORDER BY id LIMIT $3",
        );
        let rows = self.all(select.bind(after).bind(only_open).bind(i64::from(most)))?;
        rows.iter().map(read).collect()
    }
}
