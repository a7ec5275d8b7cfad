//! What a device is promised for its journal.

use farthing_protocol::{
    AllowanceRefusal, BatchClaims, ConsumeBody, Currency, DeviceState, Digest, Drawn, EncodedEntry, Entry, EntryBody,
    EntryId, IdempotencyKey, JournalPosition, Money, Outcome, ProblemKind, PurchaseBody, Receipt, RejectionReason, Sku,
};

use crate::device::{self, Device, World, usd};

#[tokio::test]
async fn twenty_purchases_settle_and_every_cent_is_accounted_for() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let entries: Vec<_> = (0..20).map(|_| device.buy()).collect();
    let uploaded = device.upload(&entries).await;
    assert_eq!(uploaded.receipts.len(), 20);
    for (receipt, entry) in uploaded.receipts.iter().zip(&entries) {
        assert_eq!(receipt.jti, entry.entry().id);
        assert_eq!(receipt.split.total(), Ok(usd("0.25")));
        assert_eq!(receipt.split.processor, usd("0.0225"));
        assert_eq!(receipt.split.platform, usd("0.0125"));
    }
    assert_eq!(uploaded.settlement.statement.drawn, [Drawn { total: usd("5.00"), count: 20 }]);
    assert_eq!(uploaded.settlement.statement.journal, device.journal.unwrap());
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("0"));
    assert_eq!(world.ledger("user_reserved").await, usd("0"));
    assert_eq!(world.ledger("user_available").await, usd("0"));
    assert_eq!(world.ledger("card_clearing").await, usd("4.55"));
    assert_eq!(world.ledger("merchant_payable").await, usd("-4.30"));
    assert_eq!(world.ledger("platform_revenue").await, usd("-0.25"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_same_batch_gets_the_same_answer_even_after_a_restart() {
    let mut world = World::new();
    let mut device = world.funded("5.00").await;
    let entries = [device.buy(), device.consume(), device.buy()];
    let first = device.upload(&entries).await;
    let before = world.gateway.trial_balance().await.unwrap();
    assert_eq!(device.upload(&entries).await, first);
    world.restart().await;
    device.router = world.gateway.router();
    assert_eq!(device.upload(&entries).await, first);
    // A part of it, too.
    let part = device.upload(&entries[1..2]).await;
    assert_eq!(part.settlement.outcomes, first.settlement.outcomes[1..2]);
    assert_eq!(world.gateway.trial_balance().await.unwrap().balances, before.balances);
}

#[tokio::test]
async fn a_batch_that_overlaps_settles_only_what_is_new() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let entries: Vec<_> = (0..4).map(|_| device.buy()).collect();
    let first = device.upload(&entries[..3]).await;
    let second = device.upload(&entries[1..]).await;
    assert_eq!(second.settlement.outcomes[..2], first.settlement.outcomes[1..]);
    assert_eq!(second.receipts[..2], first.receipts[1..]);
    assert_eq!(second.settlement.statement.drawn, [Drawn { total: usd("1.00"), count: 4 }]);
    world.assert_balanced().await;
}

#[tokio::test]
async fn concurrent_uploads_of_one_batch_settle_it_once() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let entries = [device.buy(), device.buy()];
    let request = device.batch(&device.claims(&entries), entries.iter().map(|entry| entry.bytes().to_vec()).collect());
    let body = serde_json::to_vec(&request).unwrap();
    let mut uploads = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let proof = device.proof(&axum::http::Method::POST, "/v1/journal", device.token.as_deref());
        let request = device.request(&axum::http::Method::POST, "/v1/journal", &proof, Some(body.clone()));
        let router = device.router.clone();
        uploads.spawn(async move { device::send(&router, request).await.status });
    }
    while let Some(status) = uploads.join_next().await {
        assert!(status.unwrap().is_success());
    }
    let (statement, _) = device.account().await;
    assert_eq!(statement.drawn, [Drawn { total: usd("0.50"), count: 2 }]);
}

#[tokio::test]
async fn a_gap_is_answered_with_where_the_journal_ends_and_changes_nothing() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let start = device.journal.unwrap();
    let entries = [device.buy(), device.buy()];
    let answer = device.try_upload(&entries[1..]).await;
    assert_eq!(answer.kind(), ProblemKind::JournalGap);
    assert_eq!(answer.problem().journal, Some(start));

    // Of another epoch, or after another beginning.
    let claims = BatchClaims { epoch: 2, ..device.claims(&entries) };
    let request = device.batch(&claims, entries.iter().map(|entry| entry.bytes().to_vec()).collect());
    assert_eq!(device.post("/v1/journal", &request).await.kind(), ProblemKind::JournalGap);
    let elsewhere = JournalPosition { head: Digest::of(b"elsewhere"), ..start };
    let stray = device.entry_at(elsewhere, EntryBody::Purchase(device.purchase()));
    assert_eq!(device.try_upload(&[stray]).await.kind(), ProblemKind::JournalGap);

    assert_eq!(device.account().await.0.journal, start);
    assert_eq!(device.upload(&entries).await.receipts.len(), 2);
}

#[tokio::test]
async fn a_fork_freezes_the_device_and_what_was_settled_stands() {
    let mut world = World::new();
    let mut device = world.funded("5.00").await;
    let start = device.journal.unwrap();
    let settled = [device.buy(), device.buy()];
    let first = device.upload(&settled).await;

    let clone = device.entry_at(start.after(settled[0].hash()), EntryBody::Purchase(device.purchase()));
    assert_eq!(device.try_upload(&[settled[0].clone(), clone]).await.kind(), ProblemKind::JournalFork);

    let next = device.buy();
    assert_eq!(device.try_upload(&[next]).await.kind(), ProblemKind::DeviceFrozen);
    world.restart().await;
    device.router = world.gateway.router();
    let (statement, _) = device.account().await;
    assert_eq!(statement.device_state, DeviceState::Frozen { fork_seq: 2 });
    assert_eq!(statement.journal, first.settlement.statement.journal);
    assert_eq!(statement.drawn, first.settlement.statement.drawn);
    assert!(statement.revision > first.settlement.statement.revision);
    // It may look, and not spend.
    for (path, body) in [
        ("/v1/allowances", "{}"),
        ("/v1/cards", r#"{"number":"4242424242424242","expiry_month":12,"expiry_year":2034,"cvc":"123"}"#),
    ] {
        assert_eq!(device.post_raw(path, body).await.kind(), ProblemKind::DeviceFrozen, "{path}");
    }
    assert!(device.get(&format!("/v1/receipts/{}", settled[0].entry().id)).await.status.is_success());
    world.assert_balanced().await;
}

/// Uploads one purchase that is wrong between two that are right.
async fn rejected(device: &mut Device, spoil: impl FnOnce(&mut PurchaseBody)) -> RejectionReason {
    let mut wrong = device.purchase();
    spoil(&mut wrong);
    let entries = [device.buy(), device.append(EntryBody::Purchase(wrong)), device.buy()];
    let uploaded = device.upload(&entries).await;
    assert!(matches!(uploaded.settlement.outcomes[0], Outcome::Settled { receipt: Some(_) }));
    assert!(matches!(uploaded.settlement.outcomes[2], Outcome::Settled { receipt: Some(_) }));
    match uploaded.settlement.outcomes[1] {
        Outcome::Rejected { reason } => reason,
        Outcome::Settled { .. } => panic!("it was settled"),
    }
}

#[tokio::test]
async fn a_wrong_entry_is_rejected_alone_and_counts_for_nothing() {
    let world = World::new();
    let mut device = world.funded("20.00").await;
    let sku = |name: &str| Sku::new(name).unwrap();
    assert_eq!(rejected(&mut device, |p| p.catalog = 2).await, RejectionReason::UnknownCatalog);
    assert_eq!(rejected(&mut device, |p| p.sku = sku("moon")).await, RejectionReason::UnknownItem);
    assert_eq!(rejected(&mut device, |p| p.unit_price = usd("0.01")).await, RejectionReason::WrongPrice);
    assert_eq!(rejected(&mut device, |p| p.total = usd("0.01")).await, RejectionReason::WrongPrice);
    assert_eq!(rejected(&mut device, |p| p.quantity = 2).await, RejectionReason::WrongPrice);
    assert_eq!(rejected(&mut device, |p| p.quantity = 0).await, RejectionReason::WrongQuantity);
    assert_eq!(rejected(&mut device, |p| p.quantity = 1_001).await, RejectionReason::WrongQuantity);
    assert_eq!(rejected(&mut device, |p| p.allowance += 100).await, RejectionReason::UnknownAllowance);
    assert_eq!(rejected(&mut device, |p| p.allowance = 0).await, RejectionReason::UnknownAllowance);
    let euro = Money::parse("2.50", Currency::EUR).unwrap();
    let map = |p: &mut PurchaseBody| (p.sku, p.unit_price, p.total) = (sku("map_of_the_depths"), euro, euro);
    assert_eq!(rejected(&mut device, map).await, RejectionReason::UnknownAllowance);
    let beyond = |p: &mut PurchaseBody| (p.quantity, p.total) = (100, usd("25.00"));
    assert_eq!(rejected(&mut device, beyond).await, RejectionReason::AllowanceExceeded);
    let (statement, _) = device.account().await;
    assert_eq!(statement.drawn, [Drawn { total: usd("5.50"), count: 22 }]);
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_entry_that_can_not_be_read_is_rejected_and_does_not_block_the_rest() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let first = device.buy();
    let poison = br#"{"version":9,"from":"the future"}"#.to_vec();
    device.journal = Some(device.journal.unwrap().after(Digest::of(&poison)));
    let last = device.buy();
    let claims = device.claims(&[first.clone(), last.clone()]);
    let request = device.batch(&claims, vec![first.bytes().to_vec(), poison, last.bytes().to_vec()]);
    let answer: farthing_protocol::api::BatchResponse = device.post("/v1/journal", &request).await.json();
    let settlement: farthing_protocol::Settlement = device.open(&answer.settlement);
    assert_eq!(settlement.outcomes[1], Outcome::Rejected { reason: RejectionReason::Malformed });
    assert_eq!(answer.receipts.len(), 2);
}

#[tokio::test]
async fn a_purchase_counts_once_over_all_devices() {
    let world = World::new();
    let (mut one, mut other) = (world.funded("5.00").await, world.funded("5.00").await);
    let original = one.buy();
    one.upload(std::slice::from_ref(&original)).await;
    let copy = Entry { previous: other.journal.unwrap().head, ..original.entry().clone() };
    let copy = EncodedEntry::new(copy).unwrap();
    other.journal = Some(other.journal.unwrap().after(copy.hash()));
    let next = other.buy();
    let uploaded = other.upload(&[copy, next]).await;
    assert_eq!(uploaded.settlement.outcomes[0], Outcome::Rejected { reason: RejectionReason::Malformed });
    assert!(matches!(uploaded.settlement.outcomes[1], Outcome::Settled { .. }));
    assert_eq!(uploaded.settlement.statement.drawn, [Drawn { total: usd("0.25"), count: 1 }]);
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_was_bought_in_time_settles_until_the_last_settlement_date() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let in_time = device.buy();
    world.pass_days(31);
    let late = device.buy();
    world.pass_days(100);
    device.renew_token().await;
    let uploaded = device.upload(&[in_time, late]).await.settlement.outcomes;
    assert!(matches!(uploaded[0], Outcome::Settled { .. }));
    assert_eq!(uploaded[1], Outcome::Rejected { reason: RejectionReason::AllowanceExpired });
}

#[tokio::test]
async fn nothing_settles_after_the_last_settlement_date() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let entry = device.buy();
    world.pass_days(30 + 180 + 1);
    device.renew_token().await;
    let uploaded = device.upload(&[entry]).await;
    let expired = Outcome::Rejected { reason: RejectionReason::AllowanceExpired };
    assert_eq!(uploaded.settlement.outcomes, [expired]);
    world.assert_balanced().await;
}

#[tokio::test]
async fn allowance_versions_never_go_back_within_a_chain() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let first = device.allowance;
    let card = device.add_card(device::GOOD_CARD).await;
    device.top_up("second", usd("5.00"), &card).await;
    device.refresh().await;
    assert_eq!(device.allowance, first + 1);
    let newer = device.buy();
    device.allowance = first;
    let older = device.buy();
    let uploaded = device.upload(&[newer, older]).await;
    assert_eq!(uploaded.settlement.outcomes[1], Outcome::Rejected { reason: RejectionReason::UnknownAllowance });
}

#[tokio::test]
async fn an_allowance_is_made_up_as_far_as_the_money_goes() {
    let world = World::new();
    let mut device = world.funded("30.00").await;
    let (statement, allowances) = device.account().await;
    assert_eq!((allowances[0].limit, statement.available[0]), (usd("20.00"), usd("10.00")));

    // What was spent is reserved again.
    let entries: Vec<_> = (0..4).map(|_| device.buy()).collect();
    let uploaded = device.upload(&entries).await;
    assert_eq!(uploaded.allowances[0].limit, usd("21.00"));
    assert_eq!(uploaded.settlement.statement.available, [usd("9.00")]);

    // More for something dear; never more than there is.
    let (statement, allowances) = device.raise_allowance(Some(usd("25.00"))).await;
    assert_eq!((allowances[0].limit, statement.available[0]), (usd("26.00"), usd("4.00")));
    let (statement, allowances) = device.raise_allowance(Some(usd("1000.00"))).await;
    assert_eq!((allowances[0].limit, statement.available[0]), (usd("30.00"), usd("0")));

    // Asking again changes nothing.
    let revision = statement.revision;
    let (statement, again) = device.raise_allowance(None).await;
    assert_eq!((again[0].version, statement.revision), (allowances[0].version, revision));
    assert_eq!(world.ledger("user_reserved").await, usd("-29.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_a_device_releases_is_available_again() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let entries = [device.buy(), device.release(usd("4.00")), device.buy(), device.release(usd("0.51"))];
    let uploaded = device.upload(&entries).await;
    assert_eq!(uploaded.settlement.outcomes[1], Outcome::Settled { receipt: None });
    assert_eq!(
        uploaded.settlement.outcomes[3],
        Outcome::Rejected { reason: RejectionReason::AllowanceExceeded },
        "0.50 are left"
    );
    assert_eq!(uploaded.settlement.statement.available, [usd("4.00")]);
    assert_eq!(uploaded.settlement.statement.drawn, [Drawn { total: usd("4.50"), count: 3 }]);
    let drawn = uploaded.settlement.statement.drawn[0];
    assert_eq!(uploaded.allowances[0].remaining(&drawn), usd("0.50"));
    let refusal = uploaded.allowances[0].draw(&drawn, usd("0.51"), world.clock.clock().now());
    assert_eq!(refusal, Err(AllowanceRefusal::LimitReached { remaining: usd("0.50") }));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_use_of_nothing_is_rejected() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let operation = IdempotencyKey::new("use").unwrap();
    let nothing = ConsumeBody { sku: Sku::new("extra_life").unwrap(), quantity: 0, operation };
    let entries = [device.consume(), device.append(EntryBody::Consume(nothing))];
    let outcomes = device.upload(&entries).await.settlement.outcomes;
    assert_eq!(outcomes[0], Outcome::Settled { receipt: None });
    assert_eq!(outcomes[1], Outcome::Rejected { reason: RejectionReason::WrongQuantity });
}

#[tokio::test]
async fn only_what_the_device_itself_has_signed_is_settled() {
    let world = World::new();
    let (mut device, mut other) = (world.funded("5.00").await, world.funded("5.00").await);
    let entries = [device.buy(), device.buy()];
    let bytes = || entries.iter().map(|entry| entry.bytes().to_vec()).collect::<Vec<_>>();
    let claims = device.claims(&entries);

    let by_another_key = other.batch(&claims, bytes());
    assert_eq!(device.post("/v1/journal", &by_another_key).await.kind(), ProblemKind::BatchInvalid);
    let for_another_device = other.batch(&claims, bytes());
    assert_eq!(other.post("/v1/journal", &for_another_device).await.kind(), ProblemKind::Unauthorised);
    let shortened = device.batch(&claims, bytes()[..1].to_vec());
    assert_eq!(device.post("/v1/journal", &shortened).await.kind(), ProblemKind::BatchInvalid);
    let mut swapped = bytes();
    swapped.swap(0, 1);
    let swapped = device.batch(&claims, swapped);
    assert_eq!(device.post("/v1/journal", &swapped).await.kind(), ProblemKind::BatchInvalid);
    let mut unsigned = device.batch(&claims, bytes());
    unsigned.batch = "a.b.c".into();
    assert_eq!(device.post("/v1/journal", &unsigned).await.kind(), ProblemKind::BatchInvalid);
    let none = device.batch(&BatchClaims { first_seq: 1, last_seq: 0, ..claims }, vec![]);
    assert_eq!(device.post("/v1/journal", &none).await.kind(), ProblemKind::BatchInvalid);
    assert_eq!(device.account().await.0.journal.seq, 0);
}

#[tokio::test]
async fn a_receipt_can_be_had_again_by_its_own_account_only() {
    let world = World::new();
    let (mut device, mut other) = (world.funded("5.00").await, world.enrolled().await);
    let purchase = device.buy();
    let uploaded = device.upload(std::slice::from_ref(&purchase)).await;
    let path = format!("/v1/receipts/{}", purchase.entry().id);
    let answer: farthing_protocol::api::ReceiptResponse = device.get(&path).await.json();
    let receipt: Receipt = device.open(&answer.receipt);
    assert_eq!(receipt, uploaded.receipts[0]);
    assert_eq!(other.get(&path).await.kind(), ProblemKind::NotFound);
    assert_eq!(device.get(&format!("/v1/receipts/{}", EntryId::generate())).await.kind(), ProblemKind::NotFound);
    assert_eq!(device.get("/v1/receipts/none").await.kind(), ProblemKind::InvalidRequest);
}

#[tokio::test]
async fn prices_of_an_older_catalog_still_hold() {
    let mut world = World::new();
    let mut device = world.funded("5.00").await;
    let at_the_old_price = device.buy();
    world.gateway.close().await;
    let path = world.folder.path().join("catalog.toml");
    let catalog = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, catalog.replace(r#"amount = "0.25""#, r#"amount = "0.30""#)).unwrap();
    world.restart().await;
    device.router = world.gateway.router();
    let mut purchase = device.purchase();
    (purchase.catalog, purchase.unit_price, purchase.total) = (2, usd("0.30"), usd("0.30"));
    let at_the_new_price = device.append(EntryBody::Purchase(purchase));
    let uploaded = device.upload(&[at_the_old_price, at_the_new_price]).await;
    let totals: Vec<_> = uploaded.receipts.iter().map(|receipt| receipt.total).collect();
    assert_eq!(totals, [usd("0.25"), usd("0.30")]);
    world.assert_balanced().await;
}
