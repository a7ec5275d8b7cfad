//! The player's app as a process of its own, so that it can be killed without warning.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use farthing_core::{EntryId, SoftwareKeyStore, Wallet, WalletConfig};
use serde::{Deserialize, Serialize};

/// An app that buys extra lives.
#[derive(Args)]
pub(crate) struct Player {
    #[arg(long)]
    gateway: String,
    #[arg(long)]
    publishable_key: String,
    #[arg(long)]
    root_key: String,
    #[arg(long)]
    folder: PathBuf,
    /// How many it buys
    #[arg(long)]
    purchases: u32,
}

/// What the app says, one line of JSON each, as soon as it is so.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// A purchase is on disk and granted.
    Bought { purchase: EntryId, microseconds: u64 },
    /// A purchase was refused.
    Refused { error: String },
}

impl Player {
    /// The arguments that start it. A key may begin with a hyphen, so each is one word with its name.
    pub(crate) fn arguments(&self) -> Vec<String> {
        vec![
            "player".into(),
            format!("--gateway={}", self.gateway),
            format!("--publishable-key={}", self.publishable_key),
            format!("--root-key={}", self.root_key),
            format!("--folder={}", self.folder.display()),
            format!("--purchases={}", self.purchases),
        ]
    }

    pub(crate) fn of(gateway: &crate::gateway::Gateway, folder: &std::path::Path, purchases: u32) -> Self {
        Player {
            gateway: gateway.url(),
            publishable_key: gateway.publishable_key.clone(),
            root_key: gateway.root_key.clone(),
            folder: folder.to_owned(),
            purchases,
        }
    }

    /// Buys until the purchases are made or one is refused.
    pub(crate) async fn play(self) -> anyhow::Result<()> {
        let config = WalletConfig::new(self.gateway, self.publishable_key, self.folder.join("wallet"));
        let config = config.root_key(self.root_key);
        let keys = Arc::new(SoftwareKeyStore::new(self.folder.join("keys.json")));
        let wallet = Wallet::open(config, keys).await?;
        for _ in 0..self.purchases {
            let begin = Instant::now();
            let bought = wallet.buy("extra_life".into()).await;
            let microseconds = u64::try_from(begin.elapsed().as_micros())?;
            match bought {
                Ok(purchase) => say(&Line::Bought { purchase: purchase.id, microseconds })?,
                Err(error) => {
                    say(&Line::Refused { error: error.to_string() })?;
                    break;
                }
            }
        }
        wallet.close().await;
        Ok(())
    }
}

fn say(line: &Line) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", serde_json::to_string(line)?)?;
    Ok(output.flush()?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        player: Player,
    }

    #[test]
    fn a_key_may_begin_with_a_hyphen() {
        let player = Player {
            gateway: "http://127.0.0.1:1".into(),
            publishable_key: "pk_test_1".into(),
            root_key: "-ngWv48Bz".into(),
            folder: "/phone".into(),
            purchases: 3,
        };
        let read = CommandLine::try_parse_from(player.arguments()).unwrap().player;
        assert_eq!((read.root_key, read.purchases, read.folder), (player.root_key, 3, player.folder));
    }
}
