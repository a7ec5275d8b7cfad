//! Settled journal entries, and the receipts of those that are purchases.

use std::collections::BTreeSet;

use farthing_protocol::{AccountId, DeviceId, EntryId};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, Uuid, signed, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::entries::{Entries, Fate, NewEntry, SettledEntry, SettledPurchase};
use crate::store::named::name;

fn settled_purchase(row: &PgRow) -> Result<SettledPurchase, StoreError> {
    let (id, device) = (column::entry(row, 0)?, column::device(row, 1)?);
    Ok(SettledPurchase { id, device, seq: column::number(row, 2)?, receipt: row.try_get(3)? })
}

impl Entries for Transaction {
    /// Names are random, so none is taken but in an attack: the first try leaves it to the index to notice. To read
    /// the place of each new name would set every two batches of the same time against each other.
    fn settled_purchases(&self, among: &[EntryId]) -> Result<BTreeSet<EntryId>, StoreError> {
        if !self.looks_up_names {
            return Ok(BTreeSet::new());
        }
        let among: Vec<Uuid> = among.iter().map(|purchase| uuid(purchase.as_bytes())).collect();
        let rows = self.all(query("SELECT purchase FROM entries WHERE purchase = ANY($1)").bind(among))?;
        rows.iter().map(|row| column::entry(row, 0)).collect()
    }

    fn add_entries(&self, device: DeviceId, entries: &[NewEntry]) -> Result<(), StoreError> {
        let (mut seqs, mut hashes) = (Vec::new(), Vec::new());
        let (mut purchases, mut receipts, mut rejections) = (Vec::new(), Vec::new(), Vec::new());
        for NewEntry { seq, hash, fate } in entries {
            seqs.push(signed(*seq)?);
            hashes.push(&hash.as_bytes()[..]);
            let (purchase, receipt, rejection) = match fate {
                Fate::Purchase { id, receipt } => (Some(uuid(id.as_bytes())), Some(receipt.as_slice()), None),
                Fate::Settled => (None, None, None),
                Fate::Rejected(reason) => (None, None, Some(name(reason)?)),
            };
            purchases.push(purchase);
            receipts.push(receipt);
            rejections.push(rejection);
        }
        let insert = query(
            "INSERT INTO entries (device, seq, hash, purchase, receipt, rejection)
             SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::uuid[], $5::bytea[], $6::text[])",
        );
        let insert = insert.bind(uuid(device.as_bytes())).bind(seqs).bind(hashes).bind(purchases).bind(receipts);
        self.execute(insert.bind(rejections))?;
        Ok(())
    }

    fn settled_entries(&self, device: DeviceId, first: u64, last: u64) -> Result<Vec<SettledEntry>, StoreError> {
        let select = query(
            "SELECT hash, receipt, rejection FROM entries WHERE device = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq",
        );
        let rows = self.all(select.bind(uuid(device.as_bytes())).bind(signed(first)?).bind(signed(last)?))?;
        rows.iter().map(|row| SettledEntry::of_row(column::digest(row, 0)?, row.try_get(1)?, row.try_get(2)?)).collect()
    }

    fn receipt(&self, account: AccountId, purchase: EntryId) -> Result<Option<Vec<u8>>, StoreError> {
        let select = query(
            "SELECT receipt FROM entries JOIN devices ON devices.id = entries.device
             WHERE purchase = $1 AND account = $2",
        );
        let row = self.one(select.bind(uuid(purchase.as_bytes())).bind(uuid(account.as_bytes())))?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    fn purchase(&self, purchase: EntryId) -> Result<Option<SettledPurchase>, StoreError> {
        let select = query("SELECT purchase, device, seq, receipt FROM entries WHERE purchase = $1");
        self.one(select.bind(uuid(purchase.as_bytes())))?.as_ref().map(settled_purchase).transpose()
    }

    fn purchases_before(&self, device: DeviceId, seq: u64, most: u32) -> Result<Vec<SettledPurchase>, StoreError> {
        let select = query(
            "SELECT purchase, device, seq, receipt FROM entries
             WHERE device = $1 AND seq < $2 AND purchase IS NOT NULL ORDER BY seq DESC LIMIT $3",
        );
        let rows = self.all(select.bind(uuid(device.as_bytes())).bind(signed(seq)?).bind(i64::from(most)))?;
        rows.iter().map(settled_purchase).collect()
    }

    fn purchases_after(&self, device: DeviceId, seq: u64, most: u32) -> Result<Vec<SettledPurchase>, StoreError> {
        let select = query(
            "SELECT purchase, device, seq, receipt FROM entries
             WHERE device = $1 AND seq > $2 AND purchase IS NOT NULL ORDER BY seq LIMIT $3",
        );
        let rows = self.all(select.bind(uuid(device.as_bytes())).bind(signed(seq)?).bind(i64::from(most)))?;
        rows.iter().map(settled_purchase).collect()
    }
}
