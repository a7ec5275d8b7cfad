//! Packs of balance that app stores have sold.

use farthing_protocol::{AccountId, DeviceId, Timestamp, TopUpId};
use uuid::Uuid;

use super::StoreError;
use crate::store_top_up::{Reversal, Sale, Seller};

/// A pack that was credited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SoldPack {
    pub(crate) seller: Seller,
    /// The store's own name for the purchase: a transaction's identifier, or a purchase token.
    pub(crate) name: String,
    pub(crate) id: TopUpId,
    pub(crate) account: AccountId,
    /// The device that handed it over.
    pub(crate) device: DeviceId,
    /// What the store calls the pack.
    pub(crate) product: String,
    pub(crate) sale: Sale,
    /// What the store has taken back of it, where it has.
    pub(crate) reversal: Option<Reversal>,
    /// When the store said so, by its own clock.
    pub(crate) told_at: Timestamp,
    /// When the store is to be asked to consume it; never where it knows.
    pub(crate) consume_at: Option<Timestamp>,
    /// How often it was asked.
    pub(crate) attempts: u32,
}

pub(crate) trait SoldPacks {
    /// The pack that was credited for a store's purchase.
    fn sold_pack(&self, seller: Seller, name: &str) -> Result<Option<SoldPack>, StoreError>;

    /// The packs of an account, the newest first.
    fn sold_packs_of(&self, account: AccountId, most: u32) -> Result<Vec<SoldPack>, StoreError>;

    /// Keeps a pack that is credited now.
    fn add_sold_pack(&self, pack: &SoldPack, now: Timestamp) -> Result<(), StoreError>;

    /// Keeps what the store has taken back of a pack, and when it said so.
    fn set_sold_pack(&self, pack: &SoldPack) -> Result<(), StoreError>;

    /// Takes packs that are due to be consumed. Until `held_until` nobody else is given them.
    fn take_sold_packs_to_consume(
        &self,
        now: Timestamp,
        held_until: Timestamp,
        most: u32,
    ) -> Result<Vec<SoldPack>, StoreError>;

    /// Keeps when a pack is to be consumed, and how often that was tried.
    fn set_consumption(&self, pack: &SoldPack) -> Result<(), StoreError>;

    /// When a store said that it had given back a purchase that nobody had handed over.
    fn store_revocation(&self, seller: Seller, name: &str) -> Result<Option<Timestamp>, StoreError>;

    /// A store has given back a purchase that nobody has handed over.
    fn set_store_revocation(&self, seller: Seller, name: &str, at: Timestamp) -> Result<(), StoreError>;

    /// Such a purchase was paid again, as the store said at a time.
    fn lift_store_revocation(&self, seller: Seller, name: &str, at: Timestamp) -> Result<(), StoreError>;

    /// Notes a store's message. False where it was noted before.
    fn note_store_notification(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError>;

    /// Up to when a store was asked for what it has given back.
    fn store_looked_until(&self, seller: Seller) -> Result<Option<Timestamp>, StoreError>;

    /// A store was asked for what it has given back, up to a time.
    fn set_store_looked_until(&self, seller: Seller, until: Timestamp) -> Result<(), StoreError>;
}
