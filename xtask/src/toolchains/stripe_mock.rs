//! stripe-mock: Stripe's own program, which checks requests by Stripe's OpenAPI document. Go installs it into
//! `target/tools`.

use anyhow::ensure;

use super::{Ready, Tool};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

const MODULE: &str = "github.com/stripe/stripe-mock";
const VERSION: &str = "v0.203.0";

pub(super) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
    let go = Tool::Go.provide(workspace, terminal)?;
    // The program doesn't know its version, so its folder does.
    let folder = workspace.tools().join(format!("stripe-mock-{VERSION}"));
    let (program, title) = (folder.join("stripe-mock"), format!("stripe-mock {VERSION}"));
    if program.is_file() {
        return Ok(Ready { program, title, is_new: false });
    }
    let mut install = workspace.command(go.program);
    install.env("GOBIN", &folder).args(["install", &format!("{MODULE}@{VERSION}")]);
    terminal.run("install stripe-mock", install)?;
    ensure!(program.is_file(), "`go install` did not install {MODULE}@{VERSION}");
    Ok(Ready { program, title, is_new: true })
}
