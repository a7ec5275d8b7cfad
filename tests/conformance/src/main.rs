//! `farthing-conformance --gateway URL --publishable-key pk_test_…`: says which rules of the protocol a gateway keeps.
#![allow(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use farthing_conformance::{Https, Target, run};

/// Puts the protocol's cases to a sandbox gateway.
#[derive(Parser)]
#[command(name = "farthing-conformance", version)]
struct Arguments {
    /// Where it is, such as http://127.0.0.1:8080
    #[arg(long)]
    gateway: String,
    /// What apps enrol with
    #[arg(long)]
    publishable_key: String,
    /// A test card that is charged without more ado
    #[arg(long, default_value = "4242424242424242")]
    card: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { gateway, publishable_key, card } = Arguments::parse();
    let address = gateway.trim_end_matches('/').to_owned();
    let target = Target { transport: Arc::new(Https::new()), address, publishable_key, card };
    // What a case says when it fails is shown below it.
    std::panic::set_hook(Box::new(|_| {}));
    let mut chapter = "";
    let verdicts = run(&target, |verdict| {
        if verdict.case.chapter != chapter {
            chapter = verdict.case.chapter;
            println!("\n{chapter}");
        }
        match &verdict.failure {
            None => println!("  ✓ {}", verdict.case.name),
            Some(failure) => println!("  ✗ {}\n    {}", verdict.case.name, failure.replace('\n', "\n    ")),
        }
    })
    .await;
    let failed = verdicts.iter().filter(|verdict| verdict.failure.is_some()).count();
    println!("\n{} passed, {failed} failed", verdicts.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
