//! The database as it is, beside the gateway: tables, columns, rows and bytes.
#![allow(unreachable_pub, reason = "a module of the tests is as public as it gets")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use serde_json::{Map, Value, json};
use sqlx::{Connection, Executor, PgConnection, Row};
use uuid::Uuid;

use crate::device::World;

/// Every table with its columns.
pub type Schema = BTreeMap<String, Vec<String>>;

/// The address of the world's PostgreSQL database, where it has one.
pub fn database(world: &World) -> Option<String> {
    fs::read_to_string(world.folder.path().join(farthing_database::NAME_FILE)).ok()
}

fn file(world: &World) -> PathBuf {
    world.folder.path().join("farthing.db")
}

pub async fn schema(world: &World) -> Schema {
    let mut schema = Schema::new();
    if let Some(url) = database(world) {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let select = "SELECT table_name::text, column_name::text FROM information_schema.columns
                      WHERE table_schema = 'public'";
        for row in connection.fetch_all(select).await.unwrap() {
            schema.entry(row.get(0)).or_default().push(row.get(1));
        }
        return schema;
    }
    let connection = rusqlite::Connection::open(file(world)).unwrap();
    let select = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
                  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(select).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        schema.entry(row.get(0).unwrap()).or_default().push(row.get(1).unwrap());
    }
    schema
}

/// Every row of every table, as an export has them: identifiers as such, other bytes in hexadecimal.
pub async fn rows(world: &World) -> BTreeMap<String, Vec<Map<String, Value>>> {
    let mut all = BTreeMap::new();
    for (table, columns) in schema(world).await {
        let rows = match database(world) {
            Some(url) => {
                let mut connection = PgConnection::connect(&url).await.unwrap();
                let select = format!("SELECT row_to_json(kept)::text FROM {table} AS kept");
                let rows = connection.fetch_all(select.as_str()).await.unwrap();
                rows.iter().map(|row| readable(serde_json::from_str(row.get(0)).unwrap())).collect()
            }
            None => of_sqlite(world, &table, &columns),
        };
        all.insert(table, rows);
    }
    all
}

fn readable(row: Map<String, Value>) -> Map<String, Value> {
    let value = |value: Value| match &value {
        Value::String(text) => text.strip_prefix("\\x").map_or(value.clone(), |bytes| json!(bytes)),
        _ => value,
    };
    row.into_iter().map(|(name, found)| (name, value(found))).collect()
}

fn of_sqlite(world: &World, table: &str, columns: &[String]) -> Vec<Map<String, Value>> {
    let connection = rusqlite::Connection::open(file(world)).unwrap();
    let mut statement = connection.prepare(&format!("SELECT {} FROM {table}", columns.join(", "))).unwrap();
    let mut found = statement.query([]).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = found.next().unwrap() {
        let value = |index: usize| match row.get_ref(index).unwrap() {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => json!(number),
            ValueRef::Real(number) => json!(number),
            ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
            ValueRef::Blob(bytes) => Uuid::from_slice(bytes).map_or_else(|_| json!(hexadecimal(bytes)), |id| json!(id)),
        };
        rows.push(columns.iter().enumerate().map(|(index, name)| (name.clone(), value(index))).collect());
    }
    rows
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn bytes(hexadecimal: &str) -> Vec<u8> {
    let pairs = hexadecimal.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Everything that the database has on disk, without what it only has for a while: SQLite's files, log and all; of
/// PostgreSQL, a dump and the files of the database once it has taken out what was deleted.
pub async fn on_disk(world: &World) -> Vec<u8> {
    let Some(url) = database(world) else { return all_files(world.folder.path()) };
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("VACUUM FULL").await.unwrap();
    connection.execute("CHECKPOINT").await.unwrap();
    let row = connection.fetch_one(
        "SELECT current_setting('data_directory'), oid::text FROM pg_database WHERE datname = current_database()",
    );
    let row = row.await.unwrap();
    let (folder, database): (String, String) = (row.get(0), row.get(1));
    let mut found = all_files(&Path::new(&folder).join("base").join(database));
    assert!(!found.is_empty(), "the server's files can't be read from here");
    let dump = farthing_database::client("pg_dump").unwrap().arg(&url).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    found.extend(dump.stdout);
    found
}

/// What PostgreSQL's log of changes has, which goes only with time; nothing on SQLite, whose log counts as its files.
pub async fn write_ahead_log(world: &World) -> Vec<u8> {
    let Some(url) = database(world) else { return Vec::new() };
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let row = connection.fetch_one("SELECT current_setting('data_directory')").await.unwrap();
    all_files(&Path::new(&row.get::<String, _>(0)).join("pg_wal"))
}

fn all_files(folder: &Path) -> Vec<u8> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all_files(&path));
        } else if path.extension().is_none_or(|extension| extension != "key") {
            found.extend(fs::read(&path).unwrap());
        }
    }
    found
}

pub fn has(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
