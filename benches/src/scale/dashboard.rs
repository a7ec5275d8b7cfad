//! The dashboard's pages, as a viewer who is signed in gets them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::Value;

use super::meter::{Cost, Meter};
use super::store::Store;
use crate::setup::Gateway;

const NAME: &str = "bench";
const PASSWORD: &str = "the bench looks at every page";
/// How often each page is asked for.
const VIEWS: usize = 20;

/// A viewer of the dashboard.
pub(super) struct Viewer {
    client: Client,
    cookie: String,
}

impl Viewer {
    /// Adds the viewer with the gateway's own command, and signs in.
    pub(super) async fn sign_in(store: &Store, binary: &Path, gateway: &Gateway) -> anyhow::Result<Self> {
        let file = store.data.join("viewer.password");
        std::fs::write(&file, PASSWORD)?;
        let mut command = Command::new(binary);
        // It is there already where the store was measured before; the password is the same then.
        command.args(["administrator", "add", NAME, "--role", "viewer", "--data"]).arg(&store.data);
        command.arg("--password-file").arg(&file);
        if let Some(url) = store.url() {
            command.env("FARTHING_DATABASE", url);
        }
        command.output().context("the gateway's command can't be started")?;
        let client = Client::builder().http1_only().no_proxy().redirect(redirect::Policy::none()).build()?;
        let form = format!("name={NAME}&password={}", PASSWORD.replace(' ', "+"));
        let sent = client.post(format!("{}/sign-in", gateway.url)).header(ORIGIN, &gateway.url);
        let answer = sent.header("content-type", "application/x-www-form-urlencoded").body(form).send().await?;
        ensure!(answer.status() == StatusCode::SEE_OTHER, "signing in was answered with {}", answer.status());
        let cookie = answer.headers().get(SET_COOKIE).context("there is no session")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Viewer { client, cookie })
    }

    async fn see(&self, gateway: &Gateway, path: &str) -> anyhow::Result<()> {
        let mut answer = self.get(gateway, path).await?;
        // What was found by its name is shown at once.
        if let Some(found) = answer.headers().get(LOCATION) {
            answer = self.get(gateway, found.to_str()?).await?;
        }
        let status = answer.status();
        let page = answer.text().await?;
        // A session that is over leads to the page where one signs in.
        ensure!(status.is_success() && page.contains("/sign-out"), "{path} was answered with {status}");
        Ok(())
    }

    async fn get(&self, gateway: &Gateway, path: &str) -> reqwest::Result<Response> {
        self.client.get(format!("{}{path}", gateway.url)).header(COOKIE, &self.cookie).send().await
    }

    /// What each page costs. `purchases` are those of some players, as a merchant is told of them.
    pub(super) async fn measure(
        &self,
        gateway: &Gateway,
        meter: &Meter<'_>,
        purchases: &[Value],
    ) -> anyhow::Result<BTreeMap<&'static str, Cost>> {
        let claim = |number: usize, name: &str| {
            let purchase = &purchases[number % purchases.len()];
            purchase["claims"][name].as_str().unwrap_or_default().to_owned()
        };
        type Path<'a> = Box<dyn Fn(usize) -> String + 'a>;
        let fixed = |path: &'static str| -> Path<'_> { Box::new(move |_| path.to_owned()) };
        let of = |before: &'static str, name: &'static str| -> Path<'_> {
            Box::new(move |number| format!("{before}{}", claim(number, name)))
        };
        let pages = [
            ("overview", fixed("/")),
            ("purchases", fixed("/purchases")),
            ("a purchase", of("/purchases/", "jti")),
            ("devices", fixed("/devices")),
            ("a device", of("/devices/", "device")),
            ("an account", of("/accounts/", "sub")),
            ("ledger", fixed("/ledger")),
            ("players' balances", fixed("/ledger/kinds/user_available")),
            ("economics", fixed("/economics")),
            ("search", of("/search?q=", "jti")),
            ("audit log", fixed("/audit")),
        ];
        let mut costs = BTreeMap::new();
        for (name, path) in pages {
            self.see(gateway, &path(0)).await?;
            costs.insert(name, meter.measure(VIEWS, async |number| self.see(gateway, &path(number)).await).await?);
        }
        Ok(costs)
    }
}
