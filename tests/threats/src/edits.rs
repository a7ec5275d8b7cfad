//! Every way to edit one cell or one row of a database, whatever its tables are.

use std::fmt;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// A row by its primary key, which is one column in each of a wallet's tables.
#[derive(Clone, Debug)]
struct Row {
    table: String,
    columns: Vec<String>,
    /// Which of the columns is the key.
    key: usize,
    values: Vec<Value>,
}

/// One edit of a database.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    table: String,
    what: String,
    statements: Vec<(String, Vec<Value>)>,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.table, self.what)
    }
}

impl Edit {
    /// Makes the edit whole or not at all.
    pub(crate) fn make(&self, database: &Connection) -> rusqlite::Result<()> {
        database.execute_batch("BEGIN")?;
        for (sql, values) in &self.statements {
            database.execute(sql, params_from_iter(values))?;
        }
        database.execute_batch("COMMIT")
    }

    /// Whether it is in one of these tables, or in none of them.
    pub(crate) fn touches(&self, tables: &[&str]) -> bool {
        self.table == "*" || tables.contains(&&*self.table)
    }
}

/// Every edit of a database; `earlier` is an older copy of it.
pub(crate) fn edits(database: &Connection, earlier: &Connection) -> Vec<Edit> {
    let mut edits = Vec::new();
    for table in tables(database) {
        let (rows, old) = (rows(database, &table), rows_of(earlier, &table));
        for (place, row) in rows.iter().enumerate() {
            for column in 0..row.columns.len() {
                let before = old.iter().find(|old| old.key() == row.key()).map(|old| old.values[column].clone());
                edits.extend(row.cell_edits(column, before));
                edits.extend(rows.get(place + 1).map(|next| row.swapped(next, column)));
            }
            edits.extend([row.deleted(), row.doubled()]);
        }
        let gone = old.iter().filter(|old| rows.iter().all(|row| row.key() != old.key()));
        edits.extend(gone.map(Row::brought_back));
        edits.push(Edit::of(&table, "emptied", vec![(format!("DELETE FROM {table}"), Vec::new())]));
        let mut replaced = vec![(format!("DELETE FROM {table}"), Vec::new())];
        replaced.extend(old.iter().flat_map(|old| old.brought_back().statements));
        edits.push(Edit::of(&table, "replaced by an earlier one", replaced));
        // The schema is a table, too.
        let trigger = format!("CREATE TRIGGER t_{table} AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END");
        edits.push(Edit::of(&table, "a trigger that deletes what is written", vec![(trigger, Vec::new())]));
        edits.push(Edit::of("*", &format!("{table} dropped"), vec![(format!("DROP TABLE {table}"), Vec::new())]));
    }
    for version in [0, 1, 3, -1, i32::MAX] {
        let sql = format!("PRAGMA user_version = {version}");
        edits.push(Edit::of("*", &sql.clone(), vec![(sql, Vec::new())]));
    }
    edits
}

/// The tables that SQLite lists.
fn tables(database: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = database.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn rows(database: &Connection, table: &str) -> Vec<Row> {
    let rows = rows_of(database, table);
    assert!(!rows.is_empty(), "{table} has no row to edit");
    rows
}

fn rows_of(database: &Connection, table: &str) -> Vec<Row> {
    let mut columns = Vec::new();
    let mut key = 0;
    database
        .pragma(None, "table_info", table, |column| {
            if column.get::<_, i64>("pk")? > 0 {
                key = columns.len();
            }
            columns.push(column.get::<_, String>("name")?);
            Ok(())
        })
        .unwrap();
    let sql = format!("SELECT {} FROM {table} ORDER BY {}", columns.join(", "), columns[key]);
    let mut statement = database.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| (0..columns.len()).map(|place| row.get(place)).collect());
    let values: Vec<Vec<Value>> = rows.unwrap().map(Result::unwrap).collect();
    values.into_iter().map(|values| Row { table: table.into(), columns: columns.clone(), key, values }).collect()
}

impl Edit {
    fn of(table: &str, what: &str, statements: Vec<(String, Vec<Value>)>) -> Self {
        Edit { table: table.into(), what: what.into(), statements }
    }
}

impl Row {
    fn key(&self) -> &Value {
        &self.values[self.key]
    }

    fn name(&self) -> String {
        match self.key() {
            Value::Blob(bytes) => String::from_utf8(bytes.clone()).unwrap_or_else(|_| format!("{:02x?}", &bytes[..4])),
            key => format!("{key:?}"),
        }
    }

    fn edit(&self, what: &str, statements: Vec<(String, Vec<Value>)>) -> Edit {
        Edit::of(&self.table, &format!("row {} {what}", self.name()), statements)
    }

    fn set(&self, column: usize, value: Value) -> (String, Vec<Value>) {
        let Row { table, columns, key, .. } = self;
        let sql = format!("UPDATE {table} SET {} = ?1 WHERE {} = ?2", columns[column], columns[*key]);
        (sql, vec![value, self.key().clone()])
    }

    /// Other values for one cell.
    fn cell_edits(&self, column: usize, before: Option<Value>) -> Vec<Edit> {
        let value = &self.values[column];
        let mut values: Vec<(String, Value)> = vec![
            ("is nothing".into(), Value::Null),
            ("is text".into(), Value::Text("1".into())),
            ("is empty".into(), Value::Blob(Vec::new())),
        ];
        match value {
            Value::Integer(number) => {
                let others = [number + 1, number - 1, -number, 0, number + 1_000, i64::MAX, i64::MIN];
                values.extend(others.map(|other| (format!("is {other}"), Value::Integer(other))));
            }
            Value::Blob(bytes) => {
                // A seal is a nonce of 12 bytes, what is sealed, and a tag of 16.
                let last = bytes.len() - 1;
                for at in [0, 11, 12, last / 2, last.saturating_sub(16), last] {
                    let mut changed = bytes.clone();
                    if let Some(byte) = changed.get_mut(at) {
                        *byte ^= 1 << (at % 8);
                        values.push((format!("byte {at} flipped"), Value::Blob(changed)));
                    }
                }
                values.push(("cut short".into(), Value::Blob(bytes[..last].to_vec())));
                values.push(("made longer".into(), Value::Blob([bytes.as_slice(), &[0]].concat())));
            }
            _ => {}
        }
        values.extend(before.filter(|before| before != value).map(|before| ("is what it was before".into(), before)));
        let column_name = &self.columns[column];
        let edits = values.into_iter().filter(|(_, other)| other != value);
        edits.map(|(what, other)| self.edit(&format!("{column_name} {what}"), vec![self.set(column, other)])).collect()
    }

    /// The value of one cell changes places with that of the next row.
    fn swapped(&self, next: &Row, column: usize) -> Edit {
        let (own, others) = (self.values[column].clone(), next.values[column].clone());
        let what = format!("{} swapped with that of the next row", self.columns[column]);
        if column != self.key {
            return self.edit(&what, vec![self.set(column, others), next.set(column, own)]);
        }
        // Two rows can't have the same key meanwhile, so they are written anew.
        let (mut first, mut second) = (self.clone(), next.clone());
        std::mem::swap(&mut first.values[column], &mut second.values[column]);
        let mut statements = [self.deleted(), next.deleted()].map(|edit| edit.statements).concat();
        statements.extend([first.brought_back(), second.brought_back()].into_iter().flat_map(|edit| edit.statements));
        self.edit(&what, statements)
    }

    fn deleted(&self) -> Edit {
        let Row { table, columns, key, .. } = self;
        let sql = format!("DELETE FROM {table} WHERE {} = ?1", columns[*key]);
        self.edit("deleted", vec![(sql, vec![self.key().clone()])])
    }

    fn brought_back(&self) -> Edit {
        let places: Vec<String> = (1..=self.columns.len()).map(|place| format!("?{place}")).collect();
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", self.table, self.columns.join(", "), places.join(", "));
        self.edit("brought back", vec![(sql, self.values.clone())])
    }

    /// The same row once more, under another key.
    fn doubled(&self) -> Edit {
        let mut copy = self.clone();
        copy.values[self.key] = match self.key() {
            Value::Integer(number) => Value::Integer(number + 100),
            Value::Blob(bytes) => Value::Blob(bytes.iter().rev().copied().collect()),
            other => other.clone(),
        };
        self.edit("doubled", copy.brought_back().statements)
    }
}
