//! A damaged wallet opens again with everything in it that is intact.
//!
//! 1. **Notice.** SQLite can't read the database or a row does not open; the write-ahead log was
//!    damaged where it was committed ([`log`]); or damage was met while the wallet was open, and
//!    noted. Opening reads what a purchase needs, not all of the history, so that it stays fast.
//! 2. **Salvage** ([`salvage`]) into a new file beside the old one. Each page is read by itself
//!    ([`pages`]); what opens under the seal in its place is genuine and is taken over. If nothing
//!    opens, the key is another one: then nothing is touched.
//! 3. **Replace.** The damaged database is renamed, never deleted, and the new one takes its place.
//!    A kill at any point leaves one or the other, and opening again ends it.
//! 4. **Ask** ([`strays`]). Nothing is spent until the gateway has said where it has the journal.
//!    What continues it is settled; what does not never can be, and is counted as lost.
//!
//! A newer database, a full disk, one that fails and one that is in use are no damage.

mod items;
mod log;
mod pages;
mod salvage;
mod strays;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use farthing_seal::SealKey;
use serde::{Deserialize, Serialize};

pub(crate) use items::bring_back;
pub(crate) use strays::{attach, conclude};

use crate::clock::Clock;
use crate::deliberate_bug::DeliberateBug;
use crate::rollback::JournalHead;
use crate::store::Books;
use crate::store::sealed::Database;
use crate::{WalletError, auto_top_up, folder, store};
use log::Health;

/// What became of a wallet whose database was damaged, or was older than the key store remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recovery {
    /// Where the damaged database is kept, with its log beside it; `None` where nothing was
    /// damaged and entries were missing all the same, as after restoring a backup.
    pub set_aside: Option<PathBuf>,
    /// What was found.
    pub reason: String,
    /// Entries (purchases and uses) that were waiting for settlement and were found intact.
    pub entries: u64,
    /// Purchases of the history that were found intact.
    pub purchases: u64,
    /// How many of the newest entries are lost; `None` until the gateway has said which it has.
    /// What they cost was not paid, and what they granted is gone.
    pub lost_entries: Option<u64>,
    /// Whether the count of items was lost. Those that are owned for ever come back by the history
    /// and the catalog, others that were settled before do not: nothing tells how many were used.
    pub lost_items: bool,
    /// Whether nothing is left to be brought back.
    pub(crate) items_are_back: bool,
    /// How far the journal is known to have come.
    pub(crate) expected: JournalHead,
}

impl Recovery {
    /// Whether the gateway has not said yet where the journal stands.
    pub(crate) fn is_open(&self) -> bool {
        self.lost_entries.is_none()
    }
}

/// Opens a wallet's database, salvaging it first where it is damaged.
pub(crate) fn open(
    folder: &Path,
    seal: &Arc<SealKey>,
    clock: Arc<dyn Clock>,
    remembered: JournalHead,
) -> Result<Books, WalletError> {
    folder::finish_replacement(folder)?;
    let database = folder::database(folder);
    let load = || {
        let connection = store::open(&database)?;
        Books::load(Database { connection, seal: seal.clone() }, clock.clone())
    };
    let log = health_of_log(&database)?;
    let damage = match damage_before_opening(folder, log) {
        Some(reason) => reason,
        None => match load() {
            // What the key store remembers was committed: the log is not the one that it was.
            Ok(books) if books.head() < remembered && log != Health::Empty => "its log is incomplete".into(),
            Ok(books) => return ready(books, remembered),
            Err(WalletError::StorageDamaged { reason }) => reason,
            Err(error) => return Err(error),
        },
    };
    tracing::warn!(damage, "the wallet's database is damaged; what is intact is salvaged");
    salvage::salvage(folder, seal, remembered, damage)?;
    ready(load()?, remembered)
}

/// What can be seen, and has to be, before SQLite opens the database and writes over it.
fn damage_before_opening(folder: &Path, log: Health) -> Option<String> {
    let database_is_empty = std::fs::metadata(folder::database(folder)).map_or(0, |metadata| metadata.len()) == 0;
    if log == Health::Damaged {
        Some("its log was changed".into())
    } else if log == Health::Sound && database_is_empty {
        Some("only its log is left".into())
    } else if store::has_broken_header(&folder::database(folder)) {
        Some("its header was changed".into())
    } else {
        folder::is_damage_noted(folder).then(|| "damage was met when it was last open".into())
    }
}

fn health_of_log(database: &Path) -> Result<Health, WalletError> {
    match std::fs::read(folder::log_of(database)) {
        Ok(log) => Ok(log::health(&log)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Health::Empty),
        Err(error) => Err(folder::unavailable(error)),
    }
}

fn ready(mut books: Books, remembered: JournalHead) -> Result<Books, WalletError> {
    store::trust(&books.database.connection)?;
    items::bring_back(&mut books)?;
    let salvaged = books.state.recovery.as_ref().map_or_else(JournalHead::default, |recovery| recovery.expected);
    books.state.expected = remembered.max(salvaged);
    let is_behind = books.state.has_strays() || books.head() < remembered;
    books.state.rolled_back = is_behind && !DeliberateBug::RollbackUnnoticed.is_planted();
    if is_behind {
        auto_top_up::forget(&mut books)?;
    }
    Ok(books)
}
