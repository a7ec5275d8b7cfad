//! Android without its SDK: the libraries that `android-sample/android-libraries.lock` names, laid out in
//! `target/android` for Maven and aapt2, and aapt2 itself.
//!
//! ```text
//! pom.xml       the parent of the sample's app: all libraries, by themselves
//! repository/   a Maven repository with a plain jar for each AAR
//! unpacked/     the AARs
//! resources/    their resources, compiled
//! platforms/    Android itself: to link resources against, and to run tests on
//! ```

mod lock;
mod projects;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{Ready, debian, maven, packages};
use crate::terminal::Terminal;
use crate::workspace::{Workspace, fresh_folder};
use lock::{Library, Purpose};
use projects::App;

const LOCK: &str = "android-sample/android-libraries.lock";
const FOLDER: &str = "target/android";
/// The Android that is compiled against.
const API: &str = "15-robolectric-13954326";
/// The Android that resources are linked against: Debian's aapt2 can't read newer ones.
const FRAMEWORK: &str = "org.robolectric.android-all-12-robolectric-7732740.jar";

/// The folder, once it holds what the lock file says.
pub(super) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
    let new_aapt2 = provide_aapt2(workspace, terminal)?;
    maven::provide(workspace, terminal)?;
    let text = fs::read_to_string(workspace.path(LOCK)).with_context(|| format!("{LOCK} can't be read"))?;
    let libraries = lock::parse(&text).with_context(|| format!("{LOCK} can't be understood"))?;
    let folder = workspace.path(FOLDER);
    let installed = folder.join("installed.lock");

    let is_new = !fs::read_to_string(&installed).is_ok_and(|installed| installed == text);
    if is_new {
        install(workspace, terminal, &folder, &libraries)?;
        // Written last: an installation that was interrupted is made anew.
        fs::write(&installed, &text).with_context(|| format!("{} can't be written", installed.display()))?;
    }
    let title = format!("Android's libraries, {}", packages(libraries.len()));
    Ok(Ready { program: folder, title, is_new: is_new || new_aapt2 })
}

/// True if it had to be installed.
fn provide_aapt2(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    // It has a command for its version, and no option.
    let is_there = || workspace.command("aapt2").arg("version").output().is_ok_and(|says| says.status.success());
    if is_there() {
        return Ok(false);
    }
    debian::install(workspace, terminal, &["aapt"]).context("there is no `aapt2`, which links Android's resources")?;
    if !is_there() {
        bail!("`aapt2 version` fails after its package was installed");
    }
    Ok(true)
}

fn install(workspace: &Workspace, terminal: &Terminal, folder: &Path, libraries: &[Library]) -> anyhow::Result<()> {
    fresh_folder(folder)?;
    let fetched = folder.join("fetched");
    write(&folder.join("fetch.xml"), &projects::fetch(libraries))?;
    run_maven(workspace, terminal, "fetch Android's libraries", "dependency:copy")?;
    for library in libraries {
        library.verify(&fetched)?;
    }
    run_maven(workspace, terminal, "unpack Android's libraries", "antrun:run")?;

    let layout = Layout { workspace, folder };
    let mut resources = Vec::new();
    let mut with_resources = BTreeSet::new();
    for library in libraries {
        match library.purpose() {
            Purpose::Platform => layout.keep_platform(library, &fetched)?,
            Purpose::Code if library.is_aar() => {
                layout.publish(library)?;
                resources.extend(layout.compile_resources(library)?);
                with_resources.extend(package_of_resources(&layout.unpacked(library))?);
            }
            Purpose::Api | Purpose::Code => {}
        }
    }
    write(&folder.join("resources.txt"), &resources.join(" "))?;
    let app = App { folder, libraries, packages: &with_resources };
    write(&folder.join("pom.xml"), &projects::parent(&app))?;
    // The jars are in Maven's own repository as well.
    fs::remove_dir_all(&fetched).with_context(|| format!("{} can't be deleted", fetched.display()))
}

fn run_maven(workspace: &Workspace, terminal: &Terminal, label: &str, goal: &str) -> anyhow::Result<()> {
    let mut command = maven::maven(workspace, &format!("{FOLDER}/fetch.xml"));
    command.args(["--quiet", goal]);
    if !terminal.run(label, command)?.success {
        bail!("`mvn {goal}` failed: see above. Are Maven's registries within reach?");
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("{} can't be made", parent.display()))?;
    }
    fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))
}

/// The package of an AAR's class `R`, which its manifest names; `None` where it has no resources.
fn package_of_resources(unpacked: &Path) -> anyhow::Result<Option<String>> {
    let has_resources = fs::metadata(unpacked.join("R.txt")).is_ok_and(|list| list.len() > 0);
    if !has_resources {
        return Ok(None);
    }
    let path = unpacked.join("AndroidManifest.xml");
    let manifest = fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
    let package = package(&manifest).with_context(|| format!("{} names no package", path.display()))?;
    Ok(Some(package.to_owned()))
}

fn package(manifest: &str) -> Option<&str> {
    let (_, rest) = manifest.split_once("package=\"")?;
    rest.split('"').next()
}

/// Puts each library where it is looked for.
struct Layout<'a> {
    workspace: &'a Workspace,
    folder: &'a Path,
}

impl Layout<'_> {
    fn unpacked(&self, library: &Library) -> PathBuf {
        self.folder.join("unpacked").join(library.file())
    }

    /// Under the name by which Robolectric looks for it.
    fn keep_platform(&self, library: &Library, fetched: &Path) -> anyhow::Result<()> {
        let platforms = self.folder.join("platforms");
        fs::create_dir_all(&platforms).with_context(|| format!("{} can't be made", platforms.display()))?;
        let file = library.file();
        let name = if file == FRAMEWORK { "framework.jar" } else { file.trim_start_matches("org.robolectric.") };
        fs::rename(fetched.join(&file), platforms.join(name)).with_context(|| format!("{file} can't be moved"))
    }

    /// An AAR's classes as a plain jar, in the repository.
    fn publish(&self, library: &Library) -> anyhow::Result<()> {
        let base = self.folder.join("repository").join(library.path_in_repository());
        let named = |ending: &str| PathBuf::from(format!("{}.{ending}", base.display()));
        write(&named("pom"), &projects::pom(library))?;
        let classes = self.unpacked(library).join("classes.jar");
        fs::copy(&classes, named("jar")).with_context(|| format!("{} can't be copied", classes.display()))?;
        Ok(())
    }

    /// Where the compiled resources are; `None` where the AAR has none.
    fn compile_resources(&self, library: &Library) -> anyhow::Result<Option<String>> {
        let from = self.unpacked(library).join("res");
        if !from.is_dir() || fs::read_dir(&from)?.next().is_none() {
            return Ok(None);
        }
        let to = self.folder.join("resources").join(format!("{}.zip", library.file()));
        fs::create_dir_all(self.folder.join("resources"))?;
        let mut aapt2 = self.workspace.command("aapt2");
        aapt2.arg("compile").arg("--dir").arg(&from).arg("-o").arg(&to);
        let output = aapt2.output().context("aapt2 can't be started")?;
        if !output.status.success() {
            bail!("aapt2 can't compile {}: {}", from.display(), String::from_utf8_lossy(&output.stderr));
        }
        Ok(Some(to.display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_its_package() {
        let manifest = r#"<manifest xmlns:android="x" package="androidx.core" ><uses-sdk /></manifest>"#;
        assert_eq!(package(manifest), Some("androidx.core"));
        assert_eq!(package("<manifest/>"), None);
    }

    #[test]
    fn a_class_is_made_where_there_are_resources() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        write(&folder.path().join("AndroidManifest.xml"), r#"<manifest package="androidx.core"/>"#)?;
        assert_eq!(package_of_resources(folder.path())?, None);
        write(&folder.path().join("R.txt"), "")?;
        assert_eq!(package_of_resources(folder.path())?, None);
        write(&folder.path().join("R.txt"), "int attr font 0x0\n")?;
        assert_eq!(package_of_resources(folder.path())?, Some("androidx.core".into()));
        Ok(())
    }
}
