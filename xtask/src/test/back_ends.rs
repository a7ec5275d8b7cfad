//! The example back ends in Node, Python and Go, each beside a real gateway and a real wallet. In a plain `cargo test`
//! they are ignored, since they need more than Rust.

use super::INTEGRATION;
use super::counts::Counts;
use super::libtest;
use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::{EVERYTHING, Workspace};

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    let mut tests = workspace.cargo();
    for (variable, tool) in
        [("FARTHING_PYTHON", Tool::Python), ("FARTHING_NODE", Tool::Node), ("FARTHING_GO", Tool::Go)]
    {
        tests.env(variable, tool.provide(workspace, terminal)?.program);
    }
    tests.arg("test").args(EVERYTHING).args([
        "--test",
        INTEGRATION,
        "--no-fail-fast",
        "--",
        "--include-ignored",
        "back_ends::",
    ]);
    Ok(libtest::count(&terminal.run("example back ends", tests)?))
}
