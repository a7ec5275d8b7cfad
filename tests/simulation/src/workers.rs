//! Processes that run seeds: the randomness of a process is one, so a seed has a process to itself while it runs.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::{Context, bail};
use farthing_simulation::Outcome;

/// Some processes of this same program.
pub(crate) struct Workers {
    workers: Vec<(Child, ChildStdin)>,
    answers: Receiver<(usize, anyhow::Result<Outcome>)>,
}

impl Workers {
    pub(crate) fn start(count: usize, bug: Option<String>) -> anyhow::Result<Self> {
        let (told, answers) = channel();
        let workers = (0..count.max(1)).map(|number| start(number, bug.as_deref(), told.clone()));
        Ok(Workers { workers: workers.collect::<anyhow::Result<_>>()?, answers })
    }

    /// Runs seeds and hands each outcome over, for as long as `more` says so.
    pub(crate) fn run(
        mut self,
        seeds: impl IntoIterator<Item = u64>,
        mut more: impl FnMut(Outcome) -> bool,
    ) -> anyhow::Result<()> {
        let mut waiting = seeds.into_iter();
        let (mut running, mut goes_on) = (0, true);
        for (_, orders) in &mut self.workers {
            if let Some(seed) = waiting.next() {
                writeln!(orders, "{seed}")?;
                running += 1;
            }
        }
        while running > 0 {
            let (worker, outcome) = self.answers.recv().context("the workers are gone")?;
            running -= 1;
            goes_on &= more(outcome?);
            if goes_on && let Some(seed) = waiting.next() {
                writeln!(self.workers[worker].1, "{seed}")?;
                running += 1;
            }
        }
        Ok(())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for (child, _) in &mut self.workers {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

type Told = Sender<(usize, anyhow::Result<Outcome>)>;

fn start(number: usize, bug: Option<&str>, told: Told) -> anyhow::Result<(Child, ChildStdin)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("worker").args(bug.map(|bug| format!("--bug={bug}")));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else { bail!("no pipes") };
    std::thread::spawn(move || {
        for line in BufReader::new(answers).lines() {
            let outcome = line.map_err(anyhow::Error::from).and_then(|line| {
                // A run that hangs says so, and ends its process.
                serde_json::from_str(&line).with_context(|| format!("a worker said: {line}"))
            });
            if told.send((number, outcome)).is_err() {
                return;
            }
        }
        // Its end is noticed by whoever waits for its answer.
        let _ = told.send((number, Err(anyhow::anyhow!("a worker ended"))));
    });
    Ok((child, orders))
}

/// Runs the seeds that come on standard input, until it ends.
pub(crate) fn serve(run: impl Fn(u64) -> anyhow::Result<Outcome>) -> anyhow::Result<()> {
    for line in std::io::stdin().lines() {
        let outcome = run(line?.trim().parse()?)?;
        println!("{}", serde_json::to_string(&outcome)?);
    }
    Ok(())
}
