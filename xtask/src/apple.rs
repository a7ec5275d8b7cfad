//! `cargo xtask apple`: the package that apps for Apple's systems take, with the library as an XCFramework.
//!
//! Only a Mac with Xcode can build it. What another machine can check of it is in [`crate::test`]'s part of the same name.

use std::env::consts::OS;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use crate::bindings::{self, Language, copy_if_changed};
use crate::shipped;
use crate::swift::SDK;
use crate::terminal::Terminal;
use crate::workspace::{Workspace, fresh_folder};

const PACKAGE: &str = "target/apple/Farthing";
const FRAMEWORK: &str = "CFarthing.xcframework";
const LIBRARY: &str = "libfarthing_ffi.a";
/// What Xcode's `libtool` of each of Apple's platforms joins into one library: Rust's names of its processors.
const PLATFORMS: [(&str, &[&str]); 3] = [
    ("ios", &["aarch64-apple-ios"]),
    ("ios-simulator", &["aarch64-apple-ios-sim", "x86_64-apple-ios"]),
    ("macos", &["aarch64-apple-darwin", "x86_64-apple-darwin"]),
];

/// Makes the package, its framework as a zip beside it, and says the zip's checksum for a package that names an URL.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    ensure!(
        OS == "macos",
        "this needs a Mac with Xcode; elsewhere `cargo xtask test apple` checks what can be checked"
    );
    bindings::make(workspace, terminal, &[Language::Swift], false)?;
    let package = assemble(workspace)?;
    let headers = headers(workspace)?;
    let mut create = workspace.command("xcodebuild");
    create.arg("-create-xcframework").arg("-output").arg(package.join(FRAMEWORK));
    for (platform, targets) in PLATFORMS {
        create.arg("-library").arg(library(workspace, terminal, platform, targets)?);
        create.arg("-headers").arg(&headers);
    }
    must(terminal, "make the XCFramework", create)?;
    // For apps that take the SDK's package from this checkout, as the sample does.
    let beside = workspace.path(SDK).join("Generated").join(FRAMEWORK);
    fresh_folder(&beside)?;
    copy_folder(&package.join(FRAMEWORK), &beside)?;

    let zip = package.with_file_name(format!("{FRAMEWORK}.zip"));
    let mut pack = workspace.command("ditto");
    pack.args(["-c", "-k", "--sequesterRsrc", "--keepParent"]).arg(package.join(FRAMEWORK)).arg(&zip);
    must(terminal, "zip the XCFramework", pack)?;
    let mut checksum = workspace.command("swift");
    checksum.args(["package", "compute-checksum"]).arg(&zip);
    let said = terminal.run("checksum", checksum)?;
    println!("written: {PACKAGE}\nwritten: {}\nchecksum: {}", zip.display(), said.output.trim());
    Ok(said.success)
}

/// Puts the package's sources together, without the framework, and says where.
///
/// # Errors
/// When a file can't be copied, or the bindings were not made before.
pub(crate) fn assemble(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let (sdk, package) = (workspace.path(SDK), workspace.path(PACKAGE));
    fresh_folder(&package)?;
    for module in ["Farthing", "FarthingApple"] {
        copy_folder(&sdk.join("Sources").join(module), &package.join("Sources").join(module))?;
    }
    copy_folder(&sdk.join("Generated/FarthingFFI"), &package.join("Sources/FarthingFFI"))?;
    copy_if_changed(&sdk.join("apple/Package.swift"), &package.join("Package.swift"))?;
    copy_if_changed(&sdk.join("apple/PrivacyInfo.xcprivacy"), &package.join("Sources/Farthing/PrivacyInfo.xcprivacy"))?;
    Ok(package)
}

/// The headers in a folder of their own: the frameworks of an app share one, and a second `module.modulemap` there
/// would take this one's place.
fn headers(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let headers = workspace.path("target/apple/headers");
    fresh_folder(&headers)?;
    copy_folder(&workspace.path(SDK).join("Generated/CFarthing"), &headers.join("CFarthing"))?;
    Ok(headers)
}

/// The library of a platform, with all of its processors in one file.
fn library(workspace: &Workspace, terminal: &Terminal, platform: &str, targets: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = workspace.path("target/apple").join(platform);
    fresh_folder(&folder)?;
    let joined = folder.join(LIBRARY);
    let mut join = workspace.command("lipo");
    join.arg("-create").arg("-output").arg(&joined);
    for target in targets {
        let mut compile = workspace.cargo();
        compile.args(["rustc", "--profile", "size", "--package", "farthing-ffi", "--lib", "--target", target]);
        compile.args(["--crate-type", "staticlib"]);
        compile.env(shipped::RUSTFLAGS, shipped::flags(&workspace.path(""), &shipped::cargo_home()?));
        must(terminal, &format!("build the library for {target} (`rustup target add {target}` once)"), compile)?;
        join.arg(workspace.path("target").join(target).join("size").join(LIBRARY));
    }
    must(terminal, &format!("join the library for {platform}"), join)?;
    Ok(joined)
}

fn must(terminal: &Terminal, label: &str, command: std::process::Command) -> anyhow::Result<()> {
    if !terminal.run(label, command)?.success {
        bail!("{label}: failed, see above");
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("{} can't be read", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            copy_if_changed(&entry.path(), &target)?;
        }
    }
    Ok(())
}
