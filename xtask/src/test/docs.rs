//! The API's documentation and the book, without a warning, and without a link to nowhere.

use super::links;
use crate::terminal::{self, Terminal};
use crate::toolchains::Tool;
use crate::workspace::{EVERYTHING, Workspace};

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    // Each says what it finds, so that one run shows all.
    let links = links(workspace)?;
    let api = api(workspace, terminal)?;
    let book = book(workspace, terminal)?;
    Ok(links && api && book)
}

fn links(workspace: &Workspace) -> anyhow::Result<bool> {
    let found = links::check(workspace)?;
    println!("{} {} links in {} Markdown files", terminal::mark(found.broken.is_empty()), found.links, found.files);
    for broken in &found.broken {
        println!("  {broken}");
    }
    Ok(found.broken.is_empty())
}

fn api(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let mut doc = workspace.cargo();
    doc.arg("doc").args(EVERYTHING).arg("--no-deps").env("RUSTDOCFLAGS", "-D warnings");
    Ok(terminal.run("documentation of the API", doc)?.success)
}

fn book(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let mut mdbook = workspace.command(Tool::Mdbook.provide(workspace, terminal)?.program);
    mdbook.args(["build", "docs", "--dest-dir"]).arg(workspace.path("target/book"));
    let finished = terminal.run("the book", mdbook)?;
    // mdBook succeeds all the same when a page can't be read as it was meant.
    let is_finding = |line: &&str| ["WARN ", "ERROR "].iter().any(|level| line.trim_start().starts_with(level));
    let findings: Vec<_> = finished.output.lines().filter(is_finding).collect();
    for finding in &findings {
        println!("{} {}", terminal::mark(false), finding.trim());
    }
    Ok(finished.success && findings.is_empty())
}
