//! What the dashboard shows.

use farthing_protocol::{AccountId, Currency, DeviceId, EntryId, Money, TopUpId};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, number, uuid};
use super::ledger::{is_shared, owner};
use super::transaction::Transaction;
use super::{devices, top_ups, webhooks};
use crate::ledger::{DayFigures, LedgerAccount};
use crate::store::StoreError;
use crate::store::devices::Fork;
use crate::store::inspection::{
    AccountRecord, Inspection, JournalEntry, LedgerDay, LedgerLine, ListedDevice, ListedPosting, ListedTopUp,
    PostedTransaction,
};
use crate::store::webhooks::Message;

/// The columns of a device come first.
macro_rules! devices {
    ($condition:literal) => {
        concat!(
            "SELECT devices.id, account, key, epoch, state, seq, head, fork_seq, created_at, fork_settled,
                    fork_presented FROM devices ",
            $condition
        )
    };
}

/// Accounts of the ledger, with what is still to be folded into them.
const BALANCES: &str = "
    SELECT sum(amount)::bigint, currency, kind, owner FROM (
      SELECT kind, owner, currency, balance AS amount FROM ledger_accounts WHERE kind = $1
      UNION ALL SELECT kind, owner, currency, amount FROM ledger_unfolded WHERE kind = $1) AS amounts
    WHERE (owner, currency) > ($2, $3) GROUP BY kind, owner, currency ORDER BY owner, currency LIMIT $4";

fn listed_device(row: &PgRow) -> Result<ListedDevice, StoreError> {
    let fork = match row.try_get::<Option<i64>, _>(7)? {
        None => None,
        Some(_) => {
            Some(Fork { seq: number(row, 7)?, settled: column::digest(row, 9)?, presented: column::digest(row, 10)? })
        }
    };
    Ok(ListedDevice { device: devices::read(row)?, user: None, created_at: column::time(row, 8)?, fork })
}

fn listed_top_up(row: &PgRow) -> Result<ListedTopUp, StoreError> {
    Ok(ListedTopUp { top_up: top_ups::read(row)?, created_at: column::time(row, 9)? })
}

/// An amount, its currency, and the kind and owner of its account.
fn line(row: &PgRow) -> Result<LedgerLine, StoreError> {
    let (kind, owner): (&str, &str) = (row.try_get(2)?, row.try_get(3)?);
    let account = LedgerAccount::named(kind, owner).ok_or(StoreError::Damaged("an account of no known kind"))?;
    Ok(LedgerLine { account, balance: column::money(row, 0, column::currency(row, 1)?)? })
}

/// A transaction's name; what is none names nothing.
fn transaction_id(transaction: &str) -> column::Uuid {
    uuid(transaction.parse::<Uuid>().unwrap_or_default().as_bytes())
}

impl Inspection for Transaction {
    fn newest_purchases_before(&self, before: EntryId, most: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let select = query("SELECT receipt FROM entries WHERE purchase < $1 ORDER BY purchase DESC LIMIT $2");
        let rows = self.all(select.bind(uuid(before.as_bytes())).bind(i64::from(most)))?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    fn receipt_of(&self, purchase: EntryId) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.one(query("SELECT receipt FROM entries WHERE purchase = $1").bind(uuid(purchase.as_bytes())))?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    fn devices_before(&self, before: DeviceId, most: u32) -> Result<Vec<ListedDevice>, StoreError> {
        let select = query(devices!("WHERE devices.id < $1 ORDER BY devices.id DESC LIMIT $2"));
        self.all(select.bind(uuid(before.as_bytes())).bind(i64::from(most)))?.iter().map(listed_device).collect()
    }

    fn frozen_devices(&self, most: u32) -> Result<Vec<ListedDevice>, StoreError> {
        let select = query(devices!("WHERE state = 'frozen' ORDER BY devices.id DESC LIMIT $1"));
        self.all(select.bind(i64::from(most)))?.iter().map(listed_device).collect()
    }

    fn listed_devices_of(&self, account: AccountId) -> Result<Vec<ListedDevice>, StoreError> {
        let select = query(devices!("WHERE devices.account = $1 ORDER BY devices.id DESC"));
        self.all(select.bind(uuid(account.as_bytes())))?.iter().map(listed_device).collect()
    }

    fn listed_device(&self, id: DeviceId) -> Result<Option<ListedDevice>, StoreError> {
        let select = query(devices!("WHERE devices.id = $1")).bind(uuid(id.as_bytes()));
        self.one(select)?.as_ref().map(listed_device).transpose()
    }

    fn account_record(&self, id: AccountId) -> Result<Option<AccountRecord>, StoreError> {
        let select = query("SELECT merchant, created_at, erased_at FROM accounts WHERE id = $1");
        let record = |row: PgRow| {
            Ok(AccountRecord {
                id,
                merchant: row.try_get(0)?,
                user: None,
                created_at: column::time(&row, 1)?,
                erased_at: row.try_get::<Option<i64>, _>(2)?.map(crate::clock::from_milliseconds),
            })
        };
        self.one(select.bind(uuid(id.as_bytes())))?.map(record).transpose()
    }

    fn journal_before(&self, device: DeviceId, before: u64, most: u32) -> Result<Vec<JournalEntry>, StoreError> {
        let select = query(
            "SELECT seq, hash, receipt, rejection FROM entries WHERE device = $1 AND seq < $2
             ORDER BY seq DESC LIMIT $3",
        );
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        let entry = |row: &PgRow| {
            Ok(JournalEntry {
                seq: number(row, 0)?,
                hash: column::digest(row, 1)?,
                receipt: row.try_get(2)?,
                rejection: row.try_get(3)?,
            })
        };
        let select = select.bind(uuid(device.as_bytes())).bind(before).bind(i64::from(most));
        self.all(select)?.iter().map(entry).collect()
    }

    fn top_ups_of(&self, account: AccountId, most: u32) -> Result<Vec<ListedTopUp>, StoreError> {
        let select = query(
            "SELECT id, account, device, card, amount, currency, state, decline_code, idempotency_key, created_at
             FROM top_ups WHERE account = $1 ORDER BY id DESC LIMIT $2",
        );
        let select = select.bind(uuid(account.as_bytes())).bind(i64::from(most));
        self.all(select)?.iter().map(listed_top_up).collect()
    }

    fn listed_top_up(&self, id: TopUpId) -> Result<Option<ListedTopUp>, StoreError> {
        let select = query(
            "SELECT id, account, device, card, amount, currency, state, decline_code, idempotency_key, created_at
             FROM top_ups WHERE id = $1",
        );
        self.one(select.bind(uuid(id.as_bytes())))?.as_ref().map(listed_top_up).transpose()
    }

    fn ledger_accounts(
        &self,
        kind: &'static str,
        after: Option<(&LedgerAccount, &str)>,
        most: u32,
    ) -> Result<Vec<LedgerLine>, StoreError> {
        let (owner, currency) = match after {
            None => (String::new(), ""),
            Some((account, currency)) => (owner(account)?, currency),
        };
        // Only what everyone posts to is folded; of users' accounts there are too many to be grouped.
        let select = if LedgerAccount::named(kind, "").is_some_and(|account| is_shared(account.kind)) {
            query(BALANCES)
        } else {
            query(
                "SELECT balance, currency, kind, owner FROM ledger_accounts
                 WHERE kind = $1 AND (owner, currency) > ($2, $3) ORDER BY owner, currency LIMIT $4",
            )
        };
        self.all(select.bind(kind).bind(owner).bind(currency).bind(i64::from(most)))?.iter().map(line).collect()
    }

    fn whole_balance(&self, account: &LedgerAccount, currency: &str) -> Result<Option<Money>, StoreError> {
        let select = query(
            "SELECT sum(amount)::bigint, currency FROM (
               SELECT currency, balance AS amount FROM ledger_accounts WHERE kind = $1 AND owner = $2 AND currency = $3
               UNION ALL
               SELECT currency, amount FROM ledger_unfolded WHERE kind = $1 AND owner = $2 AND currency = $3
             ) AS amounts GROUP BY currency",
        );
        let row = self.one(select.bind(account.kind.name()).bind(owner(account)?).bind(currency))?;
        row.map(|row| column::money(&row, 0, column::currency(&row, 1)?)).transpose()
    }

    fn postings_of(
        &self,
        account: &LedgerAccount,
        currency: &str,
        before: Option<&str>,
        most: u32,
    ) -> Result<Vec<ListedPosting>, StoreError> {
        let before = transaction_id(before.unwrap_or_default());
        let place = self.one(query("SELECT at FROM ledger_transactions WHERE id = $1").bind(before))?;
        let at: i64 = place.map_or(Ok(i64::MAX), |row| row.try_get(0))?;
        let select = query(
            "SELECT ledger_transaction, noted.kind, posting.at, amount, currency FROM ledger_postings AS posting
             JOIN ledger_transactions AS noted ON noted.id = ledger_transaction
             WHERE posting.kind = $1 AND owner = $2 AND currency = $3
               AND (posting.at, ledger_transaction) < ($4, $5)
             ORDER BY posting.at DESC, ledger_transaction DESC LIMIT $6",
        );
        let select = select.bind(account.kind.name()).bind(owner(account)?).bind(currency);
        let posting = |row: &PgRow| {
            Ok(ListedPosting {
                transaction: Uuid::from_bytes(row.try_get::<column::Uuid, _>(0)?.0).to_string(),
                kind: row.try_get(1)?,
                at: column::time(row, 2)?,
                amount: column::money(row, 3, column::currency(row, 4)?)?,
            })
        };
        self.all(select.bind(at).bind(before).bind(i64::from(most)))?.iter().map(posting).collect()
    }

    fn posted_transaction(&self, transaction: &str) -> Result<Option<PostedTransaction>, StoreError> {
        let id = transaction_id(transaction);
        let select = query("SELECT kind, reference, at FROM ledger_transactions WHERE id = $1").bind(id);
        let Some(noted) = self.one(select)? else { return Ok(None) };
        let select = query(
            "SELECT amount, currency, kind, owner FROM ledger_postings WHERE ledger_transaction = $1
             ORDER BY kind, owner, currency",
        );
        Ok(Some(PostedTransaction {
            kind: noted.try_get(0)?,
            reference: Uuid::from_bytes(noted.try_get::<column::Uuid, _>(1)?.0),
            at: column::time(&noted, 2)?,
            postings: self.all(select.bind(id))?.iter().map(line).collect::<Result<_, _>>()?,
        }))
    }

    fn ledger_days(&self, from: i64) -> Result<Vec<LedgerDay>, StoreError> {
        let select = query(
            "SELECT day, kind, sum(count)::bigint, sum(volume)::bigint, sum(fees)::bigint,
                    sum(fees_one_by_one)::bigint, currency
             FROM (SELECT day, kind, currency, count, volume, fees, fees_one_by_one FROM ledger_days
                   UNION ALL
                   SELECT day, kind, currency, count, volume, fees, fees_one_by_one FROM ledger_days_unfolded) AS days
             WHERE day >= $1 GROUP BY day, kind, currency ORDER BY day, kind, currency",
        );
        let day = |row: &PgRow| {
            let currency: Currency = column::currency(row, 6)?;
            let figures = DayFigures {
                count: number(row, 2)?,
                volume: column::money(row, 3, currency)?,
                fees: column::money(row, 4, currency)?,
                fees_one_by_one: column::money(row, 5, currency)?,
            };
            Ok(LedgerDay { day: row.try_get(0)?, kind: row.try_get(1)?, figures })
        };
        self.all(select.bind(from))?.iter().map(day).collect()
    }

    fn webhook_messages_before(
        &self,
        endpoint: Uuid,
        only_failed: bool,
        before: Option<Uuid>,
        most: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let select = query(if only_failed {
            "SELECT id, endpoint, account, revision, created_at, body, state, attempts, next_at, problem
             FROM webhook_messages WHERE endpoint = $1 AND id < $2 AND state = 'failed' ORDER BY id DESC LIMIT $3"
        } else {
            "SELECT id, endpoint, account, revision, created_at, body, state, attempts, next_at, problem
             FROM webhook_messages WHERE endpoint = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
        });
        let before = before.unwrap_or(Uuid::max());
        let select = select.bind(uuid(endpoint.as_bytes())).bind(uuid(before.as_bytes())).bind(i64::from(most));
        self.all(select)?.iter().map(webhooks::read).collect()
    }

    fn webhook_message(&self, id: Uuid) -> Result<Option<Message>, StoreError> {
        let select = query(
            "SELECT id, endpoint, account, revision, created_at, body, state, attempts, next_at, problem
             FROM webhook_messages WHERE id = $1",
        );
        self.one(select.bind(uuid(id.as_bytes())))?.as_ref().map(webhooks::read).transpose()
    }
}
