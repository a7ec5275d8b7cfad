//! What players, merchants and operators are promised where packs of balance are sold in Google Play. Against a stateful
//! fake of ours (`tests/store-fakes`), on both databases: it is not Google's.

use axum::http::StatusCode;
use farthing_gateway::{Gateway, ManualClock, StartError};
use farthing_protocol::api::{TopUpResponse, TopUpState};
use farthing_protocol::{Money, ProblemKind, StorePurchase, Timestamp};
use farthing_store_fakes::{GooglePlay, Trouble};
use serde_json::{Value, json};

use crate::device::{ADDRESS, Answer, Device, World, usd};

const SAMPLE: &str = include_str!("../src/gateway.toml");
const PACK: &str = "balance_5";

fn prepare(folder: &std::path::Path, play: &GooglePlay, environment: &str) {
    let settings = format!(
        "{SAMPLE}\n[processors.google_play]\npackage_name = \"com.example.game\"\nenvironment = \"{environment}\"\n\
         api = \"{}\"\nfees = {{ percentage = \"15\", fixed = {{ default = \"0\" }} }}\n\
         [processors.google_play.packs]\n{PACK} = {{ currency = \"USD\", credit = \"5.00\", price = \"4.99\" }}\n",
        play.address
    );
    std::fs::write(folder.join("gateway.toml"), settings).unwrap();
    std::fs::write(folder.join("google-play-service-account.json"), play.service_account()).unwrap();
}

async fn set_up_in(environment: &str) -> (World, GooglePlay) {
    let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
    let googles = clock.clock();
    let play = GooglePlay::start(move || googles.now().as_millisecond()).await;
    let world = World::on(clock, |folder| prepare(folder, &play, environment));
    (world, play)
}

async fn set_up() -> (World, GooglePlay) {
    set_up_in("sandbox").await
}

async fn hand_over(device: &mut Device, token: &str) -> Answer {
    let purchase = StorePurchase::GooglePlay { product: PACK.into(), purchase_token: token.into() };
    device.post("/v1/store-top-ups", &purchase).await
}

async fn players(world: &World) -> Money {
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
    usd("0").minus(owed).unwrap()
}

fn pass_seconds(world: &World, seconds: i64) {
    let now = world.clock.clock().now().as_millisecond() + seconds * 1_000;
    world.clock.set(Timestamp::from_millisecond(now).unwrap());
}

#[tokio::test]
async fn a_pack_credits_once_and_is_consumed_by_the_gateway() {
    let (world, play) = set_up().await;
    let (mut device, mut other) = (world.enrolled().await, world.enrolled().await);
    play.sell("token-1", PACK, json!({}));
    let credited: TopUpResponse = hand_over(&mut device, "token-1").await.json();
    assert_eq!((credited.state, credited.amount), (TopUpState::Succeeded, usd("5.00")));
    assert_eq!(world.gateway.consume_due_purchases().await.unwrap(), 1);
    assert!(play.is_consumed("token-1"));
    assert_eq!(world.gateway.consume_due_purchases().await.unwrap(), 0, "once is enough");
    // It is known from then on, whatever Google says or does not say.
    play.trouble(Trouble::IsDown);
    let known: TopUpResponse = hand_over(&mut device, "token-1").await.json();
    assert_eq!((known.id, known.state), (credited.id, TopUpState::Succeeded));
    assert_eq!(hand_over(&mut other, "token-1").await.kind(), ProblemKind::StorePurchaseTaken);
    assert_eq!((players(&world).await, play.consumed()), (usd("5.00"), 1));
    assert_eq!(world.ledger("store_receivable").await, usd("4.24"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_pending_purchase_is_credited_once_it_is_paid() {
    let (world, play) = set_up().await;
    let mut device = world.enrolled().await;
    play.sell("cash", PACK, json!({"purchaseState": 2}));
    let waiting: TopUpResponse = hand_over(&mut device, "cash").await.json();
    assert_eq!((waiting.state, waiting.amount), (TopUpState::Processing, usd("5.00")));
    assert_eq!((world.gateway.consume_due_purchases().await.unwrap(), players(&world).await), (0, usd("0")));
    play.pay("cash");
    let credited: TopUpResponse = hand_over(&mut device, "cash").await.json();
    assert_eq!((credited.id, credited.state), (waiting.id, TopUpState::Succeeded));
    assert_eq!(players(&world).await, usd("5.00"));
}

#[tokio::test]
async fn neither_a_kill_nor_an_outage_lets_google_give_the_price_back() {
    let (mut world, play) = set_up().await;
    let mut device = world.enrolled().await;
    play.sell("token-1", PACK, json!({}));
    hand_over(&mut device, "token-1").await;
    // Google is out of reach for two days, and the gateway is started again meanwhile.
    play.trouble(Trouble::IsDown);
    for _ in 0..3 {
        world.gateway.consume_due_purchases().await.unwrap();
        pass_seconds(&world, 16 * 3_600);
        world.restart().await;
    }
    // It answers again, and its first answer is lost.
    play.trouble(Trouble::LosesAnswers);
    assert_eq!(world.gateway.consume_due_purchases().await.unwrap(), 1);
    assert!(play.is_consumed("token-1"));
    play.trouble(Trouble::None);
    assert_eq!(world.gateway.consume_due_purchases().await.unwrap(), 0, "it waits a while");
    pass_seconds(&world, 700);
    assert_eq!(world.gateway.consume_due_purchases().await.unwrap(), 1);
    pass_seconds(&world, 700);
    assert_eq!(world.gateway.consume_due_purchases().await.unwrap(), 0, "Google has said that it is consumed");
    pass_seconds(&world, 4 * 24 * 3_600);
    assert_eq!((play.give_back_unacknowledged(), play.consumed()), (0, 1));
    assert_eq!(players(&world).await, usd("5.00"));
}

#[tokio::test]
async fn what_a_killed_gateway_was_about_to_consume_another_takes_over() {
    let (world, play) = set_up().await;
    let mut device = world.enrolled().await;
    play.sell("token-1", PACK, json!({}));
    hand_over(&mut device, "token-1").await;
    // It has taken the purchase to consume it, asks Google, and is killed before it hears anything.
    play.trouble(Trouble::IsSilent);
    tokio::select! {
        consumed = world.gateway.consume_due_purchases() => panic!("nobody has answered, and it says {consumed:?}"),
        () = play.was_silent() => {}
    }
    play.trouble(Trouble::None);
    assert_eq!(world.gateway.consume_due_purchases().await.unwrap(), 0, "it may still be at it");
    pass_seconds(&world, 61);
    assert_eq!(world.gateway.consume_due_purchases().await.unwrap(), 1);
    assert!(play.is_consumed("token-1"));
}

#[tokio::test]
async fn a_purchase_waits_where_google_can_not_be_asked() {
    let (world, play) = set_up().await;
    let mut device = world.enrolled().await;
    play.sell("token-1", PACK, json!({}));
    play.trouble(Trouble::IsDown);
    let later = hand_over(&mut device, "token-1").await;
    assert_eq!((later.kind(), later.headers.contains_key("retry-after")), (ProblemKind::Unavailable, true));
    play.trouble(Trouble::None);
    assert_eq!(hand_over(&mut device, "token-1").await.status, StatusCode::OK);
    // An access token that Google has taken back is replaced by the next question.
    play.sell("token-2", PACK, json!({}));
    play.trouble(Trouble::ForgetsTokens);
    assert_eq!(hand_over(&mut device, "token-2").await.kind(), ProblemKind::Unavailable);
    assert_eq!(hand_over(&mut device, "token-2").await.status, StatusCode::OK);
    // So is one that has come to its end.
    pass_seconds(&world, 3_700);
    device.renew_token().await;
    play.sell("token-3", PACK, json!({}));
    assert_eq!(hand_over(&mut device, "token-3").await.status, StatusCode::OK);
    assert_eq!(players(&world).await, usd("15.00"));
}

#[tokio::test]
async fn only_what_a_tester_has_bought_for_this_account_credits_in_the_sandbox() {
    let (world, play) = set_up().await;
    let mut device = world.enrolled().await;
    for (token, more, kind) in [
        ("cancelled", json!({"purchaseState": 1}), ProblemKind::StorePurchaseInvalid),
        ("paid", json!({"purchaseType": null}), ProblemKind::StorePurchaseInvalid),
        ("given", json!({"purchaseType": 1}), ProblemKind::StorePurchaseInvalid),
        ("consumed", json!({"consumptionState": 1}), ProblemKind::StorePurchaseInvalid),
        ("mixed-up", json!({"productId": "balance_50"}), ProblemKind::StorePurchaseInvalid),
        ("several", json!({"quantity": 0}), ProblemKind::StorePurchaseInvalid),
        ("other", json!({"obfuscatedExternalAccountId": "player-7"}), ProblemKind::StorePurchaseTaken),
    ] {
        play.sell(token, PACK, more);
        assert_eq!(hand_over(&mut device, token).await.kind(), kind, "{token}");
    }
    play.sell("sword", "sword", json!({}));
    for (product, token) in
        [("sword", "sword"), (PACK, "sword"), (PACK, "unknown"), (PACK, ""), (PACK, "a\nb"), (PACK, "..")]
    {
        let purchase = StorePurchase::GooglePlay { product: product.into(), purchase_token: token.into() };
        let refused = device.post("/v1/store-top-ups", &purchase).await;
        assert_eq!(refused.kind(), ProblemKind::StorePurchaseInvalid, "{product} {token:?}");
    }
    assert_eq!(players(&world).await, usd("0"));
    let account = device.enrolment.as_ref().unwrap().account;
    play.sell("mine", PACK, json!({"obfuscatedExternalAccountId": account, "quantity": 2}));
    let credited: TopUpResponse = hand_over(&mut device, "mine").await.json();
    assert_eq!(credited.amount, usd("10.00"));
}

#[tokio::test]
async fn nobody_is_credited_for_a_tester_s_purchase_in_production() {
    let (world, play) = set_up_in("production").await;
    let mut device = world.enrolled().await;
    play.sell("tester", PACK, json!({}));
    assert_eq!(hand_over(&mut device, "tester").await.kind(), ProblemKind::StorePurchaseInvalid);
    play.sell("paid", PACK, json!({"purchaseType": null}));
    assert_eq!(hand_over(&mut device, "paid").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_google_has_given_back_is_taken_back_once() {
    let (world, play) = set_up().await;
    let mut device = world.enrolled().await;
    for token in ["1", "2", "3", "4", "5", "6", "7"] {
        play.sell(token, PACK, json!({}));
        hand_over(&mut device, token).await;
    }
    play.sell("never-handed-over", PACK, json!({}));
    assert_eq!(world.gateway.take_voided_purchases().await.unwrap(), 0);
    pass_seconds(&world, 60);
    for token in ["2", "4", "6", "never-handed-over"] {
        play.void(token);
    }
    play.trouble(Trouble::IsDown);
    assert!(world.gateway.take_voided_purchases().await.is_err());
    play.trouble(Trouble::None);
    // They are on two pages; 20.00 of 35.00 are promised to the device.
    assert_eq!(world.gateway.take_voided_purchases().await.unwrap(), 3);
    assert_eq!(world.gateway.take_voided_purchases().await.unwrap(), 0);
    assert_eq!(players(&world).await, usd("20.00"));
    assert_eq!(world.ledger("store_receivable").await, usd("16.96"));
    world.assert_balanced().await;
    assert_eq!(hand_over(&mut device, "2").await.kind(), ProblemKind::StorePurchaseInvalid);
    assert_eq!(hand_over(&mut device, "never-handed-over").await.kind(), ProblemKind::StorePurchaseInvalid);
    // A gateway that was away for longer than Google's list goes back asks for what there is.
    pass_seconds(&world, 40 * 24 * 3_600);
    play.void("1");
    assert_eq!(world.gateway.take_voided_purchases().await.unwrap(), 1);
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_operator_is_told_what_is_wrong_with_the_service_account_and_no_key_is_shown() {
    let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
    let play = GooglePlay::start(|| 0).await;
    let whole: Value = serde_json::from_str(&play.service_account()).unwrap();
    let with = |member: &str, value: Value| {
        let mut file = whole.clone();
        file[member] = value;
        file.to_string()
    };
    for content in [
        "no JSON".to_owned(),
        with("private_key", json!("secret-of-the-account")),
        with("private_key", json!("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")),
        with("token_uri", json!("http://elsewhere.example/token")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path(), &play, "sandbox");
        std::fs::write(folder.path().join("google-play-service-account.json"), content).unwrap();
        let refused = Gateway::open(folder.path(), ADDRESS, clock.clock()).err().unwrap();
        assert!(matches!(refused, StartError::ProcessorFile { .. }), "{refused:?}");
        let told = refused.to_string();
        assert!(told.contains("google-play-service-account.json") && !told.contains("secret"), "{told}");
    }
}
