//! Copies the database while a gateway writes to it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::DATABASE;
use crate::store::StoreError;

/// Copies the database of a data folder as of one moment, whole and on disk. A gateway may be running. Where it fails,
/// there is no copy.
pub(crate) fn back_up(folder: &Path, to: &Path) -> Result<(), StoreError> {
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let at = |path: PathBuf| move |source| StoreError::File { path, source };
    if to.try_exists().map_err(at(to.to_owned()))? {
        return Err(at(to.to_owned())(std::io::ErrorKind::AlreadyExists.into()));
    }
    // What a copy that was cut short has left.
    let _ = fs::remove_file(&partial);
    copy(&folder.join(DATABASE), &partial).inspect_err(|_| {
        let _ = fs::remove_file(&partial);
    })?;
    File::open(&partial).and_then(|file| file.sync_all()).map_err(at(partial.clone()))?;
    fs::rename(&partial, to).map_err(at(to.to_owned()))?;
    let parent = to.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(at(parent.to_owned()))
}

fn copy(database: &Path, to: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let name = to.to_str().ok_or_else(|| StoreError::File {
        path: to.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidInput, "its name is no text"),
    })?;
    connection.execute("VACUUM INTO ?", [name])?;
    let copied = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let health: String = copied.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if health == "ok" { Ok(()) } else { Err(StoreError::Damaged("what was copied is damaged")) }
}
