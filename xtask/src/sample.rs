//! `cargo xtask sample`: builds a sample app and plays its QA script against a real gateway, or lets a person play.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;

use crate::kotlin;
use crate::swift;
use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::{Workspace, fresh_folder};

/// Which sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// The shop in Compose, run under Robolectric: plays its QA script and leaves pictures in target/sample
    Android,
    /// The shop of the iOS sample, in this terminal
    Ios,
    /// The same shop, typed into by a script: leaves pictures of each way to pay in target/sample/ios-screens
    IosScreens,
}

/// The iOS sample's shop for terminals.
const SHOP: &str = "farthing-shop";
/// Where its wallets are kept, unless it is told.
const SHOP_FOLDER: &str = "target/sample/ios";
/// The test that plays a session of each way to pay in the iOS sample's shop, and what tells it to leave pages.
const SESSIONS: &str = "SessionTests";
const SCREENS_SETTING: &str = "FARTHING_SCREENS";
const SCREENS: &str = "target/sample/ios-screens";
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
        Platform::IosScreens => {
            ensure!(arguments.is_empty(), "the sessions of the iOS sample take no arguments");
            ios_screens(workspace, terminal)
        }
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

/// Plays the sessions against real gateways, and takes a picture of what each has said.
fn ios_screens(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let package = swift::prepare(workspace, terminal, swift::SAMPLE)?;
    let folder = workspace.path(SCREENS);
    fresh_folder(&folder)?;
    let mut sessions = package.command("test");
    sessions.args(["--filter", SESSIONS]).env(SCREENS_SETTING, &folder);
    if !terminal.run("the sessions in the iOS sample's shop", sessions)?.success {
        return Ok(false);
    }
    let pages = files(&folder, ".html")?;
    ensure!(!pages.is_empty(), "{SESSIONS} left no page: does the sample have it?");
    let chromium = Tool::Chromium.provide(workspace, terminal)?.program;
    for page in pages {
        let (name, size) = name_and_size(&page).with_context(|| format!("{page} doesn't say its size"))?;
        let picture = folder.join(format!("{name}.png"));
        let mut browser = workspace.command(&chromium);
        // Without a sandbox, as it may be root who runs this; the page is ours.
        browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
        browser.arg(format!("--window-size={size}")).arg(format!("--screenshot={}", picture.display()));
        browser.arg(folder.join(&page));
        // It talks too much.
        if !Terminal::brief().run(&format!("a picture of {name}"), browser)?.success || !picture.exists() {
            bail!("the browser took no picture of {page}");
        }
        println!("  {SCREENS}/{name}.png");
    }
    Ok(true)
}

/// `01-shop` and `1020,640` of `01-shop.1020x640.html`.
fn name_and_size(page: &str) -> Option<(&str, String)> {
    let (name, size) = page.strip_suffix(".html")?.rsplit_once('.')?;
    let (width, height) = size.split_once('x')?;
    Some((name, format!("{},{}", width.parse::<u32>().ok()?, height.parse::<u32>().ok()?)))
}

/// Plays the script. The pictures up to a step that failed are left.
fn android(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let mut script = kotlin::prepare(workspace, terminal, kotlin::SAMPLE)?;
    let folder = workspace.path(PICTURES);
    fresh_folder(&folder)?;
    script.arg(kotlin::property("farthing.pictures", &folder)).arg(format!("-Dtest={SCRIPT}"));
    script.args(["-Dsurefire.failIfNoSpecifiedTests=false", "test"]);
    let finished = terminal.run("the sample's QA script in its Activity", script)?;

    let pictures = files(&folder, ".png")?;
    for picture in &pictures {
        println!("  {PICTURES}/{picture}");
    }
    ensure!(!finished.success || !pictures.is_empty(), "{SCRIPT} took no picture: does the sample have it?");
    Ok(finished.success)
}

/// The names of a folder's files of a kind, in the order of the script.
fn files(folder: &Path, ending: &str) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(ending) {
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
        assert_eq!(files(folder.path(), ".png")?, ["01-shop.png", "02-buy.png"]);
        Ok(())
    }

    #[test]
    fn a_page_says_its_name_and_its_size() {
        assert_eq!(name_and_size("01-shop.1020x640.html"), Some(("01-shop", "1020,640".into())));
        assert_eq!(name_and_size("01-shop.html"), None);
        assert_eq!(name_and_size("01-shop.wide.html"), None);
    }
}
