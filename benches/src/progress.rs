//! How far a measurement is: a bar where someone watches, a line where no one does.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows one measurement until it is dropped.
pub(crate) struct Progress {
    label: &'static str,
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// Begins something of `total` parts.
    pub(crate) fn new(label: &'static str, total: usize) -> Self {
        // Where there is no terminal, the bar hides itself.
        let style = ProgressStyle::with_template("{spinner} {prefix} {bar:30} {percent} % {elapsed}");
        let bar = ProgressBar::new(total as u64).with_prefix(label);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(120));
        if !io::stderr().is_terminal() {
            eprintln!("▸ {label}");
        }
        Progress { label, bar, started: Instant::now() }
    }

    /// So many parts more are done.
    pub(crate) fn advance(&self, parts: usize) {
        self.bar.inc(parts as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        eprintln!("  {} ({:.1} s)", self.label, self.started.elapsed().as_secs_f64());
    }
}
