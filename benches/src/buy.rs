//! `buy`, offline and durable, beside a bare durable insert; with nothing queued and with a
//! queue that is nearly full.
//!
//! The three take turns in short rounds, so that what else the disk does meets them alike. Each
//! first writes as much as it takes for its write-ahead log to reach its full length: a commit
//! that makes a file longer waits for the file system too, and all three are to be measured in
//! the same state. Who comes first changes from round to round.
//!
//! The figures depend on what else the machine does. On an idle one a ratio is highest: a thread
//! that is woken has to wake a core first. Where the bare inserts themselves were disturbed, the
//! ratios are not judged, since a slow baseline flatters whatever is held against it.

use std::path::Path;
use std::time::{Duration, Instant};

use farthing_core::Wallet;
use farthing_protocol::limits::QUEUE_ENTRIES_MAX;

use crate::insert::BareTable;
use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::setup::{Gateway, ITEM, Player, buy_many};
use crate::statistics::{Samples, microseconds, ratio};

/// Commits before the first round: more than SQLite and the wallet write between two checkpoints.
const WARM_UP: usize = 1_200;
const ROUNDS: usize = 40;
/// How far the rounds of bare inserts may lie apart: the upper quartile of their medians over the
/// lower one. It is about 1.1 to 1.3 where nothing disturbs them.
const SPREAD_MAX: f64 = 1.5;
/// Samples of each round: 2,200 in all.
const SAMPLES: usize = 55;
/// Entries in the long queue at the start, and how many each round adds: it ends at 9,960.
const QUEUED: usize = 9_000;
const QUEUED_SAMPLES: usize = 24;

/// Measures, and leaves a player whose queue is full.
pub(crate) async fn measure(
    gateway: &Gateway,
    folder: &Path,
    report: &mut Report,
) -> anyhow::Result<(Player, Samples)> {
    let progress = Progress::new("buy, beside a bare insert", ROUNDS);
    let mut bare = BareTable::create(&folder.join("bare.db"))?;
    let (_, idle) = Player::enrol(gateway, &folder.join("idle")).await?;
    let (busy_player, busy) = Player::enrol(gateway, &folder.join("busy")).await?;
    bare.timed_inserts(WARM_UP)?;
    timed_buys(&idle, WARM_UP).await?;
    timed_buys(&busy, WARM_UP).await?;
    buy_many(&busy, QUEUED - WARM_UP).await?;

    let (mut inserts, mut buys, mut queued_buys) = (Samples::default(), Samples::default(), Samples::default());
    let mut insert_rounds = Samples::default();
    for round in 0..ROUNDS {
        // From here on nothing is queued but what is bought now.
        idle.sync().await?;
        for turn in 0..3 {
            match (round + turn) % 3 {
                0 => {
                    let inserted = bare.timed_inserts(SAMPLES)?;
                    insert_rounds.push(inserted.median());
                    inserts.extend(inserted);
                }
                1 => buys.extend(timed_buys(&idle, SAMPLES).await?),
                _ => queued_buys.extend(timed_buys(&busy, QUEUED_SAMPLES).await?),
            }
        }
        progress.advance(1);
    }
    let full = usize::try_from(QUEUE_ENTRIES_MAX)?;
    buy_many(&busy, full - QUEUED - ROUNDS * QUEUED_SAMPLES).await?;
    idle.close().await;
    busy.close().await;

    let spread = ratio(insert_rounds.percentile(75), insert_rounds.percentile(25));
    add_figures(report, &inserts, spread, &buys, &queued_buys);
    Ok((busy_player, inserts))
}

/// Buys one after the other.
pub(crate) async fn timed_buys(wallet: &Wallet, count: usize) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..count {
        let started = Instant::now();
        wallet.buy(ITEM.into()).await?;
        samples.push(started.elapsed());
    }
    Ok(samples)
}

fn add_figures(report: &mut Report, inserts: &Samples, spread: f64, buys: &Samples, queued_buys: &Samples) {
    let absolute = |key, what, time: Duration| Figure {
        key,
        what,
        measured: microseconds(time),
        unit: "µs",
        baseline: String::new(),
        bar: None,
        doubt: None,
    };
    let (insert_p50, insert_p99) = (inserts.median(), inserts.percentile(99));
    let (buy_p50, buy_p99) = (buys.median(), buys.percentile(99));
    report.add(absolute("insert_p50_us", "bare insert of 400 bytes, FULL, p50", insert_p50));
    report.add(absolute("insert_p99_us", "bare insert of 400 bytes, FULL, p99", insert_p99));
    report.add(absolute("buy_p50_us", "buy, durable, p50", buy_p50));
    report.add(absolute("buy_p99_us", "buy, durable, p99", buy_p99));
    report.add(Figure {
        key: "buy_p50_ratio",
        what: "buy over a bare insert, p50",
        measured: ratio(buy_p50, insert_p50),
        unit: "×",
        baseline: format!("insert {:.0} µs", microseconds(insert_p50)),
        bar: Some(Bar::AtMost(1.5)),
        doubt: doubt(spread, ratio(buy_p50, insert_p50)),
    });
    report.add(Figure {
        key: "buy_p99_ratio",
        what: "buy over a bare insert, p99",
        measured: ratio(buy_p99, insert_p99),
        unit: "×",
        baseline: format!("insert {:.0} µs", microseconds(insert_p99)),
        bar: Some(Bar::AtMost(2.0)),
        doubt: doubt(spread, ratio(buy_p99, insert_p99)),
    });
    report.add(Figure {
        key: "buy_p50_ratio_10k_queued",
        what: "buy with 10,000 queued over none, p50",
        measured: ratio(queued_buys.median(), buy_p50),
        unit: "×",
        baseline: format!("none queued {:.0} µs", microseconds(buy_p50)),
        bar: Some(Bar::AtMost(1.1)),
        doubt: None,
    });
}

/// Why a ratio over the bare inserts can't be judged, if it can't.
fn doubt(spread: f64, ratio: f64) -> Option<&'static str> {
    if spread > SPREAD_MAX {
        return Some("the bare inserts were disturbed; measure again");
    }
    // A purchase contains such an insert.
    (ratio < 1.0).then_some("faster than the insert that it contains; measure again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_over_a_disturbed_baseline_is_not_judged() {
        assert_eq!(doubt(1.2, 1.4), None);
        assert!(doubt(4.0, 1.4).is_some());
        assert!(doubt(1.2, 0.5).is_some());
    }
}
