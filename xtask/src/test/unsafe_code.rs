//! Unsafe code is forbidden outside of the FFI, and this shows it: each member of the workspace either forbids
//! the lint, which no attribute in its code can undo, or is named here with a reason.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::terminal::{self, Terminal};
use crate::workspace::Workspace;

/// Who may have unsafe code, and why.
const MAY_HAVE: [(&str, &str); 2] = [
    ("farthing-ffi", "UniFFI's macros write the glue to C"),
    ("farthing-machine", "tests: SQLite's interface for file systems is C; nothing that ships depends on it"),
];

/// How a member deals with unsafe code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stance {
    Forbidden,
    Open,
}

pub(super) fn run(workspace: &Workspace, _terminal: &Terminal) -> anyhow::Result<bool> {
    let forbids = forbids_unsafe(&manifest(&workspace.path("Cargo.toml"))?["workspace"]["lints"]);
    let mut holds = forbids;
    if !forbids {
        println!("{} [workspace.lints] does not forbid `unsafe_code`", terminal::mark(false));
    }
    let members = workspace.members()?;
    for (name, folder) in &members {
        let stance = stance(&manifest(&folder.join("Cargo.toml"))?);
        let may = MAY_HAVE.iter().find(|(may, _)| may == name);
        match (stance, may) {
            (Stance::Forbidden, None) => {}
            (Stance::Forbidden, Some(_)) => {
                holds = false;
                println!(
                    "{} {name} forbids unsafe code: take it off the list of those that may",
                    terminal::mark(false)
                );
            }
            (Stance::Open, None) => {
                holds = false;
                println!("{} {name} doesn't forbid unsafe code: `[lints] workspace = true`", terminal::mark(false));
            }
            (Stance::Open, Some((_, reason))) => {
                let written = count_in(folder)?;
                println!("{} {name} may have unsafe code ({reason}); written by hand: {written}", terminal::mark(true));
            }
        }
    }
    for (name, _) in MAY_HAVE {
        ensure!(members.iter().any(|(member, _)| member == name), "{name} may have unsafe code, and is no member");
    }
    let forbidding = members.len() - MAY_HAVE.len();
    println!("{} unsafe code is forbidden in {forbidding} of {} members", terminal::mark(holds), members.len());
    Ok(holds)
}

fn manifest(path: &Path) -> anyhow::Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is no TOML", path.display()))
}

fn stance(manifest: &Value) -> Stance {
    let lints = &manifest["lints"];
    if lints["workspace"] == true || forbids_unsafe(lints) { Stance::Forbidden } else { Stance::Open }
}

/// The level is text, or a table with a priority.
fn forbids_unsafe(lints: &Value) -> bool {
    let level = &lints["rust"]["unsafe_code"];
    level == "forbid" || level["level"] == "forbid"
}

/// How often the keyword is written in a folder's Rust code.
fn count_in(folder: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    for file in rust_files(folder)? {
        let text = fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))?;
        count += text.lines().map(count_in_line).sum::<usize>();
    }
    Ok(count)
}

/// The keyword as a word of its own, outside of a comment.
fn count_in_line(line: &str) -> usize {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| *word == "unsafe").count()
}

/// Down to, and not into, folders that are packages of their own.
fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && !path.join("Cargo.toml").exists() && !path.ends_with("target") {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_attribute_can_undo_counts_as_forbidden() {
        for (lints, expected) in [
            ("[lints]\nworkspace = true", Stance::Forbidden),
            ("[lints.rust]\nunsafe_code = \"forbid\"", Stance::Forbidden),
            ("[lints.rust]\nunsafe_code = { level = \"forbid\", priority = 1 }", Stance::Forbidden),
            ("[lints.rust]\nunsafe_code = \"deny\"", Stance::Open),
            ("[lints.rust]\nmissing_docs = \"forbid\"", Stance::Open),
            ("[package]\nname = \"a\"", Stance::Open),
        ] {
            let manifest: Value = toml::from_str(lints).unwrap_or_default();
            assert_eq!(stance(&manifest), expected, "{lints}");
        }
    }

    #[test]
    fn the_keyword_is_counted_and_words_that_have_it_are_not() {
        assert_eq!(count_in_line("    unsafe { call() } // unsafe, as C is"), 1);
        assert_eq!(count_in_line("unsafe extern \"C\" fn a() { unsafe { b() } }"), 2);
        assert_eq!(count_in_line("#![forbid(unsafe_code)] // nothing unsafe"), 0);
    }
}
