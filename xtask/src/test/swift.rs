//! The Swift SDK and the iOS sample: Swift's package manager builds and runs their tests.

use super::counts::Counts;
use super::swift_test;
use crate::swift::{self, SAMPLE, SDK};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    test(workspace, terminal, SDK, "the Swift SDK")
}

pub(super) fn run_sample(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    test(workspace, terminal, SAMPLE, "the iOS sample")
}

fn test(workspace: &Workspace, terminal: &Terminal, package: &'static str, label: &str) -> anyhow::Result<Counts> {
    let package = swift::prepare(workspace, terminal, package)?;
    let mut build = package.command("build");
    build.arg("--build-tests");
    if !terminal.run(&format!("compile {label}"), build)?.success {
        return Ok(Counts::default().of_run(false));
    }
    let mut tests = package.command("test");
    tests.arg("--skip-build");
    let finished = terminal.run(label, tests)?;
    Ok(swift_test::count(&finished))
}
