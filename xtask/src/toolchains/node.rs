//! Node with the packages that its programs use, in the folders of the programs that import them.

use std::fs;

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Ready, packages, require};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// Those of the tests in other languages and of the example.
pub(super) const PROGRAMS: [&str; 2] = ["tests/interoperability", "examples/back-end/node"];
/// Those of the tests in a browser.
pub(super) const DASHBOARD: [&str; 1] = ["tests/dashboard"];
/// The oldest Node that has the Web Crypto API as a global.
const LEAST: (u32, u32) = (20, 0);

/// Node, once each folder holds what its lock file says.
pub(super) fn provide(workspace: &Workspace, terminal: &Terminal, folders: &[&str]) -> anyhow::Result<Ready> {
    let version = require(workspace, "node", LEAST, "install Node from your system's packages")?;
    let (mut count, mut is_new) = (0, false);
    for folder in folders {
        let lock = fs::read_to_string(workspace.path(folder).join("package-lock.json"))
            .with_context(|| format!("{folder}/package-lock.json can't be read"))?;
        is_new |= install(workspace, terminal, folder, &lock)?;
        count += count_packages(&lock);
    }
    let title = format!("node {version} with {}", packages(count));
    Ok(Ready { program: "node".into(), title, is_new })
}

/// Installs what a folder's lock file says; false where that was there.
fn install(workspace: &Workspace, terminal: &Terminal, folder: &str, lock: &str) -> anyhow::Result<bool> {
    let path = workspace.path(folder);
    let installed = path.join("node_modules/.installed.json");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(false);
    }
    let mut npm = workspace.command("npm");
    npm.current_dir(&path).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    if !terminal.run(&format!("install the Node packages of {folder}"), npm)?.success {
        bail!("`npm ci` in {folder} failed: see above. Is npm's registry within reach?");
    }
    // Written last: an installation that was interrupted is made anew.
    fs::write(&installed, lock).with_context(|| format!("{} can't be written", installed.display()))?;
    Ok(true)
}

/// Each package has an entry; the one without a name is the folder itself.
fn count_packages(lock: &str) -> usize {
    let lock: Value = serde_json::from_str(lock).unwrap_or_default();
    lock["packages"].as_object().map_or(0, |packages| packages.keys().filter(|name| !name.is_empty()).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_has_an_entry_for_each_package_and_one_for_the_folder() {
        let lock = r#"{"packages": {"": {}, "node_modules/jose": {"version": "6.2.18"}}}"#;
        assert_eq!(count_packages(lock), 1);
        assert_eq!(count_packages("garbage"), 0);
    }
}
