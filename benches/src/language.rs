//! `buy` from another language beside `buy` from Rust: what the way through UniFFI costs.
//!
//! A program of that language buys in rounds that take turns with ours, each on a wallet of its own. The first rounds
//! are left out: a JVM compiles what is called often.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use farthing_core::Wallet;

use crate::buy::timed_buys;
use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::setup::{FUNDS, Gateway, Player};
use crate::statistics::{Samples, microseconds, ratio};

const ROUNDS: usize = 40;
const SAMPLES: usize = 100;
/// Purchases before the first round. The JVM compiles a method after some thousand calls.
const WARM_UP: usize = 8_000;

/// A language that the wallet is called from.
pub(crate) struct Language {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    pub(crate) what: &'static str,
    pub(crate) label: &'static str,
}

pub(crate) const KOTLIN: Language = Language {
    name: "kotlin",
    key: "kotlin_buy_p50_ratio",
    what: "buy from Kotlin over Rust, p50",
    label: "buy from Kotlin, beside Rust",
};
pub(crate) const SWIFT: Language = Language {
    name: "swift",
    key: "swift_buy_p50_ratio",
    what: "buy from Swift over Rust, p50",
    label: "buy from Swift, beside Rust",
};

/// Measures with a program of the language: its path and its first arguments.
pub(crate) async fn measure(
    language: &Language,
    command: &[OsString],
    gateway: &Gateway,
    folder: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Language { name, key, what, label } = *language;
    let progress = Progress::new(label, ROUNDS);
    let mut program = Program::start(command, gateway, &folder.join(name))?;
    let (_, wallet) = Player::enrol(gateway, &folder.join(format!("beside-{name}"))).await?;
    program.buy(WARM_UP)?;
    let wallet = Arc::new(wallet);
    in_a_task(&wallet, WARM_UP).await?;
    let (mut rust, mut other) = (Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        wallet.sync().await?;
        rust.extend(in_a_task(&wallet, SAMPLES).await?);
        other.extend(program.buy(SAMPLES)?);
        progress.advance(1);
    }
    wallet.close().await;
    report.add(Figure {
        key,
        what,
        measured: ratio(other.median(), rust.median()),
        unit: "×",
        baseline: format!("Rust {:.0} µs", microseconds(rust.median())),
        bar: Some(Bar::AtMost(1.3)),
        doubt: None,
    });
    Ok(())
}

/// Buys in a task of the runtime, as apps do and as the other languages' programs do in theirs. A thread that blocks
/// until it has its answer is woken more cheaply than either.
async fn in_a_task(wallet: &Arc<Wallet>, count: usize) -> anyhow::Result<Samples> {
    let wallet = wallet.clone();
    tokio::spawn(async move { timed_buys(&wallet, count).await }).await?
}

/// A program with a wallet. It ends with this value.
struct Program {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(command: &[OsString], gateway: &Gateway, folder: &Path) -> anyhow::Result<Self> {
        let (program, first) = command.split_first().context("the program's path is missing")?;
        let mut start = Command::new(program);
        start.args(first).args([&gateway.url, &gateway.publishable_key, &gateway.root_key]);
        start.arg(folder).arg(FUNDS).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = start.spawn().with_context(|| format!("{} can't be started", program.display()))?;
        let input = process.stdin.take().context("the program's input was not captured")?;
        let output = BufReader::new(process.stdout.take().context("the program's output was not captured")?);
        let mut program = Program { process, input, output };
        match program.read_line()?.trim() {
            "ready" => Ok(program),
            other => bail!("the program said {other:?} at its start"),
        }
    }

    fn buy(&mut self, count: usize) -> anyhow::Result<Samples> {
        writeln!(self.input, "{count}")?;
        let mut samples = Samples::default();
        for nanoseconds in self.read_line()?.split_whitespace() {
            samples.push(Duration::from_nanos(nanoseconds.parse()?));
        }
        Ok(samples)
    }

    fn read_line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("the program ended: {}", self.process.wait()?);
        }
        Ok(line)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
