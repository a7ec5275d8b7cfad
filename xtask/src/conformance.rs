//! `cargo xtask conformance`: puts the protocol's cases to a gateway, ours or another's.

use crate::build::build;
use crate::terminal::Terminal;
use crate::workspace::Workspace;

const PROGRAM: &str = "farthing-conformance";

/// Says which rules a gateway keeps; false when it breaks one.
///
/// # Errors
/// When the program doesn't build or can't be started.
pub(crate) fn run(
    workspace: &Workspace,
    terminal: &Terminal,
    gateway: &str,
    publishable_key: &str,
    card: &str,
) -> anyhow::Result<bool> {
    let built = build(workspace, terminal, &[PROGRAM], &["--package", PROGRAM])?;
    let mut cases = workspace.command(built.executable(PROGRAM)?);
    cases.args(["--gateway", gateway, "--publishable-key", publishable_key, "--card", card]);
    terminal.hand_over(cases)
}
