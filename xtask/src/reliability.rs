//! What looks for the bugs that only bad days show: simulations, kills, a disk that fails, attacks. A test runs a
//! little of each, `soak` as much as it is told.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::build;
use crate::terminal::Terminal;
use crate::workspace::{EVERYTHING, Workspace};

/// Programs of these rooms, built for one run.
pub(crate) struct Programs {
    simulation: PathBuf,
    crash: PathBuf,
    threats: PathBuf,
    gateway: PathBuf,
}

const PACKAGES: [&str; 4] = ["farthing-simulation", "farthing-crash", "farthing-threats", "farthing-gateway"];

impl Programs {
    /// Builds them; `release` where the run is long enough to earn it.
    pub(crate) fn build(workspace: &Workspace, terminal: &Terminal, release: bool) -> anyhow::Result<Self> {
        let of_these = PACKAGES.iter().flat_map(|package| ["--package", package]);
        let selection: Vec<&str> = if release { of_these.chain(["--release"]).collect() } else { EVERYTHING.into() };
        let built = build(workspace, terminal, &PACKAGES, &selection)?;
        Ok(Programs {
            simulation: built.executable(PACKAGES[0])?.to_owned(),
            crash: built.executable(PACKAGES[1])?.to_owned(),
            threats: built.executable(PACKAGES[2])?.to_owned(),
            gateway: built.executable(PACKAGES[3])?.to_owned(),
        })
    }

    /// Simulates seeds from a number on; the first that breaks a promise ends it.
    pub(crate) fn simulate(&self, workspace: &Workspace, from: u64, seeds: u64, report: &Path) -> Command {
        let mut command = workspace.command(&self.simulation);
        command.args(["run", "--from", &from.to_string(), "--seeds", &seeds.to_string(), "--report"]).arg(report);
        command
    }

    /// Plants each deliberate bug; each must be found in a thousand seeds.
    pub(crate) fn find_bugs(&self, workspace: &Workspace) -> Command {
        let mut command = workspace.command(&self.simulation);
        command.args(["bugs", "--seeds", "1000"]);
        command
    }

    /// Kills wallets and gateways.
    pub(crate) fn kill(&self, workspace: &Workspace, kills: u64, seed: u64, report: &Path) -> Command {
        let mut command = workspace.command(&self.crash);
        command.args(["run", "--jobs", "4", "--kills", &kills.to_string(), "--seed", &seed.to_string(), "--report"]);
        command.arg(report).arg("--gateway").arg(&self.gateway);
        command
    }

    /// Replays entries to a running gateway.
    pub(crate) fn replay(&self, workspace: &Workspace, entries: u64) -> Command {
        let mut command = workspace.command(&self.threats);
        command.args(["replay", "--entries", &entries.to_string(), "--gateway"]).arg(&self.gateway);
        command
    }
}
