//! Journal entries: what a device says happened, as exact bytes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::ENTRY_BYTES_MAX;
use crate::{ApprovalId, Content, Digest, EntryId, IdempotencyKey, Money, PassGrant, Sku, TipBody, UsageBody};

/// The version of the journal that this library writes.
pub const JOURNAL_VERSION: u8 = 1;

/// One entry of a device's journal.
///
/// It names the SHA-256 of the entry before, so that the last one stands for all of them.
/// Which device and epoch it belongs to follows from the start of the chain
/// ([`crate::JournalPosition::genesis`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// [`JOURNAL_VERSION`].
    pub version: u8,
    /// Counts from 1 in each epoch, without a gap.
    pub seq: u64,
    /// The SHA-256 of the exact bytes of the entry before.
    pub previous: Digest,
    /// The entry's name; a purchase is known by it.
    pub id: EntryId,
    /// When it happened, by the device's trusted time.
    pub at: Timestamp,
    /// What happened.
    pub body: EntryBody,
}

/// What happened on a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EntryBody {
    /// An item was bought and granted.
    Purchase(PurchaseBody),
    /// Owned items were used up.
    Consume(ConsumeBody),
    /// Unspent funds of the allowance were given back to the account.
    Release(ReleaseBody),
    /// Units of a metered item were used.
    Usage(UsageBody),
    /// A creator was tipped.
    Tip(TipBody),
}

impl EntryBody {
    /// The app's name for this action, where it gave one.
    pub fn operation(&self) -> Option<&IdempotencyKey> {
        match self {
            EntryBody::Purchase(purchase) => purchase.operation.as_ref(),
            EntryBody::Consume(consume) => Some(&consume.operation),
            EntryBody::Tip(tip) => tip.operation.as_ref(),
            EntryBody::Release(_) | EntryBody::Usage(_) => None,
        }
    }

    /// What the player paid by this entry, for which there is a receipt once it is settled; `None` where nothing was
    /// paid for.
    pub fn price(&self) -> Option<Money> {
        match self {
            EntryBody::Purchase(purchase) => Some(purchase.total),
            EntryBody::Usage(usage) => Some(usage.amount),
            EntryBody::Tip(tip) => Some(tip.amount),
            EntryBody::Consume(_) | EntryBody::Release(_) => None,
        }
    }
}

/// An item was bought and granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurchaseBody {
    /// What was bought.
    pub sku: Sku,
    /// How many, at least 1.
    pub quantity: u32,
    /// The price of one, as the catalog had it.
    pub unit_price: Money,
    /// The price of all.
    pub total: Money,
    /// The catalog version that the price is from.
    pub catalog: u64,
    /// The version of the allowance (in the currency of the price) that it was judged by.
    pub allowance: u64,
    /// The app's name for this purchase, where it gave one; one purchase for each name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<IdempotencyKey>,
    /// The guardian's approval that let it through, where it needed one; one purchase for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// How long it lasts, where it is a pass: as the catalog has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<PassGrant>,
    /// What is in one, where it is a bundle: as the catalog has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<Content>,
    /// What one credits, where it is a currency pack: as the catalog has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<Money>,
}

/// Owned items were used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumeBody {
    /// What was used.
    pub sku: Sku,
    /// How many, at least 1.
    pub quantity: u32,
    /// The app's name for this use; one use for each name.
    pub operation: IdempotencyKey,
}

/// Unspent funds of the allowance were given back to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBody {
    /// How much.
    pub amount: Money,
    /// The version of the allowance that it is taken from.
    pub allowance: u64,
}

/// An entry with the exact bytes that stand for it in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedEntry {
    entry: Entry,
    bytes: Vec<u8>,
    hash: Digest,
}

/// Bytes that are no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// More bytes than an entry may have.
    #[error("an entry has at most {ENTRY_BYTES_MAX} bytes")]
    TooLong,
    /// Not the JSON of an entry.
    #[error("the entry is malformed")]
    Malformed,
    /// Written by a newer library.
    #[error("the entry is of an unknown version")]
    UnknownVersion,
}

impl EncodedEntry {
    /// Fixes the bytes of an entry.
    ///
    /// # Errors
    /// [`EntryError::TooLong`].
    pub fn new(entry: Entry) -> Result<Self, EntryError> {
        let bytes = serde_json::to_vec(&entry).map_err(|_| EntryError::Malformed)?;
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong);
        }
        let hash = Digest::of(&bytes);
        Ok(EncodedEntry { entry, bytes, hash })
    }

    /// Reads an entry; its bytes are kept as they are.
    ///
    /// # Errors
    /// [`EntryError`], for anything that [`EncodedEntry::new`] would not make.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, EntryError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong);
        }
        let entry: Entry = serde_json::from_slice(&bytes).map_err(|_| EntryError::Malformed)?;
        if entry.version != JOURNAL_VERSION {
            return Err(EntryError::UnknownVersion);
        }
        let hash = Digest::of(&bytes);
        Ok(EncodedEntry { entry, bytes, hash })
    }

    /// What the entry says.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The SHA-256 of the bytes, which the next entry names.
    pub fn hash(&self) -> Digest {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    pub(crate) fn purchase() -> Entry {
        let quarter = Money::parse("0.25", Currency::USD).unwrap();
        Entry {
            version: JOURNAL_VERSION,
            seq: 1,
            previous: Digest::of(b""),
            id: EntryId::from_parts(1_700_000_000_000, [7; 10]),
            at: "2026-01-02T03:04:05.678Z".parse().unwrap(),
            body: EntryBody::Purchase(PurchaseBody {
                sku: Sku::new("extra_life").unwrap(),
                quantity: 1,
                unit_price: quarter,
                total: quarter,
                catalog: 1,
                allowance: 1,
                operation: None,
                approval: None,
                pass: None,
                contents: Vec::new(),
                credits: None,
            }),
        }
    }

    #[test]
    fn an_entry_keeps_its_bytes() {
        let encoded = EncodedEntry::new(purchase()).unwrap();
        let decoded = EncodedEntry::decode(encoded.bytes().to_vec()).unwrap();
        assert_eq!(decoded, encoded);
        assert!(encoded.bytes().len() < 450, "{} bytes", encoded.bytes().len());
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        let json = String::from_utf8(EncodedEntry::new(purchase()).unwrap().bytes().to_vec()).unwrap();
        for (bad, error) in [
            (String::new(), EntryError::Malformed),
            (json.replace(r#""seq":1"#, r#""seq":-1"#), EntryError::Malformed),
            (json.replace(r#""quantity":1"#, r#""quantity":4294967296"#), EntryError::Malformed),
            (json.replace(r#""type":"purchase""#, r#""type":"gift""#), EntryError::Malformed),
            (json.replace(r#""seq":1"#, r#""seq":1,"extra":1"#), EntryError::Malformed),
            (json.replace(r#""version":1"#, r#""version":2"#), EntryError::UnknownVersion),
            (format!("{json}{}", " ".repeat(ENTRY_BYTES_MAX)), EntryError::TooLong),
        ] {
            assert_eq!(EncodedEntry::decode(bad.clone().into_bytes()), Err(error), "{bad}");
        }
    }
}
