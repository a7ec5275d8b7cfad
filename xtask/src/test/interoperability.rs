//! Receipts in other languages: the tests that call the programs in `tests/interoperability`. In a plain
//! `cargo test` they are ignored, since they need more than Rust.

use super::INTEGRATION;
use super::counts::Counts;
use super::libtest;
use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::{EVERYTHING, Workspace};

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    let python = Tool::Python.provide(workspace, terminal)?;
    let node = Tool::Node.provide(workspace, terminal)?;
    let mut tests = workspace.cargo();
    tests.arg("test").args(EVERYTHING).args([
        "--test",
        INTEGRATION,
        "--no-fail-fast",
        "--",
        "--include-ignored",
        "interoperability::",
    ]);
    tests.env("FARTHING_PYTHON", python.program).env("FARTHING_NODE", node.program);
    let finished = terminal.run("receipts in other languages", tests)?;
    Ok(libtest::count(&finished))
}
