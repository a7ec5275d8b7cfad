//! How long a full queue takes to settle at a gateway on the same machine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use farthing_core::Wallet;
use farthing_protocol::limits::QUEUE_ENTRIES_MAX;

use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::setup::{Gateway, Player, buy_many};
use crate::statistics::Samples;

/// Each with a player of its own.
const ROUNDS: usize = 3;

/// Measures with a player whose queue is full, and leaves it empty; then with others like it.
pub(crate) async fn measure(
    gateway: &Gateway,
    full: &Player,
    folder: &Path,
    inserts: &Samples,
    report: &mut Report,
) -> anyhow::Result<()> {
    let progress = Progress::new("drain 10,000 queued", ROUNDS);
    let mut drained = Samples::default();
    drained.push(drain(full.open().await?).await?);
    progress.advance(1);
    for round in 1..ROUNDS {
        let (_, wallet) = Player::enrol(gateway, &folder.join(format!("drained-{round}"))).await?;
        buy_many(&wallet, usize::try_from(QUEUE_ENTRIES_MAX)?).await?;
        drained.push(drain(wallet).await?);
        progress.advance(1);
    }

    let one_by_one = inserts.median().as_secs_f64() * QUEUE_ENTRIES_MAX as f64;
    report.add(Figure {
        key: "drain_10k_s",
        what: "drain 10,000 to a local gateway, median of 3",
        measured: drained.median().as_secs_f64(),
        unit: "s",
        baseline: format!("bare inserts one by one {one_by_one:.2} s"),
        bar: Some(Bar::AtMost(2.0)),
        doubt: None,
    });
    Ok(())
}

/// Syncs a wallet whose queue is full, and closes it.
async fn drain(wallet: Arc<Wallet>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let synced = wallet.sync().await?;
    let took = started.elapsed();
    let all = (synced.settled, synced.rejected, synced.waiting) == (QUEUE_ENTRIES_MAX, 0, 0);
    ensure!(all, "not all was settled: {} settled, {} rejected", synced.settled, synced.rejected);
    wallet.close().await;
    Ok(took)
}
