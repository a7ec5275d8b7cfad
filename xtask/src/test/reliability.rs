//! A thousand seeds, a thousand kills, each call to the disk, each row of the table of threats; and what they covered.

use super::counts::Counts;
use super::libtest;
use crate::reliability::Programs;
use crate::terminal::Terminal;
use crate::workspace::{EVERYTHING, Workspace};

/// Seeds and kills of one run of the tests.
const A_THOUSAND: u64 = 1_000;
/// Entries that are replayed in one run of the tests; `soak` replays a million.
const REPLAYED: u64 = 100_000;

/// Simulated worlds; and each bug that is planted in them is found.
pub(super) fn simulation(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let programs = Programs::build(workspace, terminal, false)?;
    let report = workspace.fresh_file("target/reliability/simulation.json")?;
    let simulated = terminal.run("a thousand worlds", programs.simulate(workspace, 0, A_THOUSAND, &report))?;
    tell(terminal, &simulated.output);
    let found = terminal.run("bugs that were planted", programs.find_bugs(workspace))?;
    tell(terminal, &found.output);
    Ok(simulated.success && found.success)
}

/// Real processes are killed.
pub(super) fn crash(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let programs = Programs::build(workspace, terminal, false)?;
    let report = workspace.fresh_file("target/reliability/kills.json")?;
    let killed = terminal.run("a thousand kills", programs.kill(workspace, A_THOUSAND, 1, &report))?;
    tell(terminal, &killed.output);
    Ok(killed.success)
}

/// Each call to the disk goes wrong.
pub(super) fn storage(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    let mut tests = workspace.cargo();
    tests.arg("test").args(EVERYTHING).args(["--test", "every_call", "--no-fail-fast", "--", "--nocapture"]);
    let finished = terminal.run("each call to the disk", tests)?;
    tell(terminal, &finished.output);
    Ok(libtest::count(&finished))
}

/// Attacks, and what they came to.
pub(super) fn threats(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    let mut tests = workspace.cargo();
    tests.args(["test", "--package", "farthing-threats", "--no-fail-fast", "--", "--include-ignored", "--nocapture"]);
    let finished = terminal.run("attacks", tests)?;
    tell(terminal, &finished.output);
    let mut counts = libtest::count(&finished);
    let programs = Programs::build(workspace, terminal, false)?;
    let replayed = terminal.run("replayed entries", programs.replay(workspace, REPLAYED))?;
    counts += Counts::one(replayed.success);
    Ok(counts)
}

/// What was covered, where it has not been shown yet.
fn tell(terminal: &Terminal, output: &str) {
    if terminal.shows_all() {
        return;
    }
    let is_telling = |line: &&str| line.starts_with("  ") || line.contains(": ") && !line.starts_with("warning");
    for line in output.lines().filter(is_telling) {
        println!("{line}");
    }
}
