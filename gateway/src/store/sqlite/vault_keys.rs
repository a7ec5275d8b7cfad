//! Which keys have sealed what is in the database, and what devices were shown of the keys that sign.

use farthing_protocol::{Digest, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::vault_keys::{KnownVaultKey, Room, Sealed, SealedRow, VaultKeys};

fn read(row: &Row<'_>) -> rusqlite::Result<KnownVaultKey> {
    Ok(KnownVaultKey { number: row.get(0)?, proof: row.get(1)?, is_retired: row.get(2)? })
}

impl VaultKeys for Connection {
    fn vault_keys(&self) -> Result<Vec<KnownVaultKey>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT number, proof, retired_at IS NOT NULL FROM vault_keys ORDER BY number")?;
        Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
    }

    fn vault_key(&self, number: u32) -> Result<Option<KnownVaultKey>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT number, proof, retired_at IS NOT NULL FROM vault_keys WHERE number = ?")?;
        Ok(statement.query_row([number], read).optional()?)
    }

    fn add_vault_key(&self, number: u32, proof: &[u8], now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("INSERT INTO vault_keys (number, proof, created_at) VALUES (?, ?, ?)")?
            .execute(params![number, proof, now.as_millisecond()])?;
        Ok(())
    }

    fn retire_vault_key(&self, number: u32, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE vault_keys SET retired_at = ? WHERE number = ? AND retired_at IS NULL")?
            .execute(params![now.as_millisecond(), number])?;
        Ok(())
    }

    fn sealed_rows(&self, room: Room, from: u32, before: u32, most: u32) -> Result<Vec<SealedRow>, StoreError> {
        let (table, column) = room.table_and_column();
        let mut statement = self.prepare_cached(&format!(
            "SELECT id, {column}, vault_key FROM {table}
             WHERE vault_key >= ? AND vault_key < ? AND {column} IS NOT NULL ORDER BY vault_key LIMIT ?"
        ))?;
        let rows = statement.query_map([from, before, most], |row| {
            Ok(SealedRow { room, id: row.get(0)?, sealed: column::sealed(row, 1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn count_sealed_rows(&self, room: Room, vault_key: u32) -> Result<u64, StoreError> {
        let (table, column) = room.table_and_column();
        let count = format!("SELECT count(*) FROM {table} WHERE vault_key = ? AND {column} IS NOT NULL");
        Ok(self.prepare_cached(&count)?.query_row([vault_key], |row| row.get(0))?)
    }

    fn reseal(&self, row: &SealedRow, sealed: &Sealed) -> Result<bool, StoreError> {
        let (table, column) = row.room.table_and_column();
        let update = format!("UPDATE {table} SET {column} = ?, vault_key = ? WHERE id = ? AND {column} = ?");
        let resealed =
            self.prepare_cached(&update)?.execute(params![sealed.bytes, sealed.vault_key, row.id, row.sealed.bytes])?;
        Ok(resealed == 1)
    }

    fn latest_key_set(&self) -> Result<Option<(u64, Digest)>, StoreError> {
        let mut statement = self.prepare_cached("SELECT version, keys FROM key_sets ORDER BY version DESC LIMIT 1")?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, column::digest(row, 1)?))).optional()?)
    }

    fn add_key_set(&self, version: u64, keys: Digest, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("INSERT INTO key_sets (version, keys, created_at) VALUES (?, ?, ?)")?.execute(params![
            version,
            keys.as_bytes(),
            now.as_millisecond()
        ])?;
        Ok(())
    }
}
