//! Generated requests against a real gateway: `tests/api/run.py` starts it and runs schemathesis.

use crate::build::build;
use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::{EVERYTHING, Workspace};

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let python = Tool::Python.provide(workspace, terminal)?;
    let selection = [&EVERYTHING[..], &["--bin", "farthing-gateway"]].concat();
    let built = build(workspace, terminal, &["farthing-gateway"], &selection)?;
    let mut requests = workspace.command(python.program);
    requests.arg(workspace.path("tests/api/run.py"));
    requests.arg("--gateway-binary").arg(built.executable("farthing-gateway")?);
    Ok(terminal.run("generated requests", requests)?.success)
}
