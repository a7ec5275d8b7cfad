//! Each speed that Farthing promises, measured beside its baseline in the same run.
//!
//! `cargo xtask bench` builds this and the gateway for release and runs it. The load goes to a
//! gateway of its own on loopback, with its data beside the summary, and every loop is bounded.
//! One module measures one thing; what they share is in [`setup`], [`device`] and [`statistics`].
#![allow(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]
#![allow(clippy::float_arithmetic, reason = "times and ratios; no money is counted here")]

mod batch_latency;
mod buy;
mod device;
mod drain;
mod insert;
mod language;
mod memory;
mod meter;
mod open;
mod postgres;
mod progress;
mod report;
mod scale;
mod setup;
mod statistics;
mod throughput;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use device::{DEVICES, Device};
use report::Report;
use setup::Gateway;

/// Measures each speed beside its baseline.
#[derive(Parser)]
#[command(name = "farthing-benches", version, subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
struct Arguments {
    /// The gateway that is measured: farthing-gateway, built for release
    #[arg(long, required = true)]
    gateway_binary: Option<PathBuf>,
    /// Where the figures go, as a flat JSON object; its folder also holds the data while it runs
    #[arg(long, required = true)]
    summary: Option<PathBuf>,
    #[command(flatten)]
    programs: Programs,
    /// Succeed even where a bar is missed
    #[arg(long)]
    report_only: bool,
    #[command(subcommand)]
    other: Option<Other>,
}

/// What measures `buy` from other languages. Each is a command, word by word: `--kotlin java --kotlin -cp …`.
#[derive(clap::Args)]
struct Programs {
    /// A word of the command that buys from Kotlin; without any, Kotlin is not measured
    #[arg(long, allow_hyphen_values = true)]
    kotlin: Vec<OsString>,
    /// A word of the command that buys from Swift; without any, Swift is not measured
    #[arg(long, allow_hyphen_values = true)]
    swift: Vec<OsString>,
}

/// What else this program does: mostly what it runs itself as, to measure a process from outside.
#[derive(Subcommand)]
enum Other {
    /// Fill a store, and measure how the cost grows with what is in it
    Scale(scale::ScaleArguments),
    /// Only what gateways settle on PostgreSQL
    Postgres {
        /// The gateway that is measured: farthing-gateway, built for release
        #[arg(long)]
        gateway_binary: PathBuf,
        /// Where its data is while it runs
        #[arg(long)]
        folder: PathBuf,
    },
    /// An empty process, and its resident memory
    #[command(hide = true)]
    ChildEmpty,
    /// A process with an open wallet, and its resident memory
    #[command(hide = true)]
    ChildWallet(memory::WalletArguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what is asked for; false where a bar is missed.
async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    match arguments {
        Arguments { other: Some(Other::ChildEmpty), .. } => memory::child_empty().map(|()| true),
        Arguments { other: Some(Other::ChildWallet(wallet)), .. } => memory::child_wallet(wallet).await.map(|()| true),
        Arguments { other: Some(Other::Scale(scale)), .. } => scale::measure(&scale).await.map(|()| true),
        Arguments { other: Some(Other::Postgres { gateway_binary, folder }), .. } => {
            let mut report = Report::default();
            let measured = postgres::measure(&gateway_binary, &folder, &mut report).await;
            println!("{report}");
            measured.map(|()| report.holds())
        }
        Arguments { gateway_binary: Some(gateway), summary: Some(summary), programs, report_only, .. } => {
            let mut report = Report::default();
            let measured = measure(&gateway, &summary, &programs, &mut report).await;
            // What was measured before something failed is not lost.
            println!("{report}");
            report.write(&summary)?;
            measured?;
            Ok(report.holds() || report_only)
        }
        Arguments { .. } => anyhow::bail!("--gateway-binary and --summary are needed"),
    }
}

async fn measure(
    gateway_binary: &Path,
    summary: &Path,
    programs: &Programs,
    report: &mut Report,
) -> anyhow::Result<()> {
    let beside = match summary.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(beside).with_context(|| format!("{} can't be made", beside.display()))?;
    // Not the system's temporary folder: that may be in memory, where a sync costs nothing.
    let folder = tempfile::Builder::new().prefix("data-").tempdir_in(beside);
    let folder = folder.with_context(|| format!("{} can't be written", beside.display()))?;
    let gateway = Gateway::start(gateway_binary, &folder.path().join("gateway"))?;

    let (player, inserts) = buy::measure(&gateway, folder.path(), report).await?;
    for (language, command) in [(language::KOTLIN, &programs.kotlin), (language::SWIFT, &programs.swift)] {
        if !command.is_empty() {
            language::measure(&language, command, &gateway, folder.path(), report).await?;
        }
    }
    meter::measure(&gateway, folder.path(), report).await?;
    open::measure(&player, folder.path(), report).await?;
    drain::measure(&gateway, &player, folder.path(), &inserts, report).await?;
    memory::measure(&gateway, &player, report)?;

    let mut devices = Device::enrol_many(&gateway, DEVICES).await?;
    throughput::measure(&mut devices, &inserts, report).await?;
    batch_latency::measure(&mut devices, report).await?;
    drop(gateway);
    postgres::measure(gateway_binary, &folder.path().join("postgres"), report).await
}
