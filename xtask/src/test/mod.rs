//! `cargo xtask test`: everything that must hold, in parts; those that fail soonest come first.
//!
//! A new part is a variant of [`Part`] with what it needs and what it runs. A part that fails doesn't stop
//! the others, and the last line counts what passed and what failed.

mod api;
mod apple;
mod back_ends;
mod counts;
mod dashboard;
mod demo;
mod deny;
mod docs;
mod interoperability;
mod kotlin;
mod ktlint;
mod libtest;
mod links;
mod postgres;
mod reliability;
mod report;
mod reproducible;
mod sbom;
mod stripe;
mod surefire;
mod swift;
mod swift_format;
mod swift_test;
mod unsafe_code;

use std::time::Instant;

use clap::ValueEnum;

use crate::size;
use crate::terminal::{self, Terminal};
use crate::toolchains::Tool;
use crate::workspace::{EVERYTHING, Workspace};
use counts::Counts;
use report::Report;

/// The program of a package's integration tests; each file of them is a module of its `tests/main.rs`.
const INTEGRATION: &str = "integration";

/// A part of the tests, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Part {
    /// The code is formatted
    Format,
    /// Dependencies: licences, bans, sources, security advisories
    Deny,
    /// Unsafe code is forbidden in every crate but the FFI
    UnsafeCode,
    /// The library's and the gateway's bills of materials have what cargo builds them from (target/sbom)
    Sbom,
    /// Clippy finds nothing
    Lint,
    /// The Kotlin code is formatted
    Ktlint,
    /// The API's documentation and the book build without a warning, and no link is broken
    Docs,
    /// Unit, integration and documentation tests of the workspace
    Rust,
    /// A thousand simulated worlds; each bug that is planted in them is found
    Simulation,
    /// A thousand kills of wallets and gateways
    Crash,
    /// Each call to the disk goes wrong
    Storage,
    /// Each row of the table of threats, a hostile proxy, a planted card, replays
    Threats,
    /// The gateway on PostgreSQL: the same tests, and three gateways that are killed under load
    Postgres,
    /// A receipt verifies in Python and in JavaScript
    Interoperability,
    /// The example back ends in Node, Python and Go grant once what is bought, and no forgery
    BackEnds,
    /// Each request to Stripe is one that Stripe takes, by stripe-mock
    Stripe,
    /// The demo plays, and its figures are right
    Demo,
    /// The Kotlin SDK: journeys against a real gateway, Android's layer under Robolectric, the public API
    Kotlin,
    /// The Android sample: the real Activity under Robolectric, against a real gateway
    Android,
    /// The Swift code is formatted, and its public API is documented
    SwiftFormat,
    /// The Swift SDK: journeys against a real gateway
    Swift,
    /// The iOS sample: what its screens show and do, against a real gateway
    Ios,
    /// What only Apple's systems run at least parses and type-checks
    Apple,
    /// The gateway answers 2,000 generated requests as its OpenAPI document says
    Api,
    /// The dashboard in a real browser: each page in light and dark, each action, axe; pictures in target/dashboard
    Dashboard,
    /// The library is no larger than it may be
    Size,
    /// The library is the same bytes when it is built in two folders
    Reproducible,
}

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is one thing, which holds or not.
    Check(bool),
    /// It is tests that were counted.
    Tests(Counts),
}

impl Part {
    /// As it is named on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The tools that it can't run without; they are installed as it starts.
    pub(crate) fn needs(self) -> &'static [Tool] {
        match self {
            Part::Deny => &[Tool::CargoDeny],
            Part::Sbom => &[Tool::CargoCyclonedx],
            Part::Docs => &[Tool::Mdbook],
            Part::Interoperability => &[Tool::Python, Tool::Node],
            Part::Stripe => &[Tool::StripeMock],
            Part::BackEnds => &[Tool::Python, Tool::Node, Tool::Go],
            Part::Ktlint => &[Tool::Maven],
            Part::Kotlin | Part::Android => &[Tool::Maven, Tool::Android],
            Part::SwiftFormat | Part::Swift | Part::Ios | Part::Apple => &[Tool::Swift],
            Part::Postgres => &[Tool::Postgres],
            Part::Api => &[Tool::Python],
            Part::Dashboard => &[Tool::DashboardNode, Tool::Chromium],
            Part::Format
            | Part::UnsafeCode
            | Part::Lint
            | Part::Rust
            | Part::Demo
            | Part::Size
            | Part::Reproducible
            | Part::Simulation
            | Part::Crash
            | Part::Storage
            | Part::Threats => &[],
        }
    }

    fn run(self, workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Outcome> {
        match self {
            Part::Format => format(workspace, terminal).map(Outcome::Check),
            Part::Deny => deny::run(workspace, terminal).map(Outcome::Check),
            Part::UnsafeCode => unsafe_code::run(workspace, terminal).map(Outcome::Check),
            Part::Sbom => sbom::run(workspace, terminal).map(Outcome::Check),
            Part::Lint => lint(workspace, terminal).map(Outcome::Check),
            Part::Docs => docs::run(workspace, terminal).map(Outcome::Check),
            Part::Rust => rust(workspace, terminal).map(Outcome::Tests),
            Part::Simulation => reliability::simulation(workspace, terminal).map(Outcome::Check),
            Part::Crash => reliability::crash(workspace, terminal).map(Outcome::Check),
            Part::Storage => reliability::storage(workspace, terminal).map(Outcome::Tests),
            Part::Threats => reliability::threats(workspace, terminal).map(Outcome::Tests),
            Part::Postgres => postgres::run(workspace, terminal).map(Outcome::Tests),
            Part::Interoperability => interoperability::run(workspace, terminal).map(Outcome::Tests),
            Part::BackEnds => back_ends::run(workspace, terminal).map(Outcome::Tests),
            Part::Ktlint => ktlint::run(workspace, terminal).map(Outcome::Check),
            Part::Kotlin => kotlin::run(workspace, terminal).map(Outcome::Tests),
            Part::Android => kotlin::run_sample(workspace, terminal).map(Outcome::Tests),
            Part::SwiftFormat => swift_format::run(workspace, terminal).map(Outcome::Check),
            Part::Swift => swift::run(workspace, terminal).map(Outcome::Tests),
            Part::Ios => swift::run_sample(workspace, terminal).map(Outcome::Tests),
            Part::Apple => apple::run(workspace, terminal).map(Outcome::Check),
            Part::Stripe => stripe::run(workspace, terminal).map(Outcome::Tests),
            Part::Demo => demo::run(workspace, terminal).map(Outcome::Check),
            Part::Api => api::run(workspace, terminal).map(Outcome::Check),
            Part::Dashboard => dashboard::run(workspace, terminal).map(Outcome::Tests),
            Part::Size => size::run(workspace, terminal).map(Outcome::Check),
            Part::Reproducible => reproducible::run(workspace, terminal).map(Outcome::Check),
        }
    }

    /// What was chosen, each once and in order; everything when nothing was.
    fn in_order(chosen: &[Part]) -> Vec<Part> {
        let is_chosen = |part: &Part| chosen.is_empty() || chosen.contains(part);
        Part::value_variants().iter().copied().filter(is_chosen).collect()
    }
}

/// Runs the parts; false if anything failed, or if nothing was tested.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal, chosen: &[Part]) -> anyhow::Result<bool> {
    let mut report = Report::default();
    for part in Part::in_order(chosen) {
        let started = Instant::now();
        let outcome = part.run(workspace, terminal).unwrap_or_else(|error| {
            eprintln!("{} {}: {error:#}", terminal::mark(false), part.name());
            Outcome::Check(false)
        });
        report.add(part.name(), outcome, started.elapsed());
    }
    println!("\n{report}");
    Ok(report.holds())
}

fn format(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let mut fmt = workspace.cargo();
    fmt.args(["fmt", "--all", "--check"]);
    let finished = terminal.run("format", fmt)?;
    if !finished.success {
        println!("  `cargo fmt --all` puts it right");
    }
    Ok(finished.success)
}

fn lint(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let mut clippy = workspace.cargo();
    clippy.arg("clippy").args(EVERYTHING).args(["--all-targets", "--", "-D", "warnings"]);
    Ok(terminal.run("lint", clippy)?.success)
}

fn rust(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    let mut tests = workspace.cargo();
    tests.arg("test").args(EVERYTHING).arg("--no-fail-fast");
    // These have parts of their own, which tell what they covered.
    tests.args(["--exclude", "farthing-simulation", "--exclude", "farthing-threats"]);
    let finished = terminal.run("rust tests", tests)?;
    Ok(libtest::count(&finished))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn parts_run_in_order_and_once_however_they_are_named() {
        assert_eq!(Part::in_order(&[Part::Rust, Part::Format, Part::Rust]), [Part::Format, Part::Rust]);
        assert_eq!(Part::in_order(&[Part::Size]), [Part::Size]);
    }

    #[test]
    fn no_file_of_integration_tests_is_left_out() {
        for package in ["gateway", "tests"] {
            let folder = Workspace::new().unwrap().path(package).join("tests");
            let main = fs::read_to_string(folder.join("main.rs")).unwrap();
            let manifest = fs::read_to_string(folder.join("../Cargo.toml")).unwrap();
            let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            for name in names.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()) {
                let is_run = name == "main"
                    || main.contains(&format!("\nmod {name};"))
                    || manifest.contains(&format!("[[test]]\nname = \"{name}\""));
                assert!(is_run, "{package}/tests/{name} is in no test program: name it in {package}/tests/main.rs");
            }
        }
    }

    #[test]
    fn everything_runs_when_nothing_is_named() {
        assert_eq!(Part::in_order(&[]), Part::value_variants());
    }

    #[test]
    fn a_part_has_the_name_that_is_typed() {
        assert_eq!(Part::Interoperability.name(), "interoperability");
        assert_eq!(Part::SwiftFormat.name(), "swift-format");
        assert_eq!(Part::from_str("api", false), Ok(Part::Api));
    }
}
