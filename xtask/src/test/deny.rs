//! What the dependencies may be (`deny.toml`), and whether any of them is known to be unsafe.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::Workspace;

/// Names a folder with a copy of the database, for machines that can't fetch it.
const COPY: &str = "FARTHING_ADVISORY_DB";
/// Where cargo-deny fetches the database from.
const DATABASE: &str = "https://github.com/RustSec/advisory-db";

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let deny = Tool::CargoDeny.provide(workspace, terminal)?.program;

    let mut check = workspace.command(&deny);
    check.args(["--locked", "check", "licenses", "bans", "sources"]);
    let may_come_in = terminal.run("licences, bans and sources of the dependencies", check)?.success;

    let mut check = workspace.command(&deny);
    check.args(["--locked", "check", "advisories"]);
    let copy = env::var_os(COPY);
    if let Some(copy) = &copy {
        take_from_copy(workspace, Path::new(copy), &mut check)?;
    }
    let are_safe = terminal.run("security advisories", check)?.success;
    if !are_safe && copy.is_none() {
        println!("  without a network, let {COPY} name a folder with a copy of {DATABASE}");
    }
    Ok(may_come_in && are_safe)
}

/// cargo-deny takes its database from git only, so the copy becomes a repository, and git is told to take
/// the one for the other.
fn take_from_copy(workspace: &Workspace, copy: &Path, check: &mut Command) -> anyhow::Result<()> {
    let copy = workspace.path(copy);
    ensure!(copy.join("crates").is_dir(), "{COPY} is {}, which holds no copy of {DATABASE}", copy.display());
    let repository = workspace.tools().join("advisory-db");
    if repository.exists() {
        fs::remove_dir_all(&repository).with_context(|| format!("{} can't be deleted", repository.display()))?;
    }
    fs::create_dir_all(&repository).with_context(|| format!("{} can't be made", repository.display()))?;
    let git = |arguments: &[&str]| -> anyhow::Result<()> {
        let mut git = workspace.command("git");
        git.current_dir(&repository).env("GIT_WORK_TREE", &copy).env("GIT_DIR", repository.join(".git"));
        let output = git.args(arguments).output().context("git can't be started")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git {} failed for {}: {said}", arguments.join(" "), copy.display());
        Ok(())
    };
    git(&["init", "--quiet", "--initial-branch=main"])?;
    git(&["add", "--all"])?;
    let author = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost", "-c", "commit.gpgsign=false"];
    git(&[&author[..], &["commit", "--quiet", "--message=a copy"]].concat())?;

    check.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_VALUE_0", DATABASE);
    check.env("GIT_CONFIG_KEY_0", format!("url.{}.insteadOf", repository.display()));
    Ok(())
}
