//! A job: one gateway after the other, each with wallets that live through many kills and are then
//! accounted for to the last micro.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;

use crate::audit;
use crate::expected::{Expected, Violation, wrong};
use crate::gateway::Gateway;
use crate::ledger::{Turnover, check_ledger};
use crate::moment::StartMoment;
use crate::report::{Finding, Tally};
use crate::round::{self, Plan, Player};
use crate::victim::Place;

/// Rounds that a gateway and its wallets live through.
const ROUNDS: std::ops::Range<u64> = 20..50;
/// Wallets of one gateway at most.
const WALLETS: usize = 2;
/// A gateway may die fewer times than this before it has started once.
const DEATHS_AT_FIRST: usize = 6;
/// Every so many rounds all is settled, and the ledger is compared.
const SETTLED_EVERY: u64 = 5;
/// A round takes well under a second; one that takes this long hangs.
const HANGS: Duration = Duration::from_secs(120);

/// What all jobs share.
pub(crate) struct Errand {
    pub(crate) seed: u64,
    pub(crate) gateway: PathBuf,
    /// How many kills are wanted in all.
    pub(crate) kills: u64,
    /// How many there were.
    pub(crate) done: AtomicU64,
}

/// More than anyone wants.
const ENOUGH: u64 = u64::MAX / 2;

impl Errand {
    /// Has the other jobs finish, as something was found.
    pub(crate) fn end(&self) {
        self.done.store(ENOUGH, Ordering::Relaxed);
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed) >= self.kills
    }
}

/// What became of a job.
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) finding: Option<Finding>,
}

/// Works until there were enough kills, or until something is found.
pub(crate) async fn work(errand: &Errand, job: u64, tell: impl Fn(u64)) -> anyhow::Result<Outcome> {
    // Far apart, so that no two jobs of neighbouring seeds do the same.
    let mut rng = fastrand::Rng::with_seed(errand.seed.wrapping_mul(1_000_003).wrapping_add(job));
    let mut tally = Tally::default();
    for number in 0.. {
        let folder = tempfile::Builder::new().prefix("farthing-crash-").tempdir()?;
        let mut era = Era { errand, rng: fastrand::Rng::with_seed(rng.u64(..)), round: 0, tally, tell: &tell };
        let violations = match era.live(folder.path()).await {
            Ok(violations) => violations,
            // What can't be explained is a finding, too, and its folder is kept.
            Err(error) => vec![wrong(format!("{error:#}"))],
        };
        let round = era.round;
        tally = era.tally;
        if !violations.is_empty() {
            let folder = TempDir::keep(folder);
            let finding = Finding { job, era: number, round, folder, violations };
            return Ok(Outcome { tally, finding: Some(finding) });
        }
        folder.close().context("a folder can't be deleted")?;
        if errand.is_done() {
            break;
        }
    }
    Ok(Outcome { tally, finding: None })
}

/// The time of one gateway.
struct Era<'a, T> {
    errand: &'a Errand,
    rng: fastrand::Rng,
    round: u64,
    tally: Tally,
    tell: &'a T,
}

impl<T: Fn(u64)> Era<'_, T> {
    async fn live(&mut self, folder: &Path) -> anyhow::Result<Vec<Violation>> {
        let mut gateway = Gateway::new(&self.errand.gateway, &folder.join("gateway"), &mut self.rng)?;
        // A new gateway dies before it has all of its files, and is none the worse for it.
        for _ in 0..self.rng.usize(..DEATHS_AT_FIRST) {
            gateway.kill_at_start(StartMoment::draw(&mut self.rng)).await?;
            self.tally.gateway_killed(vec![crate::line::Midst::Start]);
            self.told(1);
        }
        gateway.start().await?;
        let wallets = self.rng.usize(1..=WALLETS);
        let mut players =
            (0..wallets).map(|number| player(folder, number, &gateway)).collect::<anyhow::Result<Vec<_>>>()?;

        for round in 1..=self.rng.u64(ROUNDS) {
            self.round = round;
            let violations = tokio::time::timeout(HANGS, self.play(&mut gateway, &mut players)).await;
            let violations = violations.context("a round hangs")??;
            if !violations.is_empty() {
                return Ok(violations);
            }
            if self.errand.is_done() {
                break;
            }
        }
        tokio::time::timeout(HANGS, self.finish(&gateway, &mut players)).await.context("the end hangs")?
    }

    /// A round, and what is looked at after it.
    async fn play(&mut self, gateway: &mut Gateway, players: &mut [Player]) -> anyhow::Result<Vec<Violation>> {
        let (before, seed) = (self.tally.kills(), self.rng.u64(..));
        let gateway_is_due = self.tally.gateway_kills * 5 < before * 2;
        let plan = Plan::draw(&mut self.rng, players.len(), gateway_is_due);
        let run = (seed, self.round);
        let mut violations = round::play(&plan, gateway, players, run, &mut self.tally).await?;
        for player in &mut *players {
            let audited = audit::audit(&player.place, &mut player.expected, &mut self.tally).await;
            violations.extend(audited.err().unwrap_or_default());
        }
        if violations.is_empty() && self.round.is_multiple_of(SETTLED_EVERY) {
            violations = self.settle(gateway, players).await?;
        }
        self.told(self.tally.kills() - before);
        Ok(violations)
    }

    /// Settles all wallets, and compares the ledger with them.
    async fn settle(&mut self, gateway: &Gateway, players: &mut [Player]) -> anyhow::Result<Vec<Violation>> {
        let mut turnovers: Vec<Turnover> = Vec::new();
        for player in players {
            match audit::settle(&player.place, &mut player.expected).await {
                Ok(turnover) => turnovers.push(turnover),
                Err(violations) => return Ok(violations),
            }
        }
        self.tally.settlements_checked += 1;
        Ok(check_ledger(&gateway.trial_balance().await?, &turnovers))
    }

    /// Fair weather: everything is settled, receipts are fetched, and all figures are taken.
    async fn finish(&mut self, gateway: &Gateway, players: &mut [Player]) -> anyhow::Result<Vec<Violation>> {
        let violations = self.settle(gateway, players).await?;
        if !violations.is_empty() {
            return Ok(violations);
        }
        for player in players {
            match audit::receipts(&player.place).await {
                Ok(verified) => self.tally.receipts_verified += verified,
                Err(violations) => return Ok(violations),
            }
            self.tally.wallets += 1;
            self.tally.purchases += player.expected.purchases();
            self.tally.top_ups += player.expected.top_ups();
        }
        Ok(Vec::new())
    }

    fn told(&self, kills: u64) {
        self.errand.done.fetch_add(kills, Ordering::Relaxed);
        (self.tell)(kills);
    }
}

fn player(folder: &Path, number: usize, gateway: &Gateway) -> anyhow::Result<Player> {
    let folder = folder.join(format!("wallet-{number}"));
    std::fs::create_dir_all(&folder)?;
    Ok(Player { place: Place::at(&folder, gateway), expected: Expected::default() })
}
