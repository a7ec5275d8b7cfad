//! `farthing-simulation`: runs seeds, replays one, and looks for bugs that were planted.
#![allow(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]

mod found;
mod workers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use farthing_machine::randomness;
use farthing_simulation::{Bug, Outcome, REQUIRED, shrink, simulate};
use indicatif::{ProgressBar, ProgressStyle};

use found::found_at;
use workers::Workers;

/// Simulates worlds from seeds, and looks for broken promises.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run many seeds; the first that breaks a promise is shrunk and told
    Run {
        /// How many
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
        /// The first
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Processes that run them
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        /// Write what was seen here, as JSON
        #[arg(long)]
        report: Option<PathBuf>,
    },
    /// Run one seed, and tell each of its steps
    Replay {
        /// Which
        seed: u64,
        /// Leave out what is not needed to break the promise
        #[arg(long)]
        shrink: bool,
        /// Plant a bug first
        #[arg(long)]
        bug: Option<String>,
    },
    /// Plant each bug in turn; each must be found
    Bugs {
        /// Seeds in which it must be found
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
        /// Processes that run them
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        /// Only this one
        #[arg(long)]
        only: Option<String>,
    },
    /// Run the seeds that come on standard input
    #[command(hide = true)]
    Worker {
        #[arg(long)]
        bug: Option<String>,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    if !randomness::IS_SUPPORTED {
        bail!("a run can be repeated on Linux on x86_64 only");
    }
    let holds = match Arguments::parse().command {
        Command::Run { seeds, from, jobs, report } => run(from, seeds, jobs, report)?,
        Command::Replay { seed, shrink, bug } => replay(seed, shrink, bug)?,
        Command::Bugs { seeds, jobs, only } => bugs(seeds, jobs, only)?,
        Command::Worker { bug } => {
            plant(bug)?;
            workers::serve(|seed| simulate(&folder(), seed))?;
            true
        }
    };
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A folder of this process, in memory where the system has such a place.
fn folder() -> PathBuf {
    let parent = farthing_tests::memory().map_or_else(std::env::temp_dir, Path::to_path_buf);
    parent.join(format!("farthing-simulation-{}", std::process::id()))
}

fn plant(bug: Option<String>) -> anyhow::Result<()> {
    let Some(name) = bug else { return Ok(()) };
    let all = Bug::all();
    let names = || all.iter().map(|bug| bug.name()).collect::<Vec<_>>().join(", ");
    let bug = all.iter().find(|bug| bug.name() == name).with_context(|| format!("the bugs are: {}", names()))?;
    bug.plant();
    Ok(())
}

fn bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} seeds, {per_sec}, {eta} left {msg}");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn run(from: u64, seeds: u64, jobs: usize, report: Option<PathBuf>) -> anyhow::Result<bool> {
    let (began, bar) = (Instant::now(), bar(seeds));
    let mut coverage: BTreeMap<String, u64> = BTreeMap::new();
    let mut steps = 0;
    let mut broken: Option<Outcome> = None;
    Workers::start(jobs, None)?.run(from..from + seeds, |outcome| {
        bar.inc(1);
        steps += outcome.trace.len() as u64;
        for (point, count) in &outcome.coverage {
            *coverage.entry(point.clone()).or_default() += count;
        }
        if outcome.violation.is_some() {
            broken = Some(outcome);
        }
        broken.is_none()
    })?;
    bar.finish_and_clear();
    let missing: Vec<&str> = REQUIRED.into_iter().filter(|point| !coverage.contains_key(*point)).collect();
    for (point, count) in &coverage {
        println!("  {count:>9}  {point}");
    }
    if let Some(report) = report {
        let written = serde_json::json!({ "from": from, "seeds": seeds, "steps": steps, "coverage": coverage,
            "violation": broken.as_ref().and_then(|outcome| outcome.violation.clone()),
            "seconds": began.elapsed().as_secs() });
        std::fs::write(&report, serde_json::to_vec_pretty(&written)?)?;
    }
    if let Some(outcome) = broken {
        // A run that can't be repeated is a fault of the simulator; what it did is told all the same.
        tell(&shrunk(outcome.seed).unwrap_or_else(|_| outcome.clone()));
        println!(
            "seed {} breaks a promise; `farthing-simulation replay {}` shows all of it",
            outcome.seed, outcome.seed
        );
        return Ok(false);
    }
    println!("simulation: {seeds} seeds, {steps} steps, {} points covered, 0 promises broken", coverage.len());
    if !missing.is_empty() && seeds >= 1_000 {
        println!("not covered: {}", missing.join(", "));
        return Ok(false);
    }
    Ok(true)
}

fn shrunk(seed: u64) -> anyhow::Result<Outcome> {
    let bar = ProgressBar::new_spinner();
    let outcome =
        shrink(&folder(), seed, |runs, steps| bar.set_message(format!("shrinking: {runs} runs, {steps} steps")));
    bar.finish_and_clear();
    let _ = std::fs::remove_dir_all(folder());
    outcome
}

fn replay(seed: u64, shrinks: bool, bug: Option<String>) -> anyhow::Result<bool> {
    plant(bug)?;
    let outcome = simulate(&folder(), seed)?;
    let _ = std::fs::remove_dir_all(folder());
    let is_broken = outcome.violation.is_some();
    tell(&if is_broken && shrinks { shrunk(seed)? } else { outcome });
    Ok(!is_broken)
}

fn tell(outcome: &Outcome) {
    for line in &outcome.trace {
        println!("{line}");
    }
    println!("seed {}, digest {}", outcome.seed, outcome.digest);
    match &outcome.violation {
        Some(violation) => println!("broken: {violation}"),
        None => println!("no promise was broken"),
    }
}

fn bugs(seeds: u64, jobs: usize, only: Option<String>) -> anyhow::Result<bool> {
    let mut all = Bug::all();
    all.retain(|bug| only.as_ref().is_none_or(|only| bug.name() == *only));
    let (mut found, planted) = (0, all.len());
    for bug in all {
        let mut first: Option<Outcome> = None;
        let all_seeds = found_at(&bug.name()).into_iter().chain(0..seeds);
        Workers::start(jobs, Some(bug.name()))?.run(all_seeds, |outcome| {
            if outcome.violation.is_some() && first.as_ref().is_none_or(|known| outcome.seed < known.seed) {
                first = Some(outcome);
            }
            first.is_none()
        })?;
        match first {
            Some(outcome) => {
                found += 1;
                let violation = outcome.violation.unwrap_or_default();
                println!("  ✓ {:<28} seed {:>4}: {violation}", bug.name(), outcome.seed);
            }
            None => println!("  ✗ {:<28} not found in {seeds} seeds", bug.name()),
        }
    }
    println!("deliberate bugs: {found} of {planted} found");
    Ok(found == planted && planted > 0)
}
