//! The files in a wallet's folder.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::WalletError;

const DATABASE: &str = "wallet.db";
const LOCK: &str = "wallet.lock";
/// What SQLite keeps beside the database, and the database itself: it is the last to be set aside and the first to
/// be deleted, so that what is left by an interruption is either whole or none.
const PARTS: [&str; 4] = ["-shm", "-journal", "-wal", ""];
/// What is salvaged from a damaged database, until it takes its place.
const SALVAGED: &str = "wallet.db.new";
/// Says that damage was met in an open wallet.
const DAMAGE_NOTE: &str = "wallet.damaged";

/// Where a folder has its database.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// A folder that is one wallet's until this is dropped.
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that the app is just starting has a copy of it for a moment.
        let _ = self.0.unlock();
    }
}

/// Where a database has its write-ahead log.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Whether no wallet was begun in a folder.
pub(crate) fn is_new(folder: &Path) -> bool {
    let database = database(folder);
    !database.exists() && !log_of(&database).exists() && !salvaged(folder).exists()
}

/// Takes the folder for one wallet. The system lets go of it when the process ends, however it
/// ends.
pub(crate) fn lock(folder: &Path) -> Result<Lock, WalletError> {
    fs::create_dir_all(folder).map_err(unavailable)?;
    let options = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK));
    let file = options.map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(WalletError::AlreadyOpen),
        Err(TryLockError::Error(error)) => Err(unavailable(error)),
    }
}

/// Renames the database and what belongs to it; the first free number keeps older ones.
pub(crate) fn set_aside(folder: &Path) -> Result<(), WalletError> {
    delete_salvaged(folder)?;
    let free = free_number(folder);
    for part in PARTS {
        set_part_aside(folder, part, free)?;
    }
    Ok(())
}

fn set_part_aside(folder: &Path, part: &str, number: u32) -> Result<(), WalletError> {
    let (old, new) = (format!("{DATABASE}{part}"), format!("{DATABASE}.{number}{part}"));
    unless_missing(fs::rename(folder.join(old), folder.join(new)))
}

fn free_number(folder: &Path) -> u32 {
    let is_free = |number: &u32| PARTS.iter().all(|part| !folder.join(format!("{DATABASE}.{number}{part}")).exists());
    (1..u32::MAX).find(is_free).unwrap_or(u32::MAX)
}

/// Where a salvaged database is built.
pub(crate) fn salvaged(folder: &Path) -> PathBuf {
    folder.join(SALVAGED)
}

/// Under what name the damaged database will be kept.
pub(crate) fn next_aside(folder: &Path) -> PathBuf {
    folder.join(format!("{DATABASE}.{}", free_number(folder)))
}

/// Makes sure that there is a file in the database's place, where its log is all that is left: a
/// salvaged database beside none is taken for a whole one.
pub(crate) fn hold_place(folder: &Path) -> Result<(), WalletError> {
    File::options().create(true).append(true).open(database(folder)).map_err(unavailable)?;
    sync(folder)
}

/// Puts the salvaged database, which is whole and on disk, in the place of the damaged one, which
/// is set aside. Killed at any point, either the damaged one is in place as it was, or
/// [`finish_replacement`] does the rest.
pub(crate) fn replace_with_salvaged(folder: &Path) -> Result<(), WalletError> {
    sync(folder)?;
    let free = free_number(folder);
    set_part_aside(folder, "", free)?;
    sync(folder)?;
    put_salvaged_in_place(folder, free)
}

/// Ends a replacement that was interrupted: the damaged database is aside already, and so the
/// salvaged one is whole.
pub(crate) fn finish_replacement(folder: &Path) -> Result<(), WalletError> {
    if database(folder).exists() || !salvaged(folder).exists() {
        return Ok(());
    }
    let number = |name: &OsStr| name.to_str()?.strip_prefix(DATABASE)?.strip_prefix('.')?.parse::<u32>().ok();
    let files = fs::read_dir(folder).map_err(unavailable)?.filter_map(Result::ok);
    let aside = files.filter_map(|file| number(&file.file_name())).max();
    put_salvaged_in_place(folder, aside.unwrap_or(1))
}

fn put_salvaged_in_place(folder: &Path, aside: u32) -> Result<(), WalletError> {
    for part in PARTS.iter().filter(|part| !part.is_empty()) {
        set_part_aside(folder, part, aside)?;
    }
    sync(folder)?;
    fs::rename(salvaged(folder), database(folder)).map_err(unavailable)?;
    sync(folder)
}

/// Deletes what a salvage left that did not come to its end. It has nothing that the damaged
/// database does not have.
pub(crate) fn delete_salvaged(folder: &Path) -> Result<(), WalletError> {
    for part in PARTS {
        unless_missing(fs::remove_file(folder.join(format!("{SALVAGED}{part}"))))?;
    }
    Ok(())
}

/// Notes that the database was found to be damaged, for the next time that it is opened.
pub(crate) fn note_damage(folder: &Path) {
    if let Err(error) = File::create(folder.join(DAMAGE_NOTE)) {
        tracing::warn!(%error, "the damage could not be noted; the next call that meets it will try again");
    }
}

/// Whether damage was noted.
pub(crate) fn is_damage_noted(folder: &Path) -> bool {
    folder.join(DAMAGE_NOTE).exists()
}

/// The damage is being dealt with.
pub(crate) fn forget_damage(folder: &Path) -> Result<(), WalletError> {
    unless_missing(fs::remove_file(folder.join(DAMAGE_NOTE)))
}

/// Deletes the database and what belongs to it.
pub(crate) fn delete(folder: &Path) -> Result<(), WalletError> {
    delete_salvaged(folder)?;
    for part in PARTS.iter().rev() {
        unless_missing(fs::remove_file(folder.join(format!("{DATABASE}{part}"))))?;
    }
    forget_damage(folder)
}

/// Makes renames last over a power cut, where the system lets a folder be synced.
fn sync(folder: &Path) -> Result<(), WalletError> {
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(unavailable)?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// A part that is not there needs nothing done.
fn unless_missing(done: io::Result<()>) -> Result<(), WalletError> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unavailable(error)),
        _ => Ok(()),
    }
}

pub(crate) fn unavailable(error: io::Error) -> WalletError {
    match error.kind() {
        io::ErrorKind::StorageFull => WalletError::StorageFull,
        _ => WalletError::StorageUnavailable { reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_free_again_even_while_a_process_that_is_being_started_has_a_copy_of_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        let copy = held.0.try_clone().unwrap();
        assert!(matches!(lock(folder.path()), Err(WalletError::AlreadyOpen)));
        drop(held);
        assert!(lock(folder.path()).is_ok());
        drop(copy);
    }
}
