//! The gateway's command line.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use farthing_gateway::server::{ServeError, ServeOptions, Started, TlsFiles, serve};
use farthing_gateway::{ConfigError, Gateway, StartError};
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Enrols devices, tokenizes cards, issues allowances, settles purchases, signs receipts.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 stopped as told, 1 failed, 2 wrong arguments, 3 the address can't be listened on, \
4 the data folder can't be used, 5 the data folder is in use by another gateway, 6 gateway.toml or catalog.toml is not \
right, 7 the TLS files can't be used, 8 the database can't be used.";

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
    /// A PostgreSQL database, such as postgres://user@host/farthing?sslmode=verify-full. Give the password by PGPASSWORD
    /// or PGPASSFILE rather than here, where other users of this machine see it.
    #[arg(long, env = "FARTHING_DATABASE", hide_env_values = true, value_name = "URL")]
    database: SecretString,
    #[command(flatten)]
    log: Log,
}

/// How to log.
#[derive(Args)]
struct Log {
    /// What to log on standard error: error, warn, info, debug, trace, or a filter such as `farthing_gateway=debug`.
    #[arg(long, env = "FARTHING_LOG", default_value = "info", value_name = "FILTER")]
    log: EnvFilter,
    /// How to log.
    #[arg(long, env = "FARTHING_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Args)]
struct Serve {
    /// The data folder; it is made, with keys and samples of both settings files, where it is not there yet.
    #[arg(long, env = "FARTHING_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Where to listen; port 0 picks a free one.
    #[arg(long, env = "FARTHING_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// HTTPS by this certificate chain (PEM).
    #[arg(long, env = "FARTHING_TLS_CERTIFICATE", requires = "tls_key", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, env = "FARTHING_TLS_KEY", requires = "tls_certificate", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// A PostgreSQL database that other gateways may share, in place of a file of the data folder: such as
    /// postgres://user@host/farthing?sslmode=verify-full. Give the password by PGPASSWORD
    /// or PGPASSFILE rather than here, where other users of this machine see it.
    #[arg(long, env = "FARTHING_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<SecretString>,
    /// Seconds that it goes on after it is told to stop, while /readyz sends a balancer elsewhere.
    #[arg(long, env = "FARTHING_DRAIN_SECONDS", default_value_t = 0, value_name = "SECONDS")]
    drain_seconds: u32,
    #[command(flatten)]
    log: Log,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Serve(arguments) => run(arguments).await,
        Command::BackUp(BackUp { data, to }) => {
            Gateway::back_up(&data, &to).map_err(|error| StartError::Store(error).into())
        }
        Command::Migrate(Migrate { database, log }) => {
            log.begin();
            Gateway::migrate(&database).await.map_err(|error| StartError::Store(error).into())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "farthing-gateway: {error}");
            ExitCode::from(exit_code(&error))
        }
    }
}

async fn run(arguments: Serve) -> Result<(), ServeError> {
    let Serve { data, listen, tls_certificate, tls_key, database, drain_seconds, log } = arguments;
    log.begin();
    let tls = tls_certificate.zip(tls_key).map(|(certificate, key)| TlsFiles { certificate, key });
    let drain = Duration::from_secs(drain_seconds.into());
    serve(ServeOptions { data, listen, database, tls, drain }, announce, told_to_stop()?).await
}

impl Log {
    fn begin(self) {
        let log = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(self.log);
        match self.log_format {
            LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
            LogFormat::Json => log.json().init(),
        }
    }
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
        ServeError::Start(StartError::Store(_)) => 8,
        ServeError::Start(_) | ServeError::Stopped(_) => 1,
    }
}
