//! Go, as it is on this machine.

use anyhow::{Context, ensure};

use super::{Ready, at_least};
use crate::workspace::Workspace;

/// The oldest Go that the modules of the examples build with.
const LEAST: (u32, u32) = (1, 24);

pub(super) fn provide(workspace: &Workspace) -> anyhow::Result<Ready> {
    let advice = "install Go from your system's packages";
    let output = workspace.command("go").arg("version").output();
    let output = output.with_context(|| format!("there is no `go` on this machine: {advice}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let version = version(&said).with_context(|| format!("`go version` says no version: {advice}"))?;
    ensure!(
        at_least(version, LEAST),
        "`go` is {version}, and {}.{} is the oldest that will do: {advice}",
        LEAST.0,
        LEAST.1
    );
    Ok(Ready { program: "go".into(), title: format!("go {version}"), is_new: false })
}

/// The version in what `go version` prints.
fn version(said: &str) -> Option<&str> {
    said.split_whitespace().nth(2)?.strip_prefix("go")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_go_prints_it() {
        assert_eq!(version("go version go1.26.8 linux/amd64\n"), Some("1.26.8"));
        assert_eq!(version("nonsense"), None);
    }
}
