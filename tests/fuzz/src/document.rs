//! Documents in JSON, as they are inside of a signature.

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::OnceLock;

use farthing_protocol::limits::{CATALOG_ITEMS_MAX, DOCUMENT_BYTES_MAX};
use farthing_protocol::{
    Allowance, AllowanceRefusal, BatchClaims, Catalog, Document, Drawn, JwsError, Money, Problem, ProblemKind, Receipt,
    Settlement, SigningKey, Statement, Unsigned, Unverified,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Verdict;

/// A key that nothing which comes from outside is signed by: it is made anew in each run.
pub(crate) fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate().unwrap().0)
}

/// Another one.
pub(crate) fn other_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate().unwrap().0)
}

/// Reads a value, writes it, and reads it again: it must be the same, and have one way to be written.
pub(crate) fn read<T>(bytes: &[u8]) -> Option<T>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let value: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_vec(&value).unwrap();
    let again: T = serde_json::from_slice(&written).unwrap();
    assert_eq!(again, value);
    assert_eq!(serde_json::to_vec(&again).unwrap(), written);
    Some(value)
}

/// Reads a document; then signs its exact bytes and opens them, by the right and by the wrong key and kind.
fn signed<D: Document + PartialEq + Debug>(payload: &[u8]) -> Option<D> {
    let document: D = read(payload)?;
    let token = Unsigned::of_payload::<D>(payload, key().public_key().thumbprint()).sign(key()).unwrap();
    if token.len() > DOCUMENT_BYTES_MAX {
        assert_eq!(Unverified::parse(&token).err(), Some(JwsError::TooLong));
        return None;
    }
    let jws = Unverified::parse(&token).unwrap();
    let opened = jws.verify::<D>(&key().public_key()).unwrap();
    assert_eq!(opened.document, document);
    assert_eq!(opened.payload, payload);
    assert_eq!(jws.verify::<D>(&other_key().public_key()).err(), Some(JwsError::BadSignature));
    assert_eq!(jws.verify::<BatchClaims>(&key().public_key()).err(), Some(JwsError::WrongType));
    Some(document)
}

fn verdict<T>(read: Option<T>) -> Verdict {
    if read.is_some() { Verdict::Read } else { Verdict::Refused }
}

pub(crate) fn settlement(bytes: &[u8]) -> Verdict {
    verdict(signed::<Settlement>(bytes))
}

pub(crate) fn statement(bytes: &[u8]) -> Verdict {
    verdict(signed::<Statement>(bytes))
}

/// Whatever an allowance says, no more is drawn than it says.
pub(crate) fn allowance(bytes: &[u8]) -> Verdict {
    let Some(allowance) = signed::<Allowance>(bytes) else { return Verdict::Refused };
    let currency = allowance.limit.currency();
    let mut drawn = Drawn { total: Money::zero(currency), count: 0 };
    for micros in [1, 250_000, allowance.purchase_max.micros(), allowance.limit.micros(), i64::MAX] {
        let remaining = allowance.remaining(&drawn);
        assert!(!remaining.is_negative());
        let amount = Money::from_micros(micros, currency);
        match allowance.draw(&drawn, amount, allowance.issued_at) {
            Ok(after) => {
                assert!(amount.is_positive() && micros <= allowance.purchase_max.micros());
                assert!(after.total.micros() <= allowance.limit.micros() && after.count <= allowance.count_limit);
                assert_eq!(after.total.minus(drawn.total), Ok(amount));
                assert!(allowance.issued_at <= allowance.expires_at);
                drawn = after;
            }
            Err(AllowanceRefusal::LimitReached { remaining: left }) => assert_eq!(left, remaining),
            Err(_) => {}
        }
    }
    Verdict::Read
}

/// A catalog that passes its check can be sold from.
pub(crate) fn catalog(bytes: &[u8]) -> Verdict {
    let Some(catalog) = signed::<Catalog>(bytes) else { return Verdict::Refused };
    if catalog.check().is_ok() {
        can_be_sold_from(&catalog);
    }
    Verdict::Read
}

pub(crate) fn can_be_sold_from(catalog: &Catalog) {
    assert!(catalog.items.len() <= CATALOG_ITEMS_MAX);
    let skus: HashSet<_> = catalog.items.iter().map(|item| &item.sku).collect();
    assert_eq!(skus.len(), catalog.items.len());
    for item in &catalog.items {
        assert!(item.price.is_positive());
        if item.price.currency().is_virtual() {
            let declared = catalog.currencies.iter().find(|declared| declared.code == item.price.currency());
            assert!(item.price.is_whole_minor_units(declared.unwrap().exponent));
        }
    }
}

/// Adding up what a receipt says never wraps.
pub(crate) fn receipt(bytes: &[u8]) -> Verdict {
    let Some(receipt) = signed::<Receipt>(bytes) else { return Verdict::Refused };
    if let Ok(total) = receipt.split.total() {
        let Receipt { split, .. } = receipt;
        let shares = [split.processor, split.platform, split.developer];
        let sum: i128 = shares.iter().map(|share| i128::from(share.micros())).sum();
        assert_eq!(i128::from(total.micros()), sum);
        assert!(shares.iter().all(|share| share.currency() == total.currency()));
    }
    Verdict::Read
}

/// A problem of a known kind is of that kind again when it is passed on.
pub(crate) fn problem(bytes: &[u8]) -> Verdict {
    let Some(problem) = read::<Problem>(bytes) else { return Verdict::Refused };
    assert!(problem.kind == ProblemKind::Unknown || ProblemKind::ALL.contains(&problem.kind));
    Verdict::Read
}
