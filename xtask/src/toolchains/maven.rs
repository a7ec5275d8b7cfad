//! Maven with a JDK: it builds and tests the Kotlin SDK and the Android sample.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::{Ready, at_least, debian, require};
use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// The oldest Maven that the plugins take.
const LEAST_MAVEN: (u32, u32) = (3, 8);
/// The oldest Java that Robolectric runs on.
const LEAST_JAVA: (u32, u32) = (17, 0);
const PACKAGES: [&str; 2] = ["maven", "default-jdk-headless"];

/// Maven, once it and a JDK are there.
pub(super) fn provide(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Ready> {
    let (versions, is_new) = match versions(workspace) {
        Ok(versions) => (versions, false),
        Err(missing) => {
            debian::install(workspace, terminal, &PACKAGES).with_context(|| format!("{missing:#}"))?;
            (self::versions(workspace)?, true)
        }
    };
    let Versions { maven, java } = versions;
    Ok(Ready { program: "mvn".into(), title: format!("Maven {maven} with JDK {java}"), is_new })
}

/// Maven on a project of the checkout, as a machine calls it: no questions, no colours, no progress of downloads.
pub(crate) fn maven(workspace: &Workspace, project: &str) -> Command {
    let mut maven = workspace.command("mvn");
    maven.args(["--batch-mode", "--no-transfer-progress", "--file"]).arg(workspace.path(project));
    maven
}

struct Versions {
    maven: String,
    java: String,
}

fn versions(workspace: &Workspace) -> anyhow::Result<Versions> {
    let java = require(workspace, "javac", LEAST_JAVA, "install a JDK, not only a Java runtime")?;
    let mut says = workspace.command("mvn");
    says.args(["--batch-mode", "--version"]).stdin(Stdio::null());
    let says = says.output().context("there is no `mvn` on this machine")?;
    let says = String::from_utf8_lossy(&says.stdout);
    // Debian's Maven writes its name in bold whoever reads it.
    let says = console::strip_ansi_codes(&says);
    let maven = maven_version(&says).context("`mvn --version` doesn't say its version")?;
    if !at_least(maven, LEAST_MAVEN) {
        bail!("Maven is {maven}, and {}.{} is the oldest that will do", LEAST_MAVEN.0, LEAST_MAVEN.1);
    }
    // JAVA_HOME may name another Java than the one on the PATH.
    if let Some(own) = java_version(&says).filter(|own| !at_least(own, LEAST_JAVA)) {
        bail!("Maven runs on Java {own}, and {} is the oldest that will do: look at JAVA_HOME", LEAST_JAVA.0);
    }
    Ok(Versions { maven: maven.to_owned(), java })
}

fn maven_version(says: &str) -> Option<&str> {
    says.lines().find_map(|line| line.strip_prefix("Apache Maven ")?.split_whitespace().next())
}

fn java_version(says: &str) -> Option<&str> {
    says.lines().find_map(|line| line.strip_prefix("Java version: ")?.split(',').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maven_says_its_own_version_and_java_s() {
        let says = "Apache Maven 3.9.9 (8e8579a9e7)\nMaven home: /opt/maven\n\
                    Java version: 17.0.15, vendor: Debian, runtime: /usr/lib/jvm/java-17\n";
        assert_eq!(maven_version(says), Some("3.9.9"));
        assert_eq!(java_version(says), Some("17.0.15"));
        assert_eq!(maven_version("mvn: command not found"), None);
        assert_eq!(java_version(""), None);
    }
}
