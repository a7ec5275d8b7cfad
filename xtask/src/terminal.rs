//! Runs a command and shows how far it is: its whole output in CI and where no one watches, a spinner
//! with its last line otherwise.

use std::env;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use console::{StyledObject, style};
use indicatif::{ProgressBar, ProgressStyle};

/// A process that the command left behind may hold its output open; after so long a silence
/// the command's own exit is what counts.
const SILENCE_AFTER_EXIT: Duration = Duration::from_secs(2);

/// How the chores speak to the person who runs them.
pub(crate) struct Terminal {
    shows_all: bool,
}

/// A command that has ended.
pub(crate) struct Finished {
    pub(crate) success: bool,
    /// Standard output and error, in the order in which they came.
    pub(crate) output: String,
}

impl Terminal {
    pub(crate) fn new(verbose: bool) -> Self {
        Self { shows_all: verbose || env::var_os("CI").is_some() || !io::stderr().is_terminal() }
    }

    /// For a command that talks too much: no more than its last line, unless it fails.
    pub(crate) fn brief() -> Self {
        Self { shows_all: false }
    }

    /// True where all output goes through, so that there is no place for a progress bar.
    pub(crate) fn shows_all(&self) -> bool {
        self.shows_all
    }

    /// Runs `command` to its end under a `label`. A failure's output is shown in any case.
    ///
    /// # Errors
    /// When the command can't be started.
    pub(crate) fn run(&self, label: &str, mut command: Command) -> anyhow::Result<Finished> {
        let started = Instant::now();
        let program = command.get_program().display().to_string();
        let (reader, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        if self.shows_all {
            println!("▸ {label}");
        }
        let mut child = command.spawn().with_context(|| format!("{program} can't be started"))?;
        // It holds the writing ends, and the output ends only when all of them are closed.
        drop(command);

        let spinner = if self.shows_all { ProgressBar::hidden() } else { spinner(label) };
        let lines = lines_of(reader);
        let mut output = String::new();
        loop {
            match lines.recv_timeout(SILENCE_AFTER_EXIT) {
                Ok(line) => {
                    if self.shows_all {
                        println!("{line}");
                    }
                    spinner.set_message(line.trim().to_owned());
                    output.push_str(&line);
                    output.push('\n');
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) if child.try_wait()?.is_some() => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        let success = child.wait()?.success();
        spinner.finish_and_clear();

        if !success && !self.shows_all {
            print!("{output}");
        }
        println!("{} {label} {}", mark(success), dim(&duration(started.elapsed())));
        io::stdout().flush()?;
        Ok(Finished { success, output })
    }

    /// Runs `command` in the person's own terminal, and tells whether it succeeded.
    ///
    /// # Errors
    /// When the command can't be started.
    pub(crate) fn hand_over(&self, mut command: Command) -> anyhow::Result<bool> {
        let program = command.get_program().display().to_string();
        let status = command.status().with_context(|| format!("{program} can't be started"))?;
        Ok(status.success())
    }
}

/// The sign in front of what passed or failed.
pub(crate) fn mark(holds: bool) -> StyledObject<&'static str> {
    if holds { style("✓").green() } else { style("✗").red() }
}

/// Text that is there for those who look for it.
pub(crate) fn dim(text: &str) -> StyledObject<&str> {
    style(text).dim()
}

/// Seconds, with minutes when there are any.
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", elapsed.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

fn spinner(label: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg:.dim}");
    let spinner = ProgressBar::new_spinner().with_prefix(label.to_owned());
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

fn lines_of(reader: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_well_at_any_length() {
        assert_eq!(duration(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(duration(Duration::from_secs(42)), "42 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn both_outputs_are_kept_in_order_and_the_exit_code_decides() -> anyhow::Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; echo three; exit 3"]);
        let finished = Terminal { shows_all: false }.run("a failing command", command)?;
        assert!(!finished.success);
        assert_eq!(finished.output, "one\ntwo\nthree\n");
        Ok(())
    }

    #[test]
    fn a_process_left_behind_does_not_hold_the_chore_up() -> anyhow::Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", "(sleep 6; echo too late) & echo started"]);
        let finished = Terminal { shows_all: false }.run("a command that leaves a process", command)?;
        assert!(finished.success);
        assert_eq!(finished.output, "started\n");
        Ok(())
    }
}
