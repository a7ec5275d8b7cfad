//! What an open wallet adds to a process's memory: this program runs itself as a process with
//! one and as a process without, and each reads its own resident set.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use clap::Args;

use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::setup::{Gateway, ITEM, Player};

/// Processes of each kind; the median counts.
const ROUNDS: usize = 5;

/// Which wallet a child opens.
#[derive(Args)]
pub(crate) struct WalletArguments {
    #[arg(long)]
    gateway: String,
    #[arg(long)]
    publishable_key: String,
    #[arg(long)]
    root_key: String,
    #[arg(long)]
    folder: PathBuf,
}

/// Measures with an enrolled player's wallet, which must not be open.
pub(crate) fn measure(gateway: &Gateway, player: &Player, report: &mut Report) -> anyhow::Result<()> {
    let progress = Progress::new("memory of an open wallet", ROUNDS);
    let program = std::env::current_exe()?;
    let (mut empty, mut open) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        empty.push(resident_of(Command::new(&program).arg("child-empty"))?);
        let mut child = Command::new(&program);
        child.args(["child-wallet", "--gateway", &gateway.url, "--publishable-key", &gateway.publishable_key]);
        // It may begin with a hyphen, so it is one word with its name.
        child.arg(format!("--root-key={}", gateway.root_key)).arg("--folder").arg(&player.folder);
        open.push(resident_of(&mut child)?);
        progress.advance(1);
    }
    let (empty, open) = (median(empty), median(open));
    report.add(Figure {
        key: "wallet_rss_mb",
        what: "memory of an open wallet",
        measured: megabytes(open.saturating_sub(empty)),
        unit: "MB",
        baseline: format!("empty process {:.1} MB", megabytes(empty)),
        bar: Some(Bar::AtMost(8.0)),
        doubt: None,
    });
    Ok(())
}

fn resident_of(child: &mut Command) -> anyhow::Result<u64> {
    let output = child.output()?;
    ensure!(output.status.success(), "a child failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().context("a child did not say its memory")
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Megabytes of 10⁶ bytes, as the size of the library is given.
fn megabytes(kibibytes: u64) -> f64 {
    kibibytes as f64 * 1_024.0 / 1e6
}

/// The process without a wallet; it has the same runtime.
pub(crate) fn child_empty() -> anyhow::Result<()> {
    println!("{}", resident_kibibytes()?);
    Ok(())
}

/// The process with one: enrolled, catalog loaded, after a purchase and a sync.
pub(crate) async fn child_wallet(wallet: WalletArguments) -> anyhow::Result<()> {
    let player = Player::new(&wallet.gateway, &wallet.publishable_key, &wallet.root_key, &wallet.folder);
    let wallet = player.open().await?;
    wallet.buy(ITEM.into()).await?;
    let synced = wallet.sync().await?;
    ensure!(synced.settled == 1, "the purchase did not settle");
    println!("{}", resident_kibibytes()?);
    wallet.close().await;
    Ok(())
}

/// What of this process is in memory now (proc(5), `VmRSS`).
fn resident_kibibytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("resident memory is known on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    line.trim().trim_end_matches(" kB").parse().context("VmRSS is no number")
}
