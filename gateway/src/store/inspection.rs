//! What the dashboard shows. Everything here reads, by an index, a page at a time: the next one begins after the key of
//! the last row.

use farthing_protocol::{AccountId, DeviceId, Digest, EntryId, Money, Timestamp, TopUpId};
use uuid::Uuid;

use super::StoreError;
use super::devices::{Device, Fork};
use super::top_ups::TopUp;
use super::webhooks::Message;
use crate::ledger::{DayFigures, LedgerAccount};

/// A device in a list.
pub(crate) struct ListedDevice {
    pub(crate) device: Device,
    /// Whose it is, as the merchant calls them; not there until [`crate::privacy::Persons`] has said so.
    pub(crate) user: Option<String>,
    pub(crate) created_at: Timestamp,
    /// What froze it, while it is frozen.
    pub(crate) fork: Option<Fork>,
}

/// An account as it was opened.
pub(crate) struct AccountRecord {
    pub(crate) id: AccountId,
    pub(crate) merchant: String,
    /// Whose it is; not there until [`crate::privacy::Persons`] has said so.
    pub(crate) user: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) erased_at: Option<Timestamp>,
}

/// A settled entry of a device's journal.
pub(crate) struct JournalEntry {
    pub(crate) seq: u64,
    pub(crate) hash: Digest,
    /// The payload of its receipt, where it is a purchase that stands.
    pub(crate) receipt: Option<Vec<u8>>,
    /// Why it was rejected, where it was.
    pub(crate) rejection: Option<String>,
}

/// A top-up in a list.
pub(crate) struct ListedTopUp {
    pub(crate) top_up: TopUp,
    pub(crate) created_at: Timestamp,
}

/// An account of the ledger in one currency.
pub(crate) struct LedgerLine {
    pub(crate) account: LedgerAccount,
    /// Debits minus credits.
    pub(crate) balance: Money,
}

/// What a transaction posted to one account.
pub(crate) struct ListedPosting {
    pub(crate) transaction: String,
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
    pub(crate) amount: Money,
}

/// A transaction of the ledger with all of its postings.
pub(crate) struct PostedTransaction {
    pub(crate) kind: String,
    /// The top-up or device that it is about.
    pub(crate) reference: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) postings: Vec<LedgerLine>,
}

/// A day's figures of one kind of transaction in one currency.
pub(crate) struct LedgerDay {
    /// Counted from 1970, in UTC.
    pub(crate) day: i64,
    pub(crate) kind: String,
    pub(crate) figures: DayFigures,
}

pub(crate) trait Inspection {
    /// The receipts' payloads of the purchases before a name, the newest first.
    fn newest_purchases_before(&self, before: EntryId, most: u32) -> Result<Vec<Vec<u8>>, StoreError>;

    /// The receipt's payload of a purchase, whoever's it is.
    fn receipt_of(&self, purchase: EntryId) -> Result<Option<Vec<u8>>, StoreError>;

    /// The devices before a name, the newest first.
    fn devices_before(&self, before: DeviceId, most: u32) -> Result<Vec<ListedDevice>, StoreError>;

    /// Devices that are frozen.
    fn frozen_devices(&self, most: u32) -> Result<Vec<ListedDevice>, StoreError>;

    fn listed_devices_of(&self, account: AccountId) -> Result<Vec<ListedDevice>, StoreError>;

    fn listed_device(&self, id: DeviceId) -> Result<Option<ListedDevice>, StoreError>;

    fn account_record(&self, id: AccountId) -> Result<Option<AccountRecord>, StoreError>;

    /// The settled entries of a journal before a place, the last first.
    fn journal_before(&self, device: DeviceId, before: u64, most: u32) -> Result<Vec<JournalEntry>, StoreError>;

    /// The newest top-ups of an account.
    fn top_ups_of(&self, account: AccountId, most: u32) -> Result<Vec<ListedTopUp>, StoreError>;

    fn listed_top_up(&self, id: TopUpId) -> Result<Option<ListedTopUp>, StoreError>;

    /// The accounts of a kind by owner and currency, from the one after `after` on.
    fn ledger_accounts(
        &self,
        kind: &'static str,
        after: Option<(&LedgerAccount, &str)>,
        most: u32,
    ) -> Result<Vec<LedgerLine>, StoreError>;

    /// The balance of an account, with what is still to be folded into it.
    fn whole_balance(&self, account: &LedgerAccount, currency: &str) -> Result<Option<Money>, StoreError>;

    /// What was posted to an account, the newest first, or before a transaction.
    fn postings_of(
        &self,
        account: &LedgerAccount,
        currency: &str,
        before: Option<&str>,
        most: u32,
    ) -> Result<Vec<ListedPosting>, StoreError>;

    fn posted_transaction(&self, transaction: &str) -> Result<Option<PostedTransaction>, StoreError>;

    /// The days from one on.
    fn ledger_days(&self, from: i64) -> Result<Vec<LedgerDay>, StoreError>;

    /// The messages to an endpoint before a name, the newest first; all of them, or those that were given up.
    fn webhook_messages_before(
        &self,
        endpoint: Uuid,
        only_failed: bool,
        before: Option<Uuid>,
        most: u32,
    ) -> Result<Vec<Message>, StoreError>;

    fn webhook_message(&self, id: Uuid) -> Result<Option<Message>, StoreError>;
}
