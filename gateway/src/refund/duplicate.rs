//! A durable item is paid for once, however many devices of an account have bought it while they had no connection.

use farthing_protocol::{EntryId, IdempotencyKey, Timestamp};

use super::{Wish, refund_in};
use crate::gateway::Shared;
use crate::store::{StoreError, Tables};

/// What the refund receipt says why.
const REASON: &str = "the account owned it already";

/// Gives back what was paid for a durable item that the account owned when the purchase was settled, in the transaction
/// that settles it.
pub(crate) fn refund_duplicate(
    tables: &dyn Tables,
    shared: &Shared,
    purchase: EntryId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = IdempotencyKey::new(format!("duplicate-{purchase}"));
    let key = key.map_err(|_| StoreError::Damaged("a purchase whose name is no key"))?;
    let wish = Wish { of: purchase, key, amount: None, reason: REASON.to_owned() };
    // A merchant who has used this very key for something else gives this back by hand: the batch settles all the same.
    refund_in(tables, shared, &wish, None, now).map(drop)
}
