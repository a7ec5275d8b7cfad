//! The gateway's side of a world: the real gateway on a disk that fails, its operator, and the merchant.

mod back_end;
mod refunds;

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use farthing_gateway::{Gateway, ManualClock};
use farthing_machine::Disk;
use farthing_protocol::Timestamp;
use farthing_tests::ADDRESS;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::Violation;
use crate::app_store::Store;
use crate::catalog::{CREATOR, PASS, SKUS, catalog, settings};
use crate::coverage::Coverage;
use crate::network::Internet;

pub(crate) use back_end::BackEnd;
pub(crate) use refunds::{MerchantRefund, Refunded};

/// Seen from when on purchases may be rejected.
pub(crate) const REJECTION_ORDERED: &str = "rejection ordered";

/// The gateway and who runs it.
pub(crate) struct Operator {
    pub(crate) folder: PathBuf,
    pub(crate) disk: Disk,
    pub(crate) clock: ManualClock,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) publishable_key: String,
    pub(crate) root_key: String,
    secret_key: String,
    internet: Internet,
    coverage: Coverage,
    /// Whether the power goes with it when it dies.
    pub(crate) power: bool,
    /// A fault may have been in the way since it started.
    pub(crate) is_faulty: bool,
    /// Refunds that the merchant has asked for.
    refunds: u64,
}

impl Operator {
    pub(crate) fn new(
        (folder, root_of_store): (PathBuf, &[u8]),
        seed: u64,
        clock: ManualClock,
        internet: Internet,
        coverage: Coverage,
    ) -> Result<Self, Violation> {
        let disk = Disk::new(&folder, seed);
        fs::write(folder.join("catalog.toml"), catalog()).map_err(|error| Violation::new(error.to_string()))?;
        fs::write(folder.join("app-store-root.cer"), root_of_store)
            .map_err(|error| Violation::new(error.to_string()))?;
        fs::write(folder.join("gateway.toml"), settings()).map_err(|error| Violation::new(error.to_string()))?;
        let gateway = Gateway::open(&folder, ADDRESS, clock.clock())
            .map_err(|error| Violation::new(format!("a new gateway does not start: {error}")))?;
        internet.connect(Some((gateway.router(), disk.clone())));
        Ok(Operator {
            publishable_key: gateway.publishable_key().to_owned(),
            root_key: gateway.root_key().to_string(),
            secret_key: gateway.secret_key().expose_secret().to_owned(),
            gateway: Some(gateway),
            folder,
            disk,
            clock,
            internet,
            coverage,
            power: false,
            is_faulty: false,
            refunds: 0,
        })
    }

    /// The true time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.clock().now()
    }

    /// Ends the process, in good order or not, and starts it again.
    pub(crate) async fn restart(&mut self, how: End) -> Result<(), Violation> {
        self.stop(how).await;
        self.start(how)
    }

    pub(crate) async fn stop(&mut self, how: End) {
        if how != End::InGoodOrder {
            self.disk.die();
        }
        self.internet.connect(None);
        if let Some(gateway) = self.gateway.take() {
            gateway.close().await;
        }
        if how == End::PowerCut {
            self.disk.cut_power();
            let _ = fs::remove_file(self.folder.join("farthing.db-shm"));
        }
        self.disk.mend();
        self.is_faulty = false;
    }

    pub(crate) fn start(&mut self, how: End) -> Result<(), Violation> {
        let gateway = Gateway::open(&self.folder, ADDRESS, self.clock.clock())
            .map_err(|error| Violation::new(format!("the gateway does not start again: {error}")))?;
        self.internet.connect(Some((gateway.router(), self.disk.clone())));
        self.gateway = Some(gateway);
        self.coverage.add(format!("gateway: started after {how:?}"));
        Ok(())
    }

    /// A new price for lives and for the pass, which takes a restart.
    pub(crate) async fn change_catalog(&mut self, cents: u32) -> Result<(), Violation> {
        let file = self.folder.join("catalog.toml");
        let content = fs::read_to_string(&file).map_err(|error| Violation::new(error.to_string()))?;
        let mut lines: Vec<String> = content.lines().map(str::to_owned).collect();
        for sku in [SKUS[0], PASS] {
            let mut of_item = lines.iter_mut().skip_while(|line| **line != format!("sku = \"{sku}\""));
            if let Some(line) = of_item.find(|line| line.starts_with("price")) {
                *line = format!("price = {{ amount = \"{}.{:02}\", currency = \"USD\" }}", cents / 100, cents % 100);
            }
        }
        fs::write(&file, lines.join("\n")).map_err(|error| Violation::new(error.to_string()))?;
        self.restart(End::InGoodOrder).await
    }

    /// The app's back end.
    pub(crate) fn back_end(&self) -> BackEnd {
        BackEnd { internet: self.internet.clone(), secret_key: self.secret_key.clone() }
    }

    /// Lets players tip.
    pub(crate) async fn register_creator(&self) {
        let path = format!("/v1/creators/{CREATOR}");
        if self.back_end().is_done(Method::PUT, &path, &json!({ "name": "Ana" })).await {
            self.coverage.add("a creator was registered");
        }
    }

    /// Has the next purchase rejected.
    pub(crate) async fn order_rejection(&mut self) {
        let faults = json!({ "reject": { "reason": "wrong_price", "count": 1 } });
        if self.back_end().is_done(Method::PUT, "/v1/sandbox/faults", &faults).await {
            self.coverage.add(REJECTION_ORDERED);
        }
    }

    /// Closes tabs that nobody closes, as a gateway that is served does each minute.
    pub(crate) async fn tend_tabs(&self) -> Result<(), Violation> {
        let Some(gateway) = &self.gateway else { return Ok(()) };
        match gateway.close_lapsing_tabs().await {
            Err(error) if !self.is_faulty => Err(Violation::new(format!("tabs can't be closed: {error}"))),
            _ => Ok(()),
        }
    }

    /// Takes what the app store says; what it does not take now is said again later.
    pub(crate) async fn hear_store(&self, store: &mut Store) {
        for message in std::mem::take(&mut store.undelivered) {
            let request = http::Request::post(format!("{ADDRESS}/v1/processors/app-store/notifications"))
                .header("content-type", "application/json")
                .body(Bytes::from(message.clone()));
            let Ok(request) = request else { continue };
            let is_taken = self.internet.deliver(request).await.is_ok_and(|answer| answer.status().is_success());
            self.coverage.add(if is_taken {
                "a store's message was taken"
            } else {
                "a store's message is to come again"
            });
            if !is_taken {
                store.undelivered.push(message);
            }
        }
    }

    /// The ledger balances, whatever happened.
    pub(crate) async fn check_ledger(&self) -> Result<(), Violation> {
        let Some(gateway) = &self.gateway else { return Ok(()) };
        match gateway.trial_balance().await {
            Ok(balance) if balance.totals.iter().all(|total| total.is_zero()) => Ok(()),
            Ok(_) => Err(Violation::new("the ledger does not balance")),
            Err(_) if self.is_faulty => Ok(()),
            Err(error) => Err(Violation::new(format!("the ledger can't be read: {error}"))),
        }
    }
}

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    InGoodOrder,
    Kill,
    PowerCut,
}

impl End {
    pub(crate) fn of(power: bool) -> Self {
        if power { End::PowerCut } else { End::Kill }
    }
}
