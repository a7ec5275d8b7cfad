//! What the dashboard shows.

use farthing_protocol::{AccountId, Currency, DeviceId, EntryId, Money, TopUpId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{column, devices, top_ups, webhooks};
use crate::ledger::{DayFigures, LedgerAccount};
use crate::store::StoreError;
use crate::store::devices::Fork;
use crate::store::inspection::{
    AccountRecord, Inspection, JournalEntry, LedgerDay, LedgerLine, ListedDevice, ListedPosting, ListedTopUp,
    PostedTransaction,
};
use crate::store::webhooks::Message;

/// The columns of a device come first.
const DEVICES: &str = "SELECT devices.id, account, key, epoch, state, seq, head, fork_seq, created_at, fork_settled,
                              fork_presented FROM devices";

fn listed_device(row: &Row<'_>) -> rusqlite::Result<ListedDevice> {
    let fork = match row.get(7)? {
        None => None,
        Some(seq) => Some(Fork { seq, settled: column::digest(row, 9)?, presented: column::digest(row, 10)? }),
    };
    Ok(ListedDevice { device: devices::read(row)?, user: None, created_at: column::time(row, 8)?, fork })
}

fn listed_top_up(row: &Row<'_>) -> rusqlite::Result<Result<ListedTopUp, StoreError>> {
    let (top_up, created_at) = (top_ups::read(row)?, column::time(row, 9)?);
    Ok(top_ups::with_state(top_up).map(|top_up| ListedTopUp { top_up, created_at }))
}

fn ledger_account(row: &Row<'_>, index: usize) -> Result<LedgerAccount, StoreError> {
    let (kind, owner): (String, Vec<u8>) = (row.get(index)?, row.get(index + 1)?);
    LedgerAccount::of_row(&kind, owner)
}

/// A row identifier; what is none names nothing.
fn transaction_id(transaction: &str) -> i64 {
    transaction.parse().unwrap_or(0)
}

impl Inspection for Connection {
    fn newest_purchases_before(&self, before: EntryId, most: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT receipt FROM entries WHERE purchase IS NOT NULL AND purchase < ? ORDER BY purchase DESC LIMIT ?",
        )?;
        let receipts = statement.query_map(params![before.as_bytes(), most], |row| row.get(0))?;
        Ok(receipts.collect::<Result<_, _>>()?)
    }

    fn receipt_of(&self, purchase: EntryId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.prepare_cached("SELECT receipt FROM entries WHERE purchase = ?")?;
        Ok(statement.query_row([purchase.as_bytes()], |row| row.get(0)).optional()?)
    }

    fn devices_before(&self, before: DeviceId, most: u32) -> Result<Vec<ListedDevice>, StoreError> {
        let mut statement =
            self.prepare_cached(&format!("{DEVICES} WHERE devices.id < ? ORDER BY devices.id DESC LIMIT ?"))?;
        let devices = statement.query_map(params![before.as_bytes(), most], listed_device)?;
        Ok(devices.collect::<Result<_, _>>()?)
    }

    fn frozen_devices(&self, most: u32) -> Result<Vec<ListedDevice>, StoreError> {
        let mut statement =
            self.prepare_cached(&format!("{DEVICES} WHERE state = 'frozen' ORDER BY devices.id DESC LIMIT ?"))?;
        Ok(statement.query_map([most], listed_device)?.collect::<Result<_, _>>()?)
    }

    fn listed_devices_of(&self, account: AccountId) -> Result<Vec<ListedDevice>, StoreError> {
        let mut statement =
            self.prepare_cached(&format!("{DEVICES} WHERE devices.account = ? ORDER BY devices.id DESC"))?;
        Ok(statement.query_map([account.as_bytes()], listed_device)?.collect::<Result<_, _>>()?)
    }

    fn listed_device(&self, id: DeviceId) -> Result<Option<ListedDevice>, StoreError> {
        let mut statement = self.prepare_cached(&format!("{DEVICES} WHERE devices.id = ?"))?;
        Ok(statement.query_row([id.as_bytes()], listed_device).optional()?)
    }

    fn account_record(&self, id: AccountId) -> Result<Option<AccountRecord>, StoreError> {
        let mut statement = self.prepare_cached("SELECT merchant, created_at, erased_at FROM accounts WHERE id = ?")?;
        let record = |row: &Row<'_>| {
            let erased_at: Option<i64> = row.get(2)?;
            Ok(AccountRecord {
                id,
                merchant: row.get(0)?,
                user: None,
                created_at: column::time(row, 1)?,
                erased_at: erased_at.map(crate::clock::from_milliseconds),
            })
        };
        Ok(statement.query_row([id.as_bytes()], record).optional()?)
    }

    fn journal_before(&self, device: DeviceId, before: u64, most: u32) -> Result<Vec<JournalEntry>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT seq, hash, receipt, rejection FROM entries WHERE device = ? AND seq < ?
             ORDER BY seq DESC LIMIT ?",
        )?;
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        let entries = statement.query_map(params![device.as_bytes(), before, most], |row| {
            Ok(JournalEntry {
                seq: row.get(0)?,
                hash: column::digest(row, 1)?,
                receipt: row.get(2)?,
                rejection: row.get(3)?,
            })
        })?;
        Ok(entries.collect::<Result<_, _>>()?)
    }

    fn top_ups_of(&self, account: AccountId, most: u32) -> Result<Vec<ListedTopUp>, StoreError> {
        let columns = top_ups::COLUMNS;
        let mut statement = self.prepare_cached(&format!(
            "SELECT {columns}, created_at FROM top_ups WHERE account = ? ORDER BY id DESC LIMIT ?"
        ))?;
        let top_ups = statement.query_map(params![account.as_bytes(), most], listed_top_up)?;
        top_ups.map(|top_up| top_up?).collect()
    }

    fn listed_top_up(&self, id: TopUpId) -> Result<Option<ListedTopUp>, StoreError> {
        let columns = top_ups::COLUMNS;
        let mut statement = self.prepare_cached(&format!("SELECT {columns}, created_at FROM top_ups WHERE id = ?"))?;
        statement.query_row([id.as_bytes()], listed_top_up).optional()?.transpose()
    }

    fn ledger_accounts(
        &self,
        kind: &'static str,
        after: Option<(&LedgerAccount, &str)>,
        most: u32,
    ) -> Result<Vec<LedgerLine>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT balance, currency, kind, owner FROM ledger_accounts WHERE kind = ? AND (owner, currency) > (?, ?)
             ORDER BY owner, currency LIMIT ?",
        )?;
        let (owner, currency) = after.map_or((&[][..], ""), |(account, currency)| (&account.owner[..], currency));
        let mut rows = statement.query(params![kind, owner, currency, most])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let balance = column::money(row, 0, column::currency(row, 1)?)?;
            lines.push(LedgerLine { account: ledger_account(row, 2)?, balance });
        }
        Ok(lines)
    }

    fn whole_balance(&self, account: &LedgerAccount, currency: &str) -> Result<Option<Money>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT balance, currency FROM ledger_accounts WHERE kind = ? AND owner = ? AND currency = ?",
        )?;
        let balance = |row: &Row<'_>| column::money(row, 0, column::currency(row, 1)?);
        Ok(statement.query_row(params![account.kind.name(), account.owner, currency], balance).optional()?)
    }

    fn postings_of(
        &self,
        account: &LedgerAccount,
        currency: &str,
        before: Option<&str>,
        most: u32,
    ) -> Result<Vec<ListedPosting>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT ledger_transaction, noted.kind, at, amount, currency FROM ledger_accounts AS account
             JOIN ledger_postings ON ledger_account = account.id
             JOIN ledger_transactions AS noted ON noted.id = ledger_transaction
             WHERE account.kind = ? AND owner = ? AND currency = ? AND ledger_transaction < ?
             ORDER BY ledger_transaction DESC LIMIT ?",
        )?;
        let before = before.map_or(i64::MAX, transaction_id);
        let account = params![account.kind.name(), account.owner, currency, before, most];
        let postings = statement.query_map(account, |row| {
            Ok(ListedPosting {
                transaction: row.get::<_, i64>(0)?.to_string(),
                kind: row.get(1)?,
                at: column::time(row, 2)?,
                amount: column::money(row, 3, column::currency(row, 4)?)?,
            })
        })?;
        Ok(postings.collect::<Result<_, _>>()?)
    }

    fn posted_transaction(&self, transaction: &str) -> Result<Option<PostedTransaction>, StoreError> {
        let id = transaction_id(transaction);
        let mut statement = self.prepare_cached("SELECT kind, reference, at FROM ledger_transactions WHERE id = ?")?;
        let noted =
            statement.query_row([id], |row| Ok((row.get(0)?, Uuid::from_bytes(row.get(1)?), column::time(row, 2)?)));
        let Some((kind, reference, at)) = noted.optional()? else { return Ok(None) };
        let mut statement = self.prepare_cached(
            "SELECT amount, currency, kind, owner FROM ledger_postings JOIN ledger_accounts ON id = ledger_account
             WHERE ledger_transaction = ? ORDER BY ledger_account",
        )?;
        let mut rows = statement.query([id])?;
        let mut postings = Vec::new();
        while let Some(row) = rows.next()? {
            let balance = column::money(row, 0, column::currency(row, 1)?)?;
            postings.push(LedgerLine { account: ledger_account(row, 2)?, balance });
        }
        Ok(Some(PostedTransaction { kind, reference, at, postings }))
    }

    fn ledger_days(&self, from: i64) -> Result<Vec<LedgerDay>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT day, kind, count, volume, fees, fees_one_by_one, currency FROM ledger_days WHERE day >= ?
             ORDER BY day, kind, currency",
        )?;
        let days = statement.query_map([from], |row| {
            let currency: Currency = column::currency(row, 6)?;
            let figures = DayFigures {
                count: row.get(2)?,
                volume: column::money(row, 3, currency)?,
                fees: column::money(row, 4, currency)?,
                fees_one_by_one: column::money(row, 5, currency)?,
            };
            Ok(LedgerDay { day: row.get(0)?, kind: row.get(1)?, figures })
        })?;
        Ok(days.collect::<Result<_, _>>()?)
    }

    fn webhook_messages_before(
        &self,
        endpoint: Uuid,
        only_failed: bool,
        before: Option<Uuid>,
        most: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let columns = webhooks::COLUMNS;
        let only = if only_failed { "AND state = 'failed'" } else { "" };
        let mut statement = self.prepare_cached(&format!(
            "SELECT {columns} FROM webhook_messages WHERE endpoint = ? AND id < ? {only} ORDER BY id DESC LIMIT ?"
        ))?;
        let before = before.unwrap_or(Uuid::max());
        webhooks::all(statement.query(params![endpoint.as_bytes(), before.as_bytes(), most])?)
    }

    fn webhook_message(&self, id: Uuid) -> Result<Option<Message>, StoreError> {
        let columns = webhooks::COLUMNS;
        let mut statement = self.prepare_cached(&format!("SELECT {columns} FROM webhook_messages WHERE id = ?"))?;
        Ok(webhooks::all(statement.query([id.as_bytes()])?)?.pop())
    }
}
