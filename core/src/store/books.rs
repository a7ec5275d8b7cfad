//! What a job works on: the database, the state that it adds up to, and what to tell the app.

use std::sync::Arc;

use farthing_protocol::api::Card;
use farthing_protocol::limits::QUEUE_ENTRIES_MAX;
use farthing_protocol::{
    Digest, EncodedEntry, Entry, EntryBody, EntryId, IdempotencyKey, JOURNAL_VERSION, JournalPosition, KeySet,
    Timestamp,
};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::sealed::{DOCUMENTS, Database, JOURNAL, Key, OPERATIONS, Range};
use crate::clock::Clock;
use crate::event::WalletEvent;
use crate::meter::Meters;
use crate::recovery::Recovery;
use crate::rollback::JournalHead;
use crate::state::{Enrolment, Operation, Shelf, State, Sums};
use crate::{Balance, WalletError};

/// One row of the table `documents`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DocumentName {
    Enrolment,
    KeySet,
    Catalog,
    /// What the gateway knows this catalog by (ETag).
    CatalogTag,
    Account,
    Cards,
    Settled,
    /// What was salvaged, where the database was once damaged.
    Recovery,
    /// Refunds that were asked for and that are not answered.
    Refunds,
    /// What the gateway last said of the player's limits.
    Limits,
    /// What time it was seen to be, and what the player was told of passes.
    Passes,
    /// The passes that the player lets the wallet renew.
    Renewals,
    /// What app stores have sold and the gateway has not answered.
    StorePurchases,
    /// What the player has agreed to of automatic top-ups.
    AutoTopUp,
    /// The player's tabs.
    Tabs,
    /// How far what the account's other devices have bought is known.
    Elsewhere,
}

impl DocumentName {
    pub(crate) const ALL: [DocumentName; 16] = [
        DocumentName::Enrolment,
        DocumentName::KeySet,
        DocumentName::Catalog,
        DocumentName::CatalogTag,
        DocumentName::Account,
        DocumentName::Cards,
        DocumentName::Settled,
        DocumentName::Recovery,
        DocumentName::Refunds,
        DocumentName::Limits,
        DocumentName::Passes,
        DocumentName::Renewals,
        DocumentName::StorePurchases,
        DocumentName::AutoTopUp,
        DocumentName::Tabs,
        DocumentName::Elsewhere,
    ];

    pub(crate) fn key(self) -> Key<'static> {
        Key::Bytes(match self {
            DocumentName::Enrolment => b"enrolment",
            DocumentName::KeySet => b"key_set",
            DocumentName::Catalog => b"catalog",
            DocumentName::CatalogTag => b"catalog_tag",
            DocumentName::Cards => b"cards",
            DocumentName::Account => b"account",
            DocumentName::Settled => b"settled",
            DocumentName::Recovery => b"recovery",
            DocumentName::Refunds => b"refunds",
            DocumentName::Limits => b"limits",
            DocumentName::Passes => b"passes",
            DocumentName::Renewals => b"renewals",
            DocumentName::StorePurchases => b"store_purchases",
            DocumentName::AutoTopUp => b"auto_top_up",
            DocumentName::Tabs => b"tabs",
            DocumentName::Elsewhere => b"elsewhere",
        })
    }
}

/// The database and what is in it.
pub(crate) struct Books {
    pub(crate) database: Database,
    pub(crate) state: State,
    pub(crate) clock: Arc<dyn Clock>,
    /// The wallet is about to be erased: nothing is appended any more.
    pub(crate) is_ending: bool,
    /// What is in memory may not be what is on disk: a commit failed, and reading it again did too.
    pub(super) is_stale: bool,
    /// What is counted in memory.
    pub(crate) meters: Meters,
    /// How often this device has changed the cards since it was opened.
    pub(crate) cards_changed: u64,
    /// How often this device has heard since it was opened that money may have come in.
    pub(crate) credits: u64,
    /// Told once the transaction is committed.
    pub(super) events: Vec<WalletEvent>,
    random: SystemRandom,
}

impl Books {
    pub(crate) fn load(database: Database, clock: Arc<dyn Clock>) -> Result<Self, WalletError> {
        let state = State::default();
        let mut books = Books {
            database,
            state,
            clock,
            is_ending: false,
            is_stale: false,
            meters: Meters::default(),
            cards_changed: 0,
            credits: 0,
            events: Vec::new(),
            random: SystemRandom::new(),
        };
        books.reload()?;
        Ok(books)
    }

    /// Reads the state from disk, in place of the one in memory.
    pub(super) fn reload(&mut self) -> Result<(), WalletError> {
        let enrolment = self.document(DocumentName::Enrolment)?;
        let settled: Option<Sums> = self.document(DocumentName::Settled)?;
        let key_set: Option<KeySet> = self.document(DocumentName::KeySet)?;
        let recovery: Option<Recovery> = self.document(DocumentName::Recovery)?;
        let is_whole = enrolment.is_some() == settled.is_some() && enrolment.is_some() <= key_set.is_some();
        if !is_whole && !recovery.as_ref().is_some_and(Recovery::is_open) {
            // They are written in one commit. To enrol anew beside a queue would forget what it has, and without the
            // keys nothing that the gateway says could be believed. What was salvaged enrols again and goes on.
            return Err(WalletError::StorageDamaged { reason: "a document is gone".into() });
        }
        let mut state = State {
            enrolment,
            key_set,
            catalog: self.document(DocumentName::Catalog)?.map(Shelf::new),
            account: self.document(DocumentName::Account)?.unwrap_or_default(),
            settled: settled.unwrap_or_default(),
            recovery,
            refunds: self.document(DocumentName::Refunds)?.unwrap_or_default(),
            passes: self.document(DocumentName::Passes)?.unwrap_or_default(),
            renewals: self.document(DocumentName::Renewals)?.unwrap_or_default(),
            auto_top_up: self.document(DocumentName::AutoTopUp)?.unwrap_or_default(),
            tabs: self.document(DocumentName::Tabs)?.unwrap_or_default(),
            elsewhere: self.document(DocumentName::Elsewhere)?.unwrap_or_default(),
            // These live in memory alone.
            rolled_back: self.state.rolled_back,
            expected: self.state.expected,
            uploading: self.state.uploading,
            held: self.meters.held(),
            ..State::default()
        };
        state.account.time.continue_from(&self.state.account.time, &*self.clock);
        state.passes.time.continue_from(&self.state.passes.time, &*self.clock);
        state.current = state.settled.clone();
        let has_strays = state.has_strays();
        state.rolled_back |= has_strays;
        self.database.scan(JOURNAL, Range::First(u32::MAX), |_, bytes| {
            let entry = decode(bytes)?;
            if has_strays && !state.current.is_continued_by(&entry) { Ok(()) } else { state.add(&entry) }
        })?;
        self.state = state;
        Ok(())
    }

    /// The time that everything is judged by.
    pub(crate) fn now(&self) -> Timestamp {
        self.state.account.time.now(&*self.clock)
    }

    /// Tells the app of something, once it is committed.
    pub(crate) fn tell(&mut self, event: WalletEvent) {
        self.events.push(event);
    }

    pub(crate) fn enrolment(&self) -> Result<Enrolment, WalletError> {
        self.state.enrolment.ok_or(WalletError::NotEnrolled)
    }

    /// How far the journal has come.
    pub(crate) fn head(&self) -> JournalHead {
        let position = self.state.current.position;
        position.map_or_else(JournalHead::default, |JournalPosition { epoch, seq, .. }| JournalHead { epoch, seq })
    }

    /// The player's cards, as the gateway last said.
    pub(crate) fn cards(&self) -> Result<Vec<Card>, WalletError> {
        Ok(self.document(DocumentName::Cards)?.unwrap_or_default())
    }

    /// Changes the cards as the gateway has just done for this device.
    pub(crate) fn change_cards(&mut self, change: impl FnOnce(&mut Vec<Card>)) -> Result<(), WalletError> {
        let mut cards = self.cards()?;
        change(&mut cards);
        self.cards_changed += 1;
        self.put_document(DocumentName::Cards, &cards)
    }

    pub(crate) fn balance(&self) -> Balance {
        Balance::of(&self.state, self.now()).less(&self.meters.lock().unwritten())
    }

    /// Has passes looked after, soon.
    pub(crate) fn wake_for_passes(&self) {
        if !self.state.current.passes.is_empty() {
            self.meters.tend_passes_at(tokio::time::Instant::now());
        }
    }

    /// Goes by what meters hold back now.
    pub(crate) fn hold(&mut self) {
        self.state.held = self.meters.held();
    }

    /// Appends what happened to the journal.
    pub(crate) fn append(&mut self, body: EntryBody) -> Result<EncodedEntry, WalletError> {
        self.append_at(body, self.now())
    }

    /// Appends what happened at a time.
    pub(crate) fn append_at(&mut self, body: EntryBody, at: Timestamp) -> Result<EncodedEntry, WalletError> {
        if self.is_ending {
            return Err(WalletError::Closed);
        }
        if self.state.rolled_back {
            // The gateway may have another entry of this number: two of them would freeze the device.
            return Err(WalletError::SyncRequired);
        }
        if !self.state.has_queue_room() {
            return Err(WalletError::QueueFull { limit: QUEUE_ENTRIES_MAX });
        }
        let position = self.state.current.position.ok_or(WalletError::NotEnrolled)?;
        let entry = EncodedEntry::new(Entry {
            version: JOURNAL_VERSION,
            seq: position.seq + 1,
            previous: position.head,
            id: self.entry_id(self.now(), position.seq + 1)?,
            at,
            body,
        })
        .map_err(WalletError::internal)?;
        self.database.insert(JOURNAL, Key::Number(row(entry.entry().seq)?), entry.bytes())?;
        self.state.add(&entry)?;
        Ok(entry)
    }

    /// A name that sorts as the entries do: those of one millisecond are told apart by their
    /// numbers (RFC 9562, section 6.2, method 1).
    fn entry_id(&self, at: Timestamp, seq: u64) -> Result<EntryId, WalletError> {
        let mut random = [0; 10];
        self.random.fill(&mut random).map_err(|_| WalletError::internal("no randomness"))?;
        let [.., second, last] = seq.to_be_bytes();
        (random[0], random[1]) = (second, last);
        Ok(EntryId::from_parts(u64::try_from(at.as_millisecond()).unwrap_or(0), random))
    }

    /// Entries that wait for settlement, from a number on.
    pub(crate) fn queue(&self, from: u64, most: u32) -> Result<Vec<EncodedEntry>, WalletError> {
        let mut entries = Vec::new();
        let waiting = (self.state.current.seq() + 1).saturating_sub(from);
        let most = u32::try_from(waiting).unwrap_or(u32::MAX).min(most);
        self.database.scan(JOURNAL, Range::From(row(from)?, most), |_, bytes| {
            entries.push(decode(bytes)?);
            Ok(())
        })?;
        Ok(entries)
    }

    /// Takes an entry off the queue. Only a verified settlement may do so.
    pub(crate) fn dequeue(&mut self, entry: &EncodedEntry) -> Result<(), WalletError> {
        self.database.delete(JOURNAL, Key::Number(row(entry.entry().seq)?))?;
        if let (Some(key), Some(operation)) = (entry.entry().body.operation(), Operation::of(entry)) {
            let row = serde_json::to_vec(&operation).map_err(WalletError::internal)?;
            self.database.put(OPERATIONS, Key::Bytes(operation_key(key).as_bytes()), &row)?;
            self.state.operations.remove(key);
        }
        Ok(())
    }

    /// Sums up the queue again, after something in it was rejected.
    pub(crate) fn sum_up(&mut self) -> Result<(), WalletError> {
        let mut current = self.state.settled.clone();
        for entry in self.queue(current.seq() + 1, u32::MAX)? {
            current.add(&entry)?;
        }
        self.state.current = current;
        Ok(())
    }

    /// All entries on disk, also those that do not continue the journal.
    pub(crate) fn entries(&self) -> Result<Vec<EncodedEntry>, WalletError> {
        let mut entries = Vec::new();
        self.database.scan(JOURNAL, Range::First(u32::MAX), |_, bytes| {
            entries.push(decode(bytes)?);
            Ok(())
        })?;
        Ok(entries)
    }

    /// Deletes an entry that is settled already, or never can be.
    pub(crate) fn drop_stray(&self, entry: &EncodedEntry) -> Result<(), WalletError> {
        self.database.delete(JOURNAL, Key::Number(row(entry.entry().seq)?))
    }

    /// What an idempotency key stands for, if it was used.
    pub(crate) fn operation(&self, key: &IdempotencyKey) -> Result<Option<Operation>, WalletError> {
        if let Some(operation) = self.state.operations.get(key) {
            return Ok(Some(*operation));
        }
        let stored = self.database.get(OPERATIONS, Key::Bytes(operation_key(key).as_bytes()))?;
        stored.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| malformed("an operation"))).transpose()
    }

    pub(crate) fn document<D: DeserializeOwned>(&self, name: DocumentName) -> Result<Option<D>, WalletError> {
        let bytes = self.database.get(DOCUMENTS, name.key())?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| malformed("a document"))).transpose()
    }

    pub(crate) fn put_document<D: Serialize>(&self, name: DocumentName, document: &D) -> Result<(), WalletError> {
        let bytes = serde_json::to_vec(document).map_err(WalletError::internal)?;
        self.database.put(DOCUMENTS, name.key(), &bytes)
    }

    /// Replaces the sums of what is settled.
    pub(crate) fn settle_at(&mut self, settled: Sums) -> Result<(), WalletError> {
        self.put_document(DocumentName::Settled, &settled)?;
        self.state.settled = settled;
        Ok(())
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<EncodedEntry, WalletError> {
    EncodedEntry::decode(bytes.to_vec()).map_err(|error| match error {
        farthing_protocol::EntryError::UnknownVersion => WalletError::UpgradeRequired,
        _ => malformed("an entry"),
    })
}

fn malformed(what: &str) -> WalletError {
    WalletError::StorageDamaged { reason: format!("{what} can't be read") }
}

fn row(seq: u64) -> Result<i64, WalletError> {
    i64::try_from(seq).map_err(|_| WalletError::internal("an entry number is out of range"))
}

pub(crate) fn operation_key(operation: &IdempotencyKey) -> Digest {
    Digest::of(operation.as_str().as_bytes())
}
