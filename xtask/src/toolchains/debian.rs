//! Packages of Debian and its descendants, where the machine is one and the person may install.

use anyhow::bail;

use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// Installs what is missing, or says what a person would have to do.
///
/// # Errors
/// Where this is no Debian, where the person is not root, or where apt fails.
pub(super) fn install(workspace: &Workspace, terminal: &Terminal, packages: &[&str]) -> anyhow::Result<()> {
    let names = packages.join(" ");
    let advice = format!("`apt-get install {names}` on Debian and Ubuntu; elsewhere, what your system calls them");
    if !can_install(workspace) {
        bail!("install {names}: {advice}");
    }
    let mut update = workspace.command("apt-get");
    update.args(["--quiet", "--quiet", "update"]);
    terminal.run("look for Debian's packages", update)?;
    let mut install = workspace.command("apt-get");
    install.args(["--quiet", "--quiet", "--yes", "--no-install-recommends", "install"]).args(packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    if !terminal.run(&format!("install {names}"), install)?.success {
        bail!("apt can't install {names}: see above. {advice}");
    }
    Ok(())
}

/// True for root on a machine that has apt.
pub(super) fn can_install(workspace: &Workspace) -> bool {
    let id = workspace.command("id").arg("-u").output();
    let is_root = id.is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    is_root && super::version_of(workspace.command("apt-get")).is_some()
}
