//! Journal entries.

use farthing_protocol::limits::{ENTRY_BYTES_MAX, IDEMPOTENCY_KEY_LENGTH_MAX, SKU_LENGTH_MAX};
use farthing_protocol::{Digest, EncodedEntry, EntryBody, EntryError, JOURNAL_VERSION};

use crate::Verdict;

/// An entry keeps its exact bytes and its hash; written anew, it says the same.
pub(crate) fn check(bytes: &[u8]) -> Verdict {
    let decoded = match EncodedEntry::decode(bytes.to_vec()) {
        Ok(decoded) => decoded,
        Err(error) => {
            assert_eq!(error == EntryError::TooLong, bytes.len() > ENTRY_BYTES_MAX);
            return Verdict::Refused;
        }
    };
    assert!(bytes.len() <= ENTRY_BYTES_MAX);
    assert_eq!(decoded.bytes(), bytes);
    assert_eq!(decoded.hash(), Digest::of(bytes));
    assert_eq!(decoded.entry().version, JOURNAL_VERSION);
    if let EntryBody::Purchase(purchase) = &decoded.entry().body {
        assert!((1..=SKU_LENGTH_MAX).contains(&purchase.sku.as_str().len()));
    }
    if let Some(operation) = decoded.entry().body.operation() {
        assert!((1..=IDEMPOTENCY_KEY_LENGTH_MAX).contains(&operation.as_str().len()));
    }

    // What was read with odd spaces or escapes is written in the one way that we write.
    let written = EncodedEntry::new(decoded.entry().clone()).unwrap();
    assert_eq!(written.entry(), decoded.entry());
    let again = EncodedEntry::decode(written.bytes().to_vec()).unwrap();
    assert_eq!(again, written);
    assert_eq!(written.hash() == decoded.hash(), written.bytes() == bytes);
    Verdict::Read
}
