//! The Kotlin SDK and the Android sample: Maven runs their tests, Surefire's reports count them.

use super::counts::Counts;
use super::surefire::Reports;
use crate::kotlin::{self, SAMPLE, SDK};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    let modules = ["farthing", "farthing-android", "api-tester"];
    test(workspace, terminal, SDK, &modules, "the Kotlin SDK")
}

pub(super) fn run_sample(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    test(workspace, terminal, SAMPLE, &["app"], "the Android sample")
}

fn test(
    workspace: &Workspace,
    terminal: &Terminal,
    project: &str,
    modules: &[&str],
    label: &str,
) -> anyhow::Result<Counts> {
    let mut tests = kotlin::prepare(workspace, terminal, project)?;
    let modules = modules.iter().map(|module| workspace.path(project).join(module)).collect();
    let reports = Reports::fresh(modules)?;
    tests.args(["--fail-at-end", "verify"]);
    let finished = terminal.run(label, tests)?;
    reports.count(finished.success)
}
