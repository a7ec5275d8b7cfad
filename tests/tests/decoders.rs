//! Whatever arrives, a decoder answers with an error or with what was meant; it never panics, and
//! nothing that was changed on the way passes for signed.

use farthing_protocol::api::{AccountResponse, BatchRequest, CardRequest, EnrolmentRequest, TopUpRequest};
use farthing_protocol::{
    AccountId, Allowance, BatchClaims, Catalog, Currency, DeviceId, Digest, Document, DpopProof, EncodedEntry, Entry,
    EntryBody, EntryId, IdempotencyKey, JOURNAL_VERSION, JournalPosition, KeySet, Money, Problem, PublicKey,
    PurchaseBody, Receipt, RefundReceipt, Settlement, SigningKey, Sku, Statement, Unsigned, Unverified,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;

/// A change to some bytes, as a bad line or a bad person would make.
#[derive(Clone, Debug)]
enum Change {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), 1..=u8::MAX).prop_map(|(at, mask)| Change::Flip(at, mask)),
        any::<usize>().prop_map(Change::Cut),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<usize>(), 1..64_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = bytes.len().max(1);
        match change {
            Change::Flip(at, mask) => {
                if let Some(byte) = bytes.get_mut(at % length) {
                    *byte ^= mask;
                }
            }
            Change::Cut(at) => bytes.truncate(at % length),
            Change::Insert(at, inserted) => {
                let at = (at % length).min(bytes.len());
                bytes.splice(at..at, inserted.iter().copied());
            }
            Change::Repeat(at, run) => {
                let at = (at % length).min(bytes.len());
                let again: Vec<u8> = bytes[at..].iter().take(*run).copied().collect();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

fn entry() -> EncodedEntry {
    let quarter = Money::parse("0.25", Currency::USD).unwrap();
    EncodedEntry::new(Entry {
        version: JOURNAL_VERSION,
        seq: 1,
        previous: JournalPosition::genesis(DeviceId::from_bytes([1; 16]), 1).head,
        id: EntryId::from_parts(1_700_000_000_000, [7; 10]),
        at: "2026-01-02T03:04:05.678Z".parse().unwrap(),
        body: EntryBody::Purchase(PurchaseBody {
            sku: Sku::new("extra_life").unwrap(),
            quantity: 1,
            unit_price: quarter,
            total: quarter,
            catalog: 1,
            allowance: 1,
            operation: Some(IdempotencyKey::new("tap").unwrap()),
            approval: None,
            pass: None,
            contents: Vec::new(),
            credits: None,
        }),
    })
    .unwrap()
}

fn signed_batch(key: &SigningKey) -> String {
    let claims = BatchClaims {
        device: DeviceId::from_bytes([1; 16]),
        epoch: 1,
        first_seq: 1,
        last_seq: 1,
        head: entry().hash(),
    };
    Unsigned::new(&claims, key.public_key().thumbprint()).unwrap().sign(key).unwrap()
}

/// Reads `bytes` as each kind of JSON that there is; only a panic would be wrong.
fn read_as_everything(bytes: &[u8]) {
    fn read<T: DeserializeOwned>(bytes: &[u8]) {
        let _ = serde_json::from_slice::<T>(bytes);
    }
    read::<Money>(bytes);
    read::<PublicKey>(bytes);
    read::<Catalog>(bytes);
    read::<Allowance>(bytes);
    read::<Settlement>(bytes);
    read::<Statement>(bytes);
    read::<Receipt>(bytes);
    read::<RefundReceipt>(bytes);
    read::<KeySet>(bytes);
    read::<Problem>(bytes);
    read::<BatchRequest>(bytes);
    read::<EnrolmentRequest>(bytes);
    read::<CardRequest>(bytes);
    read::<TopUpRequest>(bytes);
    read::<AccountResponse>(bytes);
    let _ = EncodedEntry::decode(bytes.to_vec());
}

fn open_as_everything(token: &str, key: &PublicKey) -> bool {
    fn opens<D: Document>(token: &str, key: &PublicKey) -> bool {
        Unverified::parse(token).is_ok_and(|jws| jws.verify::<D>(key).is_ok())
    }
    let _ = (KeySet::trust_on_first_use(token), DpopProof::verify(token));
    let _ = KeySet::verify(token, Digest::of(b"root"));
    opens::<BatchClaims>(token, key)
        | opens::<Settlement>(token, key)
        | opens::<Receipt>(token, key)
        | opens::<RefundReceipt>(token, key)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn bytes_from_anywhere_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_as_everything(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let key = SigningKey::generate().unwrap().0.public_key();
        prop_assert!(!open_as_everything(&text, &key));
        let _ = (text.parse::<Currency>(), Money::parse(&text, Currency::USD), Sku::new(text.as_ref()));
        let _ = (text.parse::<EntryId>(), text.parse::<AccountId>(), PublicKey::from_point(&bytes));
    }

    #[test]
    fn a_changed_entry_is_refused_or_has_another_hash(changes in prop::collection::vec(change(), 1..4)) {
        let original = entry();
        let bytes = changed(original.bytes().to_vec(), &changes);
        read_as_everything(&bytes);
        if let Ok(decoded) = EncodedEntry::decode(bytes.clone()) {
            prop_assert_eq!(decoded.hash() == original.hash(), bytes == original.bytes());
        }
    }

    #[test]
    fn a_changed_document_is_never_taken_for_signed(changes in prop::collection::vec(change(), 1..4)) {
        let key = SigningKey::generate().unwrap().0;
        let original = signed_batch(&key);
        let bytes = changed(original.clone().into_bytes(), &changes);
        let token = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(open_as_everything(&token, &key.public_key()), token == original);
    }
}
