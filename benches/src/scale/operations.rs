//! What is measured at each size: what devices ask, and what the merchant asks.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use farthing_protocol::Money;
use farthing_protocol::api::TrialBalanceResponse;
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::dashboard::Viewer;
use super::meter::{Cost, Meter};
use super::store::Store;
use crate::device::{BATCH, Device};
use crate::setup::Gateway;
use crate::statistics::milliseconds;

/// Batches that are settled at each size.
const BATCHES: usize = 30;
/// And before them, so that statements are planned and the device's rows are in memory.
const WARM_UP: usize = 6;
/// Questions of each kind.
const QUESTIONS: usize = 50;
const OPENINGS: usize = 3;

/// What each operation costs.
#[derive(Serialize)]
pub(super) struct Measured {
    batch_of_100: Cost,
    account: Cost,
    receipt: Cost,
    purchases_of_user: Cost,
    trial_balance: Cost,
    /// One that covers all that was sold since the last; nothing where it took longer than a request may take.
    large_payout: Option<Cost>,
    /// One right after some batches; nothing where those before were not paid out.
    small_payout: Option<Cost>,
    /// Each page of the dashboard.
    dashboard: BTreeMap<&'static str, Cost>,
    /// From the process's start to its first answer, the fastest of some.
    opening_ms: f64,
}

/// The merchant's back end.
pub(super) struct Merchant {
    client: Client,
    key: SecretString,
}

impl Merchant {
    pub(super) fn of(store: &Store) -> anyhow::Result<Self> {
        let key = std::fs::read_to_string(store.data.join("secret.key"))?.trim().to_owned();
        let client = Client::builder().http1_only().no_proxy().timeout(Duration::from_secs(300)).build()?;
        Ok(Merchant { client, key: key.into() })
    }

    async fn ask(&self, gateway: &Gateway, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", gateway.url));
        request = request.bearer_auth(self.key.expose_secret());
        if let Some(body) = body {
            let key = farthing_protocol::TopUpId::generate();
            request = request.header("idempotency-key", key.to_string()).json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path} was answered with {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    async fn get(&self, gateway: &Gateway, path: &str) -> anyhow::Result<Value> {
        self.ask(gateway, Method::GET, path, None).await
    }

    async fn pay_out(&self, gateway: &Gateway) -> anyhow::Result<Value> {
        self.ask(gateway, Method::POST, "/v1/payouts", Some(json!({ "currency": "USD" }))).await
    }
}

/// Measures at the size that the store has now.
pub(super) async fn measure(
    store: &Store,
    merchant: &Merchant,
    binary: &Path,
    accounts: u64,
) -> anyhow::Result<Measured> {
    let mut opening = Duration::MAX;
    for _ in 0..OPENINGS {
        let started = Instant::now();
        let _gateway = store.run(binary)?;
        opening = opening.min(started.elapsed());
    }
    let gateway = &store.run(binary)?;
    let meter = Meter(store.pool());
    let device = Device::enrol_many(gateway, 1).await?.pop().context("no device was enrolled")?;
    let device = &Mutex::new(device);

    settle(device, &meter, WARM_UP).await?;
    let batch_of_100 = settle(device, &meter, BATCHES).await?;
    let account = meter.measure(QUESTIONS, async |_| device.lock().await.account().await.map(drop)).await?;
    // Other users each time, all over the store.
    let user = |number: usize| 1 + (number as u64 * 7_919) % (accounts - 1);
    let of_user = |number: usize| format!("/v1/purchases?user=user-{}&limit=20", user(number));
    let (mut receipts, mut bought) = (Vec::new(), Vec::new());
    for number in 0..QUESTIONS {
        let purchases = merchant.get(gateway, &of_user(number + QUESTIONS)).await?;
        let first = &purchases["purchases"][0];
        ensure!(first["id"].is_string() && first["id"] == first["claims"]["jti"], "a receipt is of another purchase");
        receipts.push(format!("/v1/purchases/{}", first["id"].as_str().unwrap_or_default()));
        bought.push(first.clone());
    }
    let receipt =
        meter.measure(QUESTIONS, async |number| merchant.get(gateway, &receipts[number]).await.map(drop)).await?;
    let purchases_of_user =
        meter.measure(QUESTIONS, async |number| merchant.get(gateway, &of_user(number)).await.map(drop)).await?;
    let viewer = Viewer::sign_in(store, binary, gateway).await?;
    let dashboard = viewer.measure(gateway, &meter, &bought).await?;
    let trial_balance = meter.measure(3, async |_| is_balanced(merchant, gateway).await).await?;
    let pay_out = async || meter.measure(1, async |_| merchant.pay_out(gateway).await.map(drop)).await;
    let large_payout = pay_out().await.inspect_err(|error| eprintln!("not all was paid out: {error:#}")).ok();
    settle(device, &meter, WARM_UP).await?;
    let small_payout = if large_payout.is_some() { Some(pay_out().await?) } else { None };
    is_balanced(merchant, gateway).await?;
    Ok(Measured {
        batch_of_100,
        account,
        receipt,
        purchases_of_user,
        trial_balance,
        large_payout,
        small_payout,
        dashboard,
        opening_ms: milliseconds(opening),
    })
}

/// One device settles batches, one after the other.
async fn settle(device: &Mutex<Device>, meter: &Meter<'_>, batches: usize) -> anyhow::Result<Cost> {
    let prepared = device.lock().await.prepare_of(batches, BATCH).await?;
    let (prepared, answers) = (Mutex::new(prepared.into_iter()), Mutex::new(Vec::new()));
    let cost = meter
        .measure(batches, async |_| {
            let batch = prepared.lock().await.next().context("no batch is left")?;
            answers.lock().await.push(batch.send().await?);
            Ok(())
        })
        .await?;
    let device = device.lock().await;
    answers.into_inner().iter().try_for_each(|answer| device.check(answer))?;
    Ok(cost)
}

/// Fails where the ledger's sum is not zero.
async fn is_balanced(merchant: &Merchant, gateway: &Gateway) -> anyhow::Result<()> {
    let answer = merchant.get(gateway, "/v1/ledger/trial-balance").await?;
    let balance: TrialBalanceResponse = serde_json::from_value(answer)?;
    let is_zero = balance.totals.iter().all(|total| *total == Money::zero(total.currency()));
    ensure!(is_zero && !balance.totals.is_empty(), "the ledger does not balance: {:?}", balance.totals);
    Ok(())
}
