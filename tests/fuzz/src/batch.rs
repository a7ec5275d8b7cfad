//! Batches: what a device uploads.

use farthing_protocol::api::BatchRequest;
use farthing_protocol::limits::BATCH_ENTRIES_MAX;
use farthing_protocol::{BatchClaims, Digest, JournalPosition, Unverified, previous_of_first, verify_batch};

use crate::Verdict;
use crate::document::{key, read};

/// The body of an upload: what is read is written as the same, and nobody else's signature is taken.
pub(crate) fn check_request(bytes: &[u8]) -> Verdict {
    let Ok(request) = serde_json::from_slice::<BatchRequest>(bytes) else { return Verdict::Refused };
    let written = serde_json::to_vec(&request).unwrap();
    let again: BatchRequest = serde_json::from_slice(&written).unwrap();
    assert_eq!((&again.batch, &again.entries), (&request.batch, &request.entries));
    if let Ok(jws) = Unverified::parse(&request.batch) {
        assert!(jws.verify::<BatchClaims>(&key().public_key()).is_err());
    }
    Verdict::Read
}

/// The first line is what was signed, each other one an entry.
pub(crate) fn check(bytes: &[u8]) -> Verdict {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let claims = lines.next().and_then(read::<BatchClaims>);
    let entries: Vec<Vec<u8>> = lines.map(<[u8]>::to_vec).collect();
    let Some(claims) = claims else { return Verdict::Refused };

    let verdict = check_chain(&claims, &entries);
    // No one finds a hash by chance: so that the rest of the chain is looked at, the claims that would fit.
    if let Some(last) = entries.last() {
        let last_seq = claims.first_seq.saturating_add(entries.len() as u64 - 1);
        check_chain(&BatchClaims { last_seq, head: Digest::of(last), ..claims }, &entries);
    }
    verdict
}

fn check_chain(claims: &BatchClaims, entries: &[Vec<u8>]) -> Verdict {
    let Ok(chained) = verify_batch(claims, entries.to_vec()) else { return Verdict::Refused };
    assert!(claims.first_seq >= 1);
    assert!((1..=BATCH_ENTRIES_MAX).contains(&chained.len()));
    assert_eq!(chained.len(), entries.len());
    assert_eq!(chained.last().unwrap().hash, claims.head);
    assert_eq!(chained.last().unwrap().seq, claims.last_seq);

    let mut position: Option<JournalPosition> = None;
    for ((entry, bytes), seq) in chained.iter().zip(entries).zip(claims.first_seq..) {
        assert_eq!((entry.seq, entry.hash), (seq, Digest::of(bytes)));
        if let Ok(content) = &entry.content {
            assert_eq!(content.entry().seq, seq);
            assert!(position.is_none_or(|position| position.head == content.entry().previous));
        }
        let before = JournalPosition { epoch: claims.epoch, seq: seq - 1, head: Digest::of(b"") };
        let after = position.unwrap_or(before).after(entry.hash);
        assert_eq!(after.seq, seq);
        position = Some(after);
    }
    assert_eq!(previous_of_first(&chained).is_some(), chained[0].content.is_ok());

    // The signature covers every entry: none can be left out, changed or added.
    let without_last = entries[..entries.len() - 1].to_vec();
    assert!(verify_batch(claims, without_last).is_err());
    let mut changed = entries.to_vec();
    changed.last_mut().unwrap().push(b' ');
    assert!(verify_batch(claims, changed).is_err());
    let mut doubled = entries.to_vec();
    doubled.push(entries[entries.len() - 1].clone());
    assert!(verify_batch(claims, doubled).is_err());
    Verdict::Read
}
