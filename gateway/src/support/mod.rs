//! Support bundles: what a player's wallet says of itself, beside what the books say.
//!
//! 1. [`open`] checks the signature. That the key is the device's, the books say ([`compare`]).
//! 2. [`compare`] reads: where the two journals part, what each side has that the other has not, and what would become of the
//!    entries that never arrived. It judges them by the function that settles batches.
//! 3. [`re_grant()`] settles those entries, as if the device had sent them in a batch: its signature under the bundle covers
//!    them. If the device sends them later, they overlap with what is settled and get the same outcomes.

mod difference;
mod journal;
mod re_grant;

use farthing_protocol::{Digest, JwsError, SupportBundle, Thumbprint};

pub(crate) use difference::{Difference, Known, PurchaseDifference, compare};
pub(crate) use journal::{Line, Refusal, Standing};
pub(crate) use re_grant::{ReGrant, re_grant};

/// A bundle whose signature was checked.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) bundle: SupportBundle,
    /// The key that has signed it.
    pub(crate) key: Thumbprint,
    /// What the audit log calls it by.
    pub(crate) digest: Digest,
}

/// Opens a bundle, whatever a mail has made of its line ends.
pub(crate) fn open(text: &str) -> Result<Opened, JwsError> {
    let text: String = text.split_ascii_whitespace().collect();
    let (bundle, key) = SupportBundle::verify(&text)?;
    Ok(Opened { bundle, key: key.thumbprint(), digest: Digest::of(text.as_bytes()) })
}
