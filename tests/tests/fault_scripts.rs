//! What a tester is promised of fault scripts: the same file does the same, each time, whoever plays it; and what was
//! ordered by hand becomes a file.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use farthing_core::{
    Currency, DeclineCode, Money, RejectionReason, Timestamp, TopUpState, Transport, Wallet, WalletError,
};
use farthing_faults::FaultScript;
use farthing_gateway::server::{ServeError, ServeOptions, serve};
use farthing_protocol::{DeviceId, Receipt, from_base64url};
use farthing_tests::{ADDRESS, FaultTransport, GOOD_CARD, Unplayable, World, add_card, owned, usd};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;

const SCRIPT: &str = "/v1/sandbox/fault-script";
const RECORDING: &str = "/v1/sandbox/fault-script/recording";
const FAULTS: &str = "/v1/sandbox/faults";

/// What `subway.json` lets through, in every language.
const SYNCS: [bool; 8] = [false, true, false, true, true, false, true, false];

async fn ask(world: &World, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
    let key = std::fs::read_to_string(world.gateway_folder().join("secret.key")).unwrap();
    let request = Request::builder().method(method).uri(format!("{ADDRESS}{path}"));
    let request = request.header("Authorization", format!("Bearer {}", key.trim()));
    let request = request.header("Content-Type", "application/json").body(Bytes::from(body.to_string())).unwrap();
    let answer = world.network.send(request).await.unwrap();
    (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

async fn play(world: &World, script: &Value) {
    let (status, answer) = ask(world, Method::PUT, SCRIPT, script).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

async fn end(world: &World) {
    assert_eq!(ask(world, Method::DELETE, SCRIPT, &json!({})).await.0, StatusCode::NO_CONTENT);
}

fn later(world: &World, milliseconds: i64) {
    let now = world.clock.clock().now().as_millisecond();
    world.clock.set(Timestamp::from_millisecond(now + milliseconds).unwrap());
}

fn subway() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fault-scripts/subway.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

/// Lives through `subway.json`: a top-up, and then eight purchases, each synced. Returns which syncs came through.
async fn ride(wallet: &Wallet) -> [bool; 8] {
    let card = wallet.cards().await.unwrap()[0].id;
    assert_eq!(wallet.top_up(usd("5.00"), card).await.unwrap().state, TopUpState::Created);
    let mut syncs = [false; 8];
    for came_through in &mut syncs {
        wallet.buy("hint".into()).await.unwrap();
        *came_through = match wallet.sync().await {
            Ok(_) => true,
            Err(WalletError::Offline { .. }) => false,
            Err(error) => panic!("{error:?}"),
        };
    }
    syncs
}

/// After the ride nothing is lost and nothing doubled.
async fn assert_whole(world: &World, wallet: &Wallet) {
    wallet.sync().await.unwrap();
    assert_eq!(total(wallet), usd("9.60"));
    assert_eq!(owned(wallet, "hint").await, 8);
    assert_eq!(world.ledger("card_clearing").await, usd("9.10"), "the card was charged twice and no more");
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_gateway_plays_a_script_the_same_each_time() {
    for _ in 0..2 {
        let world = World::new();
        let phone = world.device("phone");
        phone.open_with("5.00").await.close().await;
        play(&world, &subway()).await;
        let wallet = phone.open().await;
        assert_eq!(ride(&wallet).await, SYNCS);
        let (_, played) = ask(&world, Method::GET, SCRIPT, &json!({})).await;
        assert_eq!(played["steps"], json!(["begun", "begun"]));
        assert!(played["script"]["devices"]["phone"].is_string(), "the first device that asked is the phone: {played}");
        end(&world).await;
        assert_whole(&world, &wallet).await;
    }
}

#[tokio::test]
async fn a_transport_plays_it_as_a_gateway_does_and_does_not_sleep() {
    for _ in 0..2 {
        let world = World::new();
        let phone = world.device("phone");
        phone.open_with("5.00").await.close().await;
        let script: FaultScript = serde_json::from_value(subway()).unwrap();
        let faults = FaultTransport::new(script, world.network.clone()).unwrap();
        let config = phone.config().transport(faults.of_device(DeviceId::generate()));
        let wallet = Wallet::open(config, phone.keys()).await.unwrap();
        assert_eq!(ride(&wallet).await, SYNCS);
        assert!(faults.now() >= Duration::from_millis(20), "requests waited, in the script's time");
        wallet.close().await;
        assert_whole(&world, &phone.open().await).await;
    }
}

#[tokio::test]
async fn a_step_begins_at_its_time_and_ends_after_it() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let step = json!({"at_milliseconds": 1_000, "for_milliseconds": 500, "faults": {"error": {"status": 500}}});
    play(&world, &json!({"version": 1, "steps": [step]})).await;
    for (passes, is_met, state) in
        [(999, false, "waiting"), (1, true, "begun"), (499, true, "begun"), (1, false, "ended")]
    {
        later(&world, passes);
        assert_eq!(wallet.sync().await.is_err(), is_met, "{passes}");
        assert_eq!(ask(&world, Method::GET, SCRIPT, &json!({})).await.1["steps"], json!([state]));
    }
}

#[tokio::test]
async fn declines_and_rejections_are_played_for_the_device_that_is_named() {
    let world = World::new();
    let (phone, tablet) =
        (world.device("phone").open_with("5.00").await, world.device("tablet").open_with("5.00").await);
    let device = phone.device().await.unwrap().unwrap();
    let script = json!({"version": 1, "devices": {"phone": device}, "steps": [
        {"device": "phone", "faults": {"decline": {"code": "lost_card", "count": 1}}},
        {"device": "phone", "after": {"resource": "top-ups", "requests": 1},
            "faults": {"reject": {"reason": "wrong_price", "count": 1}}},
    ]});
    play(&world, &script).await;
    tablet.top_up(usd("5.00"), tablet.cards().await.unwrap()[0].id).await.unwrap();
    let card = add_card(&phone, GOOD_CARD).await.unwrap().id;
    let declined = phone.top_up(usd("5.00"), card).await.unwrap_err();
    assert!(matches!(declined, WalletError::CardDeclined { code: DeclineCode::LostCard, .. }), "{declined:?}");
    for wallet in [&tablet, &phone] {
        wallet.buy("extra_life".into()).await.unwrap();
    }
    assert_eq!((tablet.sync().await.unwrap().rejected, phone.sync().await.unwrap().rejected), (0, 1));
    let rejected = phone.purchases(Default::default()).await.unwrap();
    let reason = RejectionReason::WrongPrice;
    assert!(rejected.iter().any(|purchase| format!("{:?}", purchase.state).contains(&format!("{reason:?}"))));
    world.assert_balanced().await;
}

/// What the gateway's clock shows when it settles a purchase.
async fn time_of_settlement(wallet: &Wallet) -> i64 {
    let bought = wallet.buy("hint".into()).await.unwrap();
    wallet.sync().await.unwrap();
    let receipt = wallet.receipt(bought.id).await.unwrap();
    let receipt: Receipt =
        serde_json::from_slice(&from_base64url(receipt.split('.').nth(1).unwrap()).unwrap()).unwrap();
    receipt.iat
}

#[tokio::test]
async fn the_gateways_clock_runs_as_fast_as_the_script_says_and_then_as_ever() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let start = time_of_settlement(&wallet).await;
    play(&world, &json!({"version": 1, "time_rate": 3_600, "steps": []})).await;
    assert_eq!(time_of_settlement(&wallet).await, start);
    later(&world, 2_000);
    assert_eq!(time_of_settlement(&wallet).await, start + 7_200);
    end(&world).await;
    assert_eq!(time_of_settlement(&wallet).await, start + 2);
}

/// A tester's session of four seconds: each second two syncs. Before each of the first three something is ordered.
async fn session(world: &World, wallet: &Wallet, orders: &[(Method, &str, Value)]) -> Vec<bool> {
    let mut came_through = Vec::new();
    for second in 0..4 {
        later(world, 1_000);
        if let Some((method, path, body)) = orders.get(second) {
            let (status, answer) = ask(world, method.clone(), path, body).await;
            assert!(status.is_success(), "{answer}");
        }
        for _ in 0..2 {
            came_through.push(wallet.sync().await.is_ok());
        }
    }
    came_through
}

#[tokio::test]
async fn what_a_tester_ordered_by_hand_happens_again_from_the_recording() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let own = format!("{FAULTS}?device={}", wallet.device().await.unwrap().unwrap());
    assert_eq!(ask(&world, Method::GET, RECORDING, &json!({})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask(&world, Method::POST, RECORDING, &json!({})).await.0, StatusCode::NO_CONTENT);
    let orders = [
        (Method::PUT, own.as_str(), json!({"drop": {}})),
        (Method::PUT, own.as_str(), json!({"error": {"status": 503, "count": 1}})),
        (Method::DELETE, FAULTS, json!({})),
    ];
    let by_hand = session(&world, &wallet, &orders).await;
    assert_eq!(by_hand, [false, false, false, true, true, true, true, true]);
    let (_, recording) = ask(&world, Method::GET, RECORDING, &json!({})).await;
    let times: Vec<_> = recording["steps"].as_array().unwrap().iter().map(|step| &step["at_milliseconds"]).collect();
    assert_eq!(times, [1_000, 2_000, 3_000]);

    let another = World::new();
    let wallet = another.device("phone").open_with("5.00").await;
    play(&another, &recording).await;
    assert_eq!(session(&another, &wallet, &[]).await, by_hand);
}

#[tokio::test]
async fn a_script_that_is_wrong_is_refused_by_its_member_and_the_one_before_goes_on() {
    let world = World::new();
    play(&world, &subway()).await;
    let stranger =
        json!({"version": 1, "devices": {"phone": DeviceId::generate()}, "steps": [{"device": "phone", "faults": {}}]});
    for (script, status, field) in [
        (json!({"version": 2, "steps": []}), StatusCode::BAD_REQUEST, "version"),
        (json!({"version": 1, "steps": [{"faults": {"dorp": {}}}]}), StatusCode::BAD_REQUEST, "steps[0].faults.dorp"),
        (
            json!({"version": 1, "steps": [{"faults": {"drop": {"count": 0}}}]}),
            StatusCode::BAD_REQUEST,
            "steps[0].faults.drop.count",
        ),
        (stranger, StatusCode::NOT_FOUND, "devices.phone"),
    ] {
        let (answered, answer) = ask(&world, Method::PUT, SCRIPT, &script).await;
        assert_eq!((answered, answer["field"].as_str()), (status, Some(field)), "{answer}");
    }
    assert_eq!(ask(&world, Method::GET, SCRIPT, &json!({})).await.1["script"]["seed"], json!(18));
    end(&world).await;
    assert_eq!(ask(&world, Method::GET, SCRIPT, &json!({})).await.0, StatusCode::NOT_FOUND);
}

#[test]
fn a_transport_refuses_what_only_a_gateway_does() {
    let world = World::new();
    let refused = |script: Value| {
        let script: FaultScript = serde_json::from_value(script).unwrap();
        FaultTransport::new(script, world.network.clone()).err()
    };
    for faults in [
        json!({"decline": {"code": "lost_card"}}),
        json!({"reject": {"reason": "wrong_price"}}),
        json!({"freeze": true}),
        json!({"clock_skew_seconds": 1}),
    ] {
        let script = json!({"version": 1, "steps": [{"faults": {"drop": {}}}, {"faults": faults}]});
        assert_eq!(refused(script), Some(Unplayable::NeedsGateway { step: Some(1) }));
    }
    let fast = json!({"version": 1, "time_rate": 2, "steps": []});
    assert_eq!(refused(fast), Some(Unplayable::NeedsGateway { step: None }));
}

/// The first lines of what a gateway with a script's file answers to three requests for its keys.
async fn answers_with(data: &Path, script: &str) -> Result<Vec<String>, ServeError> {
    let file = data.with_extension("json");
    std::fs::write(&file, script).unwrap();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (data, fault_script) = (data.to_owned(), Some(file));
    let options = ServeOptions { data, listen, database: None, tls: None, drain: Duration::ZERO, fault_script };
    let ((tell, told), (answer, answered)) = (oneshot::channel(), oneshot::channel());
    let asking = async {
        let address: String = told.await.unwrap();
        let asked = tokio::task::spawn_blocking(move || (0..3).map(|_| first_line(&address)).collect());
        answer.send(asked.await.unwrap()).unwrap();
    };
    serve(options, |started| tell.send(started.address.replace("http://", "")).unwrap(), asking).await?;
    Ok(answered.await.unwrap())
}

fn first_line(address: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET /v1/keys HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_gateway_plays_a_file_from_its_start_and_does_not_start_with_a_wrong_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("gateway");
    let steps =
        r#"[{"faults":{"drop":{"count":1}}},{"after":{"requests":1},"faults":{"error":{"status":503,"count":1}}}]"#;
    let answers = answers_with(&data, &format!(r#"{{"version":1,"steps":{steps}}}"#)).await.unwrap();
    assert_eq!(answers, ["", "HTTP/1.1 503 Service Unavailable", "HTTP/1.1 200 OK"]);
    let wrong = answers_with(&data, r#"{"version":1,"steps":[{"at":1,"faults":{}}]}"#).await.unwrap_err();
    assert!(matches!(wrong, ServeError::FaultScript { .. }) && wrong.to_string().contains("steps[0].at"), "{wrong}");
}
