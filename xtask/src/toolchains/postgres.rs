//! PostgreSQL: the server that any number of gateways share.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;

use super::{Ready, debian, version_of};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// Where Debian puts each version's programs.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The server's program, once it is there.
pub(super) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
    let is_new = find(workspace).is_none();
    if is_new {
        debian::install(workspace, terminal, &["postgresql"])?;
    }
    let program = find(workspace).context("PostgreSQL was installed and its `postgres` is not where Debian has it")?;
    let version = version_of(workspace.command(&program)).context("`postgres --version` says nothing")?;
    Ok(Ready { program, title: format!("PostgreSQL {version}"), is_new })
}

/// On the path, or the newest that Debian has installed.
fn find(workspace: &Workspace) -> Option<PathBuf> {
    if version_of(workspace.command("postgres")).is_some() {
        return Some("postgres".into());
    }
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().filter_map(Result::ok);
    versions.map(|version| version.path().join("bin/postgres")).filter(|postgres| postgres.exists()).max()
}
