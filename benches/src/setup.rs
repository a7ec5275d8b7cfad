//! What the measurements run on: a gateway of their own, and players with money.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, bail};
use farthing_core::{CardDetails, Currency, Money, SoftwareKeyStore, Wallet, WalletConfig};
use tokio::task::JoinSet;

/// What is bought: the cheapest item of a new gateway's catalog, at $0.005.
pub(crate) const ITEM: &str = "arrow";
/// What is paid by use: the metered item of a new gateway's catalog.
pub(crate) const METER: &str = "api_calls";
/// What each player tops up with, all of it reserved for the device: 100,000 of the item.
pub(crate) const FUNDS: &str = "500.00";
/// A card of the sandbox that is always charged.
pub(crate) const CARD: &str = "4242424242424242";
/// Purchases that are asked for at the same time, where only their number matters.
const TOGETHER: usize = 100;

/// A gateway's process, with a data folder of its own, on a free loopback port. It ends with
/// this value.
pub(crate) struct Gateway {
    process: Child,
    pub(crate) url: String,
    pub(crate) publishable_key: String,
    pub(crate) root_key: String,
}

impl Gateway {
    /// Starts a new gateway that reserves [`FUNDS`] for each device.
    pub(crate) fn start(binary: &Path, data: &Path) -> anyhow::Result<Self> {
        Gateway::start_on(binary, data, None)
    }

    /// The same on a PostgreSQL database, where one is named.
    pub(crate) fn start_on(binary: &Path, data: &Path, database: Option<&str>) -> anyhow::Result<Self> {
        // The first start writes the operator's files; the second one reads what we changed.
        drop(Gateway::run(binary, data, database)?);
        raise_reserve(&data.join("gateway.toml")).context("gateway.toml can't be changed")?;
        widen_meter(&data.join("catalog.toml")).context("catalog.toml can't be changed")?;
        Gateway::run(binary, data, database)
    }

    /// Starts a gateway on a data folder as it is.
    pub(crate) fn run(binary: &Path, data: &Path, database: Option<&str>) -> anyhow::Result<Self> {
        let mut command = Command::new(binary);
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).env("FARTHING_LOG", "warn");
        if let Some(database) = database {
            command.env("FARTHING_DATABASE", database);
        }
        let mut process = command.spawn().with_context(|| format!("{} can't be started", binary.display()))?;
        let output = process.stdout.take().context("the gateway's output was not captured")?;
        let mut gateway =
            Gateway { process, url: String::new(), publishable_key: String::new(), root_key: String::new() };
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next().transpose()? {
            gateway.read_line(&line);
            if gateway.is_known() {
                // It may say more; nobody reads that here, and it must not wait for us.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(gateway);
            }
        }
        bail!("the gateway stopped at its start: {}", gateway.process.wait()?)
    }

    fn read_line(&mut self, line: &str) {
        if let Some((_, address)) = line.split_once("listening on ") {
            self.url = address.trim().to_owned();
        } else if let Some((_, key)) = line.split_once("publishable key") {
            self.publishable_key = key.trim().to_owned();
        } else if let Some((_, key)) = line.split_once("root key") {
            self.root_key = key.trim().to_owned();
        }
    }

    fn is_known(&self) -> bool {
        [&self.url, &self.publishable_key, &self.root_key].iter().all(|text| !text.is_empty())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn raise_reserve(path: &Path) -> anyhow::Result<()> {
    let mut settings: toml::Table = std::fs::read_to_string(path)?.parse()?;
    let allowance = settings.get_mut("allowance").and_then(toml::Value::as_table_mut);
    let reserve = allowance.and_then(|allowance| allowance.get_mut("reserve")).and_then(toml::Value::as_table_mut);
    reserve.context("there is no allowance.reserve")?.insert("default".into(), FUNDS.into());
    Ok(std::fs::write(path, toml::to_string(&settings)?)?)
}

/// Lets 100,000 units of [`METER`] wait in memory, at a dollar for 10,000,000, without a cap.
fn widen_meter(path: &Path) -> anyhow::Result<()> {
    let mut catalog: toml::Table = std::fs::read_to_string(path)?.parse()?;
    let items = catalog.get_mut("items").and_then(toml::Value::as_array_mut).context("there are no items")?;
    let metered = items.iter_mut().filter_map(toml::Value::as_table_mut);
    let mut metered = metered.filter(|item| item.get("sku").and_then(toml::Value::as_str) == Some(METER));
    let item = metered.next().with_context(|| format!("there is no {METER}"))?;
    let meter = toml::Table::from_iter([
        ("per_units".to_owned(), toml::Value::Integer(10_000_000)),
        ("flush_after_units".to_owned(), toml::Value::Integer(100_000)),
    ]);
    item.insert("meter".into(), meter.into());
    Ok(std::fs::write(path, toml::to_string(&catalog)?)?)
}

/// A wallet's folder and how to open it.
pub(crate) struct Player {
    pub(crate) folder: PathBuf,
    config: WalletConfig,
    keys: Arc<SoftwareKeyStore>,
}

impl Player {
    /// A player of this gateway; nothing is opened yet. The wallet syncs only when told to.
    pub(crate) fn new(gateway_url: &str, publishable_key: &str, root_key: &str, folder: &Path) -> Self {
        let config = WalletConfig::new(gateway_url, publishable_key, folder).root_key(root_key).syncs_by_itself(false);
        let keys = Arc::new(SoftwareKeyStore::new(folder.join("keys.json")));
        Player { folder: folder.to_owned(), config, keys }
    }

    /// Enrols a new player and tops up; returns the open wallet too.
    pub(crate) async fn enrol(gateway: &Gateway, folder: &Path) -> anyhow::Result<(Self, Arc<Wallet>)> {
        std::fs::create_dir_all(folder)?;
        let player = Player::new(&gateway.url, &gateway.publishable_key, &gateway.root_key, folder);
        let wallet = player.open().await?;
        wallet.sync().await.context("a wallet could not enrol")?;
        let details = CardDetails { number: CARD.into(), expiry_month: 12, expiry_year: 2040, cvc: "123".into() };
        let card = wallet.add_card(details).await?;
        wallet.top_up(Money::parse(FUNDS, Currency::USD)?, card.id).await?;
        wallet.sync().await?;
        Ok((player, wallet))
    }

    pub(crate) async fn open(&self) -> anyhow::Result<Arc<Wallet>> {
        Ok(Arc::new(Wallet::open(self.config.clone(), self.keys.clone()).await?))
    }
}

/// Buys so many, quickly: those that are asked for together share a commit.
pub(crate) async fn buy_many(wallet: &Arc<Wallet>, count: usize) -> anyhow::Result<()> {
    for begun in (0..count).step_by(TOGETHER) {
        let mut purchases = JoinSet::new();
        for _ in begun..count.min(begun + TOGETHER) {
            let wallet = wallet.clone();
            purchases.spawn(async move { wallet.buy(ITEM.into()).await });
        }
        while let Some(purchase) = purchases.join_next().await {
            purchase??;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_reserve_of_the_operators_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        std::fs::write(
            &path,
            "[platform]\npercentage = \"5\"\n[allowance]\nreserve = { default = \"20.00\", JPY = \"3000\" }\n",
        )
        .unwrap();
        raise_reserve(&path).unwrap();
        let changed: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        assert_eq!(changed["allowance"]["reserve"]["default"].as_str(), Some(FUNDS));
        assert_eq!(changed["allowance"]["reserve"]["JPY"].as_str(), Some("3000"));
        assert_eq!(changed["platform"]["percentage"].as_str(), Some("5"));

        std::fs::write(&path, "[platform]\npercentage = \"5\"\n").unwrap();
        assert!(raise_reserve(&path).is_err());
    }
}
