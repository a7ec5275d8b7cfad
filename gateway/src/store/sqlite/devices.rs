//! Accounts and their devices.

use farthing_protocol::{AccountId, DeviceId, JournalPosition, Thumbprint, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::devices::{Device, Devices, Fork};

const COLUMNS: &str = "id, account, key, epoch, state, seq, head, fork_seq";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        id: column::device(row, 0)?,
        account: column::account(row, 1)?,
        key: column::digest(row, 2)?,
        state: Device::state(row.get_ref(4)?.as_str()?, row.get(7)?),
        journal: JournalPosition { epoch: row.get(3)?, seq: row.get(5)?, head: column::digest(row, 6)? },
        asks_to_buy: false,
    })
}

impl Devices for Connection {
    fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        let mut statement = self.prepare_cached(&format!("SELECT {COLUMNS} FROM devices WHERE id = ?"))?;
        Ok(statement.query_row([id.as_bytes()], read).optional()?)
    }

    fn device_by_key(&self, key: Thumbprint) -> Result<Option<Device>, StoreError> {
        let mut statement = self.prepare_cached(&format!("SELECT {COLUMNS} FROM devices WHERE key = ?"))?;
        Ok(statement.query_row([key.as_bytes()], read).optional()?)
    }

    fn has_devices(&self) -> Result<bool, StoreError> {
        Ok(self.query_row("SELECT EXISTS (SELECT 1 FROM devices)", [], |row| row.get(0))?)
    }

    fn devices_of(&self, account: AccountId) -> Result<Vec<DeviceId>, StoreError> {
        let mut statement = self.prepare_cached("SELECT id FROM devices WHERE account = ?")?;
        let devices = statement.query_map([account.as_bytes()], |row| column::device(row, 0))?;
        Ok(devices.collect::<Result<_, _>>()?)
    }

    fn heads_of(&self, account: AccountId) -> Result<Vec<(DeviceId, u64)>, StoreError> {
        let mut statement = self.prepare_cached("SELECT id, seq FROM devices WHERE account = ?")?;
        let heads = statement.query_map([account.as_bytes()], |row| Ok((column::device(row, 0)?, row.get(1)?)))?;
        Ok(heads.collect::<Result<_, _>>()?)
    }

    fn count_devices(&self, account: AccountId) -> Result<usize, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT count(*) FROM devices WHERE account = ? AND state <> 'revoked'")?;
        Ok(statement.query_row([account.as_bytes()], |row| row.get(0))?)
    }

    fn add_account(&self, account: AccountId, merchant: &str, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("INSERT INTO accounts (id, merchant, revision, created_at) VALUES (?, ?, 1, ?)")?
            .execute(params![account.as_bytes(), merchant, now.as_millisecond()])?;
        Ok(())
    }

    fn is_enrolment_token_used(&self, token: Uuid) -> Result<bool, StoreError> {
        let mut statement = self.prepare_cached("SELECT 1 FROM devices WHERE enrolment_token = ?")?;
        Ok(statement.exists([token.as_bytes()])?)
    }

    fn add_device(&self, device: &Device, token: Option<Uuid>, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO devices (id, account, key, epoch, state, seq, head, enrolment_token, created_at)
             VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?)",
        )?
        .execute(params![
            device.id.as_bytes(),
            device.account.as_bytes(),
            device.key.as_bytes(),
            device.journal.epoch,
            device.journal.seq,
            device.journal.head.as_bytes(),
            token.as_ref().map(Uuid::as_bytes),
            now.as_millisecond(),
        ])?;
        Ok(())
    }

    fn settle_at(&self, device: DeviceId, journal: JournalPosition) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE devices SET seq = ?, head = ? WHERE id = ?")?.execute(params![
            journal.seq,
            journal.head.as_bytes(),
            device.as_bytes()
        ])?;
        Ok(())
    }

    fn freeze(&self, device: DeviceId, fork: Fork) -> Result<(), StoreError> {
        self.prepare_cached(
            "UPDATE devices SET state = 'frozen', fork_seq = ?, fork_settled = ?, fork_presented = ? WHERE id = ?",
        )?
        .execute(params![fork.seq, fork.settled.as_bytes(), fork.presented.as_bytes(), device.as_bytes()])?;
        Ok(())
    }

    fn unfreeze(&self, device: DeviceId) -> Result<(), StoreError> {
        self.prepare_cached(
            "UPDATE devices SET state = 'active', fork_seq = NULL, fork_settled = NULL, fork_presented = NULL
             WHERE id = ?",
        )?
        .execute([device.as_bytes()])?;
        Ok(())
    }

    fn revoke(&self, device: DeviceId) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE devices SET state = 'revoked', fork_seq = NULL WHERE id = ?")?
            .execute([device.as_bytes()])?;
        Ok(())
    }

    fn revision(&self, account: AccountId) -> Result<u64, StoreError> {
        let mut statement = self.prepare_cached("SELECT revision FROM accounts WHERE id = ?")?;
        Ok(statement.query_row([account.as_bytes()], |row| row.get(0))?)
    }

    fn raise_revision(&self, account: AccountId) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE accounts SET revision = revision + 1 WHERE id = ?")?
            .execute([account.as_bytes()])?;
        Ok(())
    }
}
