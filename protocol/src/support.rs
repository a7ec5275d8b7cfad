//! The support bundle: what a player sends to support when something is wrong.
//!
//! The device signs it, so support knows that it is as the wallet made it, and what it has of the journal can be settled
//! from it. It has no card number, no key and no token.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jws::{Document, JwsError, Unsigned, Unverified};
use crate::limits::SUPPORT_BUNDLE_BYTES_MAX;
use crate::{
    AccountId, Allowance, Bytes, DeviceId, Drawn, EntryId, JournalPosition, Money, PublicKey, Sku, Statement, TopUpId,
};

/// The version of the bundle that this library writes.
pub const SUPPORT_BUNDLE_VERSION: u32 = 1;

/// How a wallet stands, as it says itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportBundle {
    /// [`SUPPORT_BUNDLE_VERSION`].
    pub version: u32,
    /// When it was made, by the wallet's trusted time.
    pub made_at: Timestamp,
    /// What the device's own clock showed then.
    pub device_clock: Timestamp,
    /// The device; none before it is enrolled.
    #[serde(default)]
    pub device: Option<DeviceId>,
    /// Its account.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// Where the journal ends, with what is not settled yet.
    #[serde(default)]
    pub journal: Option<JournalPosition>,
    /// Up to where the wallet knows it settled.
    #[serde(default)]
    pub settled: Option<JournalPosition>,
    /// The exact bytes of the entries that follow it, the oldest first: those are the ones that can be settled next.
    #[serde(default)]
    pub entries: Vec<Bytes>,
    /// How many of the newest entries had no room.
    #[serde(default)]
    pub entries_left_out: u64,
    /// What was drawn on the allowances, with what is not settled yet.
    #[serde(default)]
    pub drawn: Vec<Drawn>,
    /// What was drawn up to `settled`.
    #[serde(default)]
    pub settled_drawn: Vec<Drawn>,
    /// The allowances that the wallet knows, one for each currency.
    #[serde(default)]
    pub allowances: Vec<Allowance>,
    /// What the gateway last said of the account.
    #[serde(default)]
    pub statement: Option<Statement>,
    /// The newest purchases, the newest first.
    #[serde(default)]
    pub purchases: Vec<KnownPurchase>,
    /// What the player owns.
    #[serde(default)]
    pub inventory: BTreeMap<Sku, u64>,
    /// How many cards there are of each state.
    #[serde(default)]
    pub cards: BTreeMap<String, u64>,
    /// The newest top-ups, the newest first.
    #[serde(default)]
    pub top_ups: Vec<KnownTopUp>,
    /// What sync does, with the error that stopped it.
    #[serde(default)]
    pub sync: String,
    /// Whether the database is older than the key store remembers, or was salvaged, and the gateway has not said yet
    /// where the journal stands.
    #[serde(default)]
    pub is_rolled_back: bool,
    /// What became of the wallet the last time that its database was found damaged.
    #[serde(default)]
    pub recovery: Option<String>,
    /// What happened since the wallet was opened, the latest last.
    #[serde(default)]
    pub events: Vec<KnownEvent>,
    /// The version of the library.
    #[serde(default)]
    pub library: String,
    /// The operating system and the processor.
    #[serde(default)]
    pub platform: String,
    /// The versions of what it keeps: the database's schema, the journal, the catalog, the key set.
    #[serde(default)]
    pub versions: BTreeMap<String, u64>,
    /// What is missing here and why: what can't be read, or has no room.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A purchase as a wallet knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPurchase {
    /// Its name.
    pub id: EntryId,
    /// What was bought.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// When, by the wallet's trusted time.
    pub at: Timestamp,
    /// How far it is: `granted`, `settling`, `settled`, `rejected` or `refunded`.
    pub state: String,
}

/// A top-up as a wallet knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownTopUp {
    /// Its name.
    pub id: TopUpId,
    /// How much.
    pub amount: Money,
    /// When it was begun.
    pub at: Timestamp,
    /// How far it is: `created`, `requires_action`, `processing`, `succeeded` or `failed`.
    pub state: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownEvent {
    /// When, by the device's own clock.
    pub at: Timestamp,
    /// What, in words.
    pub what: String,
}

impl Document for SupportBundle {
    const TYPE: &'static str = "farthing-support-bundle+jwt";
}

impl SupportBundle {
    /// Writes the bundle down for the device's key to sign.
    ///
    /// # Errors
    /// [`JwsError::BadContent`] when it can't be written as JSON.
    pub fn unsigned(&self, key: PublicKey) -> Result<Unsigned, JwsError> {
        Unsigned::with_key(self, key)
    }

    /// Checks a bundle's signature by the key that it carries; returns both. That the key is the device's is for the
    /// caller to compare.
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn verify(text: &str) -> Result<(SupportBundle, PublicKey), JwsError> {
        if text.len() > SUPPORT_BUNDLE_BYTES_MAX {
            return Err(JwsError::TooLong);
        }
        let jws = Unverified::parse(text)?;
        let key = jws.embedded_key().ok_or(JwsError::Malformed)?;
        let bundle = jws.verify::<SupportBundle>(&key)?.document;
        Ok((bundle, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;

    fn smallest() -> SupportBundle {
        let text = r#"{"version":1,"made_at":"2026-06-01T08:00:00Z","device_clock":"2026-06-01T08:00:00Z"}"#;
        serde_json::from_str(text).unwrap()
    }

    fn signed(bundle: &SupportBundle) -> (String, PublicKey) {
        let key = SigningKey::generate().unwrap().0;
        (bundle.unsigned(key.public_key()).unwrap().sign(&key).unwrap(), key.public_key())
    }

    #[test]
    fn a_bundle_comes_back_with_the_key_that_signed_it() {
        let (text, key) = signed(&smallest());
        assert_eq!(SupportBundle::verify(&text), Ok((smallest(), key)));
    }

    #[test]
    fn any_changed_character_is_found() {
        let (text, key) = signed(&smallest());
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let verified = SupportBundle::verify(std::str::from_utf8(&changed).unwrap());
            // A header with another key is that key's bundle, if it has signed it; it has not.
            assert!(verified.is_err_and(|error| error != JwsError::TooLong), "a change at {at}");
        }
        assert!(SupportBundle::verify(&text).is_ok_and(|(_, signer)| signer == key));
    }

    #[test]
    fn a_bundle_that_is_too_long_is_not_looked_at() {
        let mut large = smallest();
        large.sync = "x".repeat(SUPPORT_BUNDLE_BYTES_MAX);
        assert_eq!(SupportBundle::verify(&signed(&large).0), Err(JwsError::TooLong));
    }

    #[test]
    fn full_entries_leave_room_for_the_rest() {
        use crate::limits::SUPPORT_BUNDLE_ENTRY_BYTES_MAX;
        let mut full = smallest();
        full.entries = vec![Bytes(vec![b'x'; 400]); SUPPORT_BUNDLE_ENTRY_BYTES_MAX / 400];
        let length = signed(&full).0.len();
        assert!(length + 256 * 1024 < SUPPORT_BUNDLE_BYTES_MAX, "{length}");
    }
}
