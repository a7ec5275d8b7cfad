//! `cargo xtask bench`: each speed beside its baseline, and the size of the library.

use std::fs;

use anyhow::{Context, bail};
use serde_json::{Map, Value};

use crate::build::build;
use crate::kotlin;
use crate::size;
use crate::swift;
use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::Workspace;

const SUMMARY: &str = "target/bench/summary.json";

/// Measures in a release build, and adds the library's size to the summary as `library_mb`.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    Tool::Postgres.provide(workspace, terminal)?;
    let packages = ["farthing-benches", "farthing-gateway"];
    let selection = ["--release", "--package", packages[0], "--package", packages[1]];
    let built = build(workspace, terminal, &packages, &selection)?;
    let summary = workspace.fresh_file(SUMMARY).context("the summary's folder can't be written")?;
    let programs =
        [("--kotlin", kotlin::timed_buys(workspace, terminal)?), ("--swift", swift::timed_buys(workspace, terminal)?)];
    let mut benches = workspace.command(built.executable("farthing-benches")?);
    benches.arg("--gateway-binary").arg(built.executable("farthing-gateway")?);
    benches.arg("--summary").arg(&summary);
    for (language, command) in programs {
        for word in command {
            benches.arg(language).arg(word);
        }
    }
    let speeds_hold = terminal.hand_over(benches)?;

    let size = size::measure(workspace, terminal)?;
    println!("{size}");
    let text = fs::read_to_string(&summary).with_context(|| format!("the benches wrote no {SUMMARY}"))?;
    fs::write(&summary, with_library_size(&text, &size)?)?;
    println!("written: {SUMMARY}");
    Ok(speeds_hold && size.holds())
}

fn with_library_size(summary: &str, size: &size::LibrarySize) -> anyhow::Result<String> {
    let Ok(mut measured) = serde_json::from_str::<Map<String, Value>>(summary) else {
        bail!("{SUMMARY} is not a JSON object");
    };
    measured.insert("library_mb".into(), size.megabytes().into());
    Ok(serde_json::to_string_pretty(&measured)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_joins_the_speeds() -> anyhow::Result<()> {
        let merged = with_library_size(r#"{"drain_10k_s": 1.5}"#, &size::LibrarySize { bytes: 3_210_000 })?;
        let merged: Value = serde_json::from_str(&merged)?;
        assert_eq!(merged, serde_json::json!({"drain_10k_s": 1.5, "library_mb": 3.21}));
        assert!(with_library_size("garbage", &size::LibrarySize { bytes: 1 }).is_err());
        Ok(())
    }
}
