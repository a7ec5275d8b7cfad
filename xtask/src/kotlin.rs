//! What Maven builds: the Kotlin SDK and the Android sample, with the library and the gateway that they need.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::bindings::{self, Language};
use crate::terminal::Terminal;
use crate::toolchains::{Tool, maven::maven};
use crate::workspace::Workspace;

/// The project of the SDK's modules.
pub(crate) const SDK: &str = "bindings/kotlin";
/// The program that buys for the benches, among the SDK's tests.
const TIMED_BUYS: &str = "dev.farthing.TimedBuysKt";
/// The project of the sample: the app, and the SDK's modules that it is made of.
pub(crate) const SAMPLE: &str = "android-sample";

/// Maven on a project, once all that its sources and tests need is there.
///
/// # Errors
/// When a tool can't be had, or something in Rust doesn't compile.
pub(crate) fn prepare(workspace: &Workspace, terminal: &Terminal, project: &str) -> anyhow::Result<Command> {
    let tools = [Tool::Maven, Tool::Android];
    for tool in tools {
        tool.provide(workspace, terminal)?;
    }
    let built = bindings::make(workspace, terminal, &[Language::Kotlin], false)?;
    let mut command = maven(workspace, &format!("{project}/pom.xml"));
    command.arg(property("farthing.gateway", built.executable("farthing-gateway")?));
    if project == SAMPLE {
        command.arg(property("farthing.stores", built.executable(bindings::STORES)?));
        command.arg("-Dlibraries.skipTests=true");
    }
    Ok(command)
}

/// Compiles the program that buys for the benches, with the library as it ships, and gives the words of the command
/// that runs it.
///
/// # Errors
/// When a tool can't be had, or something doesn't compile.
pub(crate) fn timed_buys(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Vec<OsString>> {
    Tool::Maven.provide(workspace, terminal)?;
    bindings::make(workspace, terminal, &[Language::Kotlin], true)?;
    let listed = workspace.fresh_file("target/bench/class-path")?;
    let mut compile = maven(workspace, &format!("{SDK}/pom.xml"));
    compile.args(["--projects", "farthing", "test-compile", "dependency:build-classpath"]);
    compile.arg(property("mdep.outputFile", &listed));
    ensure!(terminal.run("compile the Kotlin SDK", compile)?.success, "the Kotlin SDK doesn't compile: see above");
    let libraries = fs::read_to_string(&listed).context("Maven wrote no class path")?;
    let own = ["test-classes", "classes"].map(|folder| workspace.path(SDK).join("farthing/target").join(folder));
    let class_path = env::join_paths(own.into_iter().chain(env::split_paths(libraries.trim())))?;
    Ok(vec!["java".into(), "-cp".into(), class_path, TIMED_BUYS.into()])
}

/// A property of a Maven project, given on its command line.
pub(crate) fn property(name: &str, value: &Path) -> String {
    format!("-D{name}={}", value.display())
}
