//! `cargo xtask bindings`: the Kotlin and the Swift that UniFFI writes for `farthing-ffi`, and the library that
//! they call.
//!
//! Kotlin's go into the `target` folder of `bindings/kotlin/farthing`, where Maven takes them from; Swift's into
//! `bindings/swift/Generated`, where its package manager does.

use std::env::consts::{ARCH, OS};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::build::{Built, build};
use crate::shipped;
use crate::terminal::Terminal;
use crate::workspace::{EVERYTHING, Workspace, fresh_folder};

const KOTLIN: &str = "bindings/kotlin/farthing/target/generated-sources/uniffi";
const KOTLIN_LIBRARIES: &str = "bindings/kotlin/farthing/target/classes-native";
const SWIFT: &str = "bindings/swift/Generated";
/// Where UniFFI writes each file of Swift's, and where in [`SWIFT`] it belongs: Swift asks for a folder for each
/// module, and for this name of a module map.
const SWIFT_FILES: [(&str, &str); 3] = [
    ("FarthingFFI.swift", "FarthingFFI/FarthingFFI.swift"),
    ("CFarthing.h", "CFarthing/CFarthing.h"),
    ("CFarthing.modulemap", "CFarthing/module.modulemap"),
];
const PACKAGES: [&str; 4] = ["farthing-ffi", "farthing-bindgen", "farthing-gateway", "farthing-store-fakes"];
/// The programs among them.
const PROGRAMS: [&str; 3] = ["uniffi-bindgen", "farthing-gateway", STORES];
/// The stand-ins for app stores that the sample apps' tests buy from.
pub(crate) const STORES: &str = "farthing-stand-in-stores";

/// A language that the wallet is called from.
#[derive(Clone, Copy)]
pub(crate) enum Language {
    Kotlin,
    Swift,
}

/// Makes the bindings and says where they are.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal, release: bool) -> anyhow::Result<bool> {
    make(workspace, terminal, &[Language::Kotlin, Language::Swift], release)?;
    println!("written: {KOTLIN}\nwritten: {KOTLIN_LIBRARIES}/{}\nwritten: {SWIFT}", platform(OS, ARCH));
    Ok(true)
}

/// Builds the library, and a gateway and stand-ins for app stores to test it with, and writes the languages' sources.
///
/// # Errors
/// When something doesn't compile, or UniFFI can't express it in a language.
pub(crate) fn make(
    workspace: &Workspace,
    terminal: &Terminal,
    languages: &[Language],
    release: bool,
) -> anyhow::Result<Built> {
    let programs = PROGRAMS.iter().flat_map(|program| ["--bin", program]);
    let selection: Vec<&str> = EVERYTHING.into_iter().chain(["--lib"]).chain(programs).collect();
    let built = build(workspace, terminal, &PACKAGES, &selection)?;
    let shipped = if release { Some(shipped::build(workspace, terminal)?) } else { None };
    let described = built.library("farthing_ffi")?;
    let library = shipped.as_ref().map_or(Ok(described), |shipped| shipped.library("farthing_ffi"))?;
    let bindgen = built.executable("uniffi-bindgen")?;
    let bindings = Bindings { workspace, terminal, bindgen, described, library };
    for language in languages {
        match language {
            Language::Kotlin => bindings.place_kotlin()?,
            Language::Swift => bindings.place_swift()?,
        }
    }
    Ok(built)
}

/// The library, and the program that reads from it what a language must know.
struct Bindings<'a> {
    workspace: &'a Workspace,
    terminal: &'a Terminal,
    bindgen: &'a Path,
    /// Says what it has; the one that ships is stripped of that.
    described: &'a Path,
    /// What the languages call.
    library: &'a Path,
}

impl Bindings<'_> {
    /// Old files go first: what the library has no more must not be found.
    fn place_kotlin(&self) -> anyhow::Result<()> {
        let sources = self.workspace.path(KOTLIN);
        self.generate("Kotlin", &sources)?;
        let libraries = self.workspace.path(KOTLIN_LIBRARIES);
        fresh_folder(&libraries)?;
        copy_if_changed(self.library, &libraries.join(platform(OS, ARCH)).join(self.name()?))
    }

    /// Files that are as they were stay untouched: Swift's package manager goes by their times, and would compile
    /// everything anew.
    fn place_swift(&self) -> anyhow::Result<()> {
        let written = self.workspace.path("target/swift/uniffi");
        self.generate("Swift", &written)?;
        let folder = self.workspace.path(SWIFT);
        for (from, to) in SWIFT_FILES {
            copy_if_changed(&written.join(from), &folder.join(to))?;
        }
        copy_if_changed(self.library, &folder.join("lib").join(self.name()?))
    }

    fn generate(&self, language: &str, folder: &Path) -> anyhow::Result<()> {
        fresh_folder(folder)?;
        let mut bindgen = self.workspace.command(self.bindgen);
        bindgen.args(["generate", "--no-format", "--language", &language.to_lowercase()]).arg(self.described);
        bindgen.arg("--out-dir").arg(folder);
        let finished = self.terminal.run(&format!("write the {language} bindings"), bindgen)?;
        ensure!(finished.success, "UniFFI can't write the {language} of {}: see above", self.described.display());
        Ok(())
    }

    fn name(&self) -> anyhow::Result<&OsStr> {
        self.library.file_name().context("a library has a name")
    }
}

/// Makes the folder that the copy goes into, if need be.
pub(crate) fn copy_if_changed(from: &Path, to: &Path) -> anyhow::Result<()> {
    let new = fs::read(from).with_context(|| format!("{} can't be read", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    // By another name first: a program that has the old library in its memory keeps it.
    let part = to.with_extension("part");
    fs::copy(from, &part).with_context(|| format!("{} can't be copied", from.display()))?;
    fs::rename(&part, to).with_context(|| format!("{} can't be replaced", to.display()))
}

/// The folder in a jar where JNA looks for the library of a platform.
fn platform(system: &str, architecture: &str) -> String {
    let system = match system {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    format!("{system}-{}", architecture.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_platform_is_named_as_jna_names_it() {
        assert_eq!(platform("linux", "x86_64"), "linux-x86-64");
        assert_eq!(platform("linux", "aarch64"), "linux-aarch64");
        assert_eq!(platform("macos", "aarch64"), "darwin-aarch64");
        assert_eq!(platform("windows", "x86_64"), "win32-x86-64");
    }

    #[test]
    fn a_file_that_is_as_it_was_is_not_written_again() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let (from, to) = (folder.path().join("new"), folder.path().join("Generated/lib/old"));
        fs::write(&from, "one")?;
        copy_if_changed(&from, &to)?;
        let long_ago = SystemTime::UNIX_EPOCH;
        fs::File::options().write(true).open(&to)?.set_modified(long_ago)?;
        copy_if_changed(&from, &to)?;
        assert_eq!(fs::metadata(&to)?.modified()?, long_ago);
        fs::write(&from, "two")?;
        copy_if_changed(&from, &to)?;
        assert_eq!(fs::read_to_string(&to)?, "two");
        Ok(())
    }
}
