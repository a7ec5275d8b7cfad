//! One thread writes. It takes the operations that wait into one transaction and answers
//! them after the commit, so that those that arrive together share one flush to disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::store::StoreError;

/// Operations that may wait; beyond that callers wait to be let in.
const QUEUE_MAX: usize = 1_024;
/// Operations of one transaction: enough to share a flush, few enough not to hold up the first.
const GROUP_MAX: usize = 64;

/// Tells the caller how its operation went, once it is known whether the commit held.
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Operation = Box<dyn FnOnce(&Connection) -> Reply + Send>;

enum Command {
    Write(Operation),
    Stop,
}

pub(crate) struct Writer {
    queue: mpsc::Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread. `kept` lives as long as it does.
    pub(super) fn start(connection: Connection, kept: impl Send + 'static) -> std::io::Result<Self> {
        let (queue, commands) = mpsc::channel(QUEUE_MAX);
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || {
            run(&connection, commands);
            drop(connection);
            drop(kept);
        })?;
        Ok(Writer { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Runs an operation in a transaction; returns once that is on disk. When the operation
    /// fails, nothing of it remains.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        let command = Command::Write(Box::new(move |connection| {
            let result = in_savepoint(connection, operation);
            Box::new(move |commit| {
                // A caller that has gone away does not want to know.
                let _ = sender.send(commit.and(result));
            })
        }));
        self.queue.send(command).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Finishes what waits, then stops.
    pub(super) async fn stop(&self) {
        let _ = self.queue.send(Command::Stop).await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// A gateway that is dropped lets go of its data folder before the next one wants it.
impl Drop for Writer {
    fn drop(&mut self) {
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // The last one to hold the gateway may be an operation that has just run on the thread itself.
        let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) else { return };
        // Without a sender the thread ends once it has done what waits.
        self.queue = mpsc::channel(1).0;
        let _ = thread.join();
    }
}

fn run(connection: &Connection, mut commands: mpsc::Receiver<Command>) {
    while let Some(Command::Write(first)) = commands.blocking_recv() {
        let mut stopping = false;
        let mut replies = Vec::new();
        let began = connection.execute_batch("BEGIN IMMEDIATE");
        let commit = began.and_then(|()| {
            replies.push(first(connection));
            // On a full disk SQLite rolls all back by itself: what ran next would be a transaction of its own, and kept
            // though its caller hears that it was not.
            while replies.len() < GROUP_MAX && !connection.is_autocommit() {
                match commands.try_recv() {
                    Ok(Command::Write(operation)) => replies.push(operation(connection)),
                    Ok(Command::Stop) => stopping = true,
                    Err(_) => break,
                }
            }
            connection.execute_batch("COMMIT")
        });
        if let Err(error) = &commit {
            tracing::error!(%error, operations = replies.len(), "a transaction failed; nothing of it was kept");
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
        }
        for reply in replies {
            reply(match &commit {
                Ok(()) => Ok(()),
                Err(error) => Err(StoreError::Commit(error.to_string())),
            });
        }
        if stopping {
            break;
        }
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    operation: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.prepare_cached("SAVEPOINT operation")?.execute([])?;
    // A bug in one operation must not take the writer, and so everyone, down. What it did to
    // the database is rolled back, and it holds nothing else.
    let result = catch_unwind(AssertUnwindSafe(|| operation(connection))).unwrap_or(Err(StoreError::Panicked));
    if connection.is_autocommit() {
        tracing::error!(error = ?result.as_ref().err(), "SQLite rolled a transaction back");
        return result;
    }
    if result.is_err() {
        connection.prepare_cached("ROLLBACK TO operation")?.execute([])?;
    }
    connection.prepare_cached("RELEASE operation")?.execute([])?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SQLite does by itself when a disk is full is done here by hand.
    #[tokio::test]
    async fn after_a_rollback_by_the_database_nothing_of_the_group_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE rows (name TEXT)").unwrap();
        let writer = Writer::start(connection, ()).unwrap();
        let insert = |name: &'static str| {
            writer.write(move |connection| Ok(connection.execute("INSERT INTO rows VALUES (?)", [name]).map(|_| ())?))
        };

        let (go, wait) = std::sync::mpsc::channel();
        let rolled_back = writer.write(move |connection| {
            wait.recv().unwrap();
            Ok(connection.execute_batch("ROLLBACK")?)
        });
        // The second waits by the time the first goes on, so they are of one group.
        let (first, second, ()) =
            tokio::join!(rolled_back, insert("of the group"), async move { go.send(()).unwrap() });
        assert!(first.is_err(), "{first:?}");
        insert("later").await.unwrap();

        let reader = Connection::open(&path).unwrap();
        let kept = reader.query_row("SELECT count(*) FROM rows WHERE name = 'of the group'", [], |row| row.get(0));
        assert_eq!(kept, Ok(u64::from(second.is_ok())), "what is told is what was kept");
    }
}
