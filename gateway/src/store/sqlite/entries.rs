//! Settled journal entries, and the receipts of those that are purchases.

use std::collections::BTreeSet;

use farthing_protocol::{AccountId, DeviceId, EntryId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::entries::{Entries, Fate, NewEntry, SettledEntry, SettledPurchase};
use crate::store::named::name;

fn settled_purchase(row: &Row<'_>) -> rusqlite::Result<SettledPurchase> {
    let (id, device) = (EntryId::from_bytes(row.get(0)?), column::device(row, 1)?);
    Ok(SettledPurchase { id, device, seq: row.get(2)?, receipt: row.get(3)? })
}

impl Entries for Connection {
    fn settled_purchases(&self, among: &[EntryId]) -> Result<BTreeSet<EntryId>, StoreError> {
        let mut statement = self.prepare_cached("SELECT 1 FROM entries WHERE purchase = ?")?;
        let mut settled = BTreeSet::new();
        for purchase in among {
            if statement.exists([purchase.as_bytes()])? {
                settled.insert(*purchase);
            }
        }
        Ok(settled)
    }

    fn add_entries(&self, device: DeviceId, entries: &[NewEntry]) -> Result<(), StoreError> {
        let mut statement = self.prepare_cached(
            "INSERT INTO entries (device, seq, hash, purchase, receipt, rejection) VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        for NewEntry { seq, hash, fate } in entries {
            let (purchase, receipt, rejection) = match fate {
                Fate::Purchase { id, receipt } => (Some(id.as_bytes()), Some(receipt), None),
                Fate::Settled => (None, None, None),
                Fate::Rejected(reason) => (None, None, Some(name(reason)?)),
            };
            statement.execute(params![device.as_bytes(), seq, hash.as_bytes(), purchase, receipt, rejection])?;
        }
        Ok(())
    }

    fn settled_entries(&self, device: DeviceId, first: u64, last: u64) -> Result<Vec<SettledEntry>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT hash, receipt, rejection FROM entries WHERE device = ? AND seq BETWEEN ? AND ? ORDER BY seq",
        )?;
        let mut rows = statement.query(params![device.as_bytes(), first, last])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            entries.push(SettledEntry::of_row(column::digest(row, 0)?, row.get(1)?, row.get(2)?)?);
        }
        Ok(entries)
    }

    fn receipt(&self, account: AccountId, purchase: EntryId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT receipt FROM entries JOIN devices ON devices.id = entries.device
             WHERE purchase = ? AND account = ?",
        )?;
        Ok(statement.query_row([purchase.as_bytes(), account.as_bytes()], |row| row.get(0)).optional()?)
    }

    fn purchase(&self, purchase: EntryId) -> Result<Option<SettledPurchase>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT purchase, device, seq, receipt FROM entries WHERE purchase = ?")?;
        Ok(statement.query_row([purchase.as_bytes()], settled_purchase).optional()?)
    }

    fn purchases_before(&self, device: DeviceId, seq: u64, most: u32) -> Result<Vec<SettledPurchase>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT purchase, device, seq, receipt FROM entries
             WHERE device = ? AND seq < ? AND purchase IS NOT NULL ORDER BY seq DESC LIMIT ?",
        )?;
        let purchases = statement.query_map(params![device.as_bytes(), seq, most], settled_purchase)?;
        Ok(purchases.collect::<Result<_, _>>()?)
    }

    fn purchases_after(&self, device: DeviceId, seq: u64, most: u32) -> Result<Vec<SettledPurchase>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT purchase, device, seq, receipt FROM entries
             WHERE device = ? AND seq > ? AND purchase IS NOT NULL ORDER BY seq LIMIT ?",
        )?;
        let purchases = statement.query_map(params![device.as_bytes(), seq, most], settled_purchase)?;
        Ok(purchases.collect::<Result<_, _>>()?)
    }
}
