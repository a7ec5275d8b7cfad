//! `farthing-gateway keys`: new keys beside the old ones.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use farthing_gateway::{Clock, Gateway, RotatedKey, StartError};

use super::DatabaseArguments;

/// Back ends may hold a receipt as long, and wallets what an allowance of 30 + 180 days has bought.
const KEEP_DAYS: u32 = 400;
/// Long enough to copy the files to every gateway and to start each again.
const AFTER_HOURS: u32 = 24;

#[derive(Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Makes a new signing key. It is listed beside the old ones from the next start on, and signs from a later moment on.
    RotateSigning(RotateSigning),
    /// Makes a new vault key. From a moment on it seals what is new, and what is old is sealed anew beside the requests.
    RotateVault(RotateVault),
    /// Retires the vault keys before the one in use, or says how many rows still need them. With SQLite no gateway may
    /// be running.
    RetireVault(RetireVault),
}

#[derive(Args)]
struct RotateSigning {
    #[command(flatten)]
    rotation: Rotation,
    /// How long a key stays listed after it has signed its last: what it signed can be verified as long.
    #[arg(long, default_value_t = KEEP_DAYS, value_name = "DAYS")]
    keep_days: u32,
}

#[derive(Args)]
struct RotateVault {
    #[command(flatten)]
    rotation: Rotation,
}

#[derive(Args)]
struct Rotation {
    /// The data folder.
    #[arg(long, env = "FARTHING_DATA", value_name = "DIR")]
    data: PathBuf,
    /// From when the key is used. All gateways must have its file, and must have been started again, by then.
    #[arg(long, default_value_t = AFTER_HOURS, value_name = "HOURS")]
    after_hours: u32,
}

impl Rotation {
    fn after(&self) -> Duration {
        Duration::from_secs(u64::from(self.after_hours) * 3_600)
    }
}

#[derive(Args)]
struct RetireVault {
    /// The data folder.
    #[arg(long, env = "FARTHING_DATA", value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
}

impl Keys {
    pub(crate) async fn run(self) -> Result<(), StartError> {
        match self.command {
            KeysCommand::RotateSigning(RotateSigning { rotation, keep_days }) => {
                let after = rotation.after();
                say(&Gateway::rotate_signing_key(&rotation.data, after, keep_days, &Clock::system())?);
            }
            KeysCommand::RotateVault(RotateVault { rotation }) => {
                say(&Gateway::rotate_vault_key(&rotation.data, rotation.after(), &Clock::system())?);
            }
            KeysCommand::RetireVault(RetireVault { data, database }) => retire(data, database).await?,
        }
        Ok(())
    }
}

fn say(rotated: &RotatedKey) {
    let RotatedKey { file, used_from, key_set_version } = rotated;
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "new key {}", file.display());
    let _ = writeln!(output, "used from {used_from}");
    if let Some(version) = key_set_version {
        let _ = writeln!(output, "key set version {version}");
    }
    let _ = writeln!(
        output,
        "Before that: copy this file and keys.toml to every gateway's data folder, and start each again."
    );
}

async fn retire(data: PathBuf, database: DatabaseArguments) -> Result<(), StartError> {
    // Nobody asks this gateway, so that its address is of no consequence.
    let address = "http://127.0.0.1";
    let gateway = match database.url()? {
        None => Gateway::open(&data, address, Clock::system())?,
        Some(url) => Gateway::connect(&data, &url, address, Clock::system()).await?,
    };
    let retired = gateway.retire_vault_keys().await;
    gateway.close().await;
    let mut output = io::stdout().lock();
    for file in retired? {
        let _ = writeln!(output, "{} is not needed by this database any more", file.display());
    }
    let _ =
        writeln!(output, "Backups from before the rotation need the old files: keep those as long as you keep these.");
    Ok(())
}
