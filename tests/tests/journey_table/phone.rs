//! A phone with one wallet, others of the player's, and the gateway that they talk to: where the steps of a journey happen.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use farthing_core::{
    AutoTopUp, CardDetails, DeviceId, LimitsChange, Money, PurchaseFilter, PurchaseRequest, SpendingLimits, TipRequest,
    Transport, Wallet, WalletError, WalletEvent,
};
use farthing_tests::{ADDRESS, Device, Weather, World};
use http::Method;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

use super::answers;
use super::difference;

/// Longer than any event takes to come.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Phone {
    world: World,
    name: String,
    held: Held,
    /// The player's other phones, by their names.
    others: BTreeMap<String, Held>,
}

/// A phone and what is open on it.
struct Held {
    device: Device,
    enrolment_token: Option<String>,
    wallet: Option<Wallet>,
    enrolled: Option<DeviceId>,
    events: Option<Receiver<WalletEvent>>,
}

impl Held {
    fn new(world: &World, name: &str, enrolment_token: Option<String>) -> Self {
        Held { device: world.device(name), enrolment_token, wallet: None, enrolled: None, events: None }
    }
}

impl Phone {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let (name, others) = ("phone".to_owned(), BTreeMap::new());
        Phone { held: Held::new(&world, &name, None), world, name, others }
    }

    /// Goes on with another phone, a new one where none has the name; on this one all stays as it is.
    async fn take_phone(&mut self, name: &str, player: &str, country: Option<&str>) -> Value {
        let next = match self.others.remove(name) {
            Some(known) => known,
            None => {
                let token = self.world.enrolment_token(player, country).await;
                Held::new(&self.world, name, Some(token))
            }
        };
        let before = std::mem::replace(&mut self.held, next);
        self.others.insert(std::mem::replace(&mut self.name, name.to_owned()), before);
        Value::Null
    }

    /// Starts the gateway again with more settings, and with more files in its data folder.
    async fn configure_gateway(&mut self, settings: &str, files: &Value) -> Value {
        for (name, content) in files.as_object().unwrap() {
            std::fs::write(self.world.gateway_folder().join(name), content.as_str().unwrap()).unwrap();
        }
        self.world.edit_policy(|policy| format!("{policy}\n{settings}")).await;
        Value::Null
    }

    /// Makes the call of a name and gives its answer.
    pub(crate) async fn call(
        &mut self,
        call: &str,
        with: &Value,
        expected: Option<&Value>,
    ) -> Result<Value, WalletError> {
        let text = |name: &str| with[name].as_str().unwrap_or_default().to_owned();
        let quantity = u32::try_from(with["quantity"].as_i64().unwrap_or(1)).unwrap();
        Ok(match call {
            "stop_gateway" => self.weather(Weather::Cut),
            "start_gateway" => self.weather(Weather::Fair),
            "configure_gateway" => self.configure_gateway(&text("settings"), &with["files"]).await,
            "set_faults" => self.set_faults(&with["faults"]).await,
            "register_creator" => {
                self.world.register_creator(&text("creator"), &text("name")).await;
                Value::Null
            }
            "merchant_refund" => self.as_merchant(Method::POST, "/v1/refunds", Some(with.clone())).await,
            "merchant_erasure" => self.as_merchant(Method::POST, "/v1/erasures", Some(with.clone())).await,
            "personal_data" => {
                self.world.merchant(Method::GET, &format!("/v1/personal-data?user={}", text("user")), None).await.1
            }
            "app_store_notification" => {
                let message = json!({"signedPayload": with["signed_payload"]});
                self.as_merchant(Method::POST, "/v1/processors/app-store/notifications", Some(message)).await
            }
            "dispute" => {
                let path = format!("/v1/sandbox/disputes/{}", text("payment"));
                self.as_merchant(Method::PUT, &path, Some(json!({"state": with["state"]}))).await
            }
            "revoke_device" => self.as_merchant(Method::DELETE, &format!("/v1/devices/{}", text("device")), None).await,
            "confirm" => self.confirm(&text("url")).await,
            "read" => said(&text("document")),
            "lose_keys" => self.lose_keys(),
            "take_phone" => self.take_phone(&text("name"), &text("player"), with["country"].as_str()).await,
            "open" => {
                let Held { device, enrolment_token, .. } = &self.held;
                let config = device.config();
                let config = match enrolment_token {
                    Some(token) => config.enrolment_token(token),
                    None => config,
                };
                let wallet = Wallet::open(config, device.keys()).await?;
                self.held.events = Some(wallet.events());
                self.held.wallet = Some(wallet);
                Value::Null
            }
            "start_over" => {
                let device = &self.held.device;
                Wallet::start_over(&device.folder.join("wallet"), &*device.keys()).await?;
                Value::Null
            }
            "events" => self.events(expected).await,
            "buy" => {
                let idempotency_key = with["idempotency_key"].as_str().map(str::to_owned);
                answers::purchase(
                    &self.wallet().buy(PurchaseRequest { sku: text("sku"), quantity, idempotency_key }).await?,
                )
            }
            "tip" => {
                let mut tip = TipRequest::new(&text("creator"), money(&text("amount")))?;
                if let Some(message) = with["message"].as_str() {
                    tip = tip.message(message)?;
                }
                tip.idempotency_key = with["idempotency_key"].as_str().map(str::to_owned);
                answers::purchase(&self.wallet().tip(tip).await?)
            }
            "creators" => answers::list(&self.wallet().creators().await?, answers::creator),
            "consume" => self.wallet().consume(&text("sku"), quantity, &text("operation")).await?.into(),
            "meter" => {
                let meter = self.wallet().meter(&text("sku"));
                for _ in 0..with["times"].as_u64().unwrap_or(1) {
                    meter.record(u32::try_from(with["units"].as_u64().unwrap_or(1)).unwrap()).await?;
                }
                if with["flush"] == true {
                    meter.flush().await?;
                }
                Value::Null
            }
            "passes" => answers::list(&self.wallet().passes().await?, answers::pass),
            "pass" => self.wallet().pass(&text("sku")).await?.as_ref().map_or(Value::Null, answers::pass),
            "set_pass_renewal" => {
                answers::pass(&self.wallet().set_pass_renewal(&text("sku"), with["agrees"] == true).await?)
            }
            "inventory" => answers::inventory(&self.wallet().inventory().await?),
            "balance" => answers::balance(&self.wallet().balance()),
            "account" => self.wallet().account().await?.map_or(Value::Null, |account| account.to_string().into()),
            "device" => self.wallet().device().await?.map_or(Value::Null, |device| device.to_string().into()),
            "support_bundle" => answers::support_file(&self.wallet().support_bundle().await?),
            "catalog" => answers::catalog(&*self.wallet().catalog().await?),
            "purchases" => {
                let waiting_only = with["waiting_only"] == true;
                let limit = with["limit"].as_u64().map_or(100, |limit| u32::try_from(limit).unwrap());
                answers::list(
                    &self.wallet().purchases(PurchaseFilter { limit, waiting_only }).await?,
                    answers::purchase,
                )
            }
            "receipt" => {
                let purchase = text("purchase").parse().map_err(|_| invalid("purchase"))?;
                self.wallet().receipt(purchase).await?.into()
            }
            "refund" => {
                let purchase = text("purchase").parse().map_err(|_| invalid("purchase"))?;
                answers::purchase(&self.wallet().refund(purchase).await?)
            }
            "refund_receipts" => {
                let purchase = text("purchase").parse().map_err(|_| invalid("purchase"))?;
                self.wallet().refund_receipts(purchase).await?.into()
            }
            "add_card" => {
                let number = |name: &str, default: u64| with[name].as_u64().unwrap_or(default);
                let details = CardDetails {
                    number: text("number"),
                    expiry_month: u8::try_from(number("expiry_month", 12)).unwrap(),
                    expiry_year: u16::try_from(number("expiry_year", 2034)).unwrap(),
                    cvc: with["cvc"].as_str().unwrap_or("123").to_owned(),
                };
                answers::card(&self.wallet().add_card(details).await?)
            }
            "cards" => answers::list(&self.wallet().cards().await?, answers::card),
            "remove_card" => {
                self.wallet().remove_card(text("card").parse().map_err(|_| invalid("card"))?).await?;
                Value::Null
            }
            "top_up" => {
                let card = text("card").parse().map_err(|_| invalid("card"))?;
                answers::top_up(&self.wallet().top_up(money(&text("amount")), card).await?)
            }
            "top_up_from_store" => {
                let purchase = serde_json::from_value(with.clone()).unwrap();
                let top_up = self.wallet().top_up_from_store(purchase).await?;
                json!({ "amount": top_up.amount.to_string(), "is_credited": top_up.is_credited })
            }
            "top_ups" => answers::list(&self.wallet().top_ups().await?, answers::top_up),
            "open_tab" => {
                let card = text("card").parse().map_err(|_| invalid("card"))?;
                answers::tab(&self.wallet().open_tab(money(&text("limit")), card).await?)
            }
            "close_tab" => {
                let tab = text("tab").parse().map_err(|_| invalid("tab"))?;
                answers::tab(&self.wallet().close_tab(tab).await?)
            }
            "tabs" => answers::list(&self.wallet().tabs().await?, answers::tab),
            "top_up_advice" => {
                let currency = text("currency").parse().map_err(|_| invalid("currency"))?;
                answers::list(&self.wallet().top_up_advice(currency).await?, answers::top_up_advice)
            }
            "auto_top_up" => self.wallet().auto_top_up().await?.as_ref().map_or(Value::Null, answers::auto_top_up),
            "set_auto_top_up" => {
                let amounts = ["below", "amount", "monthly_cap"].map(|name| with[name].as_str().map(money));
                let setting = match amounts {
                    [Some(below), Some(amount), Some(monthly_cap)] => {
                        let card = text("card").parse().map_err(|_| invalid("card"))?;
                        Some(AutoTopUp { below, amount, card, monthly_cap })
                    }
                    _ => None,
                };
                self.wallet().set_auto_top_up(setting).await?.as_ref().map_or(Value::Null, answers::auto_top_up)
            }
            "limits" => answers::limits(&self.wallet().limits().await?),
            "set_limits" => {
                let amount = |name: &str| with[name].as_str().map(money);
                let limits = SpendingLimits {
                    purchase: amount("purchase"),
                    day: amount("day"),
                    week: amount("week"),
                    month: amount("month"),
                    ask_above: amount("ask_above"),
                };
                let (currency, pin) = (text("currency").parse().unwrap(), with["pin"].as_str().map(str::to_owned));
                let change = LimitsChange { currency, limits, pin, utc_offset_minutes: None };
                answers::limits(&self.wallet().set_limits(change).await?)
            }
            "approvals" => answers::list(&self.wallet().approvals().await?, answers::approval),
            "answer_approval" => {
                let approval = text("approval").parse().map_err(|_| invalid("approval"))?;
                answers::approval(
                    &self.wallet().answer_approval(approval, with["approve"] == true, &text("pin")).await?,
                )
            }
            "sync" => answers::sync_report(&self.wallet().sync().await?),
            "sync_state" => answers::sync_state(&self.wallet().sync_state()),
            "set_offline" => {
                self.wallet().set_offline(with["is_offline"] == true);
                Value::Null
            }
            "is_offline" => self.wallet().is_offline().into(),
            "close" => {
                self.wallet().close().await;
                Value::Null
            }
            "erase" => {
                self.wallet().erase(with["force"] == true).await?;
                Value::Null
            }
            other => panic!("there is no call {other}"),
        })
    }

    fn wallet(&self) -> &Wallet {
        self.held.wallet.as_ref().unwrap()
    }

    async fn as_merchant(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.world.merchant(method, path, body).await;
        assert!(status.is_success(), "{answer}");
        Value::Null
    }

    fn weather(&self, weather: Weather) -> Value {
        self.world.network.set(weather);
        Value::Null
    }

    async fn set_faults(&mut self, faults: &Value) -> Value {
        if let Ok(Some(device)) = self.wallet().device().await {
            self.held.enrolled = Some(device);
        }
        let order = http::Request::put(format!("{ADDRESS}/v1/sandbox/faults?device={}", self.held.enrolled.unwrap()))
            .header("Authorization", format!("Bearer {}", self.world.gateway().publishable_key()))
            .header("Content-Type", "application/json")
            .body(Bytes::from(faults.to_string()))
            .unwrap();
        let answer = self.world.network.send(order).await.unwrap();
        assert_eq!(answer.status(), http::StatusCode::OK, "{:?}", answer.body());
        Value::Null
    }

    async fn confirm(&self, page: &str) -> Value {
        self.world.answer_bank_page(page, "confirm").await;
        Value::Null
    }

    fn lose_keys(&self) -> Value {
        std::fs::remove_file(self.held.device.folder.join("keys.json")).unwrap();
        Value::Null
    }

    /// Waits until the expected ones have come, in their order, and passes over others. With none expected it
    /// begins to listen.
    async fn events(&mut self, expected: Option<&Value>) -> Value {
        let expected = expected.and_then(Value::as_array).unwrap();
        if expected.is_empty() {
            self.held.events = Some(self.wallet().events());
        }
        let events = self.held.events.as_mut().unwrap();
        let mut told = Vec::new();
        for expected in expected {
            let come = tokio::time::timeout(PATIENCE, async {
                loop {
                    let event = answers::event(&events.recv().await.unwrap());
                    if difference(expected, &event).is_none() {
                        return event;
                    }
                }
            });
            told.push(come.await.unwrap_or_else(|_| panic!("there came no {expected}")));
        }
        told.into()
    }
}

/// An identifier that can't be one: in Rust the type says so before the call.
fn invalid(field: &str) -> WalletError {
    WalletError::InvalidArgument { field: field.to_owned(), reason: "is none".to_owned() }
}

/// What a signed document says.
fn said(document: &str) -> Value {
    let payload = URL_SAFE_NO_PAD.decode(document.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

fn money(text: &str) -> Money {
    let (amount, currency) = text.split_once(' ').unwrap();
    Money::parse(amount, currency.parse().unwrap()).unwrap()
}
