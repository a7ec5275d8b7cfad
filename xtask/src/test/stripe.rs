//! Each request that the gateway makes to Stripe, and a real wallet's card, against stripe-mock. In a plain `cargo test`
//! these tests are ignored, since they need more than Rust; what comes of a charge is shown there, against a fake.

use super::INTEGRATION;
use super::counts::Counts;
use super::libtest;
use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::{EVERYTHING, Workspace};

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    let mock = Tool::StripeMock.provide(workspace, terminal)?;
    let mut requests = workspace.cargo();
    requests.arg("test").args(EVERYTHING).args(["--lib", "--no-fail-fast", "--", "--ignored", "processor::stripe"]);
    requests.env("FARTHING_STRIPE_MOCK", &mock.program);
    let mut counts = libtest::count(&terminal.run("requests to stripe-mock", requests)?);
    let mut wallet = workspace.cargo();
    wallet.arg("test").args(EVERYTHING).args([
        "--test",
        INTEGRATION,
        "--no-fail-fast",
        "--",
        "--ignored",
        "stripe_mock::",
    ]);
    wallet.env("FARTHING_STRIPE_MOCK", &mock.program);
    counts += libtest::count(&terminal.run("a wallet's card at stripe-mock", wallet)?);
    Ok(counts)
}
