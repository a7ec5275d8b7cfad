//! How far it is: a bar where someone watches, a line now and then where no one does.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Lines in all where no one watches.
const LINES: u64 = 10;

/// Shows the kills until it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    wanted: u64,
    done: AtomicU64,
    begin: Instant,
    is_watched: bool,
}

impl Progress {
    /// Begins so many kills.
    pub(crate) fn new(wanted: u64) -> Self {
        // Where there is no terminal, the bar hides itself.
        let style = ProgressStyle::with_template("{spinner} kills {bar:30} {pos}/{len} {elapsed}, {eta} left");
        let bar = ProgressBar::new(wanted);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(120));
        let (done, begin, is_watched) = (AtomicU64::new(0), Instant::now(), io::stderr().is_terminal());
        Progress { bar, wanted, done, begin, is_watched }
    }

    /// There were so many more.
    pub(crate) fn advance(&self, kills: u64) {
        self.bar.inc(kills);
        let before = self.done.fetch_add(kills, Ordering::Relaxed);
        let step = (self.wanted / LINES).max(1);
        if !self.is_watched && before / step != (before + kills) / step {
            eprintln!("{} of {} kills after {} s", before + kills, self.wanted, self.begin.elapsed().as_secs());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
