//! `cargo xtask toolchains`: what the other chores need, in the versions that are known to work together.
//!
//! Everything goes into the checkout: `target/tools`, `target/android` and a `node_modules` beside each program for Node.
//! Packages come through the clients of this machine (cargo, pip, npm, Maven), as they are set up here; what only
//! the system has (a JDK, Maven, aapt2, debootstrap for Swift) is installed by apt where root runs this on Debian.
//! Where something is already as it should be, nothing is done.

mod android;
mod cargo_tool;
mod chromium;
mod debian;
mod go;
pub(crate) mod maven;
mod node;
mod postgres;
mod python;
mod stripe_mock;
pub(crate) mod swift;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;
use clap::ValueEnum;

use crate::terminal::{self, Terminal};
use crate::test::Part;
use crate::workspace::Workspace;
use cargo_tool::{CARGO_CYCLONEDX, CARGO_DENY, CARGO_FUZZ, CARGO_MUTANTS, MDBOOK};

/// A program that is not part of a Rust toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Judges the dependencies.
    CargoDeny,
    /// Writes bills of materials.
    CargoCyclonedx,
    /// Builds and runs fuzz targets.
    CargoFuzz,
    /// Changes code on purpose.
    CargoMutants,
    /// Builds the book in `docs/`.
    Mdbook,
    /// Python with the packages that `tests/requirements.txt` locks.
    Python,
    /// Node with the packages that the lock files of its programs name.
    Node,
    /// Go, which gets the modules of a program as it builds it.
    Go,
    /// Checks requests to Stripe.
    StripeMock,
    /// Node with the packages that `tests/dashboard/package-lock.json` locks.
    DashboardNode,
    /// A browser.
    Chromium,
    /// A PostgreSQL server.
    Postgres,
    /// Maven with a JDK.
    Maven,
    /// aapt2, and the libraries that `android-sample/android-libraries.lock` locks.
    Android,
    /// Swift with its package manager and its formatter.
    Swift,
}

/// A tool that is ready.
pub(crate) struct Ready {
    /// The program.
    pub(crate) program: PathBuf,
    /// What it is, with its version.
    pub(crate) title: String,
    /// False where it was there before.
    pub(crate) is_new: bool,
}

impl Tool {
    /// What the parts of the tests need. The tools of other chores come with the first run of those.
    const ALL: [Tool; 13] = [
        Tool::CargoDeny,
        Tool::CargoCyclonedx,
        Tool::Mdbook,
        Tool::Python,
        Tool::Node,
        Tool::Go,
        Tool::StripeMock,
        Tool::DashboardNode,
        Tool::Chromium,
        Tool::Postgres,
        Tool::Maven,
        Tool::Android,
        Tool::Swift,
    ];

    /// Sees to it that the tool is there, and says where.
    ///
    /// # Errors
    /// When it can't be installed; what was tried is in the error or has been shown by then.
    pub(crate) fn provide(self, workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
        match self {
            Tool::CargoDeny => CARGO_DENY.provide(workspace, terminal),
            Tool::CargoCyclonedx => CARGO_CYCLONEDX.provide(workspace, terminal),
            Tool::CargoFuzz => CARGO_FUZZ.provide(workspace, terminal),
            Tool::CargoMutants => CARGO_MUTANTS.provide(workspace, terminal),
            Tool::Mdbook => MDBOOK.provide(workspace, terminal),
            Tool::Python => python::provide(workspace, terminal),
            Tool::Node => node::provide(workspace, terminal, &node::PROGRAMS),
            Tool::Go => go::provide(workspace),
            Tool::StripeMock => stripe_mock::provide(workspace, terminal),
            Tool::DashboardNode => node::provide(workspace, terminal, &node::DASHBOARD),
            Tool::Chromium => chromium::provide(workspace, terminal),
            Tool::Postgres => postgres::provide(workspace, terminal),
            Tool::Maven => maven::provide(workspace, terminal),
            Tool::Android => android::provide(workspace, terminal),
            Tool::Swift => swift::provide(workspace, terminal),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Tool::CargoDeny => CARGO_DENY.name,
            Tool::CargoCyclonedx => CARGO_CYCLONEDX.name,
            Tool::CargoFuzz => CARGO_FUZZ.name,
            Tool::CargoMutants => CARGO_MUTANTS.name,
            Tool::Mdbook => MDBOOK.name,
            Tool::Python => "Python",
            Tool::Node => "Node",
            Tool::Go => "Go",
            Tool::StripeMock => "stripe-mock",
            Tool::DashboardNode => "Node for the dashboard",
            Tool::Chromium => "Chromium",
            Tool::Postgres => "PostgreSQL",
            Tool::Maven => "Maven",
            Tool::Android => "Android's libraries",
            Tool::Swift => "Swift",
        }
    }
}

/// Provides every tool and says what was there, what is new and what can't be had.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let mut complete = true;
    for tool in Tool::ALL {
        match tool.provide(workspace, terminal) {
            Ok(Ready { title, is_new, .. }) => {
                let since = if is_new { "installed now" } else { "was there" };
                println!("{} {title}, {since}", terminal::mark(true));
            }
            Err(error) => {
                complete = false;
                eprintln!("{} {}: {error:#}", terminal::mark(false), tool.name());
                eprintln!("  {}", consequence(tool));
            }
        }
    }
    Ok(complete)
}

/// What can't be tested without the tool.
fn consequence(tool: Tool) -> String {
    let parts: Vec<_> = Part::value_variants().iter().filter(|part| part.needs().contains(&tool)).collect();
    let names: Vec<_> = parts.iter().map(|part| format!("`cargo xtask test {}`", part.name())).collect();
    format!("without it, {} can't run; everything else can", names.join(" and "))
}

/// The last word of the first line that `program --version` prints, without a leading `v`; `None` where the
/// program can't be started.
fn version_of(mut program: Command) -> Option<String> {
    let output = program.arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().next()?.split_whitespace().next_back()?;
    output.status.success().then(|| version.trim_start_matches('v').to_owned())
}

/// The version, where it is at least `major.minor`.
fn at_least(version: &str, (major, minor): (u32, u32)) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let found = numbers.next().zip(numbers.next());
    found.is_some_and(|found| found >= (major, minor))
}

/// A runtime that the machine must have, of a version that will do.
fn require(workspace: &Workspace, program: &str, least: (u32, u32), advice: &str) -> anyhow::Result<String> {
    let (major, minor) = least;
    let version = version_of(workspace.command(program))
        .with_context(|| format!("there is no `{program}` on this machine, or it doesn't start: {advice}"))?;
    anyhow::ensure!(
        at_least(&version, least),
        "`{program}` is {version}, and {major}.{minor} is the oldest that will do: {advice}"
    );
    Ok(version)
}

/// How many packages a lock file names.
fn packages(count: usize) -> String {
    if count == 1 { "1 package".into() } else { format!("{count} packages") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, will_do) in [
            ("3.11.2", true),
            ("3.9.18", false),
            ("3.100", true),
            ("4.0.0", true),
            ("2.7.18", false),
            ("3", false),
            ("", false),
            ("three.eleven", false),
        ] {
            assert_eq!(at_least(version, (3, 11)), will_do, "{version}");
        }
    }

    #[test]
    fn a_program_that_is_missing_has_no_version() {
        assert_eq!(version_of(Command::new("a-program-that-no-machine-has")), None);
        assert_eq!(version_of(Command::new("false")), None);
    }

    #[test]
    fn a_missing_tool_costs_only_the_parts_that_need_it() {
        assert_eq!(
            consequence(Tool::Python),
            "without it, `cargo xtask test interoperability` and `cargo xtask test back-ends` and `cargo xtask test api` \
             can't run; everything else can"
        );
        for tool in Tool::ALL {
            assert!(Part::value_variants().iter().any(|part| part.needs().contains(&tool)), "{}", tool.name());
        }
    }
}
