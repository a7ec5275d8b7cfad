//! `cargo xtask bindings`: the Kotlin that UniFFI writes for `farthing-ffi`, and the library that it calls.
//!
//! Both go into the `target` folder of `bindings/kotlin/farthing`, where Maven takes them from.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::build::{Built, build};
use crate::terminal::Terminal;
use crate::workspace::{EVERYTHING, Workspace};

const SOURCES: &str = "bindings/kotlin/farthing/target/generated-sources/uniffi";
const LIBRARIES: &str = "bindings/kotlin/farthing/target/classes-native";
const PACKAGES: [&str; 3] = ["farthing-ffi", "farthing-bindgen", "farthing-gateway"];

/// Makes the bindings and says where they are.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal, release: bool) -> anyhow::Result<bool> {
    make(workspace, terminal, release)?;
    println!("written: {SOURCES}\nwritten: {LIBRARIES}/{}", platform(OS, ARCH));
    Ok(true)
}

/// Builds the library and a gateway to test it with, and writes the Kotlin.
///
/// # Errors
/// When something doesn't compile, or UniFFI can't express it in Kotlin.
pub(crate) fn make(workspace: &Workspace, terminal: &Terminal, release: bool) -> anyhow::Result<Built> {
    let selection = [&EVERYTHING[..], &["--lib", "--bin", "uniffi-bindgen", "--bin", "farthing-gateway"]].concat();
    let built = build(workspace, terminal, &PACKAGES, &selection)?;
    if release {
        let selection = ["--release", "--package", "farthing-ffi", "--lib"];
        let shipped = build(workspace, terminal, &["farthing-ffi"], &selection)?;
        place(workspace, terminal, &built, shipped.library("farthing_ffi")?)?;
    } else {
        place(workspace, terminal, &built, built.library("farthing_ffi")?)?;
    }
    Ok(built)
}

/// Old files go first: what the library has no more must not be found.
fn place(workspace: &Workspace, terminal: &Terminal, built: &Built, library: &Path) -> anyhow::Result<()> {
    let sources = workspace.path(SOURCES);
    let folder = workspace.path(LIBRARIES);
    for old in [&sources, &folder] {
        if old.exists() {
            fs::remove_dir_all(old).with_context(|| format!("{} can't be deleted", old.display()))?;
        }
    }
    let mut bindgen = workspace.command(built.executable("uniffi-bindgen")?);
    bindgen.args(["generate", "--language", "kotlin", "--no-format"]).arg(library);
    bindgen.arg("--out-dir").arg(&sources);
    if !terminal.run("write the Kotlin bindings", bindgen)?.success {
        bail!("UniFFI can't write the Kotlin of {}: see above", library.display());
    }
    let name = library.file_name().context("a library has a name")?;
    let to = folder.join(platform(OS, ARCH));
    fs::create_dir_all(&to).with_context(|| format!("{} can't be made", to.display()))?;
    fs::copy(library, to.join(name)).with_context(|| format!("{} can't be copied", library.display()))?;
    Ok(())
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
    use super::*;

    #[test]
    fn a_platform_is_named_as_jna_names_it() {
        assert_eq!(platform("linux", "x86_64"), "linux-x86-64");
        assert_eq!(platform("linux", "aarch64"), "linux-aarch64");
        assert_eq!(platform("macos", "aarch64"), "darwin-aarch64");
        assert_eq!(platform("windows", "x86_64"), "win32-x86-64");
    }
}
