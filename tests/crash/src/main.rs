//! Kills wallets and gateways at random moments, and counts what is left.
//!
//! ```text
//! farthing-crash run --kills 1000 --seed 7 --jobs 4 --report crash.json
//! ```
//!
//! Each job has a gateway process with a folder and a port of its own, and one or two wallet processes
//! that buy, consume, top up, add cards, sync, close and open without end. A wallet says each action
//! before it does it and what came of it after. In each round the wallets, the gateway or all of them
//! get SIGKILL at a moment drawn from the seed: so many lines after the start, and then so many
//! microseconds later. A gateway is started again where it was, often while the wallets go on, and
//! sometimes it is killed again while it starts.
//!
//! After each round the wallets are opened and compared with what they said:
//!
//! - a purchase that was answered is there, with its items; what was refused is not there;
//! - an action that was not answered was done once or not at all, and asking again under its key gives
//!   the same purchase;
//! - items are what was bought less what was used, each operation once;
//! - a top-up or a card that was answered is there, once;
//! - the balance is never more than what came in less what was spent, and what waits for settlement is
//!   what the waiting purchases cost.
//!
//! Every few rounds, and at the end of a gateway's time, everything is synced: nothing waits any more, the
//! balance is exact, and the gateway's ledger balances and agrees with all of its wallets on what
//! came in, what was spent, and who got which share. The last thing is that receipts are fetched and
//! verified.
//!
//! What a kill can't show is what a power cut does: what was written is still in the system's memory.
//! That is for simulated disks.
//!
//! A seed gives the same plans and actions again, not the same moments: real processes share a real
//! machine. What was found is kept in its folder: both databases, the logs, and all that was said.
//!
//! | module | what it does |
//! |---|---|
//! | [`victim`] | the wallet's process |
//! | [`line`](mod@line) | what it says |
//! | [`expected`], [`ledger`] | what must be true by that (pure) |
//! | [`audit`] | looks whether it is |
//! | [`moment`], [`round`] | who is killed when |
//! | [`job`] | rounds, until there were enough kills |
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "it reports on its standard output")]

mod audit;
mod expected;
mod gateway;
mod job;
mod ledger;
mod line;
mod moment;
mod progress;
mod report;
mod round;
mod victim;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use job::{Errand, Outcome};
use progress::Progress;
use report::{Report, Tally};

/// Kills wallets and gateways at random moments, and counts what is left.
#[derive(Parser)]
#[command(name = "farthing-crash")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Kills until there were enough
    Run(Run),
    /// A wallet to be killed (`run` starts it by itself)
    #[command(hide = true)]
    Wallet(victim::Victim),
}

#[derive(Args)]
struct Run {
    /// How many kills, at least
    #[arg(long, default_value_t = 1_000)]
    kills: u64,
    /// What the plans follow from; another one at each run unless it is given
    #[arg(long)]
    seed: Option<u64>,
    /// Gateways at the same time, each with its wallets
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=64))]
    jobs: u64,
    /// The gateway's program; the one beside this program unless it is given
    #[arg(long, value_name = "FILE")]
    gateway: Option<PathBuf>,
    /// Where the figures go, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Wallet(victim) => {
            let filter = tracing_subscriber::EnvFilter::new("warn");
            tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).with_env_filter(filter).init();
            victim.live().await.map(|()| true)
        }
        Command::Run(run) => run.work().await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

impl Run {
    /// Kills, reports, and says whether all was well.
    async fn work(self) -> anyhow::Result<bool> {
        let gateway = match self.gateway {
            Some(gateway) => gateway,
            None => std::env::current_exe()?.with_file_name("farthing-gateway"),
        };
        ensure!(gateway.is_file(), "there is no gateway at {}: build it, or name it by --gateway", gateway.display());
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        let errand = Errand { seed, gateway, kills: self.kills, done: AtomicU64::new(0) };
        let begin = Instant::now();
        let outcomes = tokio::select! {
            outcomes = work(Arc::new(errand), self.jobs) => outcomes?,
            () = told_to_stop()? => bail!("interrupted; the wallets and gateways were ended"),
        };
        let (mut tally, mut findings) = (Tally::default(), Vec::new());
        for outcome in outcomes {
            tally.add(outcome.tally);
            findings.extend(outcome.finding);
        }
        let report = Report::new((seed, self.jobs), begin.elapsed(), tally, findings);
        report.print();
        if let Some(file) = &self.report {
            report.write(file)?;
        }
        Ok(report.is_good())
    }
}

/// Runs the jobs side by side. What one finds, the others finish their gateway's time first.
async fn work(errand: Arc<Errand>, jobs: u64) -> anyhow::Result<Vec<Outcome>> {
    let progress = Arc::new(Progress::new(errand.kills));
    let mut tasks = JoinSet::new();
    for job in 0..jobs {
        let (errand, progress) = (errand.clone(), progress.clone());
        tasks.spawn(async move { job::work(&errand, job, |kills| progress.advance(kills)).await });
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        let outcome = outcome.context("a job panicked")??;
        if outcome.finding.is_some() {
            errand.end();
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
