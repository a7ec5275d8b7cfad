//! `cargo xtask mutants`: the pure modules are changed on purpose, one small thing at a time, and a unit test
//! must notice each. Which modules, and which changes no test could notice, is in `.cargo/mutants.toml`.

use std::fs;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::terminal::{self, Terminal};
use crate::toolchains::Tool;
use crate::workspace::Workspace;

const FOLDER: &str = "target/mutants";

/// Tries every mutant; false when one of them survived.
///
/// # Errors
/// When the tests fail without any mutant, or the tool can't be had.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let program = Tool::CargoMutants.provide(workspace, terminal)?.program;
    let folder = workspace.path(FOLDER);
    fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let mut mutants = workspace.command(&program);
    // It builds in a copy, which has a target folder of its own.
    mutants.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_INCREMENTAL");
    mutants.args(["mutants", "--no-shuffle", "--colors", "never", "--output"]).arg(&folder);
    terminal.run("mutants", mutants)?;

    let written = folder.join("mutants.out");
    let Ok(outcomes) = fs::read_to_string(written.join("outcomes.json")) else {
        bail!("cargo-mutants has written no outcomes: see above");
    };
    let outcomes: Value = serde_json::from_str(&outcomes).context("cargo-mutants' outcomes are no JSON")?;
    let tally = Tally::of(&outcomes);
    println!("{} {}", terminal::mark(tally.holds()), tally.words());
    if !tally.holds() {
        print!("{}", fs::read_to_string(written.join("missed.txt")).unwrap_or_default());
        println!("  a better test notices it; what no test can tell goes into .cargo/mutants.toml, with why");
    }
    Ok(tally.holds())
}

/// What became of the mutants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tally {
    all: u64,
    caught: u64,
    /// The tests went round for ever, which is noticed too.
    timeout: u64,
    /// It doesn't compile.
    unviable: u64,
}

impl Tally {
    fn of(outcomes: &Value) -> Self {
        let count = |name: &str| outcomes[name].as_u64().unwrap_or(0);
        let (all, caught) = (count("total_mutants"), count("caught"));
        Tally { all, caught, timeout: count("timeout"), unviable: count("unviable") }
    }

    /// True if all were tried and none survived.
    fn holds(&self) -> bool {
        self.caught > 0 && self.all == self.caught + self.timeout + self.unviable
    }

    fn words(&self) -> String {
        let Tally { all, caught, timeout, unviable } = self;
        let survived = all.saturating_sub(caught + timeout + unviable);
        format!("{all} mutants: {caught} caught, {timeout} timed out, {unviable} don't compile, {survived} survived")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_survivor_is_enough_and_none_tried_is_no_success() {
        let tally = |missed: u64, caught: u64| {
            let all = missed + caught + 3;
            Tally::of(&json!({ "total_mutants": all, "missed": missed, "caught": caught, "timeout": 1, "unviable": 2 }))
        };
        assert!(tally(0, 9).holds());
        assert_eq!(tally(1, 9).words(), "13 mutants: 9 caught, 1 timed out, 2 don't compile, 1 survived");
        assert!(!tally(1, 9).holds());
        assert!(!tally(0, 0).holds());
        assert!(!Tally::of(&json!({})).holds());
    }
}
