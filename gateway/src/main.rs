//! The gateway's command line.

mod administrator;
mod command_line;

use std::fmt::Display;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use command_line::check::Check;
use command_line::keys::Keys;
use command_line::log::Log;
use command_line::{DatabaseArguments, TlsArguments};
use farthing_gateway::server::{ServeError, ServeOptions, Started, serve};
use farthing_gateway::{ConfigError, Gateway, StartError};
use tokio::signal::unix::{SignalKind, signal};

/// Enrols devices, tokenizes cards, issues allowances, settles purchases, signs receipts.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 stopped as told, 1 failed, 2 wrong arguments, 3 the address can't be listened on, \
4 the data folder can't be used, 5 the data folder is in use by another gateway, 6 gateway.toml or catalog.toml is not \
right, 7 the TLS files can't be used, 8 the database can't be used, 9 a key can't be used, 10 the fault \
script can't be played.";

#[derive(Subcommand)]
enum Command {
    /// Runs the gateway until it is told to stop (SIGINT or SIGTERM).
    #[command(after_help = EXIT_CODES)]
    Serve(Serve),
    /// Brings a PostgreSQL database to this version. Gateways of the version before may serve meanwhile.
    #[command(after_help = EXIT_CODES)]
    Migrate(Migrate),
    /// Copies the SQLite database of a data folder, also while a gateway runs on it. Copy the key files once, apart.
    #[command(after_help = EXIT_CODES)]
    BackUp(BackUp),
    /// Makes new keys beside the old ones, and retires old ones.
    #[command(after_help = EXIT_CODES)]
    Keys(Keys),
    /// Reads settings, catalog, keys, certificate and database, and says what would be used, or what is wrong. Nothing is
    /// changed.
    #[command(after_help = EXIT_CODES)]
    Check(Check),
    /// Says who may sign in to the dashboard.
    #[command(after_help = EXIT_CODES)]
    Administrator(administrator::Administrator),
}

#[derive(Args)]
struct BackUp {
    /// The data folder.
    #[arg(long, env = "FARTHING_DATA", value_name = "DIR")]
    data: PathBuf,
    /// The copy, a file that is not there yet.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(Args)]
struct Migrate {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    log: Log,
}

#[derive(Args)]
struct Serve {
    /// The data folder; it is made, with keys and samples of both settings files, where it is not there yet.
    #[arg(long, env = "FARTHING_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Where to listen; port 0 picks a free one.
    #[arg(long, env = "FARTHING_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[command(flatten)]
    tls: TlsArguments,
    #[command(flatten)]
    database: DatabaseArguments,
    /// Seconds that it goes on after it is told to stop, while /readyz sends a balancer elsewhere.
    #[arg(long, env = "FARTHING_DRAIN_SECONDS", default_value_t = 0, value_name = "SECONDS")]
    drain_seconds: u32,
    /// Plays a fault script from the start, for tests; with live keys there are no faults, and the gateway does not start.
    #[arg(long, env = "FARTHING_FAULT_SCRIPT", value_name = "FILE")]
    fault_script: Option<PathBuf>,
    #[command(flatten)]
    log: Log,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Administrator(administrator) => return exit(administrator.run().await, |_| 1),
        Command::Serve(arguments) => run(arguments).await,
        Command::BackUp(BackUp { data, to }) => {
            Gateway::back_up(&data, &to).map_err(|error| StartError::Store(error).into())
        }
        Command::Migrate(Migrate { database, log }) => {
            log.begin();
            migrate(database).await.map_err(ServeError::from)
        }
        Command::Check(check) => check.run().await,
        Command::Keys(keys) => keys.run().await.map_err(ServeError::from),
    };
    exit(done, exit_code)
}

/// How it ended, for who started it.
fn exit<E: Display>(done: Result<(), E>, code: impl Fn(&E) -> u8) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "farthing-gateway: {error}");
            ExitCode::from(code(&error))
        }
    }
}

async fn run(arguments: Serve) -> Result<(), ServeError> {
    let Serve { data, listen, tls, database, drain_seconds, fault_script, log } = arguments;
    #[cfg(not(feature = "opentelemetry"))]
    log.begin();
    #[cfg(feature = "opentelemetry")]
    let traces = log.begin_with_traces()?;
    let tls = tls.files();
    let drain = Duration::from_secs(drain_seconds.into());
    let database = database.url()?;
    let options = ServeOptions { data, listen, database, tls, drain, fault_script };
    let served = serve(options, announce, told_to_stop()?).await;
    #[cfg(feature = "opentelemetry")]
    if let Some(traces) = traces {
        traces.finish().await;
    }
    served
}

async fn migrate(database: DatabaseArguments) -> Result<(), StartError> {
    let url = database.url()?.ok_or(StartError::NoDatabase)?;
    Gateway::migrate(&url).await.map_err(StartError::Store)
}

/// Says where it is. Nobody may be listening; that is no reason to stop.
fn announce(started: &Started) {
    let mut output = io::stdout().lock();
    let _ = write!(output, "{started}").and_then(|()| output.flush());
}

/// Ready once the gateway is told to stop. It listens from now on, so that a signal which comes as
/// soon as the gateway has said where it is does not end it in the middle of something.
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn exit_code(error: &ServeError) -> u8 {
    match error {
        ServeError::Listen { .. } => 3,
        ServeError::Start(StartError::Folder { .. }) => 4,
        ServeError::Start(StartError::InUse { .. }) => 5,
        ServeError::Start(StartError::Config(ConfigError::Unreadable { .. })) => 4,
        ServeError::Start(StartError::Config(_) | StartError::Address { .. }) => 6,
        ServeError::Tls { .. } => 7,
        ServeError::Start(StartError::Store(_) | StartError::DatabaseFile { .. }) => 8,
        ServeError::Start(StartError::NoDatabase) => 2,
        ServeError::FaultScript { .. } => 10,
        ServeError::Start(StartError::Keys(_) | StartError::ProcessorFile { .. }) => 9,
        ServeError::Stopped(_) => 1,
    }
}
