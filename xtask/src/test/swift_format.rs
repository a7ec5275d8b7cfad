//! The style of the Swift that we wrote, as `bindings/swift/.swift-format` says it.

use crate::swift::{SAMPLE, SDK};
use crate::terminal::Terminal;
use crate::toolchains::swift::Swift;
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let swift = Swift::provide(workspace, terminal)?;
    let mut lint = swift.command(workspace, "swift", &[]);
    lint.args(["format", "lint", "--strict", "--recursive", "--configuration"]).arg(format!("{SDK}/.swift-format"));
    // Not the whole SDK: what UniFFI writes is not ours to format.
    let ours = ["Package.swift", "Sources", "Tests"].map(|name| format!("{SDK}/{name}"));
    lint.args(ours.into_iter().chain([SAMPLE.to_owned()]).filter(|path| workspace.path(path).exists()));
    let finished = terminal.run("format of the Swift code", lint)?;
    if !finished.success {
        println!("  `swift format --in-place` with the same configuration puts most of it right");
    }
    Ok(finished.success)
}
