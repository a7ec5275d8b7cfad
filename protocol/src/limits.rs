//! A limit on everything, each beside its reason.

use std::time::Duration;

/// Bytes of one journal entry: a purchase takes about 400; a message to a creator fits.
pub const ENTRY_BYTES_MAX: usize = 4 * 1024;
/// Entries of one batch: one settles in some milliseconds, so that none holds up the others.
pub const BATCH_ENTRIES_MAX: usize = 500;
/// Bytes of one batch on the wire: what a phone sends over a slow link within a time-out.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Entries that wait on a device: weeks offline for a keen player, and still opened in 50 ms.
pub const QUEUE_ENTRIES_MAX: u64 = 10_000;
/// Items of a catalog: the largest shops that we know of have fewer.
pub const CATALOG_ITEMS_MAX: usize = 5_000;
/// Bytes of a signed document, the catalog's largest being about 2 MiB.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of any other request: a card or a top-up takes a few hundred.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a SKU, as long as the app stores' product ids.
pub const SKU_LENGTH_MAX: usize = 100;
/// Bytes of an idempotency key: a UUID, or a name with a UUID.
pub const IDEMPOTENCY_KEY_LENGTH_MAX: usize = 64;
/// Units of one item bought at once.
pub const QUANTITY_MAX: u32 = 1_000;
/// Keys of a key set: the one in use, the next, and those that still verify old documents.
pub const KEY_SET_KEYS_MAX: usize = 16;
/// How long the gateway's DPoP nonce is good for, and so how long a proof is remembered.
pub const DPOP_NONCE_LIFETIME: Duration = Duration::from_secs(300);
