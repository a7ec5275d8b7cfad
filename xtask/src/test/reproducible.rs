//! The library is the same bytes wherever it is built: it is built in the checkout and from a copy of the sources in another
//! folder, with another home of cargo, and compared. Whoever has the sources can so check that a library was made from them.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::shipped;
use crate::terminal::{self, Terminal};
use crate::workspace::{Workspace, fresh_folder};

/// Where the copy goes. Its path is of another length than the checkout's, as another machine's is.
const COPY: &str = "target/reproducible/another/folder";

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    fresh_folder(&workspace.path("target/reproducible"))?;
    let cargo_home = shipped::cargo_home()?;
    // On another machine cargo has its sources elsewhere as well.
    let elsewhere = workspace.path("target/reproducible/another/cargo");
    link_all(&cargo_home, &elsewhere)?;
    let copy = workspace.path(COPY);
    copy_sources(workspace, &copy)?;
    let here = read(shipped::build(workspace, terminal)?.library("farthing_ffi")?)?;
    let there = read(&build(workspace, terminal, &copy, &elsewhere)?)?;
    let is_same = here == there;
    println!("{} {}", terminal::mark(is_same), compare(&here, &there));
    let folders = [workspace.path(""), cargo_home];
    let told: usize = folders.iter().map(|folder| tells(&here, &folder.display().to_string())).sum();
    if told > 0 {
        println!("{} the library tells where it was built, {told} times", terminal::mark(false));
    }
    if is_same && told == 0 {
        // The target of a release build is half a gigabyte.
        fresh_folder(&workspace.path("target/reproducible"))?;
    }
    Ok(is_same && told == 0)
}

fn read(library: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(library).with_context(|| format!("{} can't be read", library.display()))
}

/// Makes a folder in which everything is that is in another one.
fn link_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    fresh_folder(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("{} can't be read", from.display()))? {
        let entry = entry?;
        symlink(entry.path(), to.join(entry.file_name())).context("a link can't be made")?;
    }
    Ok(())
}

/// What git has or would have: neither what was built nor what was ignored.
fn copy_sources(workspace: &Workspace, root: &Path) -> anyhow::Result<()> {
    let mut git = workspace.command("git");
    let listed = git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).output();
    let listed = listed.context("git can't be started")?;
    ensure!(listed.status.success(), "git can't list the sources: {}", String::from_utf8_lossy(&listed.stderr));
    for name in String::from_utf8_lossy(&listed.stdout).split_terminator('\0') {
        let (from, to) = (workspace.path(name), root.join(name));
        // A file that was deleted and not yet committed is still listed.
        if !from.is_file() {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
        }
        fs::copy(&from, &to).with_context(|| format!("{} can't be copied", from.display()))?;
    }
    Ok(())
}

fn build(workspace: &Workspace, terminal: &Terminal, root: &Path, cargo_home: &Path) -> anyhow::Result<PathBuf> {
    let target = root.join("target");
    let mut cargo = workspace.cargo();
    cargo.current_dir(root).arg("build").arg("--locked").args(shipped::SELECTION).arg("--target-dir").arg(&target);
    cargo.env("CARGO_HOME", cargo_home).env(shipped::RUSTFLAGS, shipped::flags(root, cargo_home));
    cargo.env(shipped::CFLAGS.0, shipped::CFLAGS.1);
    let shown = root.strip_prefix(workspace.path("")).unwrap_or(root).display();
    let finished = terminal.run(&format!("build the library in {shown}"), cargo)?;
    ensure!(finished.success, "the library doesn't build in {shown}: see above");
    Ok(target.join("size").join(format!("{DLL_PREFIX}farthing_ffi{DLL_SUFFIX}")))
}

fn compare(one: &[u8], other: &[u8]) -> String {
    if one == other {
        return format!("two builds in two folders are the same {} bytes", one.len());
    }
    let first = one.iter().zip(other).position(|(a, b)| a != b).unwrap_or(one.len().min(other.len()));
    let differing = one.iter().zip(other).filter(|(a, b)| a != b).count();
    format!(
        "two builds in two folders differ: {} and {} bytes, {differing} of them, first at {first}; the other one is in {COPY}",
        one.len(),
        other.len()
    )
}

/// How often some text is in the bytes.
fn tells(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len().max(1)).filter(|window| *window == text.as_bytes()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_with_its_place() {
        assert_eq!(compare(b"same", b"same"), "two builds in two folders are the same 4 bytes");
        assert!(compare(b"same", b"some").contains("differ: 4 and 4 bytes, 1 of them, first at 1"));
        assert!(compare(b"same", b"same!").contains("4 and 5 bytes, 0 of them, first at 4"));
    }

    #[test]
    fn a_path_that_was_left_in_is_found() {
        assert_eq!(tells(b"panicked at /w/f/core.rs and /w/f/seal.rs", "/w/f/"), 2);
        assert_eq!(tells(b"panicked at /farthing/core.rs", "/w/f/"), 0);
    }
}
