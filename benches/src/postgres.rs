//! How many purchases gateways settle in a second with PostgreSQL on the same cores, beside purchases that pgbench
//! writes there one by one.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, ensure};
use farthing_database::{Durability, PREDICATE_LOCKS, Server};

use crate::device::{BATCH, DEVICES, Device};
use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::setup::Gateway;
use crate::throughput::settle;

/// Batches of each device that count: 96,000 purchases in all.
const BATCHES: usize = 60;
/// And before them, to warm up.
const WARM_UP: usize = 4;
const REPLICAS: usize = 3;
/// How long pgbench writes, and by how many connections at once: as many as there are devices.
const NAIVE_SECONDS: &str = "10";

/// Measures pgbench, one gateway and three of them, one after the other on one server.
pub(crate) async fn measure(binary: &Path, folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let server = Server::start_with(Durability::Full, PREDICATE_LOCKS)?;
    let naive = naive(&server, folder)?;
    let one = gateways(&server, binary, &folder.join("one"), 1).await?;
    let several = gateways(&server, binary, &folder.join("several"), REPLICAS).await;
    report.add(Figure {
        key: "gateway_postgres_over_naive",
        what: "gateway, PostgreSQL, batches of 100",
        measured: one / naive,
        unit: "×",
        baseline: format!("{one:.0}/s; pgbench one by one {naive:.0}/s"),
        bar: Some(Bar::AtLeast(5.0)),
        doubt: None,
    });
    match several {
        Ok(several) => report.add(Figure {
            key: "gateways_postgres_over_one",
            what: "three gateways over one, the same cores",
            measured: several / one,
            unit: "×",
            baseline: format!("three {several:.0}/s"),
            bar: None,
            doubt: None,
        }),
        // Each batch is prepared, and so isn't sent again as a wallet would.
        Err(error) => eprintln!("three gateways on these cores turned batches away: {error:#}"),
    }
    Ok(())
}

/// Purchases that pgbench writes in a second.
fn naive(server: &Server, folder: &Path) -> anyhow::Result<f64> {
    let (start, purchase) = (folder.join("naive_start.sql"), folder.join("naive.sql"));
    fs::write(&start, include_str!("naive_start.sql"))?;
    fs::write(&purchase, include_str!("naive.sql"))?;
    let database = farthing_database::empty(&server.url());
    let run = |command: &mut Command| -> anyhow::Result<String> {
        let output = command.output().context("a program of PostgreSQL can't be started")?;
        ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    run(farthing_database::client("psql")?
        .args(["--quiet", "--set", "ON_ERROR_STOP=1", "--file"])
        .arg(start)
        .arg(&database))?;
    let clients = DEVICES.to_string();
    let mut pgbench = farthing_database::client("pgbench")?;
    pgbench.args([
        "--no-vacuum",
        "--client",
        &clients,
        "--jobs",
        "2",
        "--time",
        NAIVE_SECONDS,
        "--protocol",
        "prepared",
    ]);
    let said = run(pgbench.arg("--file").arg(purchase).arg(&database))?;
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    rate.with_context(|| format!("pgbench says no rate: {said}"))
}

/// Purchases that so many gateways settle in a second, on a fresh database.
async fn gateways(server: &Server, binary: &Path, data: &Path, count: usize) -> anyhow::Result<f64> {
    let database = farthing_database::fresh(&server.url());
    let mut running = vec![Gateway::start_on(binary, data, Some(&database))?];
    while running.len() < count {
        running.push(Gateway::run(binary, data, Some(&database))?);
    }
    let mut devices = Vec::with_capacity(DEVICES);
    for (place, gateway) in running.iter().enumerate() {
        let share = (DEVICES + count - 1 - place) / count;
        devices.extend(Device::enrol_many(gateway, share).await?);
    }
    let title = if count == 1 { "one gateway on PostgreSQL" } else { "three gateways on PostgreSQL" };
    let progress = Arc::new(Progress::new(title, DEVICES * (WARM_UP + BATCHES)));
    settle(&mut devices, WARM_UP, &progress).await?;
    let elapsed = settle(&mut devices, BATCHES, &progress).await?;
    Ok((DEVICES * BATCHES * BATCH) as f64 / elapsed.as_secs_f64())
}
