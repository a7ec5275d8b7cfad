//! A player's day in the terminal, on real parts: a gateway process, a wallet, a tunnel without a
//! network, a `kill -9`. `cargo xtask demo` builds and plays it.
//!
//! [`day`] tells the story; [`player`] is the process that gets killed.
#![allow(clippy::print_stdout, reason = "a demo speaks on its standard output")]

mod day;
mod economics;
mod gateway;
mod player;
mod screen;
mod search;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A player's day: buy offline, be killed, settle, get receipts.
#[derive(Parser)]
#[command(name = "farthing-demo")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The gateway's program
    #[arg(long, value_name = "FILE")]
    gateway_binary: Option<PathBuf>,
    /// Where the figures go, as JSON
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Keep the gateway running afterwards, and say what to try next
    #[arg(long)]
    serve: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Buys until it is told to stop, or killed (the demo starts it by itself)
    #[command(hide = true)]
    Player(player::Player),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Command::Player(player)) => player.play().await.map(|()| true),
        None => match arguments.gateway_binary {
            Some(binary) => day::play(&binary, arguments.summary.as_deref(), arguments.serve).await,
            None => Err(anyhow::anyhow!("start it with `cargo xtask demo`, which also builds the gateway")),
        },
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
