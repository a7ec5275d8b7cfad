//! Writes the computed parts of `docs/economics.md` and its chart, or plays a month of one's own.
#![allow(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Parser;
use farthing_economics::page::{self, CHART, PAGE};
use farthing_economics::route::Routes;
use farthing_economics::scenario::Scenario;
use farthing_economics::table;
use farthing_protocol::Money;

/// What it costs to take small amounts in. Without an option it makes docs/economics.md and its chart anew from
/// economics/routes.toml and economics/month.toml; with one it plays the month so, and writes nothing.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The checkout
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Only say whether the page and the chart are what the data give
    #[arg(long)]
    check: bool,
    /// How many players buy
    #[arg(long)]
    players: Option<u32>,
    /// Of each hundred purchases: how many are made without a network
    #[arg(long)]
    offline: Option<u32>,
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
    seed: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let read = |name: &str| {
        let path = arguments.root.join(name);
        fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))
    };
    let routes = Routes::parse(&read("economics/routes.toml")?).context("economics/routes.toml is not right")?;
    let file = Scenario::parse(&read("economics/month.toml")?, &routes).context("economics/month.toml is not right")?;
    let scenario = changed(&arguments, file.clone())?;
    if scenario != file {
        scenario.check()?;
        println!("{}", table::month(&scenario, &routes)?);
        return Ok(());
    }
    let filled = page::fill(&read(PAGE)?, &routes, &scenario)?;
    let chart = page::chart(&routes)?;
    if arguments.check {
        let holds = read(PAGE)? == filled && read(CHART)? == chart;
        ensure!(holds, "{PAGE} and {CHART} are not what the data give: `cargo xtask economics`");
        println!("{PAGE} and {CHART} are what the data give");
        return Ok(());
    }
    write(&arguments.root, PAGE, &filled)?;
    write(&arguments.root, CHART, &chart)?;
    println!("{}", table::month(&scenario, &routes)?);
    println!("written: {PAGE}, {CHART}");
    Ok(())
}

fn changed(arguments: &Arguments, scenario: Scenario) -> anyhow::Result<Scenario> {
    let amount = |text: &Option<String>, otherwise: Money| match text {
        Some(text) => Money::parse(text, otherwise.currency()),
        None => Ok(otherwise),
    };
    Ok(Scenario {
        players: arguments.players.unwrap_or(scenario.players),
        offline: arguments.offline.unwrap_or(scenario.offline),
        seed: arguments.seed.unwrap_or(scenario.seed),
        price: amount(&arguments.price, scenario.price)?,
        top_up: amount(&arguments.top_up, scenario.top_up)?,
        tab: amount(&arguments.tab, scenario.tab)?,
        reserve: amount(&arguments.reserve, scenario.reserve)?,
        ..scenario
    })
}

fn write(root: &Path, name: &str, content: &str) -> anyhow::Result<()> {
    let path = root.join(name);
    fs::write(&path, content).with_context(|| format!("{} can't be written", path.display()))
}
