//! How many purchases a gateway settles in a second when devices send as fast as it answers,
//! with the load on the same cores.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::device::{BATCH, BatchAnswer, DEVICES, Device, PreparedBatch};
use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::statistics::Samples;

/// Batches of each device that count: 200,000 purchases in all.
const BATCHES: usize = 125;
/// And before them, to warm up.
const WARM_UP: usize = 4;

/// Measures with funded devices; their journals go on from there.
pub(crate) async fn measure(devices: &mut [Device], inserts: &Samples, report: &mut Report) -> anyhow::Result<()> {
    let progress = Arc::new(Progress::new("gateway, as fast as it answers", DEVICES * (WARM_UP + BATCHES)));
    settle(devices, WARM_UP, &progress).await?;
    let elapsed = settle(devices, BATCHES, &progress).await?;

    let one_by_one = 1.0 / inserts.median().as_secs_f64();
    report.add(Figure {
        key: "gateway_sqlite_per_s",
        what: "gateway, SQLite, batches of 100",
        measured: (DEVICES * BATCHES * BATCH) as f64 / elapsed.as_secs_f64(),
        unit: "purchases/s",
        baseline: format!("bare inserts one by one {one_by_one:.0}/s"),
        bar: Some(Bar::AtLeast(20_000.0)),
        doubt: None,
    });
    Ok(())
}

/// Each device sends so many batches, one after the other. Returns the time to the last answer;
/// all answers are checked after that.
pub(crate) async fn settle(
    devices: &mut [Device],
    batches: usize,
    progress: &Arc<Progress>,
) -> anyhow::Result<Duration> {
    let mut prepared = Vec::with_capacity(devices.len());
    for device in devices.iter_mut() {
        prepared.push(device.prepare(batches).await?);
    }
    let started = Instant::now();
    let mut senders = JoinSet::new();
    for (place, batches) in prepared.into_iter().enumerate() {
        let progress = progress.clone();
        senders.spawn(async move { send_all(batches, &progress).await.map(|answers| (place, answers)) });
    }
    let answered = senders.join_all().await;
    let elapsed = started.elapsed();
    for answers in answered {
        let (place, answers) = answers?;
        answers.iter().try_for_each(|answer| devices[place].check(answer))?;
    }
    Ok(elapsed)
}

async fn send_all(batches: Vec<PreparedBatch>, progress: &Progress) -> anyhow::Result<Vec<BatchAnswer>> {
    let mut answers = Vec::with_capacity(batches.len());
    for batch in batches {
        answers.push(batch.send().await?);
        progress.advance(1);
    }
    Ok(answers)
}
