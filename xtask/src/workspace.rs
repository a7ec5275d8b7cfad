//! Where things are, and how cargo is called so that no step builds again what another has built.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

/// Selects the packages and features of every development build. Cargo unifies features over what is
/// selected, so a narrower choice would build the dependencies a second time.
pub(crate) const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// What `cargo run` sets for this program and must not reach the commands that it starts: build scripts
/// watch some of these, and would run again each time that a person and a chore take turns.
const SET_BY_CARGO_RUN: [&str; 6] =
    ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "OUT_DIR", "LD_LIBRARY_PATH"];

/// Makes a folder where a chore is about to write; what it held before is gone.
///
/// # Errors
/// When the old one can't be deleted, or the new one can't be made.
pub(crate) fn fresh_folder(path: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} can't be deleted", path.display()))
        }
        _ => fs::create_dir_all(path).with_context(|| format!("{} can't be made", path.display())),
    }
}

/// The checkout that the chores work on.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the checkout that this program was built from.
    ///
    /// # Errors
    /// When it has been moved or deleted since.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let root = root.canonicalize().context("the checkout that xtask was built from is gone: build it anew")?;
        Ok(Self { root })
    }

    /// A path in the checkout.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A path in the checkout where a chore is about to write: its folder is there, a file from before is not.
    ///
    /// # Errors
    /// When the folder can't be made, or the old file can't be deleted.
    pub(crate) fn fresh_file(&self, relative: &str) -> io::Result<PathBuf> {
        let path = self.path(relative);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(path),
        }
    }

    /// What cargo resolves for all packages on all platforms.
    ///
    /// # Errors
    /// When it can't.
    pub(crate) fn metadata(&self) -> anyhow::Result<Value> {
        self.cargo_metadata("--locked")
    }

    /// The packages of the workspace, by name, with their folders.
    ///
    /// # Errors
    /// As [`Workspace::metadata`].
    pub(crate) fn members(&self) -> anyhow::Result<Vec<(String, PathBuf)>> {
        let metadata = self.cargo_metadata("--no-deps")?;
        let packages = metadata["packages"].as_array().into_iter().flatten();
        let member = |package: &Value| {
            let manifest = Path::new(package["manifest_path"].as_str()?);
            Some((package["name"].as_str()?.to_owned(), manifest.parent()?.to_owned()))
        };
        Ok(packages.filter_map(member).collect())
    }

    fn cargo_metadata(&self, choice: &str) -> anyhow::Result<Value> {
        let output = self.cargo().args(["metadata", "--format-version", "1", choice]).output();
        let output = output.context("cargo can't be started")?;
        ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).context("cargo's metadata is no JSON")
    }

    /// Tools that chores install for themselves; nothing is put elsewhere on the machine.
    pub(crate) fn tools(&self) -> PathBuf {
        self.path("target/tools")
    }

    /// A command that runs in the checkout, free of what `cargo run` has set.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let is_set_by_cargo =
                name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || SET_BY_CARGO_RUN.contains(&name));
            if is_set_by_cargo {
                command.env_remove(name);
            }
        }
        command
    }

    /// The cargo that runs this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_folder_is_empty_whether_or_not_it_was_there() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a/b");
        for _ in 0..2 {
            fresh_folder(&path)?;
            assert_eq!(fs::read_dir(&path)?.count(), 0);
            fs::write(path.join("old"), "")?;
        }
        Ok(())
    }
}
