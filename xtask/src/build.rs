//! Builds with a progress bar: cargo reports each artifact as it is made, and `cargo tree` says how many
//! packages there are to make.

use std::collections::{HashMap, HashSet};
use std::env::consts::DLL_EXTENSION;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::terminal::{Terminal, dim, duration, mark};
use crate::workspace::Workspace;

/// The executables and the dynamic libraries of a build, by target name.
#[derive(Default)]
pub(crate) struct Built {
    executables: HashMap<String, PathBuf>,
    libraries: HashMap<String, PathBuf>,
}

impl Built {
    /// Where the executable of that name is.
    ///
    /// # Errors
    /// When the build made none.
    pub(crate) fn executable(&self, name: &str) -> anyhow::Result<&PathBuf> {
        self.executables.get(name).with_context(|| format!("the build made no executable named {name}"))
    }

    /// Where the dynamic library of that name is.
    ///
    /// # Errors
    /// When the build made none.
    pub(crate) fn library(&self, name: &str) -> anyhow::Result<&PathBuf> {
        self.libraries.get(name).with_context(|| format!("the build made no dynamic library named {name}"))
    }
}

/// Runs `cargo build` with `arguments` and shows how far it is in `packages` and what they depend on.
///
/// # Errors
/// When something doesn't compile; what the compiler said has been shown by then.
pub(crate) fn build(
    workspace: &Workspace,
    terminal: &Terminal,
    packages: &[&str],
    arguments: &[&str],
) -> anyhow::Result<Built> {
    build_with(workspace, terminal, packages, arguments, &[])
}

/// As [`build`], with variables in cargo's environment.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_with(
    workspace: &Workspace,
    terminal: &Terminal,
    packages: &[&str],
    arguments: &[&str],
    environment: &[(&str, String)],
) -> anyhow::Result<Built> {
    let started = Instant::now();
    let title = format!("build {}", packages.join(", "));
    let mut command = workspace.cargo();
    command.arg("build").args(arguments).arg("--message-format=json-render-diagnostics");
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let bar = if terminal.shows_all() {
        println!("▸ {title}");
        ProgressBar::hidden()
    } else {
        command.stderr(Stdio::piped());
        progress_bar(count_packages(workspace, packages)?)
    };
    let mut child = command.spawn().context("cargo can't be started")?;
    let diagnostics = child.stderr.take().map(|stderr| thread::spawn(|| read_all(stderr)));
    let built = follow(&mut child, &bar)?;
    let success = child.wait()?.success();
    bar.finish_and_clear();

    if !success {
        println!("{} {title} {}", mark(false), dim(&duration(started.elapsed())));
        if let Some(said) = diagnostics.and_then(|thread| thread.join().ok()) {
            eprint!("{said}");
        }
        bail!("the build of {} failed: see above", packages.join(", "));
    }
    println!("{} {title} {}", mark(true), dim(&duration(started.elapsed())));
    Ok(built)
}

/// Reads cargo's messages to their end, and moves the bar by one for each new package.
fn follow(child: &mut Child, bar: &ProgressBar) -> anyhow::Result<Built> {
    let stdout = child.stdout.take().context("cargo's output was not captured")?;
    let mut built = Built::default();
    let mut packages = HashSet::new();
    for line in BufReader::new(stdout).lines() {
        let Some(artifact) = Artifact::parse(&line?) else { continue };
        bar.set_message(artifact.target.clone());
        if let Some(path) = artifact.library {
            built.libraries.insert(artifact.target.clone(), path);
        }
        if let Some(path) = artifact.executable {
            built.executables.insert(artifact.target, path);
        }
        if packages.insert(artifact.package) {
            bar.inc(1);
        }
    }
    Ok(built)
}

/// What cargo says when it has made something.
#[derive(Debug, PartialEq)]
struct Artifact {
    package: String,
    target: String,
    executable: Option<PathBuf>,
    library: Option<PathBuf>,
}

impl Artifact {
    fn parse(line: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(line).ok()?;
        if message["reason"] != "compiler-artifact" {
            return None;
        }
        let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from);
        let is_library = |file: &PathBuf| file.extension().is_some_and(|ending| ending == DLL_EXTENSION);
        Some(Self {
            package: message["package_id"].as_str()?.to_owned(),
            target: message["target"]["name"].as_str()?.to_owned(),
            executable: message["executable"].as_str().map(PathBuf::from),
            library: files.into_iter().find(is_library),
        })
    }
}

fn count_packages(workspace: &Workspace, packages: &[&str]) -> anyhow::Result<u64> {
    let mut command = workspace.cargo();
    command.args(["tree", "--all-features", "--edges", "no-dev", "--prefix", "none", "--format", "{p}", "--no-dedupe"]);
    for package in packages {
        command.args(["--package", package]);
    }
    let tree = command.stderr(Stdio::inherit()).output().context("cargo tree can't be started")?;
    if !tree.status.success() {
        bail!("cargo can't resolve the dependencies of {}: see above", packages.join(", "));
    }
    let tree = String::from_utf8_lossy(&tree.stdout);
    let distinct: HashSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
    Ok(distinct.len() as u64)
}

fn progress_bar(packages: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} building {bar:30} {pos}/{len} {elapsed} {wide_msg:.dim}");
    let bar = ProgressBar::new(packages);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn read_all(mut stderr: ChildStderr) -> String {
    let mut bytes = Vec::new();
    // What was read before an error is still what the compiler said.
    let _ = stderr.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_names_its_package_and_its_executable() {
        let line = r#"{"reason":"compiler-artifact","package_id":"path+file:///f/gateway#farthing-gateway@0.1.0",
            "target":{"kind":["bin"],"name":"farthing-gateway"},"executable":"/f/target/debug/farthing-gateway"}"#;
        let expected = Artifact {
            package: "path+file:///f/gateway#farthing-gateway@0.1.0".into(),
            target: "farthing-gateway".into(),
            executable: Some("/f/target/debug/farthing-gateway".into()),
            library: None,
        };
        assert_eq!(Artifact::parse(line), Some(expected));
    }

    #[test]
    fn of_a_library_s_files_the_dynamic_one_is_found() {
        let line = format!(
            r#"{{"reason":"compiler-artifact","package_id":"farthing-ffi","target":{{"name":"farthing_ffi"}},
            "filenames":["/f/libfarthing_ffi.rlib","/f/libfarthing_ffi.{DLL_EXTENSION}"],"executable":null}}"#
        );
        let library = Artifact::parse(&line).and_then(|artifact| artifact.library);
        assert_eq!(library, Some(format!("/f/libfarthing_ffi.{DLL_EXTENSION}").into()));
    }

    #[test]
    fn other_messages_and_what_programs_print_are_passed_over() {
        assert_eq!(Artifact::parse(r#"{"reason":"build-script-executed","package_id":"ring"}"#), None);
        assert_eq!(Artifact::parse("a line from somewhere else"), None);
    }
}
