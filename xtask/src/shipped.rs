//! The library as it ships: built for size, and the same bytes wherever it is built.
//!
//! A compiler writes paths into what it makes: where a panic happened, mostly. They would differ from checkout to
//! checkout, and tell about the machine that built it, so each is written as if it were somewhere else.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::build::{Built, build_with};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// What is built, in which profile.
pub(crate) const SELECTION: [&str; 5] = ["--profile", "size", "--package", "farthing-ffi", "--lib"];
/// The variable that has cargo's flags for rustc, with a control character between them, as paths have spaces.
pub(crate) const RUSTFLAGS: &str = "CARGO_ENCODED_RUSTFLAGS";

/// The variable that has the C compiler's flags, and those for SQLite and ring: no panic runs through C, so nobody asks
/// how its frames are unwound.
pub(crate) const CFLAGS: (&str, &str) = ("CFLAGS", "-fno-asynchronous-unwind-tables -fno-unwind-tables");

/// Builds the library that an app ships.
///
/// # Errors
/// When it doesn't compile.
pub(crate) fn build(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Built> {
    build_with(
        workspace,
        terminal,
        &["farthing-ffi"],
        &SELECTION,
        &[(RUSTFLAGS, flags(&workspace.path(""), &cargo_home()?)), (CFLAGS.0, CFLAGS.1.to_owned())],
    )
}

/// Where cargo keeps the sources of dependencies.
///
/// # Errors
/// When there is no home folder to look for it in.
pub(crate) fn cargo_home() -> anyhow::Result<PathBuf> {
    match env::var_os("CARGO_HOME") {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => Ok(env::home_dir().context("there is neither CARGO_HOME nor a home folder")?.join(".cargo")),
    }
}

/// The flags that take the paths of this machine out of what is built from the checkout at `root`.
pub(crate) fn flags(root: &Path, cargo_home: &Path) -> String {
    remapped(&[(cargo_home, "/cargo"), (root, "/farthing")])
}

/// Of two that fit, the last one counts, so the narrower ones come later.
fn remapped(folders: &[(&Path, &str)]) -> String {
    let flag = |(from, to): &(&Path, &str)| {
        let from = from.display().to_string();
        format!("--remap-path-prefix={}={to}", from.trim_end_matches('/'))
    };
    folders.iter().map(flag).collect::<Vec<_>>().join("\u{1f}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_gets_another_name() {
        let flags = remapped(&[(Path::new("/home/a b/.cargo"), "/cargo"), (Path::new("/w/farthing/"), "/farthing")]);
        let flags: Vec<_> = flags.split('\u{1f}').collect();
        assert_eq!(flags, ["--remap-path-prefix=/home/a b/.cargo=/cargo", "--remap-path-prefix=/w/farthing=/farthing"]);
    }
}
