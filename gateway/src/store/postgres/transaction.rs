//! One transaction, and what its errors mean.

use std::cell::RefCell;

use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::{Executor, Postgres};
use tokio::runtime::Handle;

use crate::store::StoreError;

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
}

/// A transaction of a thread that may wait.
pub(super) struct Transaction {
    runtime: Handle,
    transaction: RefCell<sqlx::Transaction<'static, Postgres>>,
    /// Whether an earlier try met a name that was taken: then names are looked up first.
    pub(super) looks_up_names: bool,
}

pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

impl Transaction {
    pub(super) fn begin(runtime: &Handle, pool: &PgPool, mode: Mode, looks_up_names: bool) -> Result<Self, StoreError> {
        let begin = match mode {
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Mode::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        let transaction = RefCell::new(runtime.block_on(pool.begin_with(begin))?);
        Ok(Transaction { runtime: runtime.clone(), transaction, looks_up_names })
    }

    /// Commits what an operation did, or rolls it back when it failed.
    pub(super) fn end<T>(self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.transaction.into_inner();
        match result {
            Ok(done) => match self.runtime.block_on(transaction.commit()) {
                Ok(()) => Ok(done),
                Err(error) if is_gone(&error) => Err(StoreError::Commit(error.to_string())),
                Err(error) => Err(error.into()),
            },
            Err(error) => {
                // Where the connection is gone, the server does it by itself.
                let _ = self.runtime.block_on(transaction.rollback());
                Err(error)
            }
        }
    }

    pub(super) fn execute(&self, statement: Statement<'_>) -> Result<u64, StoreError> {
        let mut transaction = self.transaction.borrow_mut();
        Ok(self.runtime.block_on(transaction.execute(statement))?.rows_affected())
    }

    pub(super) fn one(&self, statement: Statement<'_>) -> Result<Option<PgRow>, StoreError> {
        let mut transaction = self.transaction.borrow_mut();
        Ok(self.runtime.block_on(transaction.fetch_optional(statement))?)
    }

    pub(super) fn all(&self, statement: Statement<'_>) -> Result<Vec<PgRow>, StoreError> {
        let mut transaction = self.transaction.borrow_mut();
        Ok(self.runtime.block_on(transaction.fetch_all(statement))?)
    }
}

/// Whether another transaction was in the way, so that running this one again may help. The codes are those of
/// PostgreSQL's appendix A: serialization_failure, deadlock_detected, unique_violation. The last means that another
/// has just taken the same name, which the next try finds.
pub(super) fn is_worth_another_try(error: &StoreError) -> bool {
    matches!(code(error).as_deref(), Some("40001" | "40P01" | "23505"))
}

/// Whether a name was taken.
pub(super) fn is_known_name(error: &StoreError) -> bool {
    code(error).as_deref() == Some("23505")
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_gone(&error) { StoreError::Unreachable(error.to_string()) } else { StoreError::Postgres(error) }
    }
}

/// Whether a table is not there (undefined_table).
pub(super) fn is_undefined_table(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("42P01"))
}

fn code(error: &StoreError) -> Option<String> {
    let StoreError::Postgres(sqlx::Error::Database(error)) = error else { return None };
    error.code().map(|code| code.into_owned())
}

/// Whether the server can't be reached, or is about to stop (classes 57P and 53: operator intervention, insufficient
/// resources).
fn is_gone(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("53"))
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}
