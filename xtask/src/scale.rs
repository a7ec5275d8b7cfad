//! `cargo xtask scale`: how the gateway's cost grows with what is in its store.

use anyhow::Context;

use crate::build::build;
use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::Workspace;

const SUMMARY: &str = "target/scale/summary.json";

/// Fills a store of each kind to these sizes, and measures at each, in a release build.
pub(crate) fn run(
    workspace: &Workspace,
    terminal: &Terminal,
    postgres: &[u64],
    sqlite: &[u64],
) -> anyhow::Result<bool> {
    Tool::Postgres.provide(workspace, terminal)?;
    let packages = ["farthing-benches", "farthing-gateway"];
    let selection = ["--release", "--package", packages[0], "--package", packages[1]];
    let built = build(workspace, terminal, &packages, &selection)?;
    let summary = workspace.fresh_file(SUMMARY).context("the summary's folder can't be written")?;
    let mut scale = workspace.command(built.executable("farthing-benches")?);
    scale.arg("scale").arg("--gateway-binary").arg(built.executable("farthing-gateway")?);
    scale.arg("--summary").arg(&summary);
    for (option, sizes) in [("--postgres", postgres), ("--sqlite", sqlite)] {
        for size in sizes {
            scale.arg(option).arg(size.to_string());
        }
    }
    let measured = terminal.hand_over(scale)?;
    println!("written: {SUMMARY}");
    Ok(measured)
}
