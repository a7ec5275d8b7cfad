//! `cargo xtask soak`: seeds, kills, replays and fuzzing for as long as it is told, and a report of what they covered.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fuzz;
use crate::reliability::Programs;
use crate::terminal::{self, Terminal};
use crate::workspace::Workspace;

const REPORT: &str = "target/reliability/soak.json";
/// Seeds and kills between two looks at the clock.
const SEEDS: u64 = 2_000;
const KILLS: u64 = 500;
/// Entries that are replayed once in a soak.
const REPLAYED: u64 = 1_000_000;
/// As many targets has the fuzzer.
const DECODERS: u64 = 14;

/// Runs until the time is over; false as soon as a promise was broken. Seeds begin at `from`, where the last soak ended.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal, minutes: u64, from: u64) -> anyhow::Result<bool> {
    let programs = Programs::build(workspace, terminal, true)?;
    let report = workspace.fresh_file(REPORT)?;
    let part = workspace.fresh_file("target/reliability/part.json")?;
    let (mut seeds, mut kills, mut parts, mut holds) = (0, 0, Vec::new(), true);

    // A tenth of the time is for the decoders, the rest for seeds and kills in turns. What has to be built, and the one
    // round of replays, come on top: on a new machine they would leave nothing of a short soak.
    let decoders = fuzz::run(workspace, terminal, (minutes * 6 / DECODERS).max(5))?;
    let replays = terminal.run("a million replayed entries", programs.replay(workspace, REPLAYED))?.success;
    holds &= decoders && replays;
    let (began, time) = (Instant::now(), Duration::from_secs(minutes * 60 * 9 / 10));
    while holds && began.elapsed() < time {
        let label = format!("seeds {} to {}", from + seeds, from + seeds + SEEDS - 1);
        holds = terminal.run(&label, programs.simulate(workspace, from + seeds, SEEDS, &part))?.success;
        parts.push(json!({ "seeds": read(&part) }));
        seeds += SEEDS;
        if holds && began.elapsed() < time {
            let label = format!("kills {kills} to {}", kills + KILLS);
            holds = terminal.run(&label, programs.kill(workspace, KILLS, from + kills, &part))?.success;
            parts.push(json!({ "kills": read(&part) }));
            kills += KILLS;
        }
        println!("  {} of {minutes} min: {seeds} seeds, {kills} kills", began.elapsed().as_secs() / 60);
    }
    let written = json!({ "minutes": began.elapsed().as_secs() / 60, "from": from, "seeds": seeds, "kills": kills,
        "replayed": REPLAYED, "decoders_hold": decoders, "holds": holds, "parts": parts });
    fs::write(&report, serde_json::to_string_pretty(&written)? + "\n")?;
    println!("{} {seeds} seeds, {kills} kills; written: {REPORT}", terminal::mark(holds));
    Ok(holds)
}

/// What a run has written; nothing where it ended before it could.
fn read(part: &Path) -> Value {
    fs::read_to_string(part).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}
