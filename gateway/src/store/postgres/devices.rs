//! Accounts and their devices.

use farthing_protocol::{AccountId, DeviceId, JournalPosition, Thumbprint, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, number, signed, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::devices::{Device, Devices, Fork};

pub(super) fn read(row: &PgRow) -> Result<Device, StoreError> {
    let fork_seq = row.try_get::<Option<i64>, _>(7)?.and_then(|seq| u64::try_from(seq).ok());
    Ok(Device {
        id: column::device(row, 0)?,
        account: column::account(row, 1)?,
        key: column::digest(row, 2)?,
        state: Device::state(row.try_get(4)?, fork_seq),
        journal: JournalPosition { epoch: number(row, 3)?, seq: number(row, 5)?, head: column::digest(row, 6)? },
        asks_to_buy: false,
    })
}

impl Devices for Transaction {
    fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        let select = "SELECT id, account, key, epoch, state, seq, head, fork_seq FROM devices WHERE id = $1";
        self.one(query(select).bind(uuid(id.as_bytes())))?.as_ref().map(read).transpose()
    }

    fn device_by_key(&self, key: Thumbprint) -> Result<Option<Device>, StoreError> {
        let select = "SELECT id, account, key, epoch, state, seq, head, fork_seq FROM devices WHERE key = $1";
        self.one(query(select).bind(&key.as_bytes()[..]))?.as_ref().map(read).transpose()
    }

    fn has_devices(&self) -> Result<bool, StoreError> {
        Ok(self.one(query("SELECT 1 FROM devices LIMIT 1"))?.is_some())
    }

    fn devices_of(&self, account: AccountId) -> Result<Vec<DeviceId>, StoreError> {
        let select = query("SELECT id FROM devices WHERE account = $1").bind(uuid(account.as_bytes()));
        self.all(select)?.iter().map(|row| column::device(row, 0)).collect()
    }

    fn heads_of(&self, account: AccountId) -> Result<Vec<(DeviceId, u64)>, StoreError> {
        let select = query("SELECT id, seq FROM devices WHERE account = $1").bind(uuid(account.as_bytes()));
        self.all(select)?.iter().map(|row| Ok((column::device(row, 0)?, number(row, 1)?))).collect()
    }

    fn count_devices(&self, account: AccountId) -> Result<usize, StoreError> {
        let select = query("SELECT count(*) FROM devices WHERE account = $1 AND state <> 'revoked'");
        let row = self.one(select.bind(uuid(account.as_bytes())))?;
        number(&row.ok_or(StoreError::Damaged("a count is gone"))?, 0)
    }

    fn add_account(&self, account: AccountId, merchant: &str, now: Timestamp) -> Result<(), StoreError> {
        let insert = query("INSERT INTO accounts (id, merchant, revision, created_at) VALUES ($1, $2, 1, $3)");
        self.execute(insert.bind(uuid(account.as_bytes())).bind(merchant).bind(now.as_millisecond()))?;
        Ok(())
    }

    fn is_enrolment_token_used(&self, token: Uuid) -> Result<bool, StoreError> {
        let select = query("SELECT 1 FROM devices WHERE enrolment_token = $1").bind(uuid(token.as_bytes()));
        Ok(self.one(select)?.is_some())
    }

    fn add_device(&self, device: &Device, token: Option<Uuid>, now: Timestamp) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO devices (id, account, key, epoch, state, seq, head, enrolment_token, created_at)
             VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8)",
        );
        let insert = insert
            .bind(uuid(device.id.as_bytes()))
            .bind(uuid(device.account.as_bytes()))
            .bind(&device.key.as_bytes()[..])
            .bind(i64::from(device.journal.epoch))
            .bind(signed(device.journal.seq)?)
            .bind(&device.journal.head.as_bytes()[..])
            .bind(token.map(|token| uuid(token.as_bytes())))
            .bind(now.as_millisecond());
        self.execute(insert)?;
        Ok(())
    }

    fn settle_at(&self, device: DeviceId, journal: JournalPosition) -> Result<(), StoreError> {
        let update = query("UPDATE devices SET seq = $1, head = $2 WHERE id = $3");
        let head = &journal.head.as_bytes()[..];
        self.execute(update.bind(signed(journal.seq)?).bind(head).bind(uuid(device.as_bytes())))?;
        Ok(())
    }

    fn freeze(&self, device: DeviceId, fork: Fork) -> Result<(), StoreError> {
        let update = query(
            "UPDATE devices SET state = 'frozen', fork_seq = $1, fork_settled = $2, fork_presented = $3 WHERE id = $4",
        );
        let update = update
            .bind(signed(fork.seq)?)
            .bind(&fork.settled.as_bytes()[..])
            .bind(&fork.presented.as_bytes()[..])
            .bind(uuid(device.as_bytes()));
        self.execute(update)?;
        Ok(())
    }

    fn unfreeze(&self, device: DeviceId) -> Result<(), StoreError> {
        let update = query(
            "UPDATE devices SET state = 'active', fork_seq = NULL, fork_settled = NULL, fork_presented = NULL
             WHERE id = $1",
        );
        self.execute(update.bind(uuid(device.as_bytes())))?;
        Ok(())
    }

    fn revoke(&self, device: DeviceId) -> Result<(), StoreError> {
        let update = query("UPDATE devices SET state = 'revoked', fork_seq = NULL WHERE id = $1");
        self.execute(update.bind(uuid(device.as_bytes())))?;
        Ok(())
    }

    fn revision(&self, account: AccountId) -> Result<u64, StoreError> {
        let select = query("SELECT revision FROM accounts WHERE id = $1").bind(uuid(account.as_bytes()));
        number(&self.one(select)?.ok_or(StoreError::Damaged("an account is gone"))?, 0)
    }

    fn raise_revision(&self, account: AccountId) -> Result<(), StoreError> {
        let update = query("UPDATE accounts SET revision = revision + 1 WHERE id = $1");
        self.execute(update.bind(uuid(account.as_bytes())))?;
        Ok(())
    }
}
