//! Packs of balance that players buy through an app store's own billing.
//!
//! 1. **Verify** ([`crate::processor::app_store`], [`crate::processor::google_play`]): what the app hands over is the
//!    store's, of this app, and paid.
//! 2. **Credit** ([`credit`]): once ever, by the store's own name for the purchase, whichever device or account hands it
//!    over. The row and the money in the ledger are one transaction.
//! 3. **Consume** ([`consume`]): of Google Play. It is asked for after the credit is on disk, and until it is done, so
//!    that neither a kill nor an outage lets Google give the price back for want of an acknowledgement.
//! 4. **Take back** ([`reverse`], [`voided`]): the store gives the price back, and tells. As far as the balance goes the
//!    credit is taken out of it; what is reserved for a device was promised to settle and stays, as in a card's dispute.

mod consume;
mod credit;
mod postings;
mod reverse;
mod terms;
mod verify;
mod voided;

use farthing_protocol::TopUpId;
use ring::digest::{SHA256, digest};
use uuid::{Builder, Uuid};

use crate::store::StoreError;

pub(crate) use self::credit::{Credited, credit};
pub(crate) use self::postings::Reversal;
pub(crate) use self::reverse::take_notification;
pub(crate) use self::terms::{Part, Sale, Terms, WHOLE};
pub(crate) use self::verify::{Verified, verify};

/// The store that has sold a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seller {
    AppStore,
    GooglePlay,
}

impl Seller {
    /// What the ledger and the database call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Seller::AppStore => "app_store",
            Seller::GooglePlay => "google_play",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, StoreError> {
        [Seller::AppStore, Seller::GooglePlay]
            .into_iter()
            .find(|seller| seller.name() == name)
            .ok_or(StoreError::Damaged("a store of no known name"))
    }

    /// The name of the top-up that a purchase is, known before it is credited and the same each time (UUID version 8,
    /// RFC 9562: of the SHA-256 of the store's names).
    pub(crate) fn top_up(self, purchase: &str) -> TopUpId {
        let hash = digest(&SHA256, format!("{}\n{purchase}", self.name()).as_bytes());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.as_ref()).for_each(|(byte, of_hash)| *byte = *of_hash);
        let name: Uuid = Builder::from_custom_bytes(bytes).into_uuid();
        TopUpId::from_bytes(name.into_bytes())
    }
}
