//! `buy` from Kotlin beside `buy` from Rust: what the way through UniFFI, JNA and coroutines costs.
//!
//! A JVM buys in rounds that take turns with ours, each on a wallet of its own. The first rounds are
//! left out: the JVM compiles what is called often.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::progress::Progress;
use crate::report::{Bar, Figure, Report};
use crate::setup::{FUNDS, Gateway, ITEM, Player};
use crate::statistics::{Samples, microseconds, ratio};

const ROUNDS: usize = 40;
const SAMPLES: usize = 100;
/// Purchases before the first round. The JVM compiles a method after some thousand calls.
const WARM_UP: usize = 8_000;
/// The program in the tests of the Kotlin SDK.
const PROGRAM: &str = "dev.farthing.TimedBuysKt";

/// Measures, where there is a class path to run Kotlin from.
pub(crate) async fn measure(
    gateway: &Gateway,
    folder: &Path,
    class_path: &str,
    report: &mut Report,
) -> anyhow::Result<()> {
    let progress = Progress::new("buy from Kotlin, beside Rust", ROUNDS);
    let mut jvm = Jvm::start(gateway, &folder.join("kotlin"), class_path)?;
    let (_, wallet) = Player::enrol(gateway, &folder.join("beside-kotlin")).await?;
    jvm.buy(WARM_UP)?;
    for _ in 0..WARM_UP {
        wallet.buy(ITEM.into()).await?;
    }
    let (mut rust, mut kotlin) = (Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        wallet.sync().await?;
        for _ in 0..SAMPLES {
            let started = Instant::now();
            wallet.buy(ITEM.into()).await?;
            rust.push(started.elapsed());
        }
        kotlin.extend(jvm.buy(SAMPLES)?);
        progress.advance(1);
    }
    wallet.close().await;
    report.add(Figure {
        key: "kotlin_buy_p50_ratio",
        what: "buy from Kotlin over Rust, p50",
        measured: ratio(kotlin.median(), rust.median()),
        unit: "×",
        baseline: format!("Rust {:.0} µs", microseconds(rust.median())),
        bar: Some(Bar::AtMost(1.3)),
        doubt: None,
    });
    Ok(())
}

/// A JVM with a wallet. It ends with this value.
struct Jvm {
    process: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Jvm {
    fn start(gateway: &Gateway, folder: &Path, class_path: &str) -> anyhow::Result<Self> {
        let mut java = Command::new("java");
        java.args(["-cp", class_path, PROGRAM, &gateway.url, &gateway.publishable_key, &gateway.root_key]);
        java.arg(folder).arg(FUNDS).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = java.spawn().context("java can't be started")?;
        let input = process.stdin.take().context("the JVM's input was not captured")?;
        let output = BufReader::new(process.stdout.take().context("the JVM's output was not captured")?);
        let mut jvm = Jvm { process, input, output };
        match jvm.read_line()?.trim() {
            "ready" => Ok(jvm),
            other => bail!("the JVM said {other:?} at its start"),
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
            bail!("the JVM ended: {}", self.process.wait()?);
        }
        Ok(line)
    }
}

impl Drop for Jvm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
