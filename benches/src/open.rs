//! How long a wallet with a full queue takes to open, beside reading as many bare rows.
//!
//! In one process, with the files in the page cache: what an app that was just closed sees.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use farthing_core::PurchaseFilter;
use farthing_protocol::limits::QUEUE_ENTRIES_MAX;

use crate::insert::BareTable;
use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::setup::Player;
use crate::statistics::{Samples, milliseconds};

const ROUNDS: usize = 15;

/// Measures with a player whose queue is full, and leaves it so.
pub(crate) async fn measure(player: &Player, folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let progress = Progress::new("open with 10,000 queued", ROUNDS);
    let path = folder.join("bare-rows.db");
    BareTable::create(&path)?.fill(QUEUE_ENTRIES_MAX)?;

    let (mut bare, mut opened) = (Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let bytes = BareTable::open(&path)?.read_all()?;
        bare.push(started.elapsed());
        ensure!(bytes > 0, "the bare rows are gone");

        let started = Instant::now();
        let wallet = player.open().await?;
        opened.push(started.elapsed());
        // Not only open: the queue is there.
        let filter = PurchaseFilter { limit: u32::MAX, waiting_only: true };
        let waiting = wallet.purchases(filter).await?.len();
        ensure!(waiting as u64 == QUEUE_ENTRIES_MAX, "only {waiting} purchases are queued");
        wallet.close().await;
        progress.advance(1);
    }
    report.add(Figure {
        key: "open_10k_ms",
        what: "open with 10,000 queued, warm cache, median",
        measured: milliseconds(opened.median()),
        unit: "ms",
        baseline: format!("10,000 bare rows read {:.1} ms", milliseconds(bare.median())),
        bar: Some(Bar::AtMost(50.0)),
        doubt: None,
    });
    Ok(())
}
