//! `farthing-threats`: attacks that take longer than a test may.
#![allow(clippy::print_stdout, reason = "it tells how far it is")]

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use farthing_gateway::server::{ServeOptions, TlsFiles, serve};
use farthing_threats::flips;
use farthing_threats::replay::{self, Replay};
use tracing_subscriber::EnvFilter;

/// Attacks on wallets and gateways.
#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Replays old batches to a running gateway: at the same time, out of order, mixed with new ones.
    Replay {
        /// How many entries to replay.
        #[arg(long, default_value_t = 1_000_000)]
        entries: u64,
        /// The gateway's binary; without it, the same code from this binary.
        #[arg(long)]
        gateway: Option<PathBuf>,
    },
    /// Changes every byte of every message of a conversation.
    Flips {
        /// Every how many-eth byte.
        #[arg(long, default_value_t = 1)]
        every: usize,
        /// How many of its bits.
        #[arg(long, default_value_t = 1)]
        bits: usize,
    },
    /// Runs a gateway that logs everything into a file.
    #[command(hide = true)]
    Gateway {
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        log: Option<PathBuf>,
        #[arg(long, requires = "tls_key")]
        tls_certificate: Option<PathBuf>,
        #[arg(long)]
        tls_key: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match CommandLine::parse().command {
        Command::Replay { entries, gateway } => {
            let (binary, command) = match gateway {
                Some(binary) => (binary, "serve"),
                None => (std::env::current_exe().unwrap_or_else(|_| "farthing-threats".into()), "gateway"),
            };
            let bar = indicatif::ProgressBar::new(entries);
            let told = bar.clone();
            let tally = replay::run(Replay { binary, command, entries }, move |done| told.set_position(done)).await;
            bar.finish();
            println!("{tally}");
            if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Command::Flips { every, bits } => {
            farthing_tests::in_memory();
            let bar = indicatif::ProgressBar::new(0);
            let told = bar.clone();
            let report = flips::run(flips::Plan { every, bits }, move |scene, done, all| {
                told.set_length(all as u64);
                told.set_position(done as u64);
                told.set_message(scene.to_owned());
            })
            .await;
            bar.finish();
            for (message, count) in &report.flips {
                println!("{count:>7}  {message}");
            }
            println!("{} bytes changed; what the wallet said: {:?}", report.total(), report.errors);
            report.findings.iter().for_each(|finding| println!("FOUND {finding}"));
            if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Command::Gateway { data, listen, log, tls_certificate, tls_key } => {
            if let Some(file) = log.and_then(|path| File::create(path).ok()) {
                let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("trace")).with_ansi(false);
                log.with_writer(Arc::new(file)).init();
            }
            let tls = tls_certificate.zip(tls_key).map(|(certificate, key)| TlsFiles { certificate, key });
            let served = serve(
                ServeOptions {
                    data,
                    listen,
                    database: None,
                    tls,
                    drain: std::time::Duration::ZERO,
                    fault_script: None,
                },
                |started| print!("{started}"),
                std::future::pending(),
            )
            .await;
            if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}
