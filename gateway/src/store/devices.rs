//! Accounts and their devices.

use farthing_protocol::{AccountId, DeviceId, DeviceState, Digest, JournalPosition, Thumbprint, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, column};

/// A device as the gateway knows it.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) account: AccountId,
    pub(crate) key: Thumbprint,
    pub(crate) state: DeviceState,
    /// Up to here its journal is settled.
    pub(crate) journal: JournalPosition,
}

const COLUMNS: &str = "id, account, key, epoch, state, seq, head, fork_seq";

fn read(row: &Row<'_>) -> rusqlite::Result<Device> {
    let state = match (row.get_ref(4)?.as_str()?, row.get(7)?) {
        ("frozen", fork_seq) => DeviceState::Frozen { fork_seq: fork_seq.unwrap_or(0) },
        ("revoked", _) => DeviceState::Revoked,
        (_, None::<u64>) | (_, Some(_)) => DeviceState::Active,
    };
    Ok(Device {
        id: column::device(row, 0)?,
        account: column::account(row, 1)?,
        key: column::digest(row, 2)?,
        state,
        journal: JournalPosition { epoch: row.get(3)?, seq: row.get(5)?, head: column::digest(row, 6)? },
    })
}

/// The device of that name.
pub(crate) fn find(connection: &Connection, id: DeviceId) -> Result<Option<Device>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM devices WHERE id = ?"))?;
    Ok(statement.query_row([id.as_bytes()], read).optional()?)
}

/// The device that has that key.
pub(crate) fn find_by_key(connection: &Connection, key: Thumbprint) -> Result<Option<Device>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM devices WHERE key = ?"))?;
    Ok(statement.query_row([key.as_bytes()], read).optional()?)
}

/// Whether there is any device.
pub(crate) fn any(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM devices)", [], |row| row.get(0))?)
}

/// Makes an account with its first device.
pub(crate) fn enrol(
    connection: &Connection,
    key: Thumbprint,
    merchant: &str,
    now: Timestamp,
) -> Result<Device, StoreError> {
    let (account, id) = (AccountId::generate(), DeviceId::generate());
    let journal = JournalPosition::genesis(id, 1);
    connection
        .prepare_cached("INSERT INTO accounts (id, merchant, revision, created_at) VALUES (?, ?, 1, ?)")?
        .execute(params![account.as_bytes(), merchant, now.as_millisecond()])?;
    connection
        .prepare_cached(
            "INSERT INTO devices (id, account, key, epoch, state, seq, head, created_at)
             VALUES (?, ?, ?, ?, 'active', ?, ?, ?)",
        )?
        .execute(params![
            id.as_bytes(),
            account.as_bytes(),
            key.as_bytes(),
            journal.epoch,
            journal.seq,
            journal.head.as_bytes(),
            now.as_millisecond(),
        ])?;
    Ok(Device { id, account, key, state: DeviceState::Active, journal })
}

/// The journal of a device is settled up to a later place.
pub(crate) fn settle_at(connection: &Connection, id: DeviceId, journal: JournalPosition) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE devices SET seq = ?, head = ? WHERE id = ?")?.execute(params![
        journal.seq,
        journal.head.as_bytes(),
        id.as_bytes()
    ])?;
    Ok(())
}

/// Where a device's journal forks: what stands, and what was shown instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fork {
    pub(crate) seq: u64,
    pub(crate) settled: Digest,
    pub(crate) presented: Digest,
}

/// Freezes a device and keeps the evidence.
pub(crate) fn freeze(connection: &Connection, id: DeviceId, fork: Fork) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE devices SET state = 'frozen', fork_seq = ?, fork_settled = ?, fork_presented = ? WHERE id = ?",
        )?
        .execute(params![fork.seq, fork.settled.as_bytes(), fork.presented.as_bytes(), id.as_bytes()])?;
    Ok(())
}

/// The revision of an account.
pub(crate) fn revision(connection: &Connection, account: AccountId) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT revision FROM accounts WHERE id = ?")?;
    Ok(statement.query_row([account.as_bytes()], |row| row.get(0))?)
}

/// Something of the account changed: its next statement is newer than any before.
pub(crate) fn raise_revision(connection: &Connection, account: AccountId) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE accounts SET revision = revision + 1 WHERE id = ?")?
        .execute([account.as_bytes()])?;
    Ok(())
}
