//! The style of the Kotlin that we wrote, as `.editorconfig` says it.

use crate::kotlin::SDK;
use crate::terminal::Terminal;
use crate::toolchains::{Tool, maven::maven};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    Tool::Maven.provide(workspace, terminal)?;
    let mut ktlint = maven(workspace, &format!("{SDK}/pom.xml"));
    ktlint.args(["--non-recursive", "antrun:run@ktlint"]);
    let finished = terminal.run("format of the Kotlin code", ktlint)?;
    if !finished.success {
        println!("  `mvn -N -f {SDK} antrun:run@ktlint -Dktlint.arguments=--format` puts most of it right");
    }
    Ok(finished.success)
}
