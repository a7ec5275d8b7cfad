//! Three gateways on one PostgreSQL server, under load through a balancer, and killed at random: gateways, and the
//! server itself. Afterwards everything that a wallet was told must be there, once.
//!
//! ```text
//! farthing-replicas --seconds 60 --gateway target/debug/farthing-gateway
//! ```
//!
//! The server is a real one with every commit synced, the wallets are real ones over HTTP. One transaction in thirty
//! is told by the server that another was in the way (SQLSTATE 40001), beside those where one really was.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "it reports on its standard output")]

mod balancer;
mod books;
mod phone;
mod replica;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use farthing_database::{Durability, Server};
use futures_util::future::try_join_all;
use indicatif::ProgressBar;

use books::Books;
use phone::Phone;
use replica::Replica;

const REPLICAS: usize = 3;
/// Of so many blows one hits the server, the others a gateway.
const SERVER_ONCE_IN: u32 = 6;

/// Kills gateways and their database under load, and counts what is left.
#[derive(Parser)]
struct CommandLine {
    /// How long.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many phones buy meanwhile.
    #[arg(long, default_value_t = 12)]
    phones: usize,
    /// Decides who is killed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The gateway's program.
    #[arg(long)]
    gateway: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(CommandLine::parse()).await {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("farthing-replicas: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: CommandLine) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(Durability::Full)?;
    let database = farthing_database::fresh(&server.url());
    let balancer = balancer::bind().await?;
    let address = balancer.address.clone();
    let mut replicas = start(&options.gateway, folder.path(), &database, &address).await?;
    balancer.serve(replicas.iter().map(|replica| replica.port).collect());
    let mut books = Books::open(&database).await?;
    books.get_in_the_way().await?;

    let keys = (replicas[0].publishable_key.clone(), replicas[0].root_key.clone());
    let phones = (0..options.phones).map(|number| Phone::open(folder.path(), number, &address, &keys));
    let phones = try_join_all(phones).await?;
    let is_over = Arc::new(AtomicBool::new(false));
    let playing: Vec<_> = phones.into_iter().map(|phone| tokio::spawn(phone.play(is_over.clone()))).collect();
    let kills = rage(&options, &server, &mut replicas).await?;
    is_over.store(true, Ordering::Relaxed);

    let mut told = Vec::new();
    for phone in playing {
        told.push(phone.await??.finish().await?);
    }
    let waited = books.check(&told, &database).await?;
    for replica in &mut replicas {
        replica.end().await?;
    }
    let purchases: usize = told.iter().map(|told| told.purchases.len()).sum();
    ensure!(purchases > 100, "only {purchases} purchases were made: this shows nothing");
    Ok(format!(
        "{purchases} purchases of {} phones in {} s; {} gateways and {} times the server killed; {} transactions ran \
         again; lost 0, doubled 0, the ledger balances ({waited} of its changes were not folded yet)",
        told.len(),
        options.seconds,
        kills.0,
        kills.1,
        replica::runs_again(folder.path())?,
    ))
}

/// Starts all gateways in one data folder. The first start makes the settings, into which the balancer's address goes.
async fn start(binary: &Path, folder: &Path, database: &str, address: &str) -> anyhow::Result<Vec<Replica>> {
    let settings = folder.join("data/gateway.toml");
    let mut first = Replica::new(0, binary, folder, database)?;
    first.begin().await?;
    first.end().await?;
    let sample = std::fs::read_to_string(&settings).context("the gateway made no settings")?;
    std::fs::write(&settings, format!("public_url = \"{address}\"\n{sample}"))?;
    let mut replicas = vec![first];
    for number in 1..REPLICAS {
        replicas.push(Replica::new(number, binary, folder, database)?);
    }
    try_join_all(replicas.iter_mut().map(Replica::begin)).await?;
    Ok(replicas)
}

/// Kills and starts again until the time is over; says how often gateways and the server were hit.
async fn rage(options: &CommandLine, server: &Server, replicas: &mut [Replica]) -> anyhow::Result<(u32, u32)> {
    let (mut random, mut kills) = (fastrand::Rng::with_seed(options.seed), (0, 0));
    let (began, time) = (Instant::now(), Duration::from_secs(options.seconds));
    let bar = ProgressBar::new(options.seconds);
    while began.elapsed() < time {
        tokio::time::sleep(Duration::from_millis(random.u64(200..2_500))).await;
        if random.u32(0..SERVER_ONCE_IN) == 0 {
            server.kill()?;
            tokio::time::sleep(Duration::from_millis(random.u64(0..1_500))).await;
            server.begin()?;
            kills.1 += 1;
        } else {
            let victim = random.usize(0..replicas.len());
            replicas[victim].kill().await?;
            tokio::time::sleep(Duration::from_millis(random.u64(0..1_500))).await;
            replicas[victim].begin().await?;
            kills.0 += 1;
        }
        bar.set_position(began.elapsed().as_secs());
    }
    bar.finish_and_clear();
    Ok(kills)
}
