//! `cargo xtask demo`: a player's day on real parts.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::build::build;
use crate::terminal::Terminal;
use crate::workspace::{EVERYTHING, Workspace};

const SUMMARY: &str = "target/demo/summary.json";

/// Builds what the demo needs and plays it in the person's terminal.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal, serve: bool) -> anyhow::Result<bool> {
    let (mut demo, _) = prepare(workspace, terminal)?;
    if serve {
        demo.arg("--serve");
    }
    terminal.hand_over(demo)
}

/// Builds the demo, and gives the command that plays it and the file that its summary goes to. The summary
/// of an earlier run is gone by then.
///
/// # Errors
/// When something doesn't compile, or the folder of the summary can't be written.
pub(crate) fn prepare(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<(Command, PathBuf)> {
    let selection = [&EVERYTHING[..], &["--bin", "farthing-gateway", "--bin", "farthing-demo"]].concat();
    let built = build(workspace, terminal, &["farthing-gateway", "farthing-demo"], &selection)?;
    let summary = workspace.fresh_file(SUMMARY).context("the summary's folder can't be written")?;
    let mut demo = workspace.command(built.executable("farthing-demo")?);
    demo.arg("--gateway-binary").arg(built.executable("farthing-gateway")?);
    demo.arg("--summary").arg(&summary);
    Ok((demo, summary))
}
