//! The files in a wallet's folder.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::WalletError;

const DATABASE: &str = "wallet.db";
const LOCK: &str = "wallet.lock";
/// What SQLite keeps beside the database, and the database itself: it is the last to be set aside and the first to
/// be deleted, so that what is left by an interruption is either whole or none.
const PARTS: [&str; 3] = ["-shm", "-wal", ""];

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
    let free = (1..u32::MAX).find(|number| !folder.join(format!("{DATABASE}.{number}")).exists()).unwrap_or(u32::MAX);
    for part in PARTS {
        let (old, new) = (format!("{DATABASE}{part}"), format!("{DATABASE}.{free}{part}"));
        unless_missing(fs::rename(folder.join(old), folder.join(new)))?;
    }
    Ok(())
}

/// Deletes the database and what belongs to it.
pub(crate) fn delete(folder: &Path) -> Result<(), WalletError> {
    for part in PARTS.iter().rev() {
        unless_missing(fs::remove_file(folder.join(format!("{DATABASE}{part}"))))?;
    }
    Ok(())
}

/// A part that is not there needs nothing done.
fn unless_missing(done: io::Result<()>) -> Result<(), WalletError> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unavailable(error)),
        _ => Ok(()),
    }
}

fn unavailable(error: io::Error) -> WalletError {
    WalletError::StorageUnavailable { reason: error.to_string() }
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
