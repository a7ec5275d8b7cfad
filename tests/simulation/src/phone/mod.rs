//! A phone: the real wallet on a disk that fails, with its clock, its key store and its network. Here is how the app's
//! process begins and ends; the player, and those who tamper with the phone, have rooms of their own.

mod auto_top_ups;
mod conclusion;
mod disputes;
mod erasure;
mod guardian;
mod passes;
mod player;
mod refunds;
mod spending;
mod store;
mod tabs;
mod tampering;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use farthing_core::{
    EntryId, Meter, Purchase, PurchaseFilter, SyncReport, Timestamp, Wallet, WalletConfig, WalletError,
};
use farthing_machine::{Disk, Fault};
use farthing_tests::ADDRESS;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Violation;
use crate::book::Book;
use crate::clock::SimulatedClock;
use crate::coverage::Coverage;
use crate::key_store::SimulatedKeyStore;
use crate::network::Link;
use crate::operator::{BackEnd, End, REJECTION_ORDERED};

use passes::Floor;

pub(crate) use conclusion::{Day, Statement};

/// Longer than the wallet waits for anything.
const LONG: Duration = Duration::from_secs(6);
const EVERYTHING: PurchaseFilter = PurchaseFilter { limit: 100_000, waiting_only: false };

/// What a phone itself has bought, the newest first.
async fn own_purchases(wallet: &Wallet) -> Result<Vec<Purchase>, WalletError> {
    let mut shown = wallet.purchases(EVERYTHING).await?;
    shown.retain(|purchase| !purchase.is_from_another_device);
    Ok(shown)
}

/// A phone and its player.
pub(crate) struct Phone {
    number: usize,
    generation: u32,
    folder: PathBuf,
    pub(crate) disk: Disk,
    pub(crate) keys: Arc<SimulatedKeyStore>,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) link: Arc<Link>,
    publishable_key: String,
    root_key: String,
    /// Who has signed in to the app, and the app's back end, which can have a token for them.
    player: Option<String>,
    back_end: BackEnd,
    wallet: Option<Arc<Wallet>>,
    /// The meters that this process has used.
    meters: BTreeMap<usize, Arc<Meter>>,
    under_way: Option<UnderWay>,
    pub(crate) book: Book,
    /// It has synced since the gateway has said that a limit holds for its account.
    pub(crate) is_limited: bool,
    /// What was bought before it has synced since the gateway has said that a guardian wants to be asked.
    pub(crate) unguarded: Option<BTreeSet<EntryId>>,
    /// Whether the clock on the wall was always right.
    pub(crate) has_true_clock: bool,
    /// It was tampered with, now or before its wallet was begun anew.
    was_tampered: bool,
    /// Whether the power goes with the app when it dies.
    pub(crate) power: bool,
    /// A fault may be or have been in the way of this wallet.
    is_faulty: bool,
    backup: Option<PathBuf>,
    /// The gateway's time when it was last heard in this process.
    heard: Option<Timestamp>,
    /// The latest time that the gateway told for sure, in milliseconds.
    told: Option<i64>,
    floor: Option<Floor>,
    coverage: Coverage,
}

/// A sync whose answer is on its way.
struct UnderWay {
    task: JoinHandle<Result<SyncReport, WalletError>>,
    release: oneshot::Sender<()>,
}

/// What a new phone needs to know.
pub(crate) struct Setting<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) seed: u64,
    pub(crate) now: Timestamp,
    pub(crate) publishable_key: &'a str,
    pub(crate) root_key: &'a str,
    pub(crate) back_end: BackEnd,
    pub(crate) coverage: Coverage,
}

impl Phone {
    pub(crate) fn new(number: usize, link: Arc<Link>, setting: &Setting<'_>) -> Self {
        let folder = setting.folder.join(format!("phone-{number}"));
        Phone {
            number,
            generation: 0,
            disk: Disk::new(&folder.join("wallet"), setting.seed.wrapping_add(number as u64)),
            folder,
            keys: SimulatedKeyStore::new(),
            clock: Arc::new(SimulatedClock::new(setting.now)),
            link,
            publishable_key: setting.publishable_key.to_owned(),
            root_key: setting.root_key.to_owned(),
            player: player(setting.seed, number),
            back_end: setting.back_end.clone(),
            wallet: None,
            meters: BTreeMap::new(),
            under_way: None,
            book: Book::default(),
            is_limited: false,
            unguarded: None,
            has_true_clock: true,
            was_tampered: false,
            power: false,
            is_faulty: false,
            backup: None,
            heard: None,
            told: None,
            floor: None,
            coverage: setting.coverage.clone(),
        }
    }

    /// Whose money it spends.
    pub(crate) fn account(&self) -> String {
        self.player.clone().unwrap_or_else(|| format!("the {}th of phone {}", self.generation, self.number))
    }

    /// Whether nobody has tampered with it.
    pub(crate) fn is_honest(&self) -> bool {
        !self.book.is_tampered && !self.was_tampered
    }

    fn database_folder(&self) -> PathBuf {
        self.folder.join("wallet")
    }

    fn config(&self) -> WalletConfig {
        WalletConfig::new(ADDRESS, &self.publishable_key, self.database_folder())
            .root_key(&self.root_key)
            .transport(self.link.clone())
            .clock(self.clock.clone())
            .syncs_by_itself(false)
    }

    fn cover(&self, what: &str, error: Option<&WalletError>) -> String {
        let outcome = error.map_or("ok".to_owned(), name);
        self.coverage.add(format!("{what}: {outcome}"));
        outcome
    }

    /// Opens the wallet, where it is not open; none when it can't be now.
    pub(crate) async fn open(&mut self) -> Result<Option<Arc<Wallet>>, Violation> {
        if let Some(wallet) = &self.wallet {
            return Ok(Some(wallet.clone()));
        }
        self.heard = None;
        self.meters.clear();
        let mut config = self.config();
        if let Some(player) = &self.player
            && let Some(token) = self.back_end.enrolment_token(player).await
        {
            config = config.enrolment_token(token);
        }
        let opened = Wallet::open(config, self.keys.clone()).await;
        self.cover("open", opened.as_ref().err());
        match opened {
            Ok(wallet) => {
                self.wallet = Some(Arc::new(wallet));
                self.go_on_from_floor();
                self.let_passes_be_tended().await;
                self.look_back().await?;
                Ok(self.wallet.clone())
            }
            Err(WalletError::KeyStoreUnavailable { .. }) if !self.keys.is_well() => Ok(None),
            Err(error) if is_storage(&error) && self.is_faulty => Ok(None),
            Err(error) => Err(Violation::new(format!("the wallet does not open: {}", name(&error)))),
        }
    }

    /// Compares what the wallet shows with what was promised.
    pub(crate) async fn look_back(&mut self) -> Result<String, Violation> {
        let Some(wallet) = self.wallet.clone() else { return Ok("closed".into()) };
        match own_purchases(&wallet).await {
            Ok(shown) => {
                for step in self.book.compare(&shown, self.may_reject())? {
                    self.coverage.add(step);
                }
                self.look_at_pass(&wallet, &shown).await?;
                self.look_at_tabs(&wallet).await?;
                Ok(format!("{} purchases", shown.len()))
            }
            Err(error) if self.is_faulty && is_storage(&error) => Ok(name(&error)),
            Err(error) => Err(Violation::new(format!("purchases can't be read: {}", name(&error)))),
        }
    }

    fn may_reject(&self) -> bool {
        self.coverage.has(REJECTION_ORDERED)
    }

    /// The wallet, once no answer is on its way.
    async fn free(&mut self) -> Result<Option<Arc<Wallet>>, Violation> {
        if let Some(UnderWay { task, release }) = self.under_way.take() {
            let _ = release.send(());
            let _ = task.await;
            self.let_passes_be_tended().await;
        }
        // What comes next may hear of the gateway's time, even when it fails halfway.
        self.heard = None;
        self.open().await
    }

    /// Does something while a sync may be held: what waits for that sync gives up after a while of the simulated time.
    async fn while_held<T: Send + 'static>(
        &self,
        act: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Violation> {
        let mut task = tokio::spawn(act);
        if self.under_way.is_some()
            && let Some(wallet) = &self.wallet
        {
            for _ in 0..4 {
                // The writer takes one job after the other: once this one has its answer, so has what came before.
                let _ = wallet.device().await;
                let_tasks_run().await;
            }
            if !task.is_finished() {
                self.coverage.add("a purchase gave up waiting for a sync");
                tokio::time::advance(LONG).await;
                let_tasks_run().await;
                // What meters write in time is written before anything else is asked for.
                let _ = wallet.device().await;
            }
        }
        (&mut task).await.map_err(|_| Violation::new("a call panicked"))
    }

    /// The time passes that the key store is told of the journal's head in.
    pub(crate) async fn let_guard_write(&self) {
        if let Some(wallet) = &self.wallet {
            let _ = wallet.device().await;
        }
        for _ in 0..3 {
            let_tasks_run().await;
            tokio::time::advance(LONG).await;
            let_tasks_run().await;
            // What meters write in time is written before anything else is asked for.
            if let Some(wallet) = &self.wallet {
                let _ = wallet.device().await;
            }
        }
    }

    pub(crate) async fn reopen(&mut self, how: End) -> Result<String, Violation> {
        self.close(how).await;
        let opened = self.open().await?;
        self.coverage.add(format!("wallet: started after {how:?}"));
        Ok(if opened.is_some() { "open" } else { "closed" }.into())
    }

    /// Ends the app's process.
    pub(crate) async fn close(&mut self, how: End) {
        if how == End::InGoodOrder {
            let _ = self.free().await;
        } else {
            self.disk.die();
            self.keys.set_dead(true);
        }
        // An answer that is on its way when the process ends never comes: it is let go of once nobody waits for it.
        let under_way = self.under_way.take();
        if let Some(UnderWay { task, .. }) = &under_way {
            self.coverage.add("the app was killed while an answer was on its way");
            task.abort();
        }
        if let Some(wallet) = self.wallet.take() {
            match how {
                End::InGoodOrder => self.remember_time(&wallet).await,
                End::Kill | End::PowerCut => self.floor = None,
            }
            wallet.close().await;
            if how == End::InGoodOrder && !self.is_faulty {
                self.book.meters.all_flushed();
            }
        }
        drop(under_way);
        self.book.meters.ended();
        if how == End::PowerCut {
            self.disk.cut_power();
        }
        if how != End::InGoodOrder {
            self.mend();
            self.keys.set_dead(false);
        }
    }

    /// The disk is well again. A wallet that met its fault goes on with it.
    pub(crate) fn mend(&mut self) {
        self.disk.mend();
        if self.wallet.is_none() {
            self.is_faulty = false;
        }
    }

    pub(crate) fn break_disk(&mut self, calls: u64, fault: Fault) {
        self.is_faulty = true;
        self.disk.fail_after(calls, fault);
    }

    pub(crate) async fn second_process(&mut self) -> Result<String, Violation> {
        if self.open().await?.is_none() {
            return Ok("closed".into());
        }
        match Wallet::open(self.config(), self.keys.copy()).await {
            Err(WalletError::AlreadyOpen) => Ok(self.cover("second process", Some(&WalletError::AlreadyOpen))),
            Err(error) => Err(Violation::new(format!("a second process gets {}", name(&error)))),
            Ok(_) => Err(Violation::new("a second process opened the wallet")),
        }
    }
}

/// Whose phone it is: in some worlds two phones are one player's, in some each is somebody's, in some nobody's in
/// particular.
fn player(seed: u64, number: usize) -> Option<String> {
    match (seed % 3, number) {
        (0, 0 | 1) => Some("ada".into()),
        (0 | 1, number) => Some(format!("player-{number}")),
        _ => None,
    }
}

/// Lets what is ready on this thread come as far as it can.
async fn let_tasks_run() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

fn is_storage(error: &WalletError) -> bool {
    matches!(
        error,
        WalletError::StorageFull | WalletError::StorageUnavailable { .. } | WalletError::StorageDamaged { .. }
    )
}

/// An error without what differs from run to run.
fn name(error: &WalletError) -> String {
    first_word(&format!("{error:?}"))
}

/// What a value is, without its figures and members.
pub(crate) fn first_word(text: &str) -> String {
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}
