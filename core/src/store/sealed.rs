//! Sealed tables: a key in clear, a value that opens only under that key in that table.

use std::sync::Arc;

use farthing_seal::SealKey;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use zeroize::Zeroizing;

use crate::WalletError;
use crate::deliberate_bug::DeliberateBug;

/// A table of sealed rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    name: &'static str,
    key_column: &'static str,
}

pub(crate) const JOURNAL: Table = Table { name: "journal", key_column: "seq" };
pub(crate) const HISTORY: Table = Table { name: "history", key_column: "key" };
pub(crate) const OPERATIONS: Table = Table { name: "operations", key_column: "key" };
pub(crate) const DOCUMENTS: Table = Table { name: "documents", key_column: "key" };
pub(crate) const TOP_UPS: Table = Table { name: "top_ups", key_column: "key" };

pub(crate) const ELSEWHERE: Table = Table { name: "elsewhere", key_column: "key" };

pub(crate) const TABLES: [Table; 6] = [JOURNAL, HISTORY, OPERATIONS, DOCUMENTS, TOP_UPS, ELSEWHERE];

impl Table {
    /// The statement that reads all of it.
    pub(crate) fn selection(self) -> String {
        format!("SELECT {}, sealed FROM {}", self.key_column, self.name)
    }
}

/// What a row is found by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

impl Key<'_> {
    /// Where a value is kept, for the seal: no two places of the database are the same.
    fn place(&self, table: Table) -> Vec<u8> {
        if DeliberateBug::NoAssociatedData.is_planted() {
            return Vec::new();
        }
        let mut place = format!("farthing wallet 1|{}|", table.name).into_bytes();
        match self {
            Key::Number(number) => place.extend_from_slice(&number.to_be_bytes()),
            Key::Bytes(bytes) => place.extend_from_slice(bytes),
        }
        place
    }
}

impl ToSql for Key<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Key::Number(number) => number.to_sql(),
            Key::Bytes(bytes) => bytes.to_sql(),
        }
    }
}

/// Part of a table, by its key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Range {
    /// From the smallest key, that many.
    First(u32),
    /// From the largest key, that many.
    Last(u32),
    /// Numbered keys from here on, that many.
    From(i64, u32),
}

/// A database connection with the key that opens its rows.
pub(crate) struct Database {
    pub(crate) connection: Connection,
    pub(crate) seal: Arc<SealKey>,
}

impl Database {
    pub(crate) fn insert(&self, table: Table, key: Key<'_>, value: &[u8]) -> Result<(), WalletError> {
        self.write("INSERT", table, key, value)
    }

    pub(crate) fn put(&self, table: Table, key: Key<'_>, value: &[u8]) -> Result<(), WalletError> {
        self.write("INSERT OR REPLACE", table, key, value)
    }

    fn write(&self, verb: &str, table: Table, key: Key<'_>, value: &[u8]) -> Result<(), WalletError> {
        let sealed = self.seal.seal(&key.place(table), value).map_err(WalletError::internal)?;
        let Table { name, key_column } = table;
        let sql = format!("{verb} INTO {name} ({key_column}, sealed) VALUES (?1, ?2)");
        self.connection.prepare_cached(&sql)?.execute(params![key, sealed])?;
        Ok(())
    }

    pub(crate) fn get(&self, table: Table, key: Key<'_>) -> Result<Option<Zeroizing<Vec<u8>>>, WalletError> {
        let Table { name, key_column } = table;
        let sql = format!("SELECT sealed FROM {name} WHERE {key_column} = ?1");
        let sealed: Option<Vec<u8>> =
            self.connection.prepare_cached(&sql)?.query_row(params![key], |row| row.get(0)).optional()?;
        sealed.map(|sealed| self.open(table, key, &sealed)).transpose()
    }

    pub(crate) fn delete(&self, table: Table, key: Key<'_>) -> Result<(), WalletError> {
        let Table { name, key_column } = table;
        let sql = format!("DELETE FROM {name} WHERE {key_column} = ?1");
        self.connection.prepare_cached(&sql)?.execute(params![key])?;
        Ok(())
    }

    /// Deletes all but so many rows, those with the largest keys.
    pub(crate) fn keep_last(&self, table: Table, most: u32) -> Result<(), WalletError> {
        let Table { name, key_column } = table;
        let sql = format!(
            "DELETE FROM {name} WHERE {key_column} <=
                (SELECT {key_column} FROM {name} ORDER BY {key_column} DESC LIMIT 1 OFFSET ?1)"
        );
        self.connection.prepare_cached(&sql)?.execute(params![most])?;
        Ok(())
    }

    /// Calls `each` with the opened values of a range.
    pub(crate) fn scan(
        &self,
        table: Table,
        range: Range,
        mut each: impl FnMut(Key<'_>, &[u8]) -> Result<(), WalletError>,
    ) -> Result<(), WalletError> {
        let key_column = table.key_column;
        let (filter, order, from, limit) = match range {
            Range::First(limit) => ("?1 IS NULL", "ASC", None, limit),
            Range::Last(limit) => ("?1 IS NULL", "DESC", None, limit),
            Range::From(from, limit) => (&*format!("{key_column} >= ?1"), "ASC", Some(from), limit),
        };
        let sql = format!("{} WHERE {filter} ORDER BY {key_column} {order} LIMIT ?2", table.selection());
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![from, limit])?;
        while let Some(row) = rows.next()? {
            let key = match row.get_ref(0)? {
                ValueRef::Integer(number) => Key::Number(number),
                ValueRef::Blob(bytes) => Key::Bytes(bytes),
                _ => return Err(damaged(table)),
            };
            let sealed = row.get_ref(1)?.as_blob().map_err(|_| damaged(table))?;
            each(key, &self.open(table, key, sealed)?)?;
        }
        Ok(())
    }

    fn open(&self, table: Table, key: Key<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, WalletError> {
        opened(&self.seal, table, key, sealed).ok_or_else(|| damaged(table))
    }
}

/// A value, if it was sealed for this place.
pub(crate) fn opened(seal: &SealKey, table: Table, key: Key<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    seal.open(&key.place(table), sealed).ok()
}

fn damaged(table: Table) -> WalletError {
    WalletError::StorageDamaged { reason: format!("a row of {} was changed or moved", table.name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Database {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("migrations/0001_wallet.sql")).unwrap();
        Database { connection, seal: SealKey::generate().unwrap().0.into() }
    }

    #[test]
    fn a_row_opens_only_where_it_was_written() {
        let database = database();
        database.insert(JOURNAL, Key::Number(1), b"one").unwrap();
        database.insert(JOURNAL, Key::Number(2), b"two").unwrap();
        assert_eq!(database.get(JOURNAL, Key::Number(1)).unwrap().unwrap().as_slice(), b"one");
        assert_eq!(database.get(JOURNAL, Key::Number(3)).unwrap(), None);

        database
            .connection
            .execute("UPDATE journal SET sealed = (SELECT sealed FROM journal WHERE seq = 2)", [])
            .unwrap();
        assert!(matches!(database.get(JOURNAL, Key::Number(1)), Err(WalletError::StorageDamaged { .. })));
        database.connection.execute("UPDATE journal SET seq = 7 WHERE seq = 2", []).unwrap();
        assert!(matches!(database.get(JOURNAL, Key::Number(7)), Err(WalletError::StorageDamaged { .. })));
    }

    #[test]
    fn a_range_comes_in_the_order_of_its_keys() {
        let database = database();
        for (number, text) in [(3, "c"), (1, "a"), (2, "b")] {
            database.insert(JOURNAL, Key::Number(number), text.as_bytes()).unwrap();
        }
        let read = |range| {
            let mut text = String::new();
            database
                .scan(JOURNAL, range, |_, value| {
                    text.push_str(std::str::from_utf8(value).unwrap());
                    Ok(())
                })
                .unwrap();
            text
        };
        assert_eq!(read(Range::First(10)), "abc");
        assert_eq!(read(Range::Last(2)), "cb");
        assert_eq!(read(Range::From(2, 10)), "bc");
        database.keep_last(JOURNAL, 3).unwrap();
        assert_eq!(read(Range::First(10)), "abc");
        database.keep_last(JOURNAL, 2).unwrap();
        assert_eq!(read(Range::First(10)), "bc");
    }
}
