//! How the cost grows with what is in the store: it is filled to one size after the other, and at each the same
//! operations are measured.
//!
//! A player enrols, tops up and buys at the gateway; [`fill`] copies what the gateway wrote for that player, under other
//! names. So a store of millions has only rows that a gateway could have written, and takes minutes.

mod dashboard;
mod fill;
mod meter;
mod operations;
mod store;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Serialize;

use crate::device::Device;
use crate::setup::Gateway;
use operations::{Measured, Merchant};
use store::{Size, Store};

/// Purchases of each player, settled in one batch.
const PURCHASES_EACH: usize = 10;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct ScaleArguments {
    /// The gateway that is measured: farthing-gateway, built for release
    #[arg(long)]
    gateway_binary: PathBuf,
    /// Where the figures go, as JSON; its folder also holds the data while it runs
    #[arg(long)]
    summary: PathBuf,
    /// Purchases in PostgreSQL at which it is measured, in rising order; each player has ten
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    postgres: Vec<u64>,
    /// The same for SQLite
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    sqlite: Vec<u64>,
}

/// One size of one store.
#[derive(Serialize)]
struct Step {
    database: &'static str,
    accounts: u64,
    purchases: u64,
    fill_s: f64,
    size: Size,
    measured: Measured,
}

/// Measures on both databases. Figures are written as they come, so that those of small stores are there where a large
/// one does not fit.
pub(crate) async fn measure(arguments: &ScaleArguments) -> anyhow::Result<()> {
    let beside = arguments.summary.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    std::fs::create_dir_all(beside).with_context(|| format!("{} can't be made", beside.display()))?;
    let folder = tempfile::Builder::new().prefix("scale-").tempdir_in(beside)?;
    let mut steps = Vec::new();
    if !arguments.sqlite.is_empty() {
        let store = Store::sqlite(&folder.path().join("sqlite"));
        grow(store, arguments, &arguments.sqlite, &mut steps).await?;
    }
    if !arguments.postgres.is_empty() {
        let store = Store::postgres(&folder.path().join("postgres")).await?;
        grow(store, arguments, &arguments.postgres, &mut steps).await?;
    }
    Ok(())
}

async fn grow(
    mut store: Store,
    arguments: &ScaleArguments,
    sizes: &[u64],
    steps: &mut Vec<Step>,
) -> anyhow::Result<()> {
    ensure!(sizes.is_sorted() && sizes.iter().all(|size| *size >= 1_000), "the sizes must rise, from 1,000 on");
    let gateway = store.start(&arguments.gateway_binary)?;
    let (account, device) = example(&gateway).await?;
    drop((gateway, device));
    let mut accounts = 1;
    for purchases in sizes {
        let wanted = purchases / PURCHASES_EACH as u64;
        let fill_s = fill::fill(&store, &account, accounts, wanted).await?;
        accounts = wanted.max(accounts);
        store.settle_down().await?;
        let size = store.size().await?;
        let merchant = Merchant::of(&store)?;
        let measured = operations::measure(&store, &merchant, &arguments.gateway_binary, accounts).await?;
        let step = Step {
            database: store.name(),
            accounts,
            purchases: accounts * PURCHASES_EACH as u64,
            fill_s,
            size,
            measured,
        };
        println!("{}", serde_json::to_string(&step)?);
        steps.push(step);
        std::fs::write(&arguments.summary, serde_json::to_string_pretty(steps)? + "\n")?;
    }
    Ok(())
}

/// A player who has topped up and bought, as the gateway wrote it.
async fn example(gateway: &Gateway) -> anyhow::Result<(String, Device)> {
    let mut devices = Device::enrol_many(gateway, 1).await?;
    let mut device = devices.pop().context("no device was enrolled")?;
    for batch in device.prepare_of(1, PURCHASES_EACH).await? {
        let answer = batch.send().await?;
        device.check(&answer)?;
    }
    Ok((device.account_id().await?.to_string(), device))
}
