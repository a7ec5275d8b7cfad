//! `cargo xtask economics`: makes the figures of `docs/economics.md` anew, or plays a month of one's own.

use clap::Args;

use crate::build::build;
use crate::terminal::Terminal;
use crate::workspace::Workspace;

const PACKAGE: &str = "farthing-economics";

/// What is other than in economics/month.toml.
#[derive(Args)]
pub(crate) struct Changes {
    /// Only say whether the page and the chart are what the data give
    #[arg(long)]
    check: bool,
    /// How many players buy
    #[arg(long)]
    players: Option<String>,
    /// Of each hundred purchases: how many are made without a network
    #[arg(long)]
    offline: Option<String>,
    /// What a purchase costs
    #[arg(long)]
    price: Option<String>,
    /// How large a top-up is
    #[arg(long)]
    top_up: Option<String>,
    /// How high a tab may go
    #[arg(long)]
    tab: Option<String>,
    /// What is reserved for a device to spend offline
    #[arg(long)]
    reserve: Option<String>,
    /// Which of the possible months
    #[arg(long)]
    seed: Option<String>,
}

/// Builds the program that computes, and hands over to it.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal, changes: &Changes) -> anyhow::Result<bool> {
    let built = build(workspace, terminal, &[PACKAGE], &["--package", PACKAGE])?;
    let mut economics = workspace.command(built.executable(PACKAGE)?);
    economics.arg("--root").arg(workspace.path(""));
    if changes.check {
        economics.arg("--check");
    }
    let options = [
        ("--players", &changes.players),
        ("--offline", &changes.offline),
        ("--price", &changes.price),
        ("--top-up", &changes.top_up),
        ("--tab", &changes.tab),
        ("--reserve", &changes.reserve),
        ("--seed", &changes.seed),
    ];
    for (option, value) in options {
        if let Some(value) = value {
            economics.arg(option).arg(value);
        }
    }
    terminal.hand_over(economics)
}
