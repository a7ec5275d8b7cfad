//! Takes a batch apart and checks that it is the one the device has signed.

use farthing_protocol::api::BatchRequest;
use farthing_protocol::{BatchClaims, ChainError, ChainedEntry, JwsError, PublicKey, Unverified, verify_batch};

/// A batch that its device has signed.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) claims: BatchClaims,
    pub(crate) entries: Vec<ChainedEntry>,
}

/// Why a batch is not one that its device has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BatchError {
    #[error(transparent)]
    Signature(#[from] JwsError),
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// Checks a batch by the device's key.
pub(crate) fn open(request: BatchRequest, key: &PublicKey) -> Result<Batch, BatchError> {
    let claims = Unverified::parse(&request.batch)?.verify::<BatchClaims>(key)?.document;
    let entries = request.entries.into_iter().map(|bytes| bytes.0).collect();
    let entries = verify_batch(&claims, entries)?;
    Ok(Batch { claims, entries })
}
