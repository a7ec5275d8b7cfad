//! The writer's thread, and the handle by which everyone else reaches it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use farthing_seal::SealKey;
use tokio::sync::{broadcast, oneshot, watch};

use super::Books;
use crate::clock::Clock;
use crate::deliberate_bug::DeliberateBug;
use crate::event::{SyncState, WalletEvent};
use crate::folder::Lock;
use crate::rollback::{HeadTeller, JournalHead};
use crate::support::RecentEvents;
use crate::{Balance, WalletError, folder, meter, recovery};

/// Jobs in one commit at most, so that none waits for a crowd.
const GROUP_MAX: usize = 128;
/// Rows written before the write-ahead log is copied back: a few megabytes of log.
const CHECKPOINT_ROWS: u64 = 1_000;

/// A job gets the books, or why they can't be used; it returns what is to be done once its fate is known.
type Job = Box<dyn FnOnce(Result<&mut Books, WalletError>) -> Result<Answer, Answer> + Send>;
/// Tells the caller: the commit's error, or that it is on disk.
type Answer = Box<dyn FnOnce(Option<WalletError>) + Send>;

/// Events that are kept for a subscriber that is slow.
const EVENTS_MAX: usize = 1_024;

/// Who hears of what was committed, and of sync.
#[derive(Clone)]
pub(crate) struct Subscribers {
    pub(crate) events: broadcast::Sender<WalletEvent>,
    pub(crate) balance: watch::Sender<Balance>,
    pub(crate) sync: watch::Sender<SyncState>,
    pub(crate) recent: RecentEvents,
}

impl Subscribers {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Subscribers {
            recent: RecentEvents::new(clock),
            events: broadcast::Sender::new(EVENTS_MAX),
            balance: watch::Sender::new(Balance::default()),
            sync: watch::Sender::new(SyncState::Idle),
        }
    }

    pub(crate) fn show_sync(&self, state: SyncState) {
        self.sync.send_replace(state.clone());
        self.tell(WalletEvent::SyncChanged { state });
    }

    fn tell(&self, event: WalletEvent) {
        self.recent.remember(&event);
        // Nobody has to listen.
        let _ = self.events.send(event);
    }

    /// Whether the last try to reach the gateway did not fail.
    pub(crate) fn seems_online(&self) -> bool {
        matches!(*self.sync.borrow(), SyncState::Idle | SyncState::Running)
    }
}

/// The handle to the writer's thread.
pub(crate) struct Store {
    folder: Arc<Path>,
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the database on a thread of its own; returns once it is read, and salvaged where it
    /// was damaged. The thread keeps `lock` until the database is closed, and tells `heads` how
    /// far the journal has come beyond what is `remembered`.
    pub(crate) async fn open(
        folder: PathBuf,
        lock: Lock,
        seal: SealKey,
        clock: Arc<dyn Clock>,
        subscribers: Subscribers,
        (remembered, heads): (JournalHead, HeadTeller),
    ) -> Result<Self, WalletError> {
        let folder: Arc<Path> = folder.into();
        let (jobs, waiting) = channel();
        let (opened, outcome) = oneshot::channel();
        let path = folder.clone();
        let thread = std::thread::Builder::new()
            .name("farthing-wallet".into())
            .spawn(move || {
                match recovery::open(&path, &Arc::new(seal), clock, remembered) {
                    Ok(books) => {
                        subscribers.balance.send_replace(books.balance());
                        // The caller may have given up waiting; then the channel of jobs is closed too.
                        let _ = opened.send(Ok(()));
                        write(books, &waiting, &subscribers, &heads, &path);
                        drop(lock);
                    }
                    Err(error) => {
                        // Whoever hears of it may try again at once.
                        drop(lock);
                        let _ = opened.send(Err(error));
                    }
                }
            })
            .map_err(WalletError::internal)?;
        outcome.await.map_err(|_| WalletError::internal("the database could not be opened"))??;
        Ok(Store { folder, jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs a job on the writer's thread; returns when what it did is on disk.
    ///
    /// The job is done even when the caller stops waiting.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Books) -> Result<T, WalletError> + Send + 'static,
    ) -> Result<T, WalletError> {
        self.send(job).await.map_err(|_| WalletError::internal("the wallet's writer stopped"))?
    }

    /// Hands a job to the writer's thread, whether anyone waits for what becomes of it or not.
    pub(crate) fn send<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Books) -> Result<T, WalletError> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, WalletError>> {
        let (sender, receiver) = oneshot::channel();
        let folder = self.folder.clone();
        let job: Job = Box::new(move |books| {
            let done = books.and_then(job);
            note_damage(&folder, done.as_ref().err());
            let failed = done.as_ref().is_err_and(must_roll_back);
            let answer: Answer = Box::new(move |commit_error| {
                let _ = sender.send(match (done, commit_error) {
                    (Ok(_), Some(error)) => Err(error),
                    (done, _) => done,
                });
            });
            if failed { Err(answer) } else { Ok(answer) }
        });
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = match jobs.as_ref() {
            Some(jobs) => jobs.send(job).err().map(|refused| refused.0),
            None => Some(job),
        };
        if let Some(job) = refused {
            let (Ok(answer) | Err(answer)) = job(Err(WalletError::Closed));
            answer(None);
        }
        receiver
    }

    /// Finishes the jobs that wait and closes the database.
    pub(crate) async fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// After these errors something may be half written.
pub(crate) fn must_roll_back(error: &WalletError) -> bool {
    matches!(
        error,
        WalletError::StorageFull
            | WalletError::StorageUnavailable { .. }
            | WalletError::StorageDamaged { .. }
            | WalletError::Internal { .. }
    )
}

/// Damage that is met in an open wallet is salvaged when it is opened next.
fn note_damage(folder: &Path, error: Option<&WalletError>) {
    if matches!(error, Some(WalletError::StorageDamaged { .. })) {
        folder::note_damage(folder);
    }
}

fn write(mut books: Books, waiting: &Receiver<Job>, subscribers: &Subscribers, heads: &HeadTeller, folder: &Path) {
    let mut copied_back = 0;
    while let Ok(first) = waiting.recv() {
        if let Err(error) = begin(&mut books) {
            let (Ok(answer) | Err(answer)) = first(Err(error));
            answer(None);
            continue;
        }
        let mut answers = Vec::new();
        let committed = commit_group(&mut books, first, waiting, &mut answers);
        let error = committed.err();
        let balance_changed = conclude(&mut books, subscribers, error.is_none());
        if error.is_some() {
            note_damage(folder, error.as_ref());
            books.events.clear();
            // An erasure that could not be begun leaves the wallet as it was.
            books.is_ending = false;
            books.is_stale = !DeliberateBug::MemoryAheadOfDisk.is_planted();
            if let Err(error) = refresh(&mut books) {
                note_damage(folder, Some(&error));
                tracing::error!(%error, "the wallet's data can't be read again; nothing is done until it can");
            }
        }
        // Callers come first: a subscriber that wakes up before them would take their processor.
        let told = error.filter(|_| !DeliberateBug::AnswerBeforeCommit.is_planted());
        for answer in answers {
            answer(told.clone());
        }
        publish(&mut books, subscribers, balance_changed);
        if !books.is_stale && !books.state.rolled_back {
            heads.tell(books.head());
        }
        copied_back = checkpoint(&books, copied_back, CHECKPOINT_ROWS);
    }
    checkpoint(&books, copied_back, 0);
}

/// Begins a transaction, on books that are what the disk has.
fn begin(books: &mut Books) -> Result<(), WalletError> {
    refresh(books)?;
    books.database.connection.prepare_cached("BEGIN")?.execute([])?;
    Ok(())
}

/// Reads the books again after a failure; as long as that fails, nothing is done by what the disk may not have.
fn refresh(books: &mut Books) -> Result<(), WalletError> {
    if books.is_stale {
        let connection = &books.database.connection;
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        books.reload()?;
        books.is_stale = false;
    }
    Ok(())
}

/// Runs the jobs that wait in the transaction that was begun.
fn commit_group(
    books: &mut Books,
    first: Job,
    waiting: &Receiver<Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), WalletError> {
    let mut next = Some(first);
    while let Some(job) = next.take() {
        match catch_unwind(AssertUnwindSafe(|| job(Ok(books)))) {
            Ok(Ok(answer)) => answers.push(answer),
            Ok(Err(answer)) => {
                answers.push(answer);
                return roll_back(books, "another operation of the same commit failed");
            }
            // The job took its caller's channel with it: that caller hears of an internal error.
            Err(_) => return roll_back(books, "an operation of the same commit panicked"),
        }
        if answers.len() < GROUP_MAX {
            next = waiting.try_recv().ok();
        }
    }
    let committed = books.database.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    if let Err(error) = committed {
        // SQLite may have rolled back by itself, which makes this one an error to be ignored.
        let _ = books.database.connection.execute_batch("ROLLBACK");
        return Err(error.into());
    }
    Ok(())
}

fn roll_back(books: &mut Books, reason: &str) -> Result<(), WalletError> {
    books.database.connection.execute_batch("ROLLBACK")?;
    Err(WalletError::StorageUnavailable { reason: reason.to_owned() })
}

/// Goes by what became of the commit: meters, and the balance where it succeeded. Says whether that changed.
fn conclude(books: &mut Books, subscribers: &Subscribers, committed: bool) -> bool {
    let meters = books.meters.clone();
    // Whoever reads the balance sees all of it, or nothing yet.
    let mut shared = meters.lock();
    shared.conclude(committed);
    committed && show_balance(books, subscribers, &mut shared)
}

/// Lets a caller that has its answer read the balance after it, but wakes no one yet. Says whether it changed.
fn show_balance(books: &Books, subscribers: &Subscribers, meters: &mut meter::Shared) -> bool {
    let mut changed = false;
    let unwritten = meters.unwritten();
    subscribers.balance.send_if_modified(|known| {
        let balance = Balance::of(&books.state, books.now()).less(&unwritten);
        changed = !known.same_amounts(&balance);
        *known = balance;
        false
    });
    meters.show(unwritten);
    changed
}

fn publish(books: &mut Books, subscribers: &Subscribers, balance_changed: bool) {
    for event in books.events.drain(..) {
        subscribers.tell(event);
    }
    if balance_changed {
        subscribers.balance.send_if_modified(|_| true);
        let balance = subscribers.balance.borrow().clone();
        let _ = subscribers.events.send(WalletEvent::BalanceChanged { balance });
    }
}

/// Copies the write-ahead log back once it is long. It is done after the answers are out, so
/// that no purchase waits for it but one that comes at this very moment.
fn checkpoint(books: &Books, since: u64, rows: u64) -> u64 {
    let connection = &books.database.connection;
    let written = connection.total_changes();
    if written < since + rows {
        return since;
    }
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the write-ahead log could not be copied back");
    }
    written
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
