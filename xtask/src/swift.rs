//! What Swift's package manager builds: the Swift SDK and the iOS sample, with the library and the gateway that
//! they need.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use crate::bindings::{self, Language};
use crate::terminal::Terminal;
use crate::toolchains::swift::Swift;
use crate::workspace::Workspace;

/// The package of the SDK.
pub(crate) const SDK: &str = "bindings/swift";
/// The package of the sample.
pub(crate) const SAMPLE: &str = "ios-sample";
/// The program that buys for the benches.
const TIMED_BUYS: &str = "TimedBuys";

/// A package that is ready to be built and tested.
pub(crate) struct Package<'a> {
    workspace: &'a Workspace,
    swift: Swift,
    folder: &'static str,
    gateway: PathBuf,
    stores: PathBuf,
}

/// The package, once all that its sources and tests need is there.
///
/// # Errors
/// When Swift can't be had, or something in Rust doesn't compile.
pub(crate) fn prepare<'a>(
    workspace: &'a Workspace,
    terminal: &Terminal,
    folder: &'static str,
) -> anyhow::Result<Package<'a>> {
    make(workspace, terminal, folder, false)
}

/// Builds the program that buys for the benches, with the library as it ships, and gives the words of the command
/// that runs it.
///
/// # Errors
/// When Swift can't be had, or something doesn't compile.
pub(crate) fn timed_buys(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Vec<OsString>> {
    let package = make(workspace, terminal, SDK, true)?;
    let mut build = package.command("build");
    build.args(["--configuration", "release", "--product", TIMED_BUYS]);
    ensure!(terminal.run("compile the Swift SDK", build)?.success, "the Swift SDK doesn't compile: see above");
    let program = workspace.path(package.scratch()).join("release").join(TIMED_BUYS);
    Ok(words(&package.swift.command(workspace, &program.to_string_lossy(), &[])))
}

/// The words that start a command from anywhere, its environment included.
fn words(command: &Command) -> Vec<OsString> {
    let set = command.get_envs().filter_map(|(name, value)| {
        let mut setting = name.to_owned();
        setting.push("=");
        setting.push(value?);
        Some(setting)
    });
    let program = [command.get_program().to_owned()].into_iter();
    ["env".into()].into_iter().chain(set).chain(program).chain(command.get_args().map(OsStr::to_owned)).collect()
}

fn make<'a>(
    workspace: &'a Workspace,
    terminal: &Terminal,
    folder: &'static str,
    release: bool,
) -> anyhow::Result<Package<'a>> {
    let swift = Swift::provide(workspace, terminal)?;
    let built = bindings::make(workspace, terminal, &[Language::Swift], release)?;
    let gateway = built.executable("farthing-gateway")?.clone();
    let stores = built.executable(bindings::STORES)?.clone();
    Ok(Package { workspace, swift, folder, gateway, stores })
}

impl Package<'_> {
    /// `swift build` or `swift test` on the package. What they build stays in `target`, apart for each package.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        // Cargo may have been told to build elsewhere than in the checkout.
        let others: Vec<&Path> = self.gateway.parent().into_iter().collect();
        let mut command = self.swift.command(self.workspace, "swift", &others);
        command.current_dir(self.workspace.path(self.folder)).arg(subcommand);
        command.arg("--scratch-path").arg(self.workspace.path(self.scratch()));
        command.env("FARTHING_GATEWAY", &self.gateway).env("FARTHING_STORES", &self.stores);
        command
    }

    /// Another program of Swift's, as it is called on this package.
    pub(crate) fn tool(&self, program: &str) -> Command {
        self.swift.command(self.workspace, program, &[])
    }

    /// Where the modules are that were built from it.
    pub(crate) fn modules(&self) -> PathBuf {
        self.workspace.path(self.scratch()).join("debug/Modules")
    }

    fn scratch(&self) -> &'static str {
        if self.folder == SAMPLE { "target/swift/ios" } else { "target/swift/sdk" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_command_set_its_environment() {
        let mut command = Command::new("swift");
        command.args(["build", "two words"]).env("HOME", "/root").env_remove("TMPDIR");
        assert_eq!(words(&command), ["env", "HOME=/root", "swift", "build", "two words"]);
    }
}
