//! What Maven builds: the Kotlin SDK and the Android sample, with the library and the gateway that they need.

use std::path::Path;
use std::process::Command;

use crate::bindings;
use crate::terminal::Terminal;
use crate::toolchains::{Tool, maven::maven};
use crate::workspace::Workspace;

/// The project of the SDK's modules.
pub(crate) const SDK: &str = "bindings/kotlin";
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
    let built = bindings::make(workspace, terminal, false)?;
    let mut command = maven(workspace, &format!("{project}/pom.xml"));
    command.arg(property("farthing.gateway", built.executable("farthing-gateway")?));
    if project == SAMPLE {
        command.arg("-Dlibraries.skipTests=true");
    }
    Ok(command)
}

/// A property of a Maven project, given on its command line.
pub(crate) fn property(name: &str, value: &Path) -> String {
    format!("-D{name}={}", value.display())
}
