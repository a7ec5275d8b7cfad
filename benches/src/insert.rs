//! The baseline of everything durable: a bare row of 400 bytes, written by SQLite alone.

use std::path::Path;
use std::time::Instant;

use anyhow::anyhow;
use rusqlite::{Connection, params};

use crate::statistics::Samples;

/// About what one journal entry takes.
const ROW_BYTES: usize = 400;

/// A database that an app might have written for itself: WAL, a full sync for each commit.
pub(crate) struct BareTable(Connection);

impl BareTable {
    pub(crate) fn create(path: &Path) -> rusqlite::Result<Self> {
        let table = BareTable::open(path)?;
        table.0.execute_batch("CREATE TABLE bare (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT")?;
        Ok(table)
    }

    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")?;
        Ok(BareTable(connection))
    }

    /// Inserts rows one by one, each in a commit of its own, on a thread of its own.
    pub(crate) fn timed_inserts(&mut self, count: usize) -> anyhow::Result<Samples> {
        let Self(connection) = self;
        let inserts = move || -> rusqlite::Result<Samples> {
            let mut insert = connection.prepare("INSERT INTO bare (content) VALUES (?1)")?;
            let mut samples = Samples::default();
            for number in 0..count {
                let content = [number as u8; ROW_BYTES];
                let started = Instant::now();
                insert.execute(params![content])?;
                samples.push(started.elapsed());
            }
            Ok(samples)
        };
        let samples = std::thread::scope(|scope| scope.spawn(inserts).join());
        Ok(samples.map_err(|_| anyhow!("the inserting thread panicked"))??)
    }

    /// Writes rows in one commit, where only their number matters.
    pub(crate) fn fill(&self, count: u64) -> rusqlite::Result<()> {
        self.0.execute_batch("BEGIN")?;
        let mut insert = self.0.prepare("INSERT INTO bare (content) VALUES (?1)")?;
        for number in 0..count {
            insert.execute(params![[number as u8; ROW_BYTES]])?;
        }
        self.0.execute_batch("COMMIT")
    }

    /// Reads every row; returns how many bytes that were.
    pub(crate) fn read_all(&self) -> rusqlite::Result<usize> {
        let mut select = self.0.prepare("SELECT content FROM bare ORDER BY id")?;
        let mut rows = select.query([])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get::<_, Vec<u8>>(0)?.len();
        }
        Ok(bytes)
    }
}
