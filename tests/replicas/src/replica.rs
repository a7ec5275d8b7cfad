//! One gateway's process: killed, and started again on the same port.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Below the ports that systems take for outgoing connections.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// What a gateway logs of a transaction that met another.
const RUN_AGAIN: &str = "is run again";

pub(crate) struct Replica {
    pub(crate) port: u16,
    pub(crate) publishable_key: String,
    pub(crate) root_key: String,
    binary: PathBuf,
    data: PathBuf,
    log: PathBuf,
    database: String,
    process: Option<Child>,
}

impl Replica {
    pub(crate) fn new(number: usize, binary: &Path, folder: &Path, database: &str) -> anyhow::Result<Self> {
        let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        let ports = std::iter::repeat_with(|| fastrand::u16(PORTS)).take(1_000);
        let port = ports.filter(is_free).nth(number).context("no port is free")?;
        Ok(Replica {
            port,
            publishable_key: String::new(),
            root_key: String::new(),
            binary: binary.to_owned(),
            data: folder.join("data"),
            log: folder.join(format!("gateway-{number}.log")),
            database: database.to_owned(),
            process: None,
        })
    }

    /// Starts it, as often as it takes: its database may just be down. Returns once it serves.
    pub(crate) async fn begin(&mut self) -> anyhow::Result<()> {
        for _ in 0..20 {
            if self.try_to_begin().await? {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
        bail!("the gateway does not start: {}", fs::read_to_string(&self.log)?)
    }

    async fn try_to_begin(&mut self) -> anyhow::Result<bool> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--log", "farthing_gateway=debug", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command.arg("--data").arg(&self.data).env("FARTHING_DATABASE", &self.database);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut process = command.spawn().with_context(|| format!("{} can't be started", self.binary.display()))?;
        let output = process.stdout.take().context("the gateway's output was not captured")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            let after = |label: &str| line.split_once(label).map(|(_, rest)| rest.trim().to_owned());
            if let Some(key) = after("publishable key") {
                self.publishable_key = key;
            } else if let Some(key) = after("root key") {
                self.root_key = key;
                // It may say more; nobody reads that here.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                self.process = Some(process);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Kills it where it is.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        let mut process = self.process.take().context("the gateway does not run")?;
        if let Some(status) = process.try_wait()? {
            bail!("the gateway ended by itself: {status}: {}", fs::read_to_string(&self.log)?);
        }
        Ok(process.kill().await?)
    }

    /// Ends it as an operator does; it must finish by itself.
    pub(crate) async fn end(&mut self) -> anyhow::Result<()> {
        let mut process = self.process.take().context("the gateway does not run")?;
        let pid = process.id().context("the gateway ended by itself")?;
        Command::new("kill").arg(pid.to_string()).status().await?;
        let status = process.wait().await?;
        if status.success() { Ok(()) } else { bail!("the gateway was told to stop and ended with {status}") }
    }
}

/// How often a transaction was run again, by the gateways' logs.
pub(crate) fn runs_again(folder: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            count += fs::read_to_string(path)?.lines().filter(|line| line.contains(RUN_AGAIN)).count();
        }
    }
    Ok(count)
}
