//! A real SQLite on a disk that fails.

use rusqlite::Connection;

use super::*;

fn open(folder: &Path, synchronous: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(folder.join("a.db"))?;
    connection.execute_batch(&format!(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
         CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY)"
    ))?;
    Ok(connection)
}

fn numbers(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0)).unwrap()
}

fn insert(connection: &Connection, number: i64) -> rusqlite::Result<usize> {
    connection.execute("INSERT INTO numbers VALUES (?1)", [number])
}

/// How many of 20 committed numbers are gone after a power cut, over some seeds.
fn lost_by_power_cuts(synchronous: &str) -> i64 {
    let mut lost = 0;
    for seed in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path(), seed);
        let connection = open(folder.path(), synchronous).unwrap();
        for number in 0..20 {
            insert(&connection, number).unwrap();
        }
        disk.die();
        drop(connection);
        disk.cut_power();
        disk.mend();
        lost += 20 - numbers(&open(folder.path(), synchronous).unwrap());
    }
    lost
}

#[test]
fn a_power_cut_takes_nothing_that_was_synced_and_much_that_was_not() {
    assert_eq!(lost_by_power_cuts("FULL"), 0);
    assert!(lost_by_power_cuts("NORMAL") > 100);
}

#[test]
fn each_call_can_fail_and_what_was_committed_stays() {
    let mut hits = BTreeMap::new();
    for fault in [Fault::Error, Fault::Broken, Fault::Full, Fault::Death, Fault::TornDeath] {
        for call in 0..200 {
            let folder = tempfile::tempdir().unwrap();
            let disk = Disk::new(folder.path(), call);
            let connection = open(folder.path(), "FULL").unwrap();
            disk.fail_after(call, fault);
            let committed = (0..4).filter(|number| insert(&connection, *number).is_ok()).count() as i64;
            drop(connection);
            let hit = disk.hit();
            disk.mend();
            let there = numbers(&open(folder.path(), "FULL").unwrap());
            assert!(there >= committed, "{fault:?} at call {call}: {there} of {committed}");
            match hit {
                Some(hit) => *hits.entry((format!("{fault:?}"), hit)).or_insert(0) += 1,
                None => break,
            }
        }
    }
    assert!(hits.keys().any(|(_, call)| *call == Call::Sync), "{hits:?}");
    assert!(hits.keys().any(|(_, call)| *call == Call::Write), "{hits:?}");
}

#[test]
fn another_folder_is_left_alone() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let disk = Disk::new(folder.path(), 0);
    disk.die();
    assert!(open(other.path(), "FULL").is_ok());
    assert!(open(folder.path(), "FULL").is_err());
    assert_eq!(disk.calls(), 1);
}

#[test]
fn a_log_that_is_copied_back_while_others_read_loses_nothing() {
    for seed in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path(), seed);
        let connection = Connection::open(folder.path().join("a.db")).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 5;
                 CREATE TABLE numbers (number INTEGER PRIMARY KEY)",
            )
            .unwrap();
        let reader = Connection::open(folder.path().join("a.db")).unwrap();
        for number in 0..50 + seed as i64 {
            insert(&connection, number).unwrap();
            assert_eq!(numbers(&reader), number + 1);
        }
        disk.die();
        drop(reader);
        drop(connection);
        disk.cut_power();
        let _ = fs::remove_file(folder.path().join("a.db-shm"));
        disk.mend();
        assert_eq!(numbers(&Connection::open(folder.path().join("a.db")).unwrap()), 50 + seed as i64, "seed {seed}");
    }
}
