//! Chromium: the browser in which the dashboard is tried.

use std::path::PathBuf;

use anyhow::Context;

use super::{Ready, debian};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// What systems call it.
const NAMES: [&str; 4] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];

/// The browser's program, once it is there.
pub(super) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
    let is_new = find(workspace).is_none();
    if is_new {
        debian::install(workspace, terminal, &["chromium"])?;
    }
    let (program, version) = find(workspace).context("Chromium was installed and is not where Debian has it")?;
    Ok(Ready { program, title: format!("Chromium {version}"), is_new })
}

/// The first that starts, with its version.
fn find(workspace: &Workspace) -> Option<(PathBuf, String)> {
    NAMES.into_iter().find_map(|name| {
        let output = workspace.command(name).arg("--version").output().ok()?;
        Some((name.into(), version(&String::from_utf8_lossy(&output.stdout))?))
    })
}

/// The number in "Chromium 156.0.8078.108 built on Debian GNU/Linux 12 (bookworm)".
fn version(said: &str) -> Option<String> {
    said.split_whitespace().find(|word| word.starts_with(|letter: char| letter.is_ascii_digit())).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_first_number() {
        assert_eq!(version("Chromium 156.0.1 built on Debian GNU/Linux 12 (bookworm)").as_deref(), Some("156.0.1"));
        assert_eq!(version("Google Chrome 140.0.2 ").as_deref(), Some("140.0.2"));
        assert_eq!(version(""), None);
    }
}
