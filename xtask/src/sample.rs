//! `cargo xtask sample`: builds a sample app and plays its QA script against a real gateway, or lets a person play.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use clap::ValueEnum;

use crate::kotlin;
use crate::swift;
use crate::terminal::Terminal;
use crate::workspace::{Workspace, fresh_folder};

/// Which sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// The shop in Compose, run under Robolectric: plays its QA script and leaves pictures in target/sample
    Android,
    /// The shop of the iOS sample, in this terminal
    Ios,
}

/// The iOS sample's shop for terminals.
const SHOP: &str = "farthing-shop";
/// Where its wallets are kept, unless it is told.
const SHOP_FOLDER: &str = "target/sample/ios";
const PICTURES: &str = "target/sample/android";
/// The test that plays the script and takes a picture of each step.
const SCRIPT: &str = "QaScriptTest";

/// Builds and runs it; false if it failed.
pub(crate) fn run(
    workspace: &Workspace,
    terminal: &Terminal,
    platform: Platform,
    arguments: &[OsString],
) -> anyhow::Result<bool> {
    match platform {
        Platform::Android => {
            ensure!(arguments.is_empty(), "the Android sample's script takes no arguments");
            android(workspace, terminal)
        }
        Platform::Ios => ios(workspace, terminal, arguments),
    }
}

/// Builds the shop for terminals, and leaves this one to it.
fn ios(workspace: &Workspace, terminal: &Terminal, arguments: &[OsString]) -> anyhow::Result<bool> {
    let package = swift::prepare(workspace, terminal, swift::SAMPLE)?;
    let mut build = package.command("build");
    build.args(["--product", SHOP]);
    ensure!(terminal.run("compile the iOS sample's shop", build)?.success, "the shop doesn't compile: see above");
    let mut shop = package.command("run");
    shop.args(["--skip-build", SHOP]);
    if !arguments.iter().any(|argument| argument == "--folder") {
        shop.arg("--folder").arg(workspace.path(SHOP_FOLDER));
    }
    shop.args(arguments);
    terminal.hand_over(shop)
}

/// Plays the script. The pictures up to a step that failed are left.
fn android(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let mut script = kotlin::prepare(workspace, terminal, kotlin::SAMPLE)?;
    let folder = workspace.path(PICTURES);
    fresh_folder(&folder)?;
    script.arg(kotlin::property("farthing.pictures", &folder)).arg(format!("-Dtest={SCRIPT}"));
    script.args(["-Dsurefire.failIfNoSpecifiedTests=false", "test"]);
    let finished = terminal.run("the sample's QA script in its Activity", script)?;

    let pictures = pictures(&folder)?;
    for picture in &pictures {
        println!("  {PICTURES}/{picture}");
    }
    ensure!(!finished.success || !pictures.is_empty(), "{SCRIPT} took no picture: does the sample have it?");
    Ok(finished.success)
}

/// The names of the pictures, in the order of the script.
fn pictures(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".png") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_listed_in_order_and_nothing_else_is() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        for name in ["02-buy.png", "01-shop.png", "notes.txt"] {
            fs::write(folder.path().join(name), "")?;
        }
        assert_eq!(pictures(folder.path())?, ["01-shop.png", "02-buy.png"]);
        Ok(())
    }
}
