//! Who may do what: every operation of the OpenAPI document with every kind of credential, and nothing of one player for
//! another.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_protocol::api::{Card, EnrolmentRequest, EnrolmentResponse, TokenRequest, TokenResponse, TopUpState};
use farthing_protocol::{CardId, DeviceId, EntryId, KeySet, ProblemKind, Statement, Timestamp, TopUpId};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::device::{ADDRESS, Answer, Device, GOOD_CARD, World, send, usd};

/// What each operation answers. A request is right in everything but its credential: what it names is there and belongs
/// to the player whose devices ask. An operation that is not in this table fails the test.
///
/// | column | what comes with the request |
/// |---|---|
/// | none | nothing |
/// | garb | a token that is none, with a good proof where there should be one |
/// | publ | the publishable key |
/// | secr | the secret key |
/// | othr | the secret key of another gateway |
/// | devi | a device's token with its proof; where a proof alone is asked for, that |
/// | stol | a device's token with another device's proof; where a proof alone is asked for, the other's |
/// | froz | a frozen device's token and proof |
/// | revo | a revoked device's token and proof |
/// | expd | a device's token that has expired, with its proof |
/// | enro | an enrolment token in the place of an access token, with a device's proof |
const TABLE: &str = "
                                                 none garb publ secr othr devi stol froz revo expd enro
GET    /.well-known/jwks.json                    200  200  200  200  200  200  200  200  200  200  200
GET    /healthz                                  200  200  200  200  200  200  200  200  200  200  200
GET    /metrics                                  401  401  401  200  401  401  401  401  401  401  401
GET    /openapi.json                             200  200  200  200  200  200  200  200  200  200  200
GET    /readyz                                   200  200  200  200  200  200  200  200  200  200  200
GET    /sandbox/authentication/{page}            200  200  200  200  200  200  200  200  200  200  200
POST   /sandbox/authentication/{page}            200  200  200  200  200  200  200  200  200  200  200
GET    /v1/account                               401  401  401  401  401  200  401  200  200  401  401
GET    /v1/account/purchases/{after}             401  401  401  401  401  200  401  200  200  401  401
GET    /v1/account/refunds/{after}               401  401  401  401  401  200  401  200  200  401  401
POST   /v1/allowances                            401  401  401  401  401  200  401  403  403  401  401
GET    /v1/approvals                             401  401  401  401  401  200  401  200  200  401  401
POST   /v1/approvals                             401  401  401  401  401  201  401  403  403  401  401
POST   /v1/approvals/{approval}                  401  401  401  401  401  200  401  403  403  401  401
GET    /v1/balance                               401  401  401  200  401  401  401  401  401  401  401
GET    /v1/cards                                 401  401  401  401  401  200  401  200  200  401  401
POST   /v1/cards                                 401  401  401  401  401  201  401  403  403  401  401
DELETE /v1/cards/{card}                          401  401  401  401  401  204  401  204  204  401  401
GET    /v1/catalog                               401  401  401  401  401  200  401  200  200  401  401
GET    /v1/catalogs                              401  401  401  200  401  401  401  401  401  401  401
POST   /v1/catalogs                              401  401  401  201  401  401  401  401  401  401  401
GET    /v1/catalogs/{version}                    401  401  401  200  401  401  401  401  401  401  401
GET    /v1/creators                              401  401  401  200  401  401  401  401  401  401  401
GET    /v1/creators/{creator}                    401  401  401  200  401  401  401  401  401  401  401
PUT    /v1/creators/{creator}                    401  401  401  200  401  401  401  401  401  401  401
DELETE /v1/creators/{creator}                    401  401  401  200  401  401  401  401  401  401  401
GET    /v1/devices/{device}                      401  401  401  200  401  401  401  401  401  401  401
DELETE /v1/devices/{device}                      401  401  401  204  401  401  401  401  401  401  401
POST   /v1/enrolment-tokens                      401  401  401  201  401  401  401  401  401  401  401
POST   /v1/enrolments                            401  401  401  401  401  200  200  200  200  401  401
POST   /v1/erasures                              401  401  401  404  401  401  401  401  401  401  401
POST   /v1/journal                               401  401  401  401  401  200  401  403  403  401  401
GET    /v1/keys                                  200  200  200  200  200  200  200  200  200  200  200
GET    /v1/ledger/trial-balance                  401  401  401  200  401  401  401  401  401  401  401
GET    /v1/limits                                401  401  401  401  401  200  401  200  200  401  401
POST   /v1/limits                                401  401  401  401  401  200  401  403  403  401  401
POST   /v1/payment-methods                       401  401  401  401  401  422  401  422  422  401  401
GET    /v1/payouts                               401  401  401  200  401  401  401  401  401  401  401
POST   /v1/payouts                               401  401  401  201  401  401  401  401  401  401  401
GET    /v1/payouts/pain.001.xml                  401  401  401  404  401  401  401  401  401  401  401
GET    /v1/payouts/{payout}                      401  401  401  200  401  401  401  401  401  401  401
POST   /v1/payouts/{payout}/failed               401  401  401  200  401  401  401  401  401  401  401
POST   /v1/payouts/{payout}/paid                 401  401  401  200  401  401  401  401  401  401  401
GET    /v1/payouts/{payout}/statement.csv        401  401  401  200  401  401  401  401  401  401  401
POST   /v1/processors/app-store/notifications    404  404  404  404  404  404  404  404  404  404  404
POST   /v1/processors/stripe/webhook             404  404  404  404  404  404  404  404  404  404  404
GET    /v1/personal-data                         401  401  401  200  401  401  401  401  401  401  401
GET    /v1/purchases                             401  401  401  200  401  401  401  401  401  401  401
GET    /v1/purchases/{purchase}                  401  401  401  200  401  401  401  401  401  401  401
POST   /v1/purchases/{purchase}/refund           401  401  401  401  401  200  401  403  403  401  401
GET    /v1/receipts/{purchase}                   401  401  401  401  401  200  401  200  200  401  401
POST   /v1/refunds                               401  401  401  201  401  401  401  401  401  401  401
GET    /v1/refunds/{refund}                      401  401  401  200  401  401  401  401  401  401  401
PUT    /v1/sandbox/disputes/{payment}            401  401  401  200  401  401  401  401  401  401  401
GET    /v1/sandbox/fault-script                  401  401  401  200  401  401  401  401  401  401  401
PUT    /v1/sandbox/fault-script                  401  401  401  200  401  401  401  401  401  401  401
DELETE /v1/sandbox/fault-script                  401  401  401  204  401  401  401  401  401  401  401
GET    /v1/sandbox/fault-script/recording        401  401  401  200  401  401  401  401  401  401  401
POST   /v1/sandbox/fault-script/recording        401  401  401  204  401  401  401  401  401  401  401
GET    /v1/sandbox/faults                        401  401  200  200  401  401  401  401  401  401  401
PUT    /v1/sandbox/faults                        401  401  200  200  401  401  401  401  401  401  401
DELETE /v1/sandbox/faults                        401  401  204  204  401  401  401  401  401  401  401
POST   /v1/store-top-ups                         401  401  401  401  401  404  401  404  404  401  401
POST   /v1/tabs                                  401  401  401  401  401  200  401  403  403  401  401
GET    /v1/tabs/{tab}                            401  401  401  401  401  200  401  200  200  401  401
POST   /v1/tabs/{tab}/close                      401  401  401  401  401  200  401  200  200  401  401
POST   /v1/token                                 401  401  401  401  401  200  401  200  200  401  401
POST   /v1/top-ups                               401  401  401  401  401  200  401  403  403  401  401
GET    /v1/top-ups/{top_up}                      401  401  401  401  401  200  401  200  200  401  401
GET    /v1/webhook-endpoints                     401  401  401  200  401  401  401  401  401  401  401
POST   /v1/webhook-endpoints                     401  401  401  201  401  401  401  401  401  401  401
DELETE /v1/webhook-endpoints/{endpoint}          401  401  401  204  401  401  401  401  401  401  401
GET    /v1/webhook-endpoints/{endpoint}/messages 401  401  401  200  401  401  401  401  401  401  401
POST   /v1/webhook-endpoints/{endpoint}/replays  401  401  401  200  401  401  401  401  401  401  401
";

/// A gateway with a player who has a device in each state, and another player.
struct Cast {
    world: World,
    /// Another gateway's merchant has this key.
    other_secret: String,
    active: Device,
    frozen: Device,
    revoked: Device,
    /// The other player's.
    stranger: Device,
    /// Of the active device, from a while ago.
    expired: String,
    card: Card,
    top_up: TopUpId,
    purchase: EntryId,
    /// Another one, which the player has refunded.
    refundable: EntryId,
    tab: String,
    /// A request for a guardian's approval.
    approval: String,
}

impl Cast {
    async fn new() -> Self {
        let world = World::new();
        let mut active = enrolled_for(&world, "ada").await;
        let expired = active.token.clone().unwrap();
        let later = world.clock.clock().now().as_second() + 7_200;
        world.clock.set(Timestamp::from_second(later).unwrap());
        active.renew_token().await;
        let card = active.add_card(GOOD_CARD).await;
        let top_up = active.top_up("first", usd("50.00"), &card).await;
        assert_eq!(top_up.state, TopUpState::Succeeded);
        active.refresh().await;
        let bought: Vec<_> = (0..20).map(|_| active.buy()).collect();
        active.upload(&bought).await;
        let tab = json!({"limit": {"amount": "1.00", "currency": "EUR"}, "card": card.id}).to_string().into_bytes();
        let tab = active.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", "euros")], Some(tab)).await;
        let tab = tab.json::<Value>()["id"].as_str().unwrap().to_owned();

        let limits = json!({"currency": "EUR", "limits": {}, "pin": "1234"});
        assert_eq!(active.post("/v1/limits", &limits).await.status, StatusCode::OK);
        let wish = json!({"sku": "extra_life", "quantity": 1, "catalog": 1});
        let approval: Value = active.post("/v1/approvals", &wish).await.json();
        let approval = approval["id"].as_str().unwrap().to_owned();

        let mut frozen = enrolled_for(&world, "ada").await;
        let before = frozen.journal;
        let first = [frozen.consume()];
        frozen.upload(&first).await;
        frozen.journal = before;
        let other = [frozen.consume()];
        assert_eq!(frozen.try_upload(&other).await.kind(), ProblemKind::JournalFork);
        let revoked = enrolled_for(&world, "ada").await;
        let name = revoked.enrolment.as_ref().unwrap().device;
        let done = as_merchant(&world, Method::DELETE, &format!("/v1/devices/{name}"), None).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT);
        let stranger = enrolled_for(&world, "bob").await;
        let other_secret = World::new().gateway.secret_key().expose_secret().to_owned();
        let (top_up, purchase, refundable) = (top_up.id, bought[0].entry().id, bought[1].entry().id);
        Cast {
            world,
            other_secret,
            active,
            frozen,
            revoked,
            stranger,
            expired,
            card,
            top_up,
            purchase,
            refundable,
            tab,
            approval,
        }
    }

    /// The same path with names in it of what is there.
    async fn path(&mut self, path: &str) -> String {
        let mut path = path.to_owned();
        if path.contains("/sandbox/faults") {
            // The publishable key orders faults for a device that it names.
            return format!("{path}?device={}", self.stranger.enrolment.as_ref().unwrap().device);
        }
        if path.contains("/sandbox/fault-script") {
            // There is something to show.
            let script = json!({"version": 1, "steps": []});
            as_merchant(&self.world, Method::PUT, "/v1/sandbox/fault-script", Some(script)).await;
            as_merchant(&self.world, Method::POST, "/v1/sandbox/fault-script/recording", None).await;
        }
        if path == "/v1/purchases" {
            return "/v1/purchases?user=ada".to_owned();
        }
        if path == "/v1/personal-data" {
            return format!("{path}?account={}", self.active.enrolment.as_ref().unwrap().account);
        }
        if path.ends_with("/refund") {
            return path.replace("{purchase}", &self.refundable.to_string());
        }
        if path.contains("{page}") {
            let card = self.active.add_card("4000002760003184").await;
            let key = EntryId::generate().to_string();
            let TopUpState::RequiresAction { url } = self.active.top_up(&key, usd("1.00"), &card).await.state else {
                panic!("it asks for no action")
            };
            path = path.replace("{page}", url.rsplit('/').next().unwrap());
        }
        if path.contains("{device}") {
            let device = self.world.enrolled().await.enrolment.unwrap().device;
            path = path.replace("{device}", &device.to_string());
        }
        if path.contains("{approval}") {
            path = path.replace("{approval}", &self.approval);
        }
        if path.contains("{card}") {
            path = path.replace("{card}", &self.active.add_card("4000000000000002").await.id.to_string());
        }
        if path.contains("{endpoint}") {
            path = path.replace("{endpoint}", &self.endpoint().await);
        }
        if path.contains("{payout}") {
            let order = json!({"currency": "USD", "amount": "0.01"});
            let payout: Value = as_merchant(&self.world, Method::POST, "/v1/payouts", Some(order)).await.json();
            path = path.replace("{payout}", payout["id"].as_str().unwrap());
        }
        if path.contains("{creator}") {
            path = path.replace("{creator}", "ana");
            as_merchant(&self.world, Method::PUT, &path, Some(json!({"name": "Ana"}))).await;
        }
        if path.contains("{refund}") {
            let wish = json!({"purchase": self.purchase, "amount": usd("0.000001")});
            let refund: Value = as_merchant(&self.world, Method::POST, "/v1/refunds", Some(wish)).await.json();
            path = path.replace("{refund}", refund["id"].as_str().unwrap());
        }
        let path = path.replace("{version}", "1").replace("{after}", "0").replace("{tab}", &self.tab);
        let path = path.replace("{top_up}", &self.top_up.to_string()).replace("{payment}", &self.top_up.to_string());
        path.replace("{purchase}", &self.purchase.to_string())
    }

    /// A webhook endpoint; a gateway has no more than a few.
    async fn endpoint(&self) -> String {
        let path = "/v1/webhook-endpoints";
        let known: Value = as_merchant(&self.world, Method::GET, path, None).await.json();
        if let Some(id) = known["endpoints"][0]["id"].as_str() {
            return id.to_owned();
        }
        let url = json!({"url": "http://127.0.0.1:9/"});
        let new: Value = as_merchant(&self.world, Method::POST, path, Some(url)).await.json();
        new["id"].as_str().unwrap().to_owned()
    }

    /// A body that is right where `device` sends it.
    fn body(&self, operation: &str, device: &Device) -> Option<Vec<u8>> {
        let body = match operation {
            "POST /v1/allowances" => json!({}),
            "POST /v1/approvals" => json!({"sku": "extra_life", "quantity": 2, "catalog": 1}),
            "POST /v1/approvals/{approval}" => json!({"approve": false, "pin": "1234"}),
            "POST /v1/limits" => json!({"currency": "EUR", "limits": {}, "pin": "1234"}),
            "POST /v1/cards" => {
                json!({"number": GOOD_CARD, "expiry_month": 12, "expiry_year": 2034, "cvc": "123"})
            }
            "POST /v1/enrolment-tokens" => json!({"user": "ada"}),
            "POST /v1/enrolments" => json!({"publishable_key": self.world.gateway.publishable_key()}),
            // Of somebody whom nobody else here needs.
            "POST /v1/erasures" => json!({"user": "nobody"}),
            "POST /v1/journal" => {
                let entry = device.entry_at(device.journal.unwrap(), farthing_protocol::EntryBody::Consume(consume()));
                json!(device.batch(&device.claims(std::slice::from_ref(&entry)), vec![entry.bytes().to_vec()]))
            }
            "POST /v1/token" => json!({"device": device.enrolment.as_ref().unwrap().device}),
            "POST /v1/top-ups" => json!({"amount": usd("1.00"), "card": self.card.id}),
            "POST /v1/tabs" => json!({"limit": usd("1.00"), "card": self.card.id}),
            "POST /v1/store-top-ups" => {
                json!({"store": "google_play", "product": "balance_5", "purchase_token": "token"})
            }
            "POST /v1/payment-methods" => json!({"payment_method": "pm_card_visa"}),
            "POST /v1/refunds" => json!({"purchase": self.purchase, "amount": usd("0.000001")}),
            "POST /v1/payouts" => json!({"currency": "USD", "amount": "0.01"}),
            "POST /v1/payouts/{payout}/failed" => json!({"reason": "the account is closed"}),
            "PUT /v1/creators/{creator}" => json!({"name": "Ana"}),
            "POST /v1/catalogs" => json!({"merchant": "sample-studio", "items": []}),
            "POST /v1/webhook-endpoints" => json!({"url": "http://127.0.0.1:9/"}),
            "PUT /v1/sandbox/disputes/{payment}" => json!({"state": "won"}),
            "PUT /v1/sandbox/faults" => json!({}),
            "PUT /v1/sandbox/fault-script" => json!({"version": 1, "steps": []}),
            "POST /sandbox/authentication/{page}" => return Some(b"decision=confirm".to_vec()),
            _ => return None,
        };
        Some(serde_json::to_vec(&body).unwrap())
    }

    /// Sends a request that is right in everything but, maybe, its credential.
    async fn ask(&mut self, operation: &str, credential: &str, takes_token: bool) -> Answer {
        let (method, path) = operation.split_once(' ').unwrap();
        let path = self.path(path).await;
        let device = match credential {
            "froz" => &self.frozen,
            "revo" => &self.revoked,
            _ => &self.active,
        };
        let body = self.body(operation, device);
        let mut request = Request::builder().method(method).uri(format!("{ADDRESS}{path}"));
        request = request.header("idempotency-key", EntryId::generate().to_string());
        let media_type =
            if path.starts_with("/sandbox") { "application/x-www-form-urlencoded" } else { "application/json" };
        request = request.header("content-type", media_type);
        let bearer = |key: &str| format!("Bearer {key}");
        let gateway = &self.world.gateway;
        let signer = if credential == "stol" { &self.stranger } else { device };
        let token = match credential {
            "none" => return send(&gateway.router(), request.body(whole(body)).unwrap()).await,
            "publ" | "secr" | "othr" => {
                let key = match credential {
                    "publ" => gateway.publishable_key(),
                    "secr" => gateway.secret_key().expose_secret(),
                    _ => &self.other_secret,
                };
                let request = request.header("authorization", bearer(key));
                return send(&gateway.router(), request.body(whole(body)).unwrap()).await;
            }
            "garb" => Some("a.b.c".to_owned()),
            "enro" => Some(token_for(&self.world, "ada").await),
            "expd" => Some(self.expired.clone()),
            // Where there is no token yet, there is the proof alone.
            "devi" | "stol" | "froz" | "revo" => takes_token.then(|| device.token.clone().unwrap()),
            other => panic!("{other} is no credential"),
        };
        let method: Method = method.parse().unwrap();
        let place = path.split('?').next().unwrap();
        let mut proof = signer.proof(&method, place, token.as_deref());
        proof.nonce = Some(nonce(&self.world).await);
        request = request.header("dpop", signer.sign_proof(&proof));
        if let Some(token) = token {
            request = request.header("authorization", format!("DPoP {token}"));
        }
        send(&gateway.router(), request.body(whole(body)).unwrap()).await
    }
}

fn whole(body: Option<Vec<u8>>) -> Body {
    body.map_or(Body::empty(), Body::from)
}

fn consume() -> farthing_protocol::ConsumeBody {
    let operation = farthing_protocol::IdempotencyKey::new(EntryId::generate().to_string()).unwrap();
    farthing_protocol::ConsumeBody { sku: farthing_protocol::Sku::new("extra_life").unwrap(), quantity: 1, operation }
}

/// The nonce of the moment.
async fn nonce(world: &World) -> String {
    let request = Request::get(format!("{ADDRESS}/v1/account")).body(Body::empty()).unwrap();
    send(&world.gateway.router(), request).await.headers["dpop-nonce"].to_str().unwrap().to_owned()
}

async fn as_merchant(world: &World, method: Method, path: &str, body: Option<Value>) -> Answer {
    let key = world.gateway.secret_key().expose_secret();
    let request = Request::builder().method(method).uri(format!("{ADDRESS}{path}"));
    let request = request.header("authorization", format!("Bearer {key}")).header("content-type", "application/json");
    let request = request.header("idempotency-key", EntryId::generate().to_string());
    send(&world.gateway.router(), request.body(whole(body.map(|body| body.to_string().into_bytes()))).unwrap()).await
}

async fn token_for(world: &World, user: &str) -> String {
    let path = "/v1/enrolment-tokens";
    let answer: Value = as_merchant(world, Method::POST, path, Some(json!({"user": user}))).await.json();
    answer["token"].as_str().unwrap().to_owned()
}

/// A device of a player's.
async fn enrolled_for(world: &World, user: &str) -> Device {
    let mut device = world.device();
    let publishable_key = world.gateway.publishable_key().to_owned();
    let request = EnrolmentRequest { publishable_key, token: Some(token_for(world, user).await) };
    let enrolment: EnrolmentResponse = device.post("/v1/enrolments", &request).await.json();
    let keys = KeySet::trust_on_first_use(&enrolment.key_set).unwrap();
    device.journal = Some(keys.open::<Statement>(&enrolment.statement).unwrap().document.journal);
    device.keys = Some(keys);
    let request = TokenRequest { device: enrolment.device };
    device.token = Some(device.post("/v1/token", &request).await.json::<TokenResponse>().access_token);
    device.enrolment = Some(enrolment);
    device
}

/// The operations of the document, and whether each takes an access token.
async fn operations(world: &World) -> BTreeMap<String, bool> {
    let request = Request::get(format!("{ADDRESS}/openapi.json")).body(Body::empty()).unwrap();
    let document: Value = send(&world.gateway.router(), request).await.json();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| {
            let takes_token = operation["security"].to_string().contains("dpop");
            (format!("{} {path}", method.to_uppercase()), takes_token)
        })
    });
    operations.collect()
}

#[tokio::test]
async fn every_operation_is_for_those_that_the_table_says() {
    let mut cast = Cast::new().await;
    let operations = operations(&cast.world).await;
    let mut lines = TABLE.lines().filter(|line| !line.trim().is_empty());
    let credentials: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(credentials.len(), 11);
    let (mut told, mut wrong) = (BTreeSet::new(), Vec::new());
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let operation = words[..2].join(" ");
        let Some(takes_token) = operations.get(&operation) else { panic!("there is no {operation}") };
        for (credential, expected) in credentials.iter().zip(&words[2..]) {
            let answer = cast.ask(&operation, credential, *takes_token).await;
            if answer.status.as_str() != *expected {
                wrong.push(format!("{operation} with {credential}: {} {}", answer.status, answer.text()));
            }
            if answer.status == StatusCode::UNAUTHORIZED {
                assert_eq!(answer.kind(), ProblemKind::Unauthorised, "{operation} with {credential}");
                assert!(answer.headers.contains_key("www-authenticate"), "{operation} with {credential}");
            }
        }
        assert_eq!(words.len(), 2 + credentials.len(), "{operation}");
        assert!(told.insert(operation), "{line} is there twice");
    }
    let untold: Vec<_> = operations.keys().filter(|operation| !told.contains(*operation)).collect();
    assert!(untold.is_empty(), "the table does not say who may do these: {untold:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    cast.world.assert_balanced().await;
}

#[tokio::test]
async fn what_is_another_players_looks_as_if_it_were_not_there() {
    let Cast { world, mut active, mut stranger, card, top_up, purchase, tab, approval, .. } = Cast::new().await;
    let (theirs, nobodys) = (active.enrolment.as_ref().unwrap().device, DeviceId::generate());

    // Each twice: with what is there and is someone else's, and with what is nowhere.
    let mut pairs: Vec<(&str, Answer, Answer)> = Vec::new();
    for (what, there, nowhere) in [
        ("top-ups", top_up.to_string(), TopUpId::generate().to_string()),
        ("receipts", purchase.to_string(), EntryId::generate().to_string()),
        ("tabs", tab, EntryId::generate().to_string()),
    ] {
        let path = |name: &str| format!("/v1/{what}/{name}");
        pairs.push((what, stranger.get(&path(&there)).await, stranger.get(&path(&nowhere)).await));
    }
    let mut remove =
        async |card: CardId| stranger.call_with(Method::DELETE, &format!("/v1/cards/{card}"), &[], None).await;
    pairs.push(("a card", remove(card.id).await, remove(CardId::generate()).await));
    for (what, there, nowhere) in pairs {
        assert_eq!((there.status, there.kind()), (StatusCode::NOT_FOUND, ProblemKind::NotFound), "{what}");
        assert_eq!((there.status, there.text()), (nowhere.status, nowhere.text()), "{what}");
    }

    // A guardian's PIN opens nothing of another account.
    let answer = json!({"approve": true, "pin": "1234"});
    let there = stranger.post(&format!("/v1/approvals/{approval}"), &answer).await;
    let nowhere = stranger.post(&format!("/v1/approvals/{}", EntryId::generate()), &answer).await;
    assert_eq!((there.status, there.text()), (nowhere.status, nowhere.text()));
    assert_eq!(there.kind(), ProblemKind::NotFound);

    let other = Card { id: CardId::generate(), ..card.clone() };
    let (there, nowhere) = (
        stranger.try_top_up("theirs", usd("1.00"), &card).await,
        stranger.try_top_up("nobodys", usd("1.00"), &other).await,
    );
    assert_eq!((there.status, there.text()), (nowhere.status, nowhere.text()));
    assert_eq!(there.kind(), ProblemKind::CardInvalid);

    let entry = [stranger.consume()];
    let claims = stranger.claims(&entry);
    let mut upload = async |device: DeviceId| {
        let claims = farthing_protocol::BatchClaims { device, ..claims };
        let batch = stranger.batch(&claims, vec![entry[0].bytes().to_vec()]);
        stranger.post("/v1/journal", &batch).await
    };
    let (there, nowhere) = (upload(theirs).await, upload(nobodys).await);
    assert_eq!((there.status, there.text()), (nowhere.status, nowhere.text()));
    assert_eq!(there.status, StatusCode::UNAUTHORIZED);

    let token = stranger.token.take();
    let (there, nowhere) = (
        stranger.post("/v1/token", &TokenRequest { device: theirs }).await,
        stranger.post("/v1/token", &TokenRequest { device: nobodys }).await,
    );
    assert_eq!((there.status, there.text()), (nowhere.status, nowhere.text()));
    assert_eq!(there.status, StatusCode::UNAUTHORIZED);
    stranger.token = token;

    // What a device is shown without naming anything is its own player's.
    let account = active.enrolment.as_ref().unwrap().account.to_string();
    for path in ["/v1/account", "/v1/approvals", "/v1/cards", "/v1/catalog", "/v1/limits"] {
        let shown = stranger.get(path).await.text();
        for hidden in [&account, &theirs.to_string(), &card.id.to_string(), &card.last_four] {
            assert!(!shown.contains(hidden.as_str()), "{path} shows {hidden}");
        }
    }
    let (statement, allowances) = stranger.account().await;
    assert!(statement.available.iter().all(|money| money.is_zero()) && allowances.is_empty());

    // And nothing of all that had an effect.
    assert_eq!(active.top_up("still-there", usd("1.00"), &card).await.state, TopUpState::Succeeded);
    let more = [active.buy()];
    active.upload(&more).await;
    world.assert_balanced().await;
}
