//! What Swift's package manager builds: the Swift SDK and the iOS sample, with the library and the gateway that
//! they need.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bindings::{self, Language};
use crate::terminal::Terminal;
use crate::toolchains::swift::Swift;
use crate::workspace::Workspace;

/// The package of the SDK.
pub(crate) const SDK: &str = "bindings/swift";
/// The package of the sample.
pub(crate) const SAMPLE: &str = "ios-sample";

/// A package that is ready to be built and tested.
pub(crate) struct Package<'a> {
    workspace: &'a Workspace,
    swift: Swift,
    folder: &'static str,
    gateway: PathBuf,
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
    let swift = Swift::provide(workspace, terminal)?;
    let built = bindings::make(workspace, terminal, &[Language::Swift], false)?;
    Ok(Package { workspace, swift, folder, gateway: built.executable("farthing-gateway")?.clone() })
}

impl Package<'_> {
    /// `swift build` or `swift test` on the package. What they build stays in `target`, apart for each package.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        // Cargo may have been told to build elsewhere than in the checkout.
        let others: Vec<&Path> = self.gateway.parent().into_iter().collect();
        let mut command = self.swift.command(self.workspace, "swift", &others);
        command.current_dir(self.workspace.path(self.folder)).arg(subcommand);
        let scratch = if self.folder == SAMPLE { "target/swift/ios" } else { "target/swift/sdk" };
        command.arg("--scratch-path").arg(self.workspace.path(scratch));
        command.env("FARTHING_GATEWAY", &self.gateway);
        command
    }
}
