//! Settled journal entries, and the receipts of those that are purchases.

use farthing_protocol::{AccountId, DeviceId, Digest, EntryId, Outcome, RejectionReason};
use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, column};

/// What became of an entry, as it is kept.
pub(crate) struct SettledEntry {
    pub(crate) hash: Digest,
    pub(crate) outcome: Outcome,
    /// The exact bytes of the receipt's payload, for a settled purchase.
    pub(crate) receipt: Option<Vec<u8>>,
}

/// Keeps a settled purchase with its receipt. False when a purchase of that name is settled
/// already; nothing is kept then.
pub(crate) fn add_purchase(
    connection: &Connection,
    (device, seq, hash): (DeviceId, u64, Digest),
    purchase: EntryId,
    receipt: &[u8],
) -> Result<bool, StoreError> {
    let added = connection
        .prepare_cached(
            "INSERT INTO entries (device, seq, hash, purchase, receipt) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (purchase) WHERE purchase IS NOT NULL DO NOTHING",
        )?
        .execute(params![device.as_bytes(), seq, hash.as_bytes(), purchase.as_bytes(), receipt])?;
    Ok(added == 1)
}

/// Keeps an entry that is no purchase, or was rejected.
pub(crate) fn add_other(
    connection: &Connection,
    (device, seq, hash): (DeviceId, u64, Digest),
    rejection: Option<RejectionReason>,
) -> Result<(), StoreError> {
    let rejection = rejection.as_ref().map(column::name).transpose()?;
    connection
        .prepare_cached("INSERT INTO entries (device, seq, hash, rejection) VALUES (?, ?, ?, ?)")?
        .execute(params![device.as_bytes(), seq, hash.as_bytes(), rejection])?;
    Ok(())
}

/// What became of the entries of a device from `first` to `last`, in order.
pub(crate) fn between(
    connection: &Connection,
    device: DeviceId,
    first: u64,
    last: u64,
) -> Result<Vec<SettledEntry>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT hash, receipt, rejection FROM entries WHERE device = ? AND seq BETWEEN ? AND ? ORDER BY seq",
    )?;
    let mut rows = statement.query(params![device.as_bytes(), first, last])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let receipt: Option<Vec<u8>> = row.get(1)?;
        let outcome = match row.get::<_, Option<String>>(2)? {
            Some(reason) => Outcome::Rejected { reason: column::named(reason)? },
            None => Outcome::Settled { receipt: receipt.as_deref().map(Digest::of) },
        };
        entries.push(SettledEntry { hash: column::digest(row, 0)?, outcome, receipt });
    }
    Ok(entries)
}

/// The payload of the receipt of an account's purchase.
pub(crate) fn receipt(
    connection: &Connection,
    account: AccountId,
    purchase: EntryId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT receipt FROM entries JOIN devices ON devices.id = entries.device
         WHERE purchase = ? AND account = ?",
    )?;
    Ok(statement.query_row([purchase.as_bytes(), account.as_bytes()], |row| row.get(0)).optional()?)
}
