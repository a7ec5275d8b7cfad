//! Which keys have sealed what is in the database, and what devices were shown of the keys that sign.

use farthing_protocol::{Digest, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, number, signed, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::vault_keys::{KnownVaultKey, Room, Sealed, SealedRow, VaultKeys};

fn read(row: &PgRow) -> Result<KnownVaultKey, StoreError> {
    Ok(KnownVaultKey { number: number(row, 0)?, proof: row.try_get(1)?, is_retired: row.try_get(2)? })
}

impl VaultKeys for Transaction {
    fn vault_keys(&self) -> Result<Vec<KnownVaultKey>, StoreError> {
        let select = query("SELECT number, proof, retired_at IS NOT NULL FROM vault_keys ORDER BY number");
        self.all(select)?.iter().map(read).collect()
    }

    fn vault_key(&self, number: u32) -> Result<Option<KnownVaultKey>, StoreError> {
        let select = query("SELECT number, proof, retired_at IS NOT NULL FROM vault_keys WHERE number = $1");
        self.one(select.bind(i64::from(number)))?.as_ref().map(read).transpose()
    }

    fn add_vault_key(&self, number: u32, proof: &[u8], now: Timestamp) -> Result<(), StoreError> {
        let insert = query("INSERT INTO vault_keys (number, proof, created_at) VALUES ($1, $2, $3)");
        self.execute(insert.bind(i64::from(number)).bind(proof).bind(now.as_millisecond()))?;
        Ok(())
    }

    fn retire_vault_key(&self, number: u32, now: Timestamp) -> Result<(), StoreError> {
        let update = query("UPDATE vault_keys SET retired_at = $1 WHERE number = $2 AND retired_at IS NULL");
        self.execute(update.bind(now.as_millisecond()).bind(i64::from(number)))?;
        Ok(())
    }

    fn sealed_rows(&self, room: Room, from: u32, before: u32, most: u32) -> Result<Vec<SealedRow>, StoreError> {
        let (table, column) = room.table_and_column();
        let select = format!(
            "SELECT id, {column}, vault_key FROM {table}
             WHERE vault_key >= $1 AND vault_key < $2 AND {column} IS NOT NULL ORDER BY vault_key LIMIT $3"
        );
        let select = query(&select).bind(i64::from(from)).bind(i64::from(before)).bind(i64::from(most));
        let row = |row: &PgRow| {
            let id = row.try_get::<column::Uuid, _>(0)?.0;
            Ok(SealedRow { room, id, sealed: column::sealed(row, 1)? })
        };
        self.all(select)?.iter().map(row).collect()
    }

    fn count_sealed_rows(&self, room: Room, vault_key: u32) -> Result<u64, StoreError> {
        let (table, column) = room.table_and_column();
        let select = format!("SELECT count(*) FROM {table} WHERE vault_key = $1 AND {column} IS NOT NULL");
        let row = self.one(query(&select).bind(i64::from(vault_key)))?;
        row.as_ref().map_or(Ok(0), |row| number(row, 0))
    }

    fn reseal(&self, row: &SealedRow, sealed: &Sealed) -> Result<bool, StoreError> {
        let (table, column) = row.room.table_and_column();
        let update = format!("UPDATE {table} SET {column} = $1, vault_key = $2 WHERE id = $3 AND {column} = $4");
        let update = query(&update).bind(&sealed.bytes).bind(i64::from(sealed.vault_key));
        Ok(self.execute(update.bind(uuid(&row.id)).bind(&row.sealed.bytes))? == 1)
    }

    fn latest_key_set(&self) -> Result<Option<(u64, Digest)>, StoreError> {
        let select = query("SELECT version, keys FROM key_sets ORDER BY version DESC LIMIT 1");
        let row = self.one(select)?;
        row.map(|row| Ok((number(&row, 0)?, column::digest(&row, 1)?))).transpose()
    }

    fn add_key_set(&self, version: u64, keys: Digest, now: Timestamp) -> Result<(), StoreError> {
        let insert = query("INSERT INTO key_sets (version, keys, created_at) VALUES ($1, $2, $3)");
        self.execute(insert.bind(signed(version)?).bind(&keys.as_bytes()[..]).bind(now.as_millisecond()))?;
        Ok(())
    }
}
