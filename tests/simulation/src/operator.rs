//! The gateway's side of a world: the real gateway on a disk that fails, its operator, and the merchant.

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use farthing_gateway::{Gateway, ManualClock};
use farthing_machine::Disk;
use farthing_protocol::{EntryId, Money, Timestamp};
use farthing_tests::ADDRESS;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use crate::Violation;
use crate::app_store::Store;
use crate::catalog::{CREATOR, PASS, SKUS};
use crate::catalog::{catalog, country, settings};
use crate::coverage::Coverage;
use crate::network::Internet;

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
        let request = http::Request::put(format!("{ADDRESS}/v1/creators/{CREATOR}"))
            .header("authorization", format!("Bearer {}", self.secret_key))
            .header("content-type", "application/json")
            .body(Bytes::from_static(br#"{"name":"Ana"}"#));
        let Ok(request) = request else { return };
        if self.internet.deliver(request).await.is_ok_and(|answer| answer.status().is_success()) {
            self.coverage.add("a creator was registered");
        }
    }

    /// Has the next purchase rejected.
    pub(crate) async fn order_rejection(&mut self) {
        let request = http::Request::put(format!("{ADDRESS}/v1/sandbox/faults"))
            .header("authorization", format!("Bearer {}", self.secret_key))
            .header("content-type", "application/json")
            .body(Bytes::from_static(br#"{"reject":{"reason":"wrong_price","count":1}}"#));
        let Ok(request) = request else { return };
        if self.internet.deliver(request).await.is_ok_and(|answer| answer.status().is_success()) {
            self.coverage.add(REJECTION_ORDERED);
        }
    }

    /// The merchant gives money back; with `again`, asks for it once more under its key.
    pub(crate) async fn refund(&mut self, wish: &MerchantRefund, again: bool) -> Result<Refunded, Violation> {
        self.refunds += 1;
        let first = self.ask_for_refund(wish).await;
        if !again {
            return Ok(first.map_or(Refunded::Unknown, Answer::refunded));
        }
        let second = self.ask_for_refund(wish).await;
        if let (Some(Answer::Given(first)), Some(Answer::Given(second))) = (&first, &second)
            && first.id != second.id
        {
            return Err(Violation::new("a merchant who asks again for a refund gives another"));
        }
        Ok(match (first, second) {
            (Some(Answer::Given(given)), _) | (_, Some(Answer::Given(given))) => Answer::Given(given).refunded(),
            (Some(Answer::Refused), Some(Answer::Refused)) => Refunded::No,
            _ => Refunded::Unknown,
        })
    }

    /// One request; nothing where its answer leaves open what became of it.
    async fn ask_for_refund(&self, wish: &MerchantRefund) -> Option<Answer> {
        let MerchantRefund { purchase, amount, quantity } = wish;
        let mut body = json!({ "purchase": purchase, "reason": "as a courtesy" });
        if let Some(amount) = amount {
            body["amount"] = json!(amount);
        }
        if let Some(quantity) = quantity {
            body["quantity"] = json!(quantity);
        }
        let request = http::Request::post(format!("{ADDRESS}/v1/refunds"))
            .header("authorization", format!("Bearer {}", self.secret_key))
            .header("content-type", "application/json")
            .header("idempotency-key", format!("merchant-{}", self.refunds))
            .body(Bytes::from(body.to_string()));
        let answer = self.internet.deliver(request.ok()?).await.ok()?;
        self.coverage.add(format!("merchant's refund: {}", answer.status().as_u16()));
        match answer.status() {
            http::StatusCode::CREATED => serde_json::from_slice(answer.body()).ok().map(Answer::Given),
            status if status.is_client_error() => Some(Answer::Refused),
            _ => None,
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

/// What the merchant gives back of a purchase.
pub(crate) struct MerchantRefund {
    pub(crate) purchase: EntryId,
    /// All that is left where it is not said.
    pub(crate) amount: Option<Money>,
    pub(crate) quantity: Option<u32>,
}

/// What became of a merchant's refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refunded {
    /// So much went back, and so many items are to be taken.
    Yes {
        amount: Money,
        quantity: u32,
    },
    No,
    Unknown,
}

enum Answer {
    Given(Given),
    Refused,
}

#[derive(Deserialize)]
struct Given {
    id: String,
    amount: Money,
    quantity: u32,
}

impl Answer {
    fn refunded(self) -> Refunded {
        match self {
            Answer::Given(Given { amount, quantity, .. }) => Refunded::Yes { amount, quantity },
            Answer::Refused => Refunded::No,
        }
    }
}

/// The app's back end: it knows who has signed in, and asks the gateway for tokens.
#[derive(Clone)]
pub(crate) struct BackEnd {
    internet: Internet,
    secret_key: String,
}

impl BackEnd {
    /// A token for a player; none while the gateway is down.
    pub(crate) async fn enrolment_token(&self, player: &str) -> Option<String> {
        let body = json!({ "user": player, "valid_seconds": 86_400, "country": country(player) }).to_string();
        let request = http::Request::post(format!("{ADDRESS}/v1/enrolment-tokens"))
            .header("authorization", format!("Bearer {}", self.secret_key))
            .header("content-type", "application/json")
            .body(Bytes::from(body));
        let answer = self.internet.deliver(request.ok()?).await.ok()?;
        let answer: serde_json::Value = serde_json::from_slice(answer.body()).ok()?;
        answer["token"].as_str().map(str::to_owned)
    }

    /// A cardholder's browser confirms or declines on a bank's page; says whether that was answered.
    pub(crate) async fn answer_bank_page(&self, url: &str, confirm: bool) -> bool {
        let decision: &[u8] = if confirm { b"decision=confirm" } else { b"decision=decline" };
        let form = http::Request::post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from_static(decision));
        let Ok(form) = form else { return false };
        self.internet.deliver(form).await.is_ok_and(|answer| answer.status().is_success())
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
