//! Tools that are Rust crates: `cargo install` puts them into `target/tools`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::{Ready, version_of};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// A crate with a program of the same name.
pub(super) struct CargoTool {
    pub(super) name: &'static str,
    version: &'static str,
    features: &'static [&'static str],
    /// The command that knows the version, where the program itself doesn't.
    command: Option<&'static str>,
}

/// Judges licences, bans, sources and advisories: one tool for all four.
pub(super) const CARGO_DENY: CargoTool =
    CargoTool { name: "cargo-deny", version: "0.20.2", features: &[], command: None };

/// Writes what the library and the gateway are made of, as CycloneDX.
pub(super) const CARGO_CYCLONEDX: CargoTool =
    CargoTool { name: "cargo-cyclonedx", version: "0.5.9", features: &[], command: Some("cyclonedx") };

/// Builds and runs what libFuzzer calls.
pub(super) const CARGO_FUZZ: CargoTool =
    CargoTool { name: "cargo-fuzz", version: "0.13.2", features: &[], command: None };

/// Changes code on purpose, to see whether a test notices.
pub(super) const CARGO_MUTANTS: CargoTool =
    CargoTool { name: "cargo-mutants", version: "27.1.0", features: &[], command: Some("mutants") };

/// Builds the book. Its web server and search index are left out: here it only shows that the book builds.
pub(super) const MDBOOK: CargoTool =
    CargoTool { name: "mdbook", version: "0.5.4", features: &["--no-default-features"], command: None };

impl CargoTool {
    /// The tool of the pinned version: from an earlier call, from the machine, or installed now.
    pub(super) fn provide(&self, workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
        let own = workspace.tools().join("bin").join(self.name);
        for program in [&own, &PathBuf::from(self.name)] {
            if self.is_version_of(workspace, program) {
                return Ok(self.ready(program.clone(), false));
            }
        }
        self.install(workspace, terminal)?;
        if !self.is_version_of(workspace, &own) {
            bail!("cargo installed {}, but {} doesn't say that it is that version", self.title(), own.display());
        }
        Ok(self.ready(own, true))
    }

    /// In the dev profile: a tool that runs for two seconds a day doesn't earn minutes of optimising.
    fn install(&self, workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<()> {
        let build = workspace.tools().join("build");
        let mut install = workspace.cargo();
        install.args(["install", "--locked", "--debug", "--force", "--version", self.version, self.name]);
        install.args(self.features).arg("--root").arg(workspace.tools());
        install.env("CARGO_TARGET_DIR", &build).env("CARGO_PROFILE_DEV_DEBUG", "0");
        let finished = terminal.run(&format!("install {}", self.title()), install)?;
        if !finished.success {
            bail!(
                "`cargo install --locked --version {} {}` failed: see above. Is the crate registry within reach? \
                 A {} of exactly that version on the PATH does as well",
                self.version,
                self.name,
                self.name
            );
        }
        fs::remove_dir_all(&build).with_context(|| format!("{} can't be deleted", build.display()))
    }

    fn is_version_of(&self, workspace: &Workspace, program: &PathBuf) -> bool {
        let mut command = workspace.command(program);
        command.args(self.command);
        version_of(command).is_some_and(|version| version == self.version)
    }

    fn ready(&self, program: PathBuf, is_new: bool) -> Ready {
        Ready { program, title: self.title(), is_new }
    }

    fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}
