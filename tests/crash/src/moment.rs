//! When a process is killed: drawn from a seed, and told by what the wallets have said.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::line::{Line, Midst};

/// Long enough for a wallet to open and to do a few things.
const LONG: u64 = 60_000;
/// Long enough for what was said to be begun, and mostly not for it to be done.
const SHORT: u64 = 3_000;
/// A few actions of a wallet.
const LINES: u64 = 40;

/// A moment to kill at: after so many lines, and then so much later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) lines: u64,
    pub(crate) delay: Duration,
}

impl Moment {
    /// Draws one: by the clock alone, by the clock once the wallet is open, or by what is said.
    pub(crate) fn draw(rng: &mut fastrand::Rng) -> Self {
        let (lines, most) = match rng.u8(..8) {
            0 => (0, LONG),
            1..3 => (2, LONG),
            _ => (rng.u64(1..=LINES), SHORT),
        };
        Moment { lines, delay: Duration::from_micros(rng.u64(..most)) }
    }
}

/// A moment in a gateway's start: once its folder has so many files, and then so much later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartMoment {
    pub(crate) files: usize,
    pub(crate) delay: Duration,
}

/// A gateway that has started has more.
const FILES: usize = 9;
/// About as long as a file is in the making.
const INSTANT: u64 = 200;

impl StartMoment {
    /// Draws one: in the making of the files of a new folder, or by the clock.
    pub(crate) fn draw(rng: &mut fastrand::Rng) -> Self {
        let (files, most) = match rng.u8(..4) {
            0 => (0, LONG),
            1 => (0, LONG / 4),
            _ => (rng.usize(1..=FILES), INSTANT),
        };
        StartMoment { files, delay: Duration::from_micros(rng.u64(..most)) }
    }

    /// Waits for it on this thread. After a second it waits no longer: that a process never gets there is for
    /// others to judge.
    pub(crate) fn wait(self, folder: &Path) {
        let begin = Instant::now();
        let count = || std::fs::read_dir(folder).map_or(0, Iterator::count);
        while count() < self.files && begin.elapsed() < Duration::from_secs(1) {
            std::hint::spin_loop();
        }
        // Sleep is never shorter than some ten microseconds.
        let begin = Instant::now();
        if self.files == 0 {
            std::thread::sleep(self.delay);
        }
        while begin.elapsed() < self.delay {
            std::hint::spin_loop();
        }
    }
}

/// Waits, to the microsecond: the runtime's timers know milliseconds only.
pub(crate) async fn pause(time: Duration) {
    // It can't fail but at the end of the runtime.
    let _ = tokio::task::spawn_blocking(move || std::thread::sleep(time)).await;
}

/// How far the wallets of a round are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// What all of them have said.
    pub(crate) lines: u64,
    /// Those that run.
    pub(crate) running: usize,
    /// Whether the gateway will not be killed any more.
    pub(crate) gateway_stays: bool,
}

/// Where everyone in a round looks how far the others are.
pub(crate) struct Meter {
    pub(crate) progress: watch::Sender<Progress>,
    /// What each wallet is in the midst of, by its place and the number of the action.
    midst: Mutex<BTreeMap<(usize, u64), Midst>>,
}

/// Before its first line a wallet is starting; no action has this number.
const START: u64 = 0;

impl Meter {
    pub(crate) fn new(wallets: usize) -> Self {
        let progress = Progress { running: wallets, ..Progress::default() };
        let starting = (0..wallets).map(|wallet| ((wallet, START), Midst::Start));
        Meter { progress: watch::Sender::new(progress), midst: Mutex::new(starting.collect()) }
    }

    /// Takes note of what a wallet said.
    pub(crate) fn hear(&self, wallet: usize, line: &Line) {
        {
            let mut midst = self.midst.lock().unwrap_or_else(PoisonError::into_inner);
            midst.remove(&(wallet, START));
            match line {
                Line::Intent { number, action } => midst.insert((wallet, *number), action.into()),
                Line::Answer { number, .. } => midst.remove(&(wallet, *number)),
            };
        }
        self.progress.send_modify(|progress| progress.lines += 1);
    }

    /// Takes note of the end of a wallet; says what it was in the midst of.
    pub(crate) fn ended(&self, wallet: usize) -> Vec<Midst> {
        let kinds = self.in_midst(Some(wallet));
        let mut midst = self.midst.lock().unwrap_or_else(PoisonError::into_inner);
        midst.retain(|(known, _), _| *known != wallet);
        drop(midst);
        self.progress.send_modify(|progress| progress.running -= 1);
        kinds
    }

    /// The kinds of what one wallet, or all, are in the midst of, each once.
    pub(crate) fn in_midst(&self, wallet: Option<usize>) -> Vec<Midst> {
        let midst = self.midst.lock().unwrap_or_else(PoisonError::into_inner);
        let those = midst.iter().filter(|((known, _), _)| wallet.is_none_or(|wallet| wallet == *known));
        let mut kinds: Vec<Midst> = those.map(|(_, kind)| *kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() { vec![Midst::Between] } else { kinds }
    }

    /// Waits until the wallets have said so many lines, or none runs any more.
    pub(crate) async fn lines(&self, lines: u64) {
        let mut progress = self.progress.subscribe();
        let _ = progress.wait_for(|progress| progress.lines >= lines || progress.running == 0).await;
    }

    /// Waits until the gateway will not be killed any more.
    pub(crate) async fn gateway_stays(&self) {
        let mut progress = self.progress.subscribe();
        let _ = progress.wait_for(|progress| progress.gateway_stays).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Action, Answer};

    fn intent(number: u64, action: Action) -> Line {
        Line::Intent { number, action }
    }

    #[test]
    fn a_seed_draws_the_same_moments_and_they_differ() {
        let draw = |seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            std::iter::repeat_with(|| Moment::draw(&mut rng)).take(50).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).iter().any(|moment| moment.lines == 0));
        assert!(draw(1).iter().any(|moment| moment.lines > 2));
    }

    #[test]
    fn a_wallet_is_in_the_midst_of_what_it_said_and_did_not_answer() {
        let meter = Meter::new(2);
        assert_eq!(meter.in_midst(None), [Midst::Start]);
        meter.hear(0, &intent(1, Action::Open));
        assert_eq!(meter.in_midst(Some(0)), [Midst::Open]);
        meter.hear(0, &Line::Answer { number: 1, answer: Answer::Done });
        assert_eq!(meter.in_midst(Some(0)), [Midst::Between]);
        meter.hear(1, &intent(1, Action::Sync));
        meter.hear(0, &intent(2, Action::Close));
        assert_eq!(meter.in_midst(None), [Midst::Sync, Midst::Close]);
        assert_eq!(meter.ended(1), [Midst::Sync]);
        assert_eq!(meter.in_midst(None), [Midst::Close]);
        let progress = *meter.progress.borrow();
        assert_eq!((progress.lines, progress.running), (4, 1));
    }
}
