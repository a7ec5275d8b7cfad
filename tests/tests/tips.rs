//! Tips as a player, a creator and a merchant live through them: online, offline, killed, taken back, paid out.

use farthing_core::{
    Currency, EntryId, LimitsChange, Money, Purchase, PurchaseFilter, PurchaseKind, PurchaseState, RejectionReason,
    SpendingLimits, TipRequest, Wallet, WalletError, WalletEvent,
};
use farthing_tests::{Weather, World, usd};
use http::Method;
use serde_json::json;

fn tip(amount: &str) -> TipRequest {
    TipRequest::new("ana", usd(amount)).unwrap()
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

async fn find(wallet: &Wallet, id: EntryId) -> Purchase {
    let all = wallet.purchases(PurchaseFilter::default()).await.unwrap();
    all.into_iter().find(|purchase| purchase.id == id).unwrap()
}

/// What is payable to the creator.
async fn payable(world: &World) -> Money {
    let (_, answer) = world.merchant(Method::GET, "/v1/creators/ana", None).await;
    let line = answer["balances"].get(0).map(|line| line["payable"].clone());
    line.map_or(usd("0"), |payable| serde_json::from_value(payable).unwrap())
}

async fn world() -> World {
    let world = World::new();
    world.register_creator("ana", "Ana").await;
    world
}

#[tokio::test]
async fn a_tip_reaches_the_creator_to_the_micro_and_the_receipt_says_so() {
    let world = world().await;
    let wallet = world.device("phone").open_with("5.00").await;
    assert_eq!(wallet.creators().await.unwrap()[0].name, "Ana");
    let given = wallet.tip(tip("0.333333").message("What a level!").unwrap()).await.unwrap();
    assert_eq!(
        (given.kind, given.sku.as_str(), given.state.clone()),
        (PurchaseKind::Tip, "tip:ana", PurchaseState::Granted)
    );
    wallet.sync().await.unwrap();

    let settled = find(&wallet, given.id).await;
    let PurchaseState::Settled { split, .. } = settled.state else { panic!("{settled:?}") };
    assert_eq!(split.processor.plus(split.platform).unwrap().plus(split.developer), Ok(usd("0.333333")));
    // A charge of $5.00 costs $0.45, of which a weighted part falls on the tip; the platform's share of tips is 2 %.
    assert_eq!((split.processor, split.platform), (usd("0.029999"), usd("0.006666")));
    assert_eq!(payable(&world).await, split.developer);
    assert_eq!(world.ledger("creator_payable").await, usd("-0.296668"));
    assert_eq!(world.ledger("merchant_payable").await, usd("0"));
    world.assert_balanced().await;

    // The merchant's back end reads the message in the receipt, and no catalog has an item of that name.
    let (_, shown) = world.merchant(Method::GET, &format!("/v1/purchases/{}", given.id), None).await;
    assert_eq!(shown["claims"]["tip"], json!({"creator": "ana", "message": "What a level!"}));
    assert_eq!(shown["claims"]["sku"], "tip:ana");
    assert!(wallet.inventory().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_tip_that_was_made_offline_outlives_a_kill_and_a_lost_answer_and_settles_once() {
    let world = world().await;
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    let request = tip("0.50").message("bravo").unwrap().idempotency_key("tap-1");
    let given = wallet.tip(request.clone()).await.unwrap();
    // A kill: nothing is closed.
    std::mem::forget(wallet);
    let copy = device.clone_to("after the kill");
    let wallet = copy.open().await;
    assert_eq!(find(&wallet, given.id).await, given);
    assert_eq!(wallet.tip(request.clone()).await.unwrap().id, given.id, "asked for again, it is the same tip");
    let other = wallet.tip(tip("0.51").message("bravo").unwrap().idempotency_key("tap-1")).await;
    assert!(matches!(other, Err(WalletError::InvalidArgument { field, .. }) if field == "idempotency_key"));
    assert_eq!(total(&wallet), usd("4.50"));

    world.network.set(Weather::AnswersLost);
    assert!(wallet.sync().await.is_err());
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    wallet.sync().await.unwrap();
    assert!(matches!(find(&wallet, given.id).await.state, PurchaseState::Settled { .. }));
    assert_eq!(wallet.tip(request).await.unwrap().id, given.id);
    assert_eq!((total(&wallet), payable(&world).await), (usd("4.50"), usd("0.445")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_is_no_tip_is_refused_and_nothing_changes() {
    let world = world().await;
    let wallet = world.device("phone").open_with("5.00").await;
    let field = |refused: Result<Purchase, WalletError>| match refused {
        Err(WalletError::InvalidArgument { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(wallet.tip(TipRequest::new("bo", usd("1")).unwrap()).await), "creator");
    assert_eq!(field(wallet.tip(tip("0")).await), "amount");
    let gems = Money::parse("1", "gems".parse().unwrap()).unwrap();
    assert_eq!(field(wallet.tip(TipRequest::new("ana", gems).unwrap()).await), "amount");
    assert!(tip("1").message("two\nlines").is_err());
    assert!(matches!(wallet.tip(tip("6")).await, Err(WalletError::InsufficientFunds { .. })));
    assert_eq!(total(&wallet), usd("5.00"));
    assert!(wallet.purchases(PurchaseFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_mistaken_tip_is_taken_back_once_within_the_grace_period_and_mints_nothing() {
    let world = world().await;
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let given = wallet.tip(tip("1.00")).await.unwrap();
    let mut events = wallet.events();
    // It was not even settled yet: that comes first.
    let back = wallet.refund(given.id).await.unwrap();
    assert!(matches!(back.state, PurchaseState::Refunded { amount, quantity: 0, .. } if amount == usd("1.00")));
    assert_eq!((total(&wallet), payable(&world).await), (usd("5.00"), usd("0")));
    let told = std::iter::from_fn(|| events.try_recv().ok());
    let told: Vec<_> = told.filter(|event| matches!(event, WalletEvent::PurchaseRefunded { .. })).collect();
    assert!(matches!(&told[..], [WalletEvent::PurchaseRefunded { revoked: 0, quantity: 0, .. }]), "{told:?}");
    assert_eq!(wallet.refund(given.id).await, Err(WalletError::AlreadyRefunded));
    let (status, _) = world.merchant(Method::POST, "/v1/refunds", Some(json!({"purchase": given.id}))).await;
    assert_eq!(status, http::StatusCode::UNPROCESSABLE_ENTITY);

    // A restart and another sync change nothing.
    wallet.close().await;
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    assert_eq!(find(&wallet, given.id).await, back);
    assert_eq!((total(&wallet), payable(&world).await), (usd("5.00"), usd("0")));
    world.assert_balanced().await;

    // Too late: only the merchant gives it back.
    let late = wallet.tip(tip("1.00")).await.unwrap();
    wallet.sync().await.unwrap();
    world.clock.set("2026-06-01T09:00:00Z".parse().unwrap());
    assert!(matches!(wallet.refund(late.id).await, Err(WalletError::RefundTooLate { .. })));
    let body = json!({"purchase": late.id, "amount": {"amount": "0.40", "currency": "USD"}});
    let (status, answer) = world.merchant(Method::POST, "/v1/refunds", Some(body)).await;
    assert_eq!((status, &answer["quantity"]), (http::StatusCode::CREATED, &json!(0)), "{answer}");
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("4.40"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_creator_is_paid_out_and_owes_what_is_taken_back_after_it() {
    let world = world().await;
    let wallet = world.device("phone").open_with("5.00").await;
    let given = wallet.tip(tip("2.00")).await.unwrap();
    wallet.buy("hint".into()).await.unwrap();
    wallet.sync().await.unwrap();
    // $2.00 less $0.18 of the charge's fee and 2 %.
    assert_eq!(payable(&world).await, usd("1.78"));
    let order = json!({"creator": "ana", "currency": "USD"});
    let (status, payout) = world.merchant(Method::POST, "/v1/payouts", Some(order)).await;
    assert_eq!((status, &payout["creator"]), (http::StatusCode::CREATED, &json!("ana")), "{payout}");
    assert_eq!(payout["amount"], json!({"amount": "1.78", "currency": "USD"}));
    let id = payout["id"].as_str().unwrap().to_owned();
    let (_, creator) = world.merchant(Method::GET, "/v1/creators/ana", None).await;
    assert_eq!(creator["balances"][0]["in_transit"]["amount"], "1.78");
    // The merchant's own payable is another matter, and the bank's file has no account of the creator's.
    let merchant_payable = world.ledger("merchant_payable").await;
    assert!(merchant_payable.is_negative());
    let (_, merchant) = world.merchant(Method::GET, "/v1/balance", None).await;
    assert_eq!(merchant["balances"][0]["in_transit"]["amount"], "0");

    wallet.refund(given.id).await.unwrap();
    assert_eq!((payable(&world).await, world.ledger("creator_payable").await), (usd("-1.78"), usd("1.78")));
    let order = json!({"creator": "ana", "currency": "USD"});
    let (status, refused) = world.merchant(Method::POST, "/v1/payouts", Some(order)).await;
    assert_eq!(status, http::StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    let (_, done) = world.merchant(Method::POST, &format!("/v1/payouts/{id}/paid"), None).await;
    assert_eq!(done["state"], "paid");
    assert_eq!(world.ledger("bank").await, usd("-1.78"));
    assert_eq!(world.ledger("merchant_payable").await, merchant_payable);
    world.assert_balanced().await;
}

#[tokio::test]
async fn tips_count_in_a_guardian_s_limits_and_need_the_approval_that_purchases_need() {
    let world = world().await;
    let wallet = world.device("phone").open_with("5.00").await;
    let limits = SpendingLimits { day: Some(usd("1.00")), ask_above: Some(usd("0.60")), ..SpendingLimits::default() };
    let change = LimitsChange { currency: Currency::USD, limits, pin: Some("4711".into()), utc_offset_minutes: None };
    wallet.set_limits(change).await.unwrap();
    let asked = wallet.tip(tip("0.70").message("hi").unwrap()).await;
    let Err(WalletError::ApprovalRequired { approval, sku, total: asked }) = asked else { panic!("{asked:?}") };
    assert_eq!((sku.as_str(), asked), ("tip:ana", usd("0.70")));
    wallet.answer_approval(approval, true, "4711").await.unwrap();
    wallet.tip(tip("0.70").message("hi").unwrap()).await.unwrap();
    let beyond = wallet.tip(tip("0.40")).await;
    assert!(
        matches!(beyond, Err(WalletError::SpendingLimitReached { remaining, .. }) if remaining == usd("0.30")),
        "{beyond:?}"
    );
    wallet.sync().await.unwrap();
    let used = wallet.limits().await.unwrap().limits[0].used[0].used;
    assert_eq!(used, usd("0.70"));
}

#[tokio::test]
async fn a_closed_creator_is_listed_no_more_and_gets_what_was_under_way() {
    let world = world().await;
    let wallet = world.device("phone").open_with("5.00").await;
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    let given = wallet.tip(tip("0.50")).await.unwrap();
    let (_, closed) = world.merchant(Method::DELETE, "/v1/creators/ana", None).await;
    assert_eq!(closed["is_open"], json!(false));
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert!(matches!(find(&wallet, given.id).await.state, PurchaseState::Settled { .. }));
    assert!(wallet.creators().await.unwrap().is_empty());
    assert!(matches!(wallet.tip(tip("0.50")).await, Err(WalletError::InvalidArgument { .. })));
    assert_eq!(payable(&world).await, usd("0.445"));
}

#[tokio::test]
async fn a_restored_backup_tips_on_only_once_it_knows_what_was_tipped() {
    let world = world().await;
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    wallet.sync().await.unwrap();
    let backup = device.back_up();
    let given = wallet.tip(tip("0.50")).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.close().await;
    device.restore(&backup);
    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    assert!(matches!(wallet.tip(tip("0.50")).await, Err(WalletError::SyncRequired)));
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("4.50"));
    wallet.tip(tip("0.25")).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!((total(&wallet), payable(&world).await), (usd("4.25"), usd("0.6675")));
    world.assert_balanced().await;
    let (_, shown) = world.merchant(Method::GET, &format!("/v1/purchases/{}", given.id), None).await;
    assert_eq!(shown["state"], "settled");
}

#[tokio::test]
async fn a_rejected_tip_costs_nothing() {
    let world = world().await;
    let wallet = world.device("phone").open_with("5.00").await;
    let device = wallet.device().await.unwrap().unwrap();
    let mut events = wallet.events();
    let path = format!("/v1/sandbox/faults?device={device}");
    let faults = json!({"reject": {"reason": "unknown_creator", "count": 1}});
    let (status, answer) = world.merchant(Method::PUT, &path, Some(faults)).await;
    assert_eq!(status, http::StatusCode::OK, "{answer}");
    let given = wallet.tip(tip("0.50")).await.unwrap();
    wallet.sync().await.unwrap();
    let reason = RejectionReason::UnknownCreator;
    assert_eq!(find(&wallet, given.id).await.state, PurchaseState::Rejected { reason });
    assert_eq!((total(&wallet), payable(&world).await), (usd("5.00"), usd("0")));
    let told = std::iter::from_fn(|| events.try_recv().ok()).collect::<Vec<_>>();
    assert!(
        told.contains(&WalletEvent::Rejected { purchase: given.id, sku: given.sku, reason, revoked: 0 }),
        "{told:?}"
    );
    world.assert_balanced().await;
}
