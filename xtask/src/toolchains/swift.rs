//! Swift with its package manager: from the PATH, or as Debian has it.
//!
//! Debian's packages need that release of Debian. So they are installed into a folder with a small Debian of its
//! own, `target/tools/swift`, and their programs run with that folder as their root, the checkout being where it
//! always is. What must be mounted for that is mounted in a namespace that ends with the program: nothing is left
//! behind, and `target` can be deleted at any time.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use super::{Ready, at_least, debian};
use crate::terminal::Terminal;
use crate::workspace::{Workspace, fresh_folder};

/// The oldest Swift that has Swift 6's language mode and Swift Testing.
const LEAST: (u32, u32) = (6, 0);
/// The first release of Debian with such a Swift, and what a program needs to be compiled there.
const RELEASE: &str = "trixie";
const PACKAGES: &str = "swiftlang,libc6-dev,libstdc++-14-dev,pkg-config";
/// What Debian builds Swift for.
const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];
/// Where Debian's packages have the libraries of programs in Swift; the loader doesn't look there by itself.
const LIBRARIES: &str = "/usr/libexec/swift/lib/swift/linux";

/// debootstrap, with the proxy that apt is told of.
const DEBOOTSTRAP: &str = r#"
eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
export http_proxy https_proxy
exec debootstrap "$@"
"#;

/// Runs a program in a chroot: `ROOT FOLDER… -- PROGRAM ARGUMENT…`. The folders are mounted where they are outside,
/// and the program starts where this does.
///
/// This is the first process of its namespace: those that the program leaves behind end with it. The last line
/// keeps the shell from becoming the program, which as the first process would be deaf to Ctrl-C.
const ENTER: &str = r#"
root=$1; shift
here=$(pwd -P)
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
while [ "$1" != -- ]; do
  mkdir -p "$root$1"
  mount --bind "$1" "$root$1"
  shift
done
shift
chroot "$root" sh -c 'cd "$1" && shift && exec "$@"' sh "$here" "$@"
exit $?
"#;

/// A Swift that is ready.
pub(crate) struct Swift {
    /// The root that its programs run in; `None` for those on the PATH.
    chroot: Option<PathBuf>,
    version: String,
    is_new: bool,
}

/// Swift, once it is there.
pub(super) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
    let Swift { chroot, version, is_new } = Swift::provide(workspace, terminal)?;
    let place = if chroot.is_some() { format!(" on Debian {RELEASE}") } else { String::new() };
    Ok(Ready { program: "swift".into(), title: format!("Swift {version}{place}"), is_new })
}

impl Swift {
    /// The machine's own, from an earlier call, or installed now.
    ///
    /// # Errors
    /// When it can't be installed here; then the error says where it is to be had.
    pub(crate) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Self> {
        let root = workspace.tools().join("swift");
        for chroot in [None, Some(root.clone())] {
            if let Some(version) = version_in(workspace, chroot.as_deref()) {
                return Ok(Self { chroot, version, is_new: false });
            }
        }
        let advice = format!("install Swift {}.{} or newer as swift.org/install says", LEAST.0, LEAST.1);
        ensure!(
            debian::can_install(workspace) && ARCHITECTURES.contains(&ARCH),
            "there is no `swift` on the PATH that will do: {advice}"
        );
        install(workspace, terminal, &root)
            .with_context(|| format!("Debian's Swift can't be installed. Where that can't be helped, {advice}"))?;
        let version = version_in(workspace, Some(&root));
        let version = version.with_context(|| format!("the Swift in {} doesn't say its version", root.display()))?;
        Ok(Self { chroot: Some(root), version, is_new: true })
    }

    /// A command that runs one of its programs in the checkout. It sees the checkout and the `other` folders; of the
    /// rest of the machine perhaps nothing.
    pub(crate) fn command(&self, workspace: &Workspace, program: &str, others: &[&Path]) -> Command {
        match &self.chroot {
            None => workspace.command(program),
            Some(root) => in_chroot(workspace, root, program, others),
        }
    }
}

fn in_chroot(workspace: &Workspace, root: &Path, program: &str, others: &[&Path]) -> Command {
    let checkout = workspace.path("");
    let mut command = workspace.command("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ENTER, "sh"]).arg(root).arg(&checkout);
    command.args(others.iter().filter(|other| !other.starts_with(&checkout))).args(["--", program]);
    // A folder that is there, whoever runs this.
    command.env("HOME", "/root").env_remove("TMPDIR").env("LD_LIBRARY_PATH", LIBRARIES);
    command
}

/// The version, where it will do.
fn version_in(workspace: &Workspace, chroot: Option<&Path>) -> Option<String> {
    let mut says = match chroot {
        None => workspace.command("swift"),
        Some(root) => in_chroot(workspace, root, "swift", &[]),
    };
    let says = says.arg("--version").stdin(Stdio::null()).output().ok()?;
    let says = String::from_utf8_lossy(&says.stdout);
    version(&says).filter(|version| at_least(version, LEAST)).map(str::to_owned)
}

/// Apple's says that it is Apple's, and may say the version of its driver first.
fn version(says: &str) -> Option<&str> {
    let (_, version) = says.split_once("Swift version ")?;
    version.split_whitespace().next()
}

/// Makes the chroot elsewhere and moves it when it is whole: one that was interrupted is made anew.
fn install(workspace: &Workspace, terminal: &Terminal, root: &Path) -> anyhow::Result<()> {
    debian::install(workspace, terminal, &["debootstrap", "debian-archive-keyring"])?;
    let part = workspace.tools().join("swift.part");
    fresh_folder(&part)?;
    let mut debootstrap = workspace.command("unshare");
    debootstrap.args(["--mount", "sh", "-ec", DEBOOTSTRAP, "sh", "--variant=minbase"]);
    debootstrap.arg(format!("--include={PACKAGES}")).arg(RELEASE).arg(&part).args(mirror(workspace));
    if !terminal.run(&format!("install Swift on Debian {RELEASE} in target/tools"), debootstrap)?.success {
        bail!("debootstrap failed: see above. Is Debian's mirror within reach, and may root mount and chroot here?");
    }
    let packages = part.join("var/cache/apt/archives");
    fs::remove_dir_all(&packages).with_context(|| format!("{} can't be deleted", packages.display()))?;
    fresh_folder(root)?;
    fs::rename(&part, root).with_context(|| format!("{} can't be moved", part.display()))
}

/// Debian's mirror that this machine's apt is set up with; without one, debootstrap knows a mirror itself.
fn mirror(workspace: &Workspace) -> Option<String> {
    let mut targets = workspace.command("apt-get");
    targets.args(["indextargets", "--format", "$(REPO_URI)", "Identifier: Packages", "Label: Debian"]);
    let targets = targets.output().ok()?;
    let targets = String::from_utf8_lossy(&targets.stdout);
    targets.lines().find(|uri| uri.starts_with("http")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_what_either_maker_s_swift_says() {
        let debian = "Swift version 6.0.3 (swift-6.0.3-RELEASE)\nTarget: x86_64-pc-linux-gnu\n";
        let apple = "swift-driver version: 1.115.1 Apple Swift version 6.0.3 (swiftlang-6.0.3.1.10 clang-1600)\n";
        assert_eq!(version(debian), Some("6.0.3"));
        assert_eq!(version(apple), Some("6.0.3"));
        assert_eq!(version("python-swiftclient 4.2.0\n"), None);
    }

    #[test]
    fn a_program_from_the_path_is_called_as_it_is() -> anyhow::Result<()> {
        let swift = Swift { chroot: None, version: "6.0".into(), is_new: false };
        let command = swift.command(&Workspace::new()?, "swift", &[Path::new("/elsewhere")]);
        assert_eq!(command.get_program(), "swift");
        assert_eq!(command.get_args().count(), 0);
        Ok(())
    }

    #[test]
    fn a_chroot_has_the_checkout_and_other_folders_once() -> anyhow::Result<()> {
        let workspace = Workspace::new()?;
        let swift = Swift { chroot: Some("/root".into()), version: "6.0".into(), is_new: false };
        let inside = workspace.path("target/debug");
        let mut command = swift.command(&workspace, "swift", &[&inside, Path::new("/elsewhere")]);
        command.arg("build");
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        let checkout = workspace.path("");
        let expected = ["/root", &checkout.to_string_lossy(), "/elsewhere", "--", "swift", "build"];
        assert!(arguments.ends_with(&expected.map(Into::into)), "{arguments:?}");
        Ok(())
    }
}
