//! A million units of a metered item: how long they take to count, what one costs, and how many
//! journal entries they are.

use std::path::Path;
use std::time::Instant;

use farthing_core::{PurchaseFilter, PurchaseKind};

use crate::report::{Bar, Figure, Report};
use crate::setup::{Gateway, METER, Player};

const UNITS: u32 = 1_000_000;
/// What one unit may cost, in microseconds, and what all may take, in seconds.
const UNIT_MAX: f64 = 5.0;
const SECONDS_MAX: f64 = 5.0;
const ENTRIES_MAX: f64 = 20.0;

pub(crate) async fn measure(gateway: &Gateway, folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let (_, wallet) = Player::enrol(gateway, &folder.join("meter")).await?;
    let meter = wallet.meter(METER);
    let started = Instant::now();
    for _ in 0..UNITS {
        meter.record(1).await?;
    }
    meter.flush().await?;
    let seconds = started.elapsed().as_secs_f64();
    let waiting = wallet.purchases(PurchaseFilter { limit: UNITS, waiting_only: true }).await?;
    let entries: Vec<_> = waiting.iter().filter(|purchase| purchase.kind == PurchaseKind::Usage).collect();
    let units: u64 = entries.iter().map(|entry| u64::from(entry.quantity)).sum();
    anyhow::ensure!(units == u64::from(UNITS), "{units} units were written, and {UNITS} counted");
    wallet.close().await;

    let figure = |key, what, measured, unit, most| Figure {
        key,
        what,
        measured,
        unit,
        baseline: "1,000,000 units, 100,000 in memory".into(),
        bar: Some(Bar::AtMost(most)),
        doubt: None,
    };
    report.add(figure("meter_million_s", "a million units counted and written", seconds, "s", SECONDS_MAX));
    report.add(figure("meter_unit_us", "a unit, on average", seconds * 1e6 / f64::from(UNITS), "µs", UNIT_MAX));
    report.add(figure("meter_entries", "journal entries of them", entries.len() as f64, "", ENTRIES_MAX));
    Ok(())
}
