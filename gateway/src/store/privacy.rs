//! What says who a person is, always sealed; what is known of an account; and what is erased of it.

use std::fmt;

use farthing_protocol::api::Card;
use farthing_protocol::{AccountId, EntryId, Money, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Sealed, StoreError};
use crate::privacy::data_map::Table;

/// A card's row that an earlier version wrote.
#[derive(Clone, Debug)]
pub(crate) struct CardInTheClear {
    pub(crate) account: AccountId,
    pub(crate) card: Card,
    pub(crate) is_removed: bool,
}

/// A row of any table, by its columns.
pub(crate) type Row = Map<String, Value>;

/// The texts of a refund that somebody typed: its reason, there and in its receipt.
#[derive(Clone, Debug)]
pub(crate) struct RefundText {
    pub(crate) id: Uuid,
    pub(crate) receipt: Option<Vec<u8>>,
}

/// What can't be erased yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unfinished {
    pub(crate) top_ups: u64,
    pub(crate) tabs: u64,
    pub(crate) refunds: u64,
    pub(crate) disputes: u64,
}

/// For people.
impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unfinished { top_ups, tabs, refunds, disputes } = self;
        write!(f, "Under way: {top_ups} top-ups, {tabs} tabs, {refunds} refunds, {disputes} disputes.")
    }
}

pub(crate) trait Privacy {
    /// The key by which users are found, where there is one.
    fn name_key(&self) -> Result<Option<Sealed>, StoreError>;

    fn add_name_key(&self, key: &Sealed) -> Result<(), StoreError>;

    /// An account's own key, unless it was destroyed or never needed.
    fn account_key(&self, account: AccountId) -> Result<Option<Sealed>, StoreError>;

    fn add_account_key(&self, account: AccountId, key: &Sealed) -> Result<(), StoreError>;

    /// The account of a user whose name has that digest.
    fn account_by_index(&self, index: &[u8]) -> Result<Option<AccountId>, StoreError>;

    /// Whose an account is, sealed.
    fn sealed_user(&self, account: AccountId) -> Result<Option<Vec<u8>>, StoreError>;

    /// An account is somebody's from now on.
    fn set_sealed_user(&self, account: AccountId, index: &[u8], sealed: &[u8]) -> Result<(), StoreError>;

    /// When an account was erased, if it was.
    fn erased_at(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError>;

    /// Users whose names an earlier version wrote.
    fn names_in_the_clear(&self, most: u32) -> Result<Vec<(AccountId, String)>, StoreError>;

    /// Cards whose looks an earlier version wrote.
    fn cards_in_the_clear(&self, most: u32) -> Result<Vec<CardInTheClear>, StoreError>;

    /// Puts sealed details in the place of what a card's row said in the clear; none for a card that was removed.
    fn set_card_details(&self, card: &Card, details: Option<&[u8]>) -> Result<(), StoreError>;

    /// Customers whose names an earlier version wrote.
    fn customers_in_the_clear(&self, most: u32) -> Result<Vec<(AccountId, String)>, StoreError>;

    fn set_customer(&self, account: AccountId, customer: &str) -> Result<(), StoreError>;

    /// What an account has in each currency: what is available, and what is reserved for its devices.
    fn left_over(&self, account: AccountId) -> Result<Vec<Money>, StoreError>;

    /// What of an account is under way.
    fn unfinished(&self, account: AccountId) -> Result<Unfinished, StoreError>;

    /// The rows of a table that are of an account. It may look at the whole table.
    fn rows_of(&self, table: &Table, account: AccountId) -> Result<Vec<Row>, StoreError>;

    /// Every refund of an account. It may look at the whole table.
    fn refunds_of(&self, account: AccountId) -> Result<Vec<Uuid>, StoreError>;

    /// Every tip of an account, with its receipt. It may look at all receipts of the account.
    fn receipts_of_tips(&self, account: AccountId) -> Result<Vec<(EntryId, Vec<u8>)>, StoreError>;

    /// Puts another receipt in the place of a purchase's.
    fn set_receipt(&self, purchase: EntryId, receipt: &[u8]) -> Result<(), StoreError>;

    /// Every webhook message about an account. It may look at the whole table.
    fn webhook_messages_of(&self, account: AccountId) -> Result<Vec<Uuid>, StoreError>;

    fn refund_text(&self, refund: Uuid) -> Result<Option<RefundText>, StoreError>;

    /// Takes the reason out of a refund, and puts another receipt there.
    fn clear_refund_text(&self, text: &RefundText) -> Result<(), StoreError>;

    /// Deletes a message that nobody waits for any more. One that is still to be sent gets another body.
    fn clear_webhook_message(&self, message: Uuid, redact: &dyn Fn(&str) -> String) -> Result<(), StoreError>;

    /// Destroys the account's key and what it has sealed, and deletes what no law asks for. What stays names a
    /// pseudonym.
    fn forget_person(&self, account: AccountId, now: Timestamp) -> Result<(), StoreError>;
}
