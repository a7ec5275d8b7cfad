//! What of Apple's part can be checked without a Mac: the sources that only Apple's systems compile parse, those of the
//! SDK type-check against stand-ins for Apple's frameworks, and the package for apps is one that Swift can read.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::apple;
use crate::swift::{self, SAMPLE, SDK};
use crate::terminal::Terminal;
use crate::workspace::{Workspace, fresh_folder};

/// In the order in which they need each other.
const FRAMEWORKS: [&str; 5] = ["Security", "CryptoKit", "BackgroundTasks", "Network", "StoreKit"];

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let package = swift::prepare(workspace, terminal, SDK)?;
    let mut build = package.command("build");
    build.args(["--target", "FarthingApple"]);
    let built = terminal.run("compile what the Apple-only sources use", build)?.success;
    Ok(built
        && parses(workspace, terminal, &package)?
        && type_checks(workspace, terminal, &package)?
        && is_read(workspace, terminal, &package)?)
}

fn parses(workspace: &Workspace, terminal: &Terminal, package: &swift::Package) -> anyhow::Result<bool> {
    let mut parse = package.tool("swiftc");
    parse.arg("-parse").args(sources(&workspace.path(SDK).join("Sources/FarthingApple"))?);
    parse.args(sources(&workspace.path(SAMPLE).join("App"))?);
    Ok(terminal.run("the Apple-only sources parse", parse)?.success)
}

fn type_checks(workspace: &Workspace, terminal: &Terminal, package: &swift::Package) -> anyhow::Result<bool> {
    let stubs = workspace.path("target/swift/stubs");
    fresh_folder(&stubs)?;
    for framework in FRAMEWORKS {
        let mut compile = package.tool("swiftc");
        compile.args(["-emit-module", "-parse-as-library", "-module-name", framework, "-I"]).arg(&stubs);
        compile.arg(workspace.path(SDK).join(format!("apple/stubs/{framework}.swift")));
        compile.arg("-o").arg(stubs.join(format!("{framework}.swiftmodule")));
        if !terminal.run(&format!("the stand-in for {framework}"), compile)?.success {
            return Ok(false);
        }
    }
    let mut check = package.tool("swiftc");
    check.args(["-typecheck", "-swift-version", "6", "-warnings-as-errors", "-module-name", "FarthingApple"]);
    check.arg("-I").arg(&stubs).arg("-I").arg(package.modules());
    check.arg("-I").arg(workspace.path(SDK).join("Generated/CFarthing"));
    check.args(sources(&workspace.path(SDK).join("Sources/FarthingApple"))?);
    Ok(terminal.run("the SDK's Apple-only sources type-check", check)?.success)
}

fn is_read(workspace: &Workspace, terminal: &Terminal, package: &swift::Package) -> anyhow::Result<bool> {
    let mut describe = package.tool("swift");
    describe.args(["package", "dump-package", "--package-path"]).arg(apple::assemble(workspace)?);
    Ok(terminal.run("the package for apps is read", describe)?.success)
}

/// The Swift files of a folder and those in it.
fn sources(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "swift") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swift_files_are_found_in_folders_too() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("Platform"))?;
        for name in ["b.swift", "a.md", "Platform/c.swift"] {
            fs::write(folder.path().join(name), "")?;
        }
        let names = ["Platform/c.swift", "b.swift"].map(|name| folder.path().join(name));
        assert_eq!(sources(folder.path())?, names);
        Ok(())
    }
}
