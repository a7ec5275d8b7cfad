//! `cargo xtask fuzz`: libFuzzer looks for bytes that break a decoder's promise.
//!
//! The checks are in `tests/fuzz/src`, one for each decoder, and the programs that libFuzzer runs in
//! `tests/fuzz/libfuzzer`. What it learns stays in `target/fuzz/corpus`, so that the next run goes on from there.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::terminal::{self, Terminal};
use crate::toolchains::Tool;
use crate::workspace::Workspace;

const PROGRAMS: &str = "tests/fuzz/libfuzzer";
const SEEDS: &str = "tests/fuzz/corpus";
const REGRESSIONS: &str = "tests/fuzz/regressions";
const TARGET: &str = "target/fuzz";
/// libFuzzer is instrumented code, which only this toolchain makes.
const TOOLCHAIN: &str = "nightly";
/// A slow or a hungry input is a fault as well.
const LIMITS: [&str; 4] = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=16384", "-print_final_stats=1"];

/// Runs each target for so many seconds; false when one of them broke.
///
/// # Errors
/// When there is no nightly toolchain, or the targets don't build.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal, seconds_per_target: u64) -> anyhow::Result<bool> {
    let fuzzer = Fuzzer::provide(workspace, terminal)?;
    let targets = fuzzer.build(terminal)?;
    let mut holds = true;
    let mut lines = Vec::new();
    for target in &targets {
        let found = fuzzer.run(target, seconds_per_target)?;
        holds &= found.holds();
        lines.push(format!("{} {target:<16}{found}", terminal::mark(found.holds())));
    }
    println!("\n{}", lines.join("\n"));
    Ok(holds)
}

struct Fuzzer<'a> {
    workspace: &'a Workspace,
    program: PathBuf,
}

impl<'a> Fuzzer<'a> {
    fn provide(workspace: &'a Workspace, terminal: &Terminal) -> anyhow::Result<Self> {
        let mut nightly = workspace.command("rustup");
        let nightly = nightly.args(["run", TOOLCHAIN, "rustc", "--version"]).output();
        ensure!(
            nightly.is_ok_and(|output| output.status.success()),
            "fuzzing needs Rust's nightly toolchain: `rustup toolchain install nightly --profile minimal`. The seeds \
             and what was found before run without it, in `cargo xtask test rust`"
        );
        let program = Tool::CargoFuzz.provide(workspace, terminal)?.program;
        Ok(Fuzzer { workspace, program })
    }

    /// cargo-fuzz under the nightly toolchain, rather than under the one that runs this program.
    fn command(&self, action: &str) -> Command {
        let mut command = self.workspace.command("rustup");
        command.env_remove("CARGO").args(["run", TOOLCHAIN]).arg(&self.program);
        command.args([action, "--fuzz-dir", PROGRAMS]);
        command
    }

    /// Builds the targets, on the versions of the dependencies that ship, and names them.
    fn build(&self, terminal: &Terminal) -> anyhow::Result<Vec<String>> {
        let (lock, theirs) = (self.workspace.path("Cargo.lock"), self.workspace.path(PROGRAMS).join("Cargo.lock"));
        fs::copy(&lock, &theirs).with_context(|| format!("{} can't be copied", lock.display()))?;
        let mut build = self.command("build");
        build.args(["--target-dir", TARGET]);
        ensure!(terminal.run("build the fuzz targets", build)?.success, "the fuzz targets don't build: see above");
        let listed = self.command("list").output().context("cargo-fuzz can't be started")?;
        let targets: Vec<_> = String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect();
        ensure!(!targets.is_empty(), "there are no fuzz targets in {PROGRAMS}");
        Ok(targets)
    }

    fn run(&self, target: &str, seconds: u64) -> anyhow::Result<Found> {
        let folder = |name: &str| self.workspace.path(name).join(target);
        let (learnt, broke) = (folder("target/fuzz/corpus"), folder("target/fuzz/artifacts"));
        for folder in [&learnt, &broke] {
            fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
        }
        let mut run = self.command("run");
        run.args(["--target-dir", TARGET, target]).arg(&learnt);
        // What libFuzzer learns goes into the first folder only.
        run.args([folder(SEEDS), folder(REGRESSIONS)].iter().filter(|seeds| seeds.exists()));
        run.arg("--").args(LIMITS).arg(format!("-max_total_time={seconds}"));
        run.arg(format!("-artifact_prefix={}/", broke.display()));
        let finished = Terminal::brief().run(&format!("fuzz {target} for {seconds} s"), run)?;
        let broke = if finished.success { None } else { Some(newest(&broke).unwrap_or(broke)) };
        if let Some(broke) = &broke {
            println!("  {}: once it is fixed, it belongs into {REGRESSIONS}/{target}", broke.display());
        }
        Ok(Found { statistics: Statistics::read(&finished.output), broke })
    }
}

fn newest(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    files.max_by_key(|file| file.metadata().and_then(|metadata| metadata.modified()).ok()).map(|file| file.path())
}

/// What became of a target.
struct Found {
    statistics: Statistics,
    /// What broke it.
    broke: Option<PathBuf>,
}

impl Found {
    /// A target that was not run at all has shown nothing.
    fn holds(&self) -> bool {
        self.broke.is_none() && self.statistics.runs > 0
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statistics { runs, runs_per_second, coverage, features } = self.statistics;
        write!(f, "{runs:>11} runs {runs_per_second:>8}/s   coverage {coverage:>5} edges, {features:>6} features")?;
        if self.broke.is_some() { write!(f, "   broke a promise") } else { Ok(()) }
    }
}

/// How far libFuzzer has come, by its own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Statistics {
    runs: u64,
    runs_per_second: u64,
    coverage: u64,
    features: u64,
}

impl Statistics {
    fn read(output: &str) -> Self {
        Statistics {
            runs: last(output, "stat::number_of_executed_units:"),
            runs_per_second: last(output, "stat::average_exec_per_sec:"),
            coverage: last(output, "cov:"),
            features: last(output, "ft:"),
        }
    }
}

/// The number after the last of these words; 0 where there is none.
fn last(output: &str, word: &str) -> u64 {
    let number = |line: &str| line.split_once(word)?.1.split_whitespace().next()?.parse().ok();
    output.lines().rev().find_map(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
#2	INITED cov: 310 ft: 312 corp: 1/1b exec/s: 0 rss: 50Mb
#8192	NEW    cov: 402 ft: 977 corp: 61/12Kb lim: 4096 exec/s: 4096 rss: 61Mb L: 71/4096 MS: 1 EraseBytes-
#65536	DONE   cov: 411 ft: 1003 corp: 63/12Kb lim: 4096 exec/s: 6553 rss: 61Mb
Done 65536 runs in 10 second(s)
stat::number_of_executed_units: 65536
stat::average_exec_per_sec:     6553
";

    #[test]
    fn libfuzzer_s_last_word_counts() {
        let expected = Statistics { runs: 65_536, runs_per_second: 6_553, coverage: 411, features: 1_003 };
        assert_eq!(Statistics::read(OUTPUT), expected);
    }

    #[test]
    fn a_target_that_never_ran_has_not_passed() {
        let found = |output: &str, broke: Option<&str>| Found {
            statistics: Statistics::read(output),
            broke: broke.map(PathBuf::from),
        };
        assert!(found(OUTPUT, None).holds());
        assert!(!found("error: could not compile", None).holds());
        assert!(!found(OUTPUT, Some("crash-1")).holds());
    }
}
