//! Takes over what is intact in a damaged database into a new one.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use farthing_protocol::{Catalog, Digest, EncodedEntry, EntryBody, JournalPosition, KeySet, StorePurchase};
use farthing_seal::SealKey;
use serde::de::DeserializeOwned;

use super::{Recovery, pages};
use crate::pass::Passes;
use crate::purchase::Record;
use crate::refund::AskedRefund;
use crate::rollback::JournalHead;
use crate::state::{Account, Enrolment, Operation, Sums};
use crate::store::sealed::{DOCUMENTS, Database, ELSEWHERE, HISTORY, JOURNAL, Key, OPERATIONS, TOP_UPS, Table, opened};
use crate::store::{DocumentName, decode, operation_key};
use crate::tab::Tabs;
use crate::top_up::{TopUp, TopUpState};
use crate::{WalletError, folder, store};

/// A sealed value has a nonce and a tag: anything shorter is none.
const SEALED_BYTES_MIN: usize = 28;

/// Salvages a folder's database, sets it aside and puts the new one in its place.
///
/// # Errors
/// [`WalletError::KeyLost`] where there are rows and none of them opens,
/// [`WalletError::UpgradeRequired`] where a newer library wrote one,
/// [`WalletError::StorageFull`], [`WalletError::StorageUnavailable`]. Everything is as it was then.
pub(super) fn salvage(
    folder: &Path,
    seal: &Arc<SealKey>,
    remembered: JournalHead,
    reason: String,
) -> Result<(), WalletError> {
    folder::hold_place(folder)?;
    folder::delete_salvaged(folder)?;
    let recovery = Recovery {
        set_aside: Some(folder::next_aside(folder)),
        reason,
        entries: 0,
        purchases: 0,
        lost_entries: None,
        lost_items: false,
        items_are_back: true,
        expected: remembered,
    };
    if let Err(error) = build(folder, seal, recovery) {
        // What was built takes up room; if it can't be deleted now, the next attempt does it.
        let _ = folder::delete_salvaged(folder);
        return Err(error);
    }
    folder::forget_damage(folder)?;
    folder::replace_with_salvaged(folder)
}

/// Builds the new database, whole and on disk.
fn build(folder: &Path, seal: &Arc<SealKey>, recovery: Recovery) -> Result<(), WalletError> {
    let fresh = folder::salvaged(folder);
    let fresh_database = Database { connection: store::open(&fresh)?, seal: seal.clone() };
    fresh_database.connection.execute_batch("BEGIN")?;
    let mut finds = Finds {
        fresh: fresh_database,
        newest: BTreeMap::new(),
        journal: BTreeMap::new(),
        top_ups: BTreeMap::new(),
        seen: 0,
        opened: 0,
    };
    pages::each_row(&folder::database(folder), |key, sealed| finds.look_at(key, sealed))?;
    if finds.opened == 0 && finds.seen > 0 {
        return Err(WalletError::KeyLost);
    }
    let database = finds.take_over(recovery)?;
    database.connection.execute_batch("COMMIT")?;
    database.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    store::trust(&database.connection)?;
    database.connection.close().map_err(|(_, error)| error)?;
    File::options().write(true).open(fresh).and_then(|file| file.sync_all()).map_err(folder::unavailable)
}

/// What was found so far. Rows that change little or never are in the new database at once.
struct Finds {
    fresh: Database,
    /// The newest version of each document.
    newest: BTreeMap<&'static [u8], (Rank, Vec<u8>)>,
    /// The entries of each number: more than one where a journal was once cut short.
    journal: BTreeMap<u64, Vec<EncodedEntry>>,
    top_ups: BTreeMap<Vec<u8>, TopUp>,
    seen: u64,
    opened: u64,
}

/// Which of two versions of a document is newer.
type Rank = (u64, u64, u64);

impl Finds {
    fn look_at(&mut self, key: Key<'_>, sealed: &[u8]) -> Result<(), WalletError> {
        let tables = tables_of(key);
        if tables.is_empty() || sealed.len() < SEALED_BYTES_MIN {
            return Ok(());
        }
        self.seen += 1;
        for table in tables {
            if let Some(value) = opened(&self.fresh.seal, *table, key, sealed) {
                self.opened += 1;
                return self.keep(*table, key, &value);
            }
        }
        Ok(())
    }

    fn keep(&mut self, table: Table, key: Key<'_>, value: &[u8]) -> Result<(), WalletError> {
        match key {
            Key::Number(_) => match decode(value) {
                Ok(entry) => {
                    self.journal.entry(entry.entry().seq).or_default().push(entry);
                    Ok(())
                }
                Err(WalletError::UpgradeRequired) => Err(WalletError::UpgradeRequired),
                Err(_) => Ok(()),
            },
            Key::Bytes(key_bytes) => {
                if table == HISTORY && self.is_newest(key, value)?
                    || table == OPERATIONS && read::<Operation>(value).is_some()
                {
                    return self.fresh.put(table, key, value);
                }
                if table == DOCUMENTS {
                    self.keep_document(key_bytes, value);
                }
                if table == TOP_UPS
                    && let Some(top_up) = read::<TopUp>(value)
                {
                    self.keep_top_up(key_bytes, top_up);
                }
                Ok(())
            }
        }
    }

    /// Whether a row of the history has all the refunds that were found of its purchase.
    fn is_newest(&self, key: Key<'_>, value: &[u8]) -> Result<bool, WalletError> {
        let Some(record) = read::<Record>(value) else { return Ok(false) };
        let known = self.fresh.get(HISTORY, key)?.and_then(|known| read::<Record>(&known));
        Ok(known.is_none_or(|known| record.refunds.len() >= known.refunds.len()))
    }

    fn keep_document(&mut self, key: &[u8], value: &[u8]) {
        let Some(name) = name_of(key) else { return };
        let Some(rank) = rank(name, value) else { return };
        let Key::Bytes(key) = name.key() else { return };
        if self.newest.get(key).is_none_or(|(known, _)| rank >= *known) {
            self.newest.insert(key, (rank, value.to_vec()));
        }
    }

    /// A top-up of which the gateway may not have heard could be an old version of one that was
    /// given up: asking for it would charge a card behind the player's back. If the gateway did
    /// hear of it, the money comes with the next sync.
    fn keep_top_up(&mut self, key: &[u8], top_up: TopUp) {
        let is_newer = self.top_ups.get(key).is_none_or(|known| !known.state.is_final());
        if top_up.state != TopUpState::Created && is_newer {
            self.top_ups.insert(key.to_vec(), top_up);
        }
    }

    fn document<D: DeserializeOwned>(&self, name: DocumentName) -> Option<D> {
        let Key::Bytes(key) = name.key() else { return None };
        self.newest.get(key).and_then(|(_, value)| read(value))
    }

    /// Writes down the rest; returns the new database.
    fn take_over(mut self, mut recovery: Recovery) -> Result<Database, WalletError> {
        let settled: Option<Sums> = self.document(DocumentName::Settled);
        let position = settled.as_ref().and_then(|settled| settled.position);
        self.write_documents(position.is_some())?;

        let highest = self.journal.keys().next_back().copied().unwrap_or(0).max(position.map_or(0, |known| known.seq));
        recovery.expected = self.expected(recovery.expected, position, highest);
        for entry in chained(std::mem::take(&mut self.journal), position) {
            let is_done = match position {
                Some(position) => entry.entry().seq <= position.seq,
                None => self.is_in_history(&entry)?,
            };
            if !is_done {
                let number = i64::try_from(entry.entry().seq).map_err(WalletError::internal)?;
                self.fresh.insert(JOURNAL, Key::Number(number), entry.bytes())?;
                recovery.entries += 1;
            }
        }
        let earlier: Option<Recovery> = self.document(DocumentName::Recovery);
        recovery.lost_items = position.is_none();
        recovery.items_are_back = position.is_some() && earlier.is_none_or(|earlier| earlier.items_are_back);
        if let (Some(settled), Some(_)) = (settled, position) {
            put(&self.fresh, DocumentName::Settled, &settled)?;
        }
        for (key, top_up) in &self.top_ups {
            let row = serde_json::to_vec(top_up).map_err(WalletError::internal)?;
            self.fresh.put(TOP_UPS, Key::Bytes(key), &row)?;
        }
        if let Some(tabs) = self.document::<Tabs>(DocumentName::Tabs) {
            put(&self.fresh, DocumentName::Tabs, &tabs.salvaged())?;
        }
        recovery.purchases = self.fresh.connection.query_row("SELECT count(*) FROM history", [], |row| row.get(0))?;
        tracing::warn!(?recovery, "the wallet was salvaged");
        put(&self.fresh, DocumentName::Recovery, &recovery)?;
        Ok(self.fresh)
    }

    /// An enrolment counts only with what comes with it: without the place in the journal or the
    /// gateway's keys, the device enrols again.
    fn write_documents(&self, has_position: bool) -> Result<(), WalletError> {
        let is_enrolled = has_position && self.document::<KeySet>(DocumentName::KeySet).is_some();
        for name in DocumentName::ALL {
            let is_kept = match name {
                DocumentName::Enrolment => is_enrolled,
                DocumentName::KeySet
                | DocumentName::Catalog
                | DocumentName::Account
                | DocumentName::Cards
                | DocumentName::Refunds
                | DocumentName::StorePurchases
                | DocumentName::Passes => true,
                // What is found may be an old version, from before the player took the consent back.
                DocumentName::Renewals | DocumentName::AutoTopUp => false,
                // Written anew, or fetched again: a tag that is not the catalog's would keep it for ever.
                DocumentName::Settled
                | DocumentName::Recovery
                | DocumentName::CatalogTag
                | DocumentName::Limits
                | DocumentName::Tabs
                | DocumentName::Elsewhere => false,
            };
            let Key::Bytes(key) = name.key() else { continue };
            if let Some((_, value)) = self.newest.get(key).filter(|_| is_kept) {
                self.fresh.put(DOCUMENTS, name.key(), value)?;
            }
        }
        Ok(())
    }

    /// How far the journal had come, as far as anything tells.
    fn expected(&self, remembered: JournalHead, position: Option<JournalPosition>, highest: u64) -> JournalHead {
        let enrolment = self.document::<Enrolment>(DocumentName::Enrolment).map(|enrolment| enrolment.epoch);
        let epoch = position.map(|position| position.epoch).or(enrolment).unwrap_or(remembered.epoch);
        let earlier = self.document::<Recovery>(DocumentName::Recovery).map(|recovery| recovery.expected);
        remembered.max(JournalHead { epoch, seq: highest }).max(earlier.unwrap_or_default())
    }

    /// Whether an entry was settled before: then the history or the operations have it.
    fn is_in_history(&self, entry: &EncodedEntry) -> Result<bool, WalletError> {
        let entry = entry.entry();
        if matches!(entry.body, EntryBody::Purchase(_) | EntryBody::Tip(_))
            && self.fresh.get(HISTORY, Key::Bytes(entry.id.as_bytes()))?.is_some()
        {
            return Ok(true);
        }
        let Some(operation) = entry.body.operation() else { return Ok(false) };
        Ok(self.fresh.get(OPERATIONS, Key::Bytes(operation_key(operation).as_bytes()))?.is_some())
    }
}

/// One entry of each number: the one that continues those before it, else the newest.
fn chained(journal: BTreeMap<u64, Vec<EncodedEntry>>, position: Option<JournalPosition>) -> Vec<EncodedEntry> {
    let mut head: Option<Digest> = None;
    let mut chain = Vec::with_capacity(journal.len());
    for (seq, mut entries) in journal {
        if let Some(position) = position.filter(|position| position.seq + 1 == seq) {
            head = Some(position.head);
        }
        let continues = entries.iter().rposition(|entry| Some(entry.entry().previous) == head);
        let entry = entries.swap_remove(continues.unwrap_or(entries.len() - 1));
        head = Some(entry.hash());
        chain.push(entry);
    }
    chain
}

/// Where a key may be from. Only one of them opens.
fn tables_of(key: Key<'_>) -> &'static [Table] {
    match key {
        Key::Number(_) => &[JOURNAL],
        // What other devices have bought is fetched again.
        Key::Bytes(key) if key.len() == 16 => &[HISTORY, TOP_UPS, ELSEWHERE],
        Key::Bytes(key) if key.len() == 32 => &[OPERATIONS],
        Key::Bytes(key) if name_of(key).is_some() => &[DOCUMENTS],
        Key::Bytes(_) => &[],
    }
}

fn name_of(key: &[u8]) -> Option<DocumentName> {
    DocumentName::ALL.into_iter().find(|name| matches!(name.key(), Key::Bytes(known) if known == key))
}

/// How new a version of a document is; `None` where it can't be read.
fn rank(name: DocumentName, value: &[u8]) -> Option<Rank> {
    match name {
        DocumentName::Enrolment => read::<Enrolment>(value).map(|enrolment| (enrolment.epoch.into(), 0, 0)),
        DocumentName::KeySet => read::<KeySet>(value).map(|keys| (keys.version, 0, 0)),
        DocumentName::Catalog => read::<Catalog>(value).map(|catalog| (catalog.version, 0, 0)),
        DocumentName::Account => {
            read::<Account>(value).map(|account| (account.statement.map_or(0, |statement| statement.revision), 0, 0))
        }
        DocumentName::Settled => read::<Sums>(value).map(|settled| {
            let (epoch, seq) = settled.position.map_or((0, 0), |position| (position.epoch.into(), position.seq));
            (epoch, seq, settled.refunds)
        }),
        DocumentName::Recovery => {
            read::<Recovery>(value).map(|Recovery { expected, .. }| (expected.epoch.into(), expected.seq, 0))
        }
        DocumentName::Cards => read::<Vec<farthing_protocol::api::Card>>(value).map(|_| (0, 0, 0)),
        // What was answered since is asked again, and answered the same.
        DocumentName::Refunds => read::<Vec<AskedRefund>>(value).map(|_| (0, 0, 0)),
        DocumentName::StorePurchases => read::<Vec<StorePurchase>>(value).map(|_| (0, 0, 0)),
        DocumentName::Passes => read::<Passes>(value).map(|passes| (passes.rank(), 0, 0)),
        DocumentName::Tabs => read::<Tabs>(value).map(|tabs| (tabs.changes, 0, 0)),
        DocumentName::CatalogTag
        | DocumentName::Limits
        | DocumentName::Renewals
        | DocumentName::AutoTopUp
        | DocumentName::Elsewhere => None,
    }
}

fn read<D: DeserializeOwned>(value: &[u8]) -> Option<D> {
    serde_json::from_slice(value).ok()
}

fn put(database: &Database, name: DocumentName, document: &impl serde::Serialize) -> Result<(), WalletError> {
    let bytes = serde_json::to_vec(document).map_err(WalletError::internal)?;
    database.put(DOCUMENTS, name.key(), &bytes)
}
