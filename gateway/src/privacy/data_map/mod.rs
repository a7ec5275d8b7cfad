//! The data map: each table and each column of the database, what it has of a person, and what an export and an erasure
//! do with it. A column that is not here fails a test on either database; the guide shows this as a table.

mod operator;
mod users;

/// What a column has of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Says who somebody is. Kept sealed under the account's own key; exported opened; an erasure destroys it.
    Sealed,
    /// Text that somebody typed and that may say who. Exported; an erasure overwrites it.
    Text,
    /// A name of our own making, or of a processor's. Exported; it stays, and says nothing once the account has lost its
    /// user.
    Pseudonym,
    /// What happened: amounts, states, times. Exported; it stays under the pseudonym where its table stays.
    Record,
    /// A key, a PIN's hash, a card's number. Never exported; an erasure destroys it.
    Secret,
    /// Says nothing of a user.
    Operation,
}

impl Class {
    /// As the guide has it.
    #[cfg(test)]
    fn name(self) -> &'static str {
        match self {
            Class::Sealed => "sealed",
            Class::Text => "text",
            Class::Pseudonym => "pseudonym",
            Class::Record => "record",
            Class::Secret => "secret",
            Class::Operation => "operation",
        }
    }
}

/// How a table's rows are known to be an account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belonging {
    /// They are no user's.
    Nobody,
    /// By a column that has the account.
    Account(&'static str),
    /// By a column that has a device of the account's.
    Device(&'static str),
    /// By a column that has a top-up, tab or refund of the account's.
    Payment(&'static str),
    /// By the owner of an account of the ledger.
    LedgerAccount,
    /// By the transaction of the ledger that it is of.
    LedgerPosting,
    /// By a posting of it, or by what it refers to.
    LedgerTransaction,
    /// By a name of the account's, or of something of it, in a text.
    Text(&'static str),
}

/// Where a table or column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// What becomes of an erased account's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Erasure {
    /// They stay, without what is sealed, secret or typed.
    Stays,
    /// They are deleted.
    Deleted,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// What it has, for people.
    pub(crate) about: &'static str,
    pub(crate) belonging: Belonging,
    pub(crate) erasure: Erasure,
    /// Its columns on either database.
    pub(crate) columns: &'static [Column],
    /// Those that it has on SQLite alone.
    pub(crate) sqlite: &'static [Column],
    /// Those that it has on PostgreSQL alone.
    pub(crate) postgres: &'static [Column],
    /// The only database that has it, where it is one.
    pub(crate) only: Option<Database>,
}

impl Table {
    /// The columns that it has on a database.
    pub(crate) fn columns_on(&self, database: Database) -> impl Iterator<Item = &Column> {
        let more = match database {
            Database::Sqlite => self.sqlite,
            Database::Postgres => self.postgres,
        };
        self.columns.iter().chain(more)
    }
}

const fn table(
    name: &'static str,
    about: &'static str,
    belonging: Belonging,
    erasure: Erasure,
    columns: &'static [Column],
) -> Table {
    Table { name, about, belonging, erasure, columns, sqlite: &[], postgres: &[], only: None }
}

/// Columns, by their class.
macro_rules! columns {
    ($($class:ident: $($name:ident),+;)*) => {
        &[$($(Column { name: stringify!($name), class: Class::$class },)+)*]
    };
}
use columns;

/// Every table.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    users::TABLES.iter().chain(operator::TABLES)
}

/// What the tests compare a database with: for each table of one of them (`sqlite` or `postgres`), the columns that the
/// map has, and whether its rows may be a user's.
#[doc(hidden)]
pub fn classified(on_sqlite: bool) -> Vec<(&'static str, Vec<&'static str>, bool)> {
    let database = if on_sqlite { Database::Sqlite } else { Database::Postgres };
    let here = tables().filter(move |table| table.only.is_none_or(|only| only == database));
    here.map(|table| {
        let columns = table.columns_on(database).map(|column| column.name).collect();
        (table.name, columns, table.belonging != Belonging::Nobody)
    })
    .collect()
}

#[cfg(test)]
mod tests;
