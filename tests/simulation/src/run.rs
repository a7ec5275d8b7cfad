//! Runs of seeds: one after the other in this process, each in a world of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use farthing_machine::randomness;
use serde::{Deserialize, Serialize};

use crate::Violation;
use crate::coverage::Coverage;
use crate::plan::{Step, plan};
use crate::world;

/// Steps of a run.
const LENGTH: usize = 70;
/// A run that takes longer hangs; it takes some ten milliseconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// Runs that shrinking may take.
const SHRINKING_MAX: usize = 400;

/// What must have been seen in a thousand seeds, or the simulator has tested nothing.
pub const REQUIRED: [&str; 106] = [
    "accounts of two phones",
    "buy: ok",
    "buy: InsufficientFunds",
    "buy: OfflineLimitReached",
    "buy: AllowanceExpired",
    "buy: AlreadyOwned",
    "buy: StorageFull",
    "buy: StorageUnavailable",
    "consume: ok",
    "refund: ok",
    "refund: AlreadyUsed",
    "refund: a part of a price",
    "a durable item that another device has bought",
    "a purchase that another device has made",
    "a durable item was bought twice and given back",
    "merchant's refund: 201",
    "merchant's refund: 422",
    "use: ok",
    "use: UsageCapReached",
    "flush: ok",
    "units in memory were lost to the end of a process",
    "limit: ok",
    "buy: SpendingLimitReached",
    "a limited day of 2 phones",
    "a limited week of 2 phones",
    "a limited month of 2 phones",
    "2 phones spent more than half of a day's limit",
    "2 phones spent more than half of a week's limit",
    "2 phones spent more than half of a month's limit",
    "guard: ok",
    "buy: ApprovalRequired",
    "approve: ok",
    "decline: ok",
    "answer with another PIN: InvalidArgument",
    "a purchase that a guardian approved",
    "a pass was bought without a network",
    "a pass was given back",
    "pass: Active",
    "pass: Grace",
    "pass: Ended",
    "renewal: ok",
    "passes that were renewed",
    "open tab: ok",
    "open tab: CardDeclined",
    "open tab: Refused",
    "open tab: TopUpCapReached",
    "close tab: ok",
    "close tab: InsufficientFunds",
    "the bank's page: confirmed",
    "tab: Created → Open",
    "tab: Undecided → Open",
    "a tab was charged what its wallet said that is owed",
    "a tab that nobody closed was charged with what was reserved",
    "a debt of a tab was paid out of the balance",
    "agree to top-ups: ok",
    "agree to top-ups no more: ok",
    "automatic top-up: new → Succeeded",
    "automatic top-up: new → RequiresAction",
    "automatic top-up: new → Processing",
    "automatic top-up: Created → Succeeded",
    "automatic top-ups came to the cap of a month",
    "automatic top-ups paused: Declined",
    "an automatic top-up was given up",
    "a card was charged by itself below what was agreed to",
    "a bank: TakesBack",
    "a bank: LetsStand",
    "a bank: Keeps",
    "a bank took back what was spent or reserved in part",
    "a pack of a store was credited",
    "a pack that several accounts have handed over was credited to one",
    "a pack was taken back of which some was spent or reserved",
    "a pack whose price was taken from the player again is there again",
    "a pack whose price went back before it was handed over has credited nobody",
    "pack of a store: Offline",
    "pack of a store: StorePurchaseInvalid",
    "pack of a store: StorePurchaseTaken",
    "a pack of a merchant's own currency was settled",
    "something was bought in a merchant's own currency",
    "packs that a merchant took back",
    "an account owns a durable item by several purchases",
    "hint was sold for 20000",
    "hint was sold for 30000",
    "arrow was sold for 2000",
    "erase: ok",
    "second process: AlreadyOpen",
    "top-up: Succeeded",
    "sync: GatewayNotTrusted",
    "sync: Offline",
    "sync: DeviceFrozen",
    "open: KeyStoreUnavailable",
    "purchase: Granted → Settled",
    "purchase: Settling → Settled",
    "purchase: Granted → Rejected",
    "purchase: Settled → Refunded",
    "the app died in Write",
    "the app died in Sync",
    "the gateway died in Write",
    "the gateway died in Sync",
    "wallet: started after Kill",
    "wallet: started after PowerCut",
    "gateway: started after Kill",
    "gateway: started after PowerCut",
    "an answer that was on its way came",
    "a purchase gave up waiting for a sync",
    "buy on a restored backup: SyncRequired",
    "network: AnswerLost /v1/journal",
];

/// What a run came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// The promise that was broken, if one was.
    pub violation: Option<String>,
    /// What each step did.
    pub trace: Vec<String>,
    /// The same for two runs exactly if they were the same byte for byte.
    pub digest: String,
    /// What was seen, and how often.
    pub coverage: BTreeMap<String, u64>,
}

/// A bug that can be planted, in the wallet or in the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// In the wallet.
    Wallet(farthing_core::DeliberateBug),
    /// In the gateway.
    Gateway(farthing_gateway::DeliberateBug),
}

impl Bug {
    /// All of them.
    pub fn all() -> Vec<Bug> {
        use farthing_core::DeliberateBug as Wallet;
        use farthing_gateway::DeliberateBug as Gateway;
        let wallet = [
            Wallet::NormalSync,
            Wallet::AnswerBeforeCommit,
            Wallet::MemoryAheadOfDisk,
            Wallet::DequeueUnverified,
            Wallet::DequeueEverything,
            Wallet::NoIdempotency,
            Wallet::TrustWallClock,
            Wallet::NoAssociatedData,
            Wallet::RollbackUnnoticed,
            Wallet::ForgetTopUp,
            Wallet::KeepRejectedGrant,
            Wallet::KeepRefundedItems,
            Wallet::CountTwice,
            Wallet::CountWithoutEnd,
            Wallet::ForgetDurables,
            Wallet::RevivePasses,
            Wallet::DoublePasses,
            Wallet::RenewUnasked,
            Wallet::RenewAtAnyPrice,
            Wallet::KeepPasses,
            Wallet::ApproveForEver,
            Wallet::KeepReserve,
            Wallet::ForgetTab,
            Wallet::OweFractions,
            Wallet::TopUpWhilePaused,
            Wallet::TopUpBeside,
            Wallet::TopUpWithoutEnd,
            Wallet::GiveUpTopUps,
            Wallet::KeepBundles,
            Wallet::SellAtUsualPrices,
            Wallet::ForgetPacks,
            Wallet::ForgetDisputes,
        ];
        let gateway = [
            Gateway::NormalSync,
            Gateway::ChargeAgain,
            Gateway::ForgetOutcomes,
            Gateway::LeakReserve,
            Gateway::ForkUnnoticed,
            Gateway::ForgetRefunds,
            Gateway::LimitForEach,
            Gateway::PayTwice,
            Gateway::OnlyDays,
            Gateway::AskNobody,
            Gateway::ApproveForAll,
            Gateway::BelieveClocks,
            Gateway::KeepRefundedPasses,
            Gateway::SecondTab,
            Gateway::ChargeLimit,
            Gateway::KeepDebts,
            Gateway::KeepUnits,
            Gateway::PayUnits,
            Gateway::GiveBackBundles,
            Gateway::TellUsualPrices,
            Gateway::CreditAnyone,
            Gateway::ForgetRevocations,
            Gateway::TakeBackWhole,
            Gateway::KeepHolds,
            Gateway::ChargeWithdrawn,
        ];
        wallet.map(Bug::Wallet).into_iter().chain(gateway.map(Bug::Gateway)).collect()
    }

    /// As it is named on the command line.
    pub fn name(self) -> String {
        match self {
            Bug::Wallet(bug) => format!("wallet-{bug:?}"),
            Bug::Gateway(bug) => format!("gateway-{bug:?}"),
        }
    }

    /// Plants it in all that runs from now on in this process.
    pub fn plant(self) {
        match self {
            Bug::Wallet(bug) => farthing_core::DeliberateBug::plant(Some(bug)),
            Bug::Gateway(bug) => farthing_gateway::DeliberateBug::plant(Some(bug)),
        }
    }
}

/// Runs a seed. `folder` is emptied.
///
/// # Errors
/// When the folder can't be used, or the run hangs.
pub fn simulate(folder: &Path, seed: u64) -> anyhow::Result<Outcome> {
    take(folder, seed, &plan(seed, LENGTH)).map(|(outcome, _)| outcome)
}

/// Leaves steps out of a seed's plan for as long as it fails in the same way.
///
/// # Errors
/// As [`simulate`].
pub fn shrink(folder: &Path, seed: u64, progress: impl Fn(usize, usize)) -> anyhow::Result<Outcome> {
    let mut steps = plan(seed, LENGTH);
    let (mut shortest, Some(violation)) = take(folder, seed, &steps)? else {
        anyhow::bail!("seed {seed} breaks no promise")
    };
    let kind = violation.kind();
    let (mut runs, mut size) = (0, steps.len() / 2);
    while size > 0 && runs < SHRINKING_MAX {
        let mut from = 0;
        while from < steps.len() && runs < SHRINKING_MAX {
            runs += 1;
            let mut fewer = steps.clone();
            fewer.drain(from..steps.len().min(from + size));
            match take(folder, seed, &fewer)? {
                (outcome, Some(same)) if same.kind() == kind => (steps, shortest) = (fewer, outcome),
                _ => from += size,
            }
            progress(runs, steps.len());
        }
        size /= 2;
    }
    Ok(shortest)
}

fn take(folder: &Path, seed: u64, steps: &[Step]) -> anyhow::Result<(Outcome, Option<Violation>)> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    // A folder that no run before had: a thread of that one that is about to end may still hold its files.
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let folder = &folder.join(RUNS.fetch_add(1, Ordering::SeqCst).to_string());
    std::fs::create_dir_all(folder)?;
    let _watch = watch(seed);
    randomness::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let coverage = Coverage::default();
    let ending = runtime.block_on(async {
        // Time goes on only when a step says so: not while a thread of the wallet or the gateway works.
        let (done, wait) = mpsc::channel::<()>();
        let still = tokio::task::spawn_blocking(move || wait.recv().is_err());
        let ending = world::run(folder, seed, steps, coverage.clone()).await;
        drop(done);
        let _ = still.await;
        ending
    });
    drop(runtime);
    randomness::free();
    let violation = ending.violation;
    let outcome = Outcome {
        seed,
        violation: violation.as_ref().map(ToString::to_string),
        trace: ending.trace,
        digest: ending.digest,
        coverage: coverage.counts(),
    };
    Ok((outcome, violation))
}

/// Ends the process when a run hangs: a simulator that waits for ever tells nothing.
fn watch(seed: u64) -> mpsc::Sender<()> {
    let (done, wait) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        if wait.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            println!("seed {seed} hangs");
            std::process::exit(3);
        }
    });
    done
}
