//! The gateway's process: started, stopped, started again.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use farthing_core::WalletConfig;
use farthing_protocol::api::{JwksResponse, TrialBalanceResponse};
use farthing_store_fakes::{Counter, machine_time};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A gateway of our own, with a data folder of its own, on a loopback port.
pub(crate) struct Gateway {
    binary: PathBuf,
    pub(crate) data: PathBuf,
    process: Option<Child>,
    /// `127.0.0.1:port`: the same after each start, as wallets remember it.
    listen: String,
    pub(crate) publishable_key: String,
    pub(crate) root_key: String,
    /// Stand-ins for app stores that sell packs of balance, as long as it serves.
    pub(crate) stores: Option<Counter>,
}

/// Where the sample apps look for a gateway: an Android emulator has it as `10.0.2.2:8470`.
const SAMPLE_ADDRESS: &str = "127.0.0.1:8470";
/// Where they look for stand-ins for app stores.
const STORES_ADDRESS: &str = "127.0.0.1:8471";
/// What a gateway is set to that is told nothing else.
const SETTINGS: &str = include_str!("../../gateway/src/gateway.toml");

/// What the sample apps sell. The gateway's own sample has no currency of the game's own.
const CATALOG: &str = include_str!("../../android-sample/catalog.toml");
/// Who can be tipped.
pub(crate) const CREATORS: [(&str, &str); 2] = [("ana", "Ana of the Echoes"), ("bo", "Bo the Mapmaker")];

impl Gateway {
    /// Starts a new gateway that sells what the sample apps do and has creators to tip: on the port that the sample
    /// apps look at, if it is to go on `serving` and that port is free; else on any. Only one that goes on has stores.
    pub(crate) async fn start(binary: &Path, data: &Path, serving: bool) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)?;
        std::fs::write(data.join("catalog.toml"), CATALOG)?;
        let stores = if serving { Some(open_stores(data).await?) } else { None };
        let sample_port_is_free = is_free(SAMPLE_ADDRESS);
        let mut gateway = Gateway {
            binary: binary.to_owned(),
            data: data.to_owned(),
            process: None,
            listen: if serving && sample_port_is_free { SAMPLE_ADDRESS } else { "127.0.0.1:0" }.into(),
            publishable_key: String::new(),
            root_key: String::new(),
            stores,
        };
        gateway.run().await?;
        for (id, name) in CREATORS {
            gateway.register_creator(id, name).await?;
        }
        Ok(gateway)
    }

    /// Starts it again after [`Gateway::stop`], where it was.
    pub(crate) async fn run(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new(&self.binary);
        command.arg("serve").arg("--data").arg(&self.data).arg("--listen").arg(&self.listen);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut process = command.spawn().with_context(|| format!("{} can't be started", self.binary.display()))?;
        let output = process.stdout.take().context("the gateway's output was not captured")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, address)) = line.split_once("listening on http://") {
                self.listen = address.trim().to_owned();
            } else if let Some((_, key)) = line.split_once("publishable key") {
                self.publishable_key = key.trim().to_owned();
            } else if let Some((_, key)) = line.split_once("root key") {
                self.root_key = key.trim().to_owned();
            }
            if !self.listen.ends_with(":0") && !self.publishable_key.is_empty() && !self.root_key.is_empty() {
                // It may say more; nobody reads that here.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                self.process = Some(process);
                return Ok(());
            }
        }
        bail!("the gateway stopped at its start: {}", process.wait().await?)
    }

    /// Stops it: from here on its port refuses connections.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().await?;
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// The settings of an app that uses this gateway.
    pub(crate) fn wallet_config(&self, folder: &Path) -> WalletConfig {
        WalletConfig::new(self.url(), &self.publishable_key, folder).root_key(&self.root_key)
    }

    /// The keys that anyone may have.
    pub(crate) async fn jwks(&self) -> anyhow::Result<JwksResponse> {
        self.get("/.well-known/jwks.json", None).await
    }

    /// What the operator sees.
    pub(crate) async fn trial_balance(&self) -> anyhow::Result<TrialBalanceResponse> {
        self.get("/v1/ledger/trial-balance", Some(&self.secret_key()?)).await
    }

    /// As the game's back end would.
    async fn register_creator(&self, id: &str, name: &str) -> anyhow::Result<()> {
        let request = http_client()?.put(format!("{}/v1/creators/{id}", self.url())).bearer_auth(self.secret_key()?);
        request.json(&serde_json::json!({ "name": name })).send().await?.error_for_status()?;
        Ok(())
    }

    fn secret_key(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.data.join("secret.key"))?.trim().to_owned())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, bearer: Option<&str>) -> anyhow::Result<T> {
        let mut request = http_client()?.get(self.url() + path);
        if let Some(secret) = bearer {
            request = request.bearer_auth(secret);
        }
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

fn is_free(address: &str) -> bool {
    std::net::TcpListener::bind(address).is_ok()
}

/// Opens the stand-ins for app stores where the sample apps look for them, or anywhere, and has the gateway credit what
/// they sell.
async fn open_stores(data: &Path) -> anyhow::Result<Counter> {
    let listen = if is_free(STORES_ADDRESS) { STORES_ADDRESS } else { "127.0.0.1:0" };
    let counter = Counter::open(listen, machine_time).await?;
    for (name, content) in counter.files() {
        std::fs::write(data.join(name), content)?;
    }
    std::fs::write(data.join("gateway.toml"), SETTINGS.to_owned() + &counter.settings())?;
    Ok(counter)
}

fn http_client() -> anyhow::Result<reqwest::Client> {
    let roots: rustls::RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?)
}

#[cfg(test)]
mod tests {
    use farthing_core::{Currency, ItemKind, Money};

    use super::*;

    #[test]
    fn the_catalog_has_a_pack_of_gems_and_what_they_buy() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalog.toml");
        std::fs::write(&file, CATALOG).unwrap();
        let catalog = farthing_gateway::catalog_of_file(&file).unwrap();
        let gems: Currency = "gems".parse().unwrap();
        let pack = catalog.items.iter().find(|item| item.kind == ItemKind::CurrencyPack).unwrap();
        let credits = pack.credits.unwrap();
        assert_eq!((credits.currency(), pack.price.currency()), (gems, Currency::USD));
        let affordable = |price: Money| price.currency() == gems && price.micros() <= credits.micros();
        assert!(catalog.items.iter().any(|item| affordable(item.price)));
    }
}
