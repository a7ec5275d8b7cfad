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
/// Bytes of a catalog as JSON, without its creators: with as many of these as there can be it fits a signed document, which
/// takes four bytes for three.
pub const CATALOG_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a signed document, of which the largest is a catalog with all the creators that there can be.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of any other request: a card or a top-up takes a few hundred.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a SKU, as long as the app stores' product ids.
pub const SKU_LENGTH_MAX: usize = 100;
/// Bytes of an idempotency key: a UUID, or a name with a UUID.
pub const IDEMPOTENCY_KEY_LENGTH_MAX: usize = 64;
/// Refund receipts in one answer: a quarter of a megabyte of them.
pub const REFUNDS_MAX: u32 = 200;
/// Purchases of an account's other devices in one answer: a hundred kilobytes of receipts, and each is signed for it.
pub const ACCOUNT_PURCHASES_MAX: u32 = 100;
/// Purchases of an account's other devices that a wallet keeps, the newest: what a person scrolls through. A gateway leaves
/// out those before them.
pub const PURCHASES_KEPT_MAX: u32 = 500;
/// Durable items that a statement names: what the keenest player owns, and still no more than a slow link takes with each
/// answer. Those beyond are owned all the same.
pub const DURABLES_MAX: usize = 1_000;
/// Units of one item bought at once.
pub const QUANTITY_MAX: u32 = 1_000;
/// Units of a metered item in one entry, and for one price: a thousand million, so that a count of units fits everywhere.
pub const USAGE_UNITS_MAX: u32 = 1_000_000_000;
/// Seconds that a meter counts in memory: a day, after which what is lost to a kill would surprise.
pub const METER_SECONDS_MAX: u32 = 86_400;
/// Bytes of a creator's name in code: its tips' name, `tip:` and this, is one of an item.
pub const CREATOR_ID_LENGTH_MAX: usize = 64;
/// Creators who can be tipped at a time: with the longest names a megabyte, which fits a signed document beside the items.
pub const CREATORS_MAX: usize = 2_000;
/// Characters of a creator's name for players.
pub const CREATOR_NAME_LENGTH_MAX: usize = 100;
/// Characters of the message of a tip: one line on a phone, and too short for a correspondence.
pub const TIP_MESSAGE_LENGTH_MAX: usize = 140;
/// Bytes of the message of a tip: four for each character, which is the most that UTF-8 has.
pub const TIP_MESSAGE_BYTES_MAX: usize = 560;
/// Seconds that one purchase of a pass lasts: ten years, the last of them leap ones, beyond which it is owned for ever.
pub const PASS_SECONDS_MAX: u32 = 316_224_000;
/// Items in a bundle: more than one shelf shows, and as many as fit into an entry.
pub const BUNDLE_ITEMS_MAX: usize = 12;
/// Scheduled prices of an item: a year's sales.
pub const SCHEDULED_PRICES_MAX: usize = 20;
/// Price tiers of a catalog: countries with like incomes share one.
pub const PRICE_TIERS_MAX: usize = 20;
/// Days for which a price is introductory: a year.
pub const INTRODUCTORY_DAYS_MAX: u32 = 366;
/// Languages that an item has texts in: as many as the app stores have.
pub const ITEM_LANGUAGES_MAX: usize = 50;
/// Keys of a key set: the one in use, the next, and those that still verify old documents.
pub const KEY_SET_KEYS_MAX: usize = 16;
/// How long the gateway's DPoP nonce is good for, and so how long a proof is remembered.
pub const DPOP_NONCE_LIFETIME: Duration = Duration::from_secs(300);
/// Charges that banks have taken back in a statement: an account with more has long been closed by its operator.
pub const DISPUTED_CHARGES_MAX: usize = 20;
/// Bytes of a support bundle: what a mail takes, and a form.
pub const SUPPORT_BUNDLE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of the entries in a support bundle, as they were made: base64 twice over leaves room for the rest. About 2,500
/// purchases.
pub const SUPPORT_BUNDLE_ENTRY_BYTES_MAX: usize = 1_000_000;
/// Lines of each list in a support bundle (purchases, items, top-ups): what a person reads.
pub const SUPPORT_BUNDLE_LINES_MAX: usize = 100;
