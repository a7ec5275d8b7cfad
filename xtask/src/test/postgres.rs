//! The gateway's and the wallet's tests once more, on PostgreSQL in place of SQLite; and several gateways on one
//! server, which are killed while they are at work.

use super::INTEGRATION;
use super::counts::Counts;
use super::libtest;
use crate::build::build;
use crate::terminal::Terminal;
use crate::toolchains::Tool;
use crate::workspace::{EVERYTHING, Workspace};

/// Tests that are not about files of a data folder, by the module that they are in.
const SUITE: &[&str] = &[
    "access::",
    "authorisation::",
    "configuration::",
    "limits::",
    "rotation::",
    "bad_input::",
    "catalogs::",
    "dashboard::",
    "dashboard_pages::",
    "dashboard_refunds::",
    "money::",
    "settlement::",
    "revocation::",
    "users::",
    "webhooks::",
    "stripe::",
    "app_store::",
    "google_play::",
    "stores::",
    "refunds::",
    "player_refunds::",
    "spending::",
    "spending_limits::",
    "usage::",
    "meters::",
    "support::",
    "observation::",
    "payouts::",
    "purchases::",
    "databases::",
    "journeys::",
    "conservation::",
    "faults::",
    "days::",
    "tips::",
    "passes::",
    "bundles::",
    "durables::",
    "elsewhere::",
    "prices::",
    "privacy::",
    "rules::",
    "regulation::",
    "virtual_currencies::",
    "tabs::",
    "disputes::",
    "auto_top_up::",
];
/// What is traced: a program of its own, since tracing is set up once for a process.
const TRACES: &str = "traces";
/// A gateway that a test drops, rather than closes, keeps its connections until the process ends: all modules in one would
/// need more than the server has.
const MODULES_AT_ONCE: usize = 8;
/// How long gateways are killed under load.
const CHAOS_SECONDS: &str = "60";

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    Tool::Postgres.provide(workspace, terminal)?;
    let built =
        build(workspace, terminal, &["farthing-database", "farthing-replicas", "farthing-gateway"], &EVERYTHING)?;
    let cargo = workspace.cargo();
    let mut counts = Counts::default();
    let mut test = |program: &str, modules: &[&str], label: &str| -> anyhow::Result<()> {
        let mut tests = workspace.command(built.executable("farthing-database")?);
        tests.arg(cargo.get_program()).arg("test").args(EVERYTHING).arg("--no-fail-fast");
        tests.args(["--test", program, "--", "--include-ignored"]).args(modules);
        counts += libtest::count(&terminal.run(&format!("the gateway on PostgreSQL: {label}"), tests)?);
        Ok(())
    };
    test(TRACES, &[], TRACES)?;
    for modules in SUITE.chunks(MODULES_AT_ONCE) {
        test(INTEGRATION, modules, &modules.join(" ").replace("::", ""))?;
    }

    let mut chaos = workspace.command(built.executable("farthing-replicas")?);
    chaos.args(["--seconds", CHAOS_SECONDS, "--gateway"]).arg(built.executable("farthing-gateway")?);
    counts += Counts::one(terminal.run("three gateways and a server that are killed", chaos)?.success);
    Ok(counts)
}
