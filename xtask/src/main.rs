//! Every chore is a command: `cargo xtask <chore>`.
//!
//! People and CI run the same ones. A chore lives in the module of its name; [`terminal`] runs the
//! children and shows how far they are, [`workspace`] knows where things are.
#![allow(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]
#![allow(clippy::float_arithmetic, reason = "sizes in megabytes; no money is counted here")]

mod apple;
mod bench;
mod bindings;
mod build;
mod conformance;
mod demo;
mod economics;
mod fuzz;
mod kotlin;
mod mutants;
mod reliability;
mod sample;
mod scale;
mod shipped;
mod size;
mod soak;
mod swift;
mod terminal;
mod test;
mod toolchains;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use terminal::Terminal;
use workspace::Workspace;

/// Farthing's chores. `demo` shows what Farthing does; `test` shows that it holds.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    chore: Option<Chore>,
    /// Let the output of every command through, rather than its last line only
    #[arg(long, short, global = true)]
    verbose: bool,
}

#[derive(Subcommand)]
enum Chore {
    /// Play a player's day, offline and online, against a real gateway (writes target/demo/summary.json)
    Demo {
        /// Keep the gateway running afterwards, and say what to try next
        #[arg(long)]
        serve: bool,
    },
    /// Run all checks, or the parts that are named
    Test {
        /// What to run; everything when left out
        #[arg(value_enum)]
        parts: Vec<test::Part>,
    },
    /// Write the Kotlin and the Swift that call the wallet, and put the wallet's library beside each
    Bindings {
        /// With the library as it ships, rather than as it is debugged
        #[arg(long)]
        release: bool,
    },
    /// On a Mac: make the package for apps on Apple's systems (target/apple)
    Apple,
    /// Build a sample app and run it here, as far as it goes without its phone
    Sample {
        /// Which
        #[arg(value_enum)]
        platform: sample::Platform,
        /// What the sample is started with, after `--`
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Simulate, kill, replay and fuzz for as long as it is told (writes target/reliability/soak.json)
    Soak {
        /// For how long
        #[arg(long, default_value_t = 30)]
        minutes: u64,
        /// The first seed: where the last soak ended
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
    /// Let libFuzzer look for bytes that break a decoder's promise (needs Rust's nightly toolchain)
    Fuzz {
        /// How long for each decoder
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Put the protocol's cases to a sandbox gateway, ours or another's
    Conformance {
        /// Where it is, such as http://127.0.0.1:8080
        #[arg(long)]
        gateway: String,
        /// What apps enrol with
        #[arg(long)]
        publishable_key: String,
        /// A test card that is charged without more ado
        #[arg(long, default_value = "4242424242424242")]
        card: String,
    },
    /// Change the pure modules on purpose, and see whether a test notices each change
    Mutants,
    /// Measure each speed beside its baseline (writes target/bench/summary.json)
    Bench,
    /// Fill stores, and measure how the cost grows with what is in them (writes target/scale/summary.json)
    Scale {
        /// Purchases at which PostgreSQL is measured: a million take about 2 GB of disk
        #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
        postgres: Vec<u64>,
        /// Purchases at which SQLite is measured
        #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
        sqlite: Vec<u64>,
    },
    /// Make the figures and the chart of docs/economics.md anew, or play a game's month with other assumptions
    Economics(economics::Changes),
    /// Measure the library as an app would ship it, against its bar
    Size,
    /// Install what the other chores need and this machine lacks
    Toolchains,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(chore) = arguments.chore else {
        println!("{}", Arguments::command().render_long_help());
        return ExitCode::SUCCESS;
    };
    match run(&chore, arguments.verbose) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the chore; false if it ran to its end and what it looked at is not as it should be.
fn run(chore: &Chore, verbose: bool) -> anyhow::Result<bool> {
    let workspace = Workspace::new()?;
    let terminal = Terminal::new(verbose);
    match chore {
        Chore::Demo { serve } => demo::run(&workspace, &terminal, *serve),
        Chore::Test { parts } => test::run(&workspace, &terminal, parts),
        Chore::Bindings { release } => bindings::run(&workspace, &terminal, *release),
        Chore::Apple => apple::run(&workspace, &terminal),
        Chore::Sample { platform, arguments } => sample::run(&workspace, &terminal, *platform, arguments),
        Chore::Soak { minutes, from } => soak::run(&workspace, &terminal, *minutes, *from),
        Chore::Fuzz { seconds } => fuzz::run(&workspace, &terminal, *seconds),
        Chore::Conformance { gateway, publishable_key, card } => {
            conformance::run(&workspace, &terminal, gateway, publishable_key, card)
        }
        Chore::Mutants => mutants::run(&workspace, &terminal),
        Chore::Bench => bench::run(&workspace, &terminal),
        Chore::Scale { postgres, sqlite } => scale::run(&workspace, &terminal, postgres, sqlite),
        Chore::Economics(changes) => economics::run(&workspace, &terminal, changes),
        Chore::Size => size::run(&workspace, &terminal),
        Chore::Toolchains => toolchains::run(&workspace, &terminal),
    }
}
