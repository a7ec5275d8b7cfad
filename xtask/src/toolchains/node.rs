//! Node with the packages that the tests use, in the folder of the programs that import them.

use std::fs;

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Ready, packages, require};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

const FOLDER: &str = "tests/interoperability";
/// The oldest Node that has the Web Crypto API as a global.
const LEAST: (u32, u32) = (20, 0);

/// Node, once the folder holds what its lock file says.
pub(super) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
    let folder = workspace.path(FOLDER);
    let installed = folder.join("node_modules/.installed.json");
    let lock = fs::read_to_string(folder.join("package-lock.json"))
        .with_context(|| format!("{FOLDER}/package-lock.json can't be read"))?;
    let version = require(workspace, "node", LEAST, "install Node from your system's packages")?;

    let is_new = !fs::read_to_string(&installed).is_ok_and(|installed| installed == lock);
    if is_new {
        let mut npm = workspace.command("npm");
        npm.current_dir(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        if !terminal.run("install the Node packages of the tests", npm)?.success {
            bail!("`npm ci` in {FOLDER} failed: see above. Is npm's registry within reach?");
        }
        // Written last: an installation that was interrupted is made anew.
        fs::write(&installed, &lock).with_context(|| format!("{} can't be written", installed.display()))?;
    }
    let title = format!("node {version} with {}", packages(count_packages(&lock)));
    Ok(Ready { program: "node".into(), title, is_new })
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
