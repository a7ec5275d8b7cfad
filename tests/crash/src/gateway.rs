//! The gateway's process: started, killed, started again on the same folder and port.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, bail};
use farthing_protocol::api::TrialBalanceResponse;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::moment::StartMoment;

/// Below the ports that systems take for outgoing connections, so that none of those takes this one
/// while the gateway is down.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A gateway with a folder and a port of its own.
pub(crate) struct Gateway {
    binary: PathBuf,
    folder: PathBuf,
    port: u16,
    process: Option<Child>,
    pub(crate) publishable_key: String,
    pub(crate) root_key: String,
}

impl Gateway {
    /// A gateway that was never started.
    pub(crate) fn new(binary: &Path, folder: &Path, rng: &mut fastrand::Rng) -> anyhow::Result<Self> {
        let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        let port = std::iter::repeat_with(|| rng.u16(PORTS)).take(1_000).find(is_free).context("no port is free")?;
        std::fs::create_dir_all(folder)?;
        Ok(Gateway {
            binary: binary.to_owned(),
            folder: folder.to_owned(),
            port,
            process: None,
            publishable_key: String::new(),
            root_key: String::new(),
        })
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(self.folder.join("gateway.log"))?;
        let mut command = Command::new(&self.binary);
        command.arg("serve").arg("--data").arg(self.folder.join("data"));
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.port)).args(["--log", "warn"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        command.spawn().with_context(|| format!("{} can't be started", self.binary.display()))
    }

    /// Starts it, and waits until it says where it is.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        let mut process = self.spawn()?;
        let output = process.stdout.take().context("the gateway's output was not captured")?;
        let mut lines = BufReader::new(output).lines();
        let (mut publishable_key, mut root_key) = (None, None);
        while let Some(line) = lines.next_line().await? {
            if let Some((_, key)) = line.split_once("publishable key") {
                publishable_key = Some(key.trim().to_owned());
            } else if let Some((_, key)) = line.split_once("root key") {
                root_key = Some(key.trim().to_owned());
            }
            if let (Some(publishable_key), Some(root_key)) = (&publishable_key, &root_key) {
                (self.publishable_key, self.root_key) = (publishable_key.clone(), root_key.clone());
                // It may say more; nobody reads that here.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                self.process = Some(process);
                return Ok(());
            }
        }
        bail!("the gateway stopped at its start: {}", process.wait().await?)
    }

    /// Kills it where it is.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        let mut process = self.process.take().context("the gateway does not run")?;
        if let Some(status) = process.try_wait()? {
            bail!("the gateway ended by itself: {status}");
        }
        Ok(process.kill().await?)
    }

    /// Starts it and kills it at a moment of its start, or soon after.
    pub(crate) async fn kill_at_start(&mut self, moment: StartMoment) -> anyhow::Result<()> {
        let (mut process, data) = (self.spawn()?, self.folder.join("data"));
        // On one thread, as what is to be met is over in no time.
        let kill = move || {
            moment.wait(&data);
            let ended = process.try_wait()?;
            process.start_kill()?;
            std::io::Result::Ok((process, ended))
        };
        match tokio::task::spawn_blocking(kill).await?? {
            (_, Some(status)) => bail!("the gateway stopped at its start: {status}"),
            (mut process, None) => {
                process.wait().await?;
                Ok(())
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What the operator sees.
    pub(crate) async fn trial_balance(&self) -> anyhow::Result<TrialBalanceResponse> {
        let secret = std::fs::read_to_string(self.folder.join("data/secret.key"))?;
        let request = http_client()?.get(format!("{}/v1/ledger/trial-balance", self.url())).bearer_auth(secret.trim());
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

/// Plain HTTP on this machine: no server needs to be trusted.
fn http_client() -> anyhow::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?)
}
