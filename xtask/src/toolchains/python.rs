//! Python with the packages that the tests use, in a virtual environment of its own.

use std::fs;

use anyhow::{Context, bail};

use super::{Ready, packages, require, version_of};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// Each package with its version and the hashes of its files.
const LOCK: &str = "tests/requirements.txt";
/// The oldest Python that the lock was made for.
const LEAST: (u32, u32) = (3, 11);

/// The interpreter of an environment that holds what the lock says.
pub(super) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
    let environment = workspace.tools().join("python");
    let program = environment.join("bin/python");
    let installed = environment.join("installed.txt");
    let lock = fs::read_to_string(workspace.path(LOCK)).with_context(|| format!("{LOCK} can't be read"))?;

    let is_as_locked = fs::read_to_string(&installed).is_ok_and(|installed| installed == lock);
    let mut version = version_of(workspace.command(&program)).filter(|_| is_as_locked);
    let is_new = version.is_none();
    if is_new {
        version = Some(require(workspace, "python3", LEAST, "install Python from your system's packages")?);
        create(workspace, terminal)?;
        // Written last: an installation that was interrupted is made anew.
        fs::write(&installed, &lock).with_context(|| format!("{} can't be written", installed.display()))?;
    }
    let title = format!("python {} with {}", version.unwrap_or_default(), packages(count_packages(&lock)));
    Ok(Ready { program, title, is_new })
}

fn create(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<()> {
    let environment = workspace.tools().join("python");
    let mut venv = workspace.command("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&environment);
    if !terminal.run("create a Python environment in target/tools", venv)?.success {
        bail!("`python3 -m venv` failed: see above. On Debian and Ubuntu it needs the package python3-venv");
    }
    let mut pip = workspace.command(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--requirement", LOCK]);
    if !terminal.run("install the Python packages of the tests", pip)?.success {
        bail!("`pip install --requirement {LOCK}` failed: see above. Is pip's package index within reach?");
    }
    Ok(())
}

/// Each package is a line of its own; its hashes are indented beneath it.
fn count_packages(lock: &str) -> usize {
    lock.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_alphanumeric())).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_names_a_package_in_each_line_that_is_not_indented() {
        let lock = "# made by a tool\nanyio==4.16.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nidna==3.20 \\\n    --hash=sha256:02\n";
        assert_eq!(count_packages(lock), 2);
        assert_eq!(count_packages(""), 0);
    }
}
