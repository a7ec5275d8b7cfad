//! How long a batch takes at half of the load that a gateway must bear.
//!
//! Batches arrive when they arrive, not when the gateway has time (an open loop): by a Poisson
//! process, and each is timed from the moment at which it was due, so that a delay counts for
//! all that it holds up.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::device::{BATCH, BatchAnswer, DEVICES, Device, PreparedBatch};
use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::statistics::{Samples, milliseconds};

/// Half of the 20,000 purchases that must be settled in a second.
const BATCHES_PER_SECOND: f64 = 10_000.0 / BATCH as f64;
/// Batches of each device: 20 seconds.
const BATCHES: usize = 125;
/// Batches that find the gateway idle, as the baseline.
const ALONE: usize = 50;
const BEFORE_THE_FIRST: Duration = Duration::from_millis(100);

/// Measures with funded devices; their journals go on from there.
pub(crate) async fn measure(devices: &mut [Device], report: &mut Report) -> anyhow::Result<()> {
    let progress = Arc::new(Progress::new("gateway, at half of its load", ALONE + DEVICES * BATCHES));
    let alone = one_at_a_time(devices, &progress).await?;
    let loaded = at_half(devices, &progress).await?;
    report.add(Figure {
        key: "gateway_batch_p99_ms_at_half",
        what: "a batch at 10,000 purchases/s, p99",
        measured: milliseconds(loaded.percentile(99)),
        unit: "ms",
        baseline: format!("p50 {:.1} ms; alone {:.1} ms", milliseconds(loaded.median()), milliseconds(alone.median())),
        bar: Some(Bar::AtMost(50.0)),
        doubt: None,
    });
    Ok(())
}

async fn one_at_a_time(devices: &mut [Device], progress: &Progress) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    let Some(device) = devices.first_mut() else { return Ok(samples) };
    for batch in device.prepare(ALONE).await? {
        let started = Instant::now();
        let answer = batch.send().await?;
        samples.push(started.elapsed());
        device.check(&answer)?;
        progress.advance(1);
    }
    Ok(samples)
}

async fn at_half(devices: &mut [Device], progress: &Arc<Progress>) -> anyhow::Result<Samples> {
    let mut prepared = Vec::with_capacity(devices.len());
    for device in devices.iter_mut() {
        prepared.push(device.prepare(BATCHES).await?);
    }
    let arrivals = arrivals(DEVICES * BATCHES)?;
    let first = Instant::now() + BEFORE_THE_FIRST;
    let mut senders = JoinSet::new();
    for (place, batches) in prepared.into_iter().enumerate() {
        // The devices take turns, as a device can send only one batch at a time.
        let due: Vec<Instant> = arrivals.iter().skip(place).step_by(DEVICES).map(|after| first + *after).collect();
        let progress = progress.clone();
        senders.spawn(async move { send_when_due(batches, due, &progress).await.map(|answers| (place, answers)) });
    }
    let mut samples = Samples::default();
    for answers in senders.join_all().await {
        let (place, answers) = answers?;
        for (took, answer) in answers {
            devices[place].check(&answer)?;
            samples.push(took);
        }
    }
    Ok(samples)
}

async fn send_when_due(
    batches: Vec<PreparedBatch>,
    due: Vec<Instant>,
    progress: &Progress,
) -> anyhow::Result<Vec<(Duration, BatchAnswer)>> {
    let mut answers = Vec::with_capacity(batches.len());
    for (batch, due) in batches.into_iter().zip(due) {
        tokio::time::sleep_until(due).await;
        let answer = batch.send().await?;
        answers.push((due.elapsed(), answer));
        progress.advance(1);
    }
    Ok(answers)
}

/// When each batch arrives: the gaps are exponential.
fn arrivals(count: usize) -> anyhow::Result<Vec<Duration>> {
    let random = SystemRandom::new();
    let mut at = 0.0;
    let gaps = (0..count).map(|_| {
        let mut bytes = [0; 4];
        random.fill(&mut bytes).map_err(|_| anyhow!("no randomness"))?;
        let uniform = (f64::from(u32::from_le_bytes(bytes)) + 1.0) / (f64::from(u32::MAX) + 1.0);
        at -= uniform.ln() / BATCHES_PER_SECOND;
        Ok(Duration::from_secs_f64(at))
    });
    gaps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_go_on_in_time_at_the_rate_that_is_asked_for() {
        let arrivals = arrivals(20_000).unwrap();
        assert!(arrivals.is_sorted());
        let seconds = arrivals.last().unwrap().as_secs_f64();
        // Ten standard deviations around 200 s.
        assert!((186.0..214.0).contains(&seconds), "{seconds}");
    }
}
