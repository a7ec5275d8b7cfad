//! `cargo xtask mutants`: the pure modules are changed on purpose, one small thing at a time, and a unit test
//! must notice each. Which modules, and which changes no test could notice, is in `.cargo/mutants.toml`.

use std::fs;
use std::path::Path;

use anyhow::Context;
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
    let tally = Tally::of(&read(&written.join("mutants.json"))?, &read(&written.join("outcomes.json"))?);
    println!("{} {}", terminal::mark(tally.holds()), tally.words());
    if !tally.holds() {
        print!("{}", fs::read_to_string(written.join("missed.txt")).unwrap_or_default());
        println!("  a better test notices it; what no test can tell goes into .cargo/mutants.toml, with why");
    }
    Ok(tally.holds())
}

fn read(file: &Path) -> anyhow::Result<Value> {
    let text = fs::read_to_string(file).with_context(|| format!("cargo-mutants wrote no {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))
}

/// What became of the mutants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tally {
    /// As many as there are to try: a run that was cut short has tried fewer.
    all: u64,
    survived: u64,
    caught: u64,
    /// The tests went round for ever, which is noticed too.
    timeout: u64,
    /// It doesn't compile.
    unviable: u64,
}

impl Tally {
    fn of(mutants: &Value, outcomes: &Value) -> Self {
        let count = |name: &str| outcomes[name].as_u64().unwrap_or(0);
        let all = mutants.as_array().map_or(0, Vec::len) as u64;
        let (survived, caught) = (count("missed"), count("caught"));
        Tally { all, survived, caught, timeout: count("timeout"), unviable: count("unviable") }
    }

    /// True if all were tried and none survived.
    fn holds(&self) -> bool {
        self.caught > 0 && self.survived == 0 && self.not_tried() == 0
    }

    fn not_tried(&self) -> u64 {
        self.all.saturating_sub(self.survived + self.caught + self.timeout + self.unviable)
    }

    fn words(&self) -> String {
        let (Tally { all, survived, caught, timeout, unviable }, not_tried) = (self, self.not_tried());
        let tried = if not_tried > 0 { format!(", {not_tried} not tried") } else { String::new() };
        format!(
            "{all} mutants: {caught} caught, {timeout} timed out, {unviable} don't compile, {survived} survived{tried}"
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tally(all: usize, missed: u64, caught: u64) -> Tally {
        let outcomes = json!({ "missed": missed, "caught": caught, "timeout": 1, "unviable": 2 });
        Tally::of(&Value::Array(vec![Value::Null; all]), &outcomes)
    }

    #[test]
    fn one_survivor_is_enough() {
        assert!(tally(12, 0, 9).holds());
        assert_eq!(tally(13, 1, 9).words(), "13 mutants: 9 caught, 1 timed out, 2 don't compile, 1 survived");
        assert!(!tally(13, 1, 9).holds());
    }

    #[test]
    fn a_run_that_was_cut_short_is_no_success() {
        assert!(!tally(290, 0, 150).holds());
        assert!(tally(290, 0, 150).words().ends_with("0 survived, 137 not tried"));
        assert!(!tally(3, 0, 0).holds());
        assert!(!Tally::of(&json!([]), &json!({})).holds());
    }
}
