//! Who can be tipped.

use farthing_protocol::CreatorId;
use rusqlite::{Connection, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::creators::{Creators, StoredCreator, creator};

fn read(row: &Row<'_>) -> Result<StoredCreator, StoreError> {
    creator(row.get(0)?, row.get(1)?, row.get(2)?, column::time(row, 3)?)
}

impl Creators for Connection {
    fn creator(&self, id: &CreatorId) -> Result<Option<StoredCreator>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT id, name, is_open, registered_at FROM creators WHERE id = ?")?;
        let mut rows = statement.query([id.as_str()])?;
        rows.next()?.map(read).transpose()
    }

    fn set_creator(&self, creator: &StoredCreator) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO creators (id, name, is_open, registered_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, is_open = excluded.is_open",
        )?
        .execute(params![
            creator.id.as_str(),
            creator.name,
            creator.is_open,
            creator.registered_at.as_millisecond()
        ])?;
        Ok(())
    }

    fn creators_after(&self, after: &str, only_open: bool, most: u32) -> Result<Vec<StoredCreator>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT id, name, is_open, registered_at FROM creators WHERE id > ?1 AND (is_open OR NOT ?2)
             ORDER BY id LIMIT ?3",
        )?;
        let mut rows = statement.query(params![after, only_open, most])?;
        let mut creators = Vec::new();
        while let Some(row) = rows.next()? {
            creators.push(read(row)?);
        }
        Ok(creators)
    }
}
