//! Batches, and what becomes of their entries.

use farthing_protocol::api::{
    AccountPurchasesResponse, AccountResponse, BatchRequest, BatchResponse, ReceiptResponse, RefundReceiptsResponse,
};
use farthing_protocol::{
    Bytes, DeviceState, Digest, EncodedEntry, ItemKind, Outcome, ProblemKind, Receipt, RefundReceipt, RejectionReason,
    Settlement, Statement,
};
use farthing_threats::raw::{Answer, RawDevice, read};

use super::access::{problem, refused};
use crate::{Player, Target, usd};

struct Settled {
    outcomes: Vec<Outcome>,
    receipts: Vec<Bytes>,
    statement: Statement,
}

async fn send(device: &mut RawDevice, batch: &BatchRequest) -> Answer {
    device.post("/v1/journal", batch).await.unwrap()
}

async fn upload(device: &mut RawDevice, entries: &[EncodedEntry]) -> Settled {
    let batch = device.batch(entries);
    let answer = send(device, &batch).await;
    opened(device, &answer, entries)
}

/// Checks what every settlement must be.
fn opened(device: &RawDevice, answer: &Answer, entries: &[EncodedEntry]) -> Settled {
    let answer: BatchResponse = read(answer);
    let Settlement { device: name, head, first_seq, outcomes, statement, .. } = device.open(&answer.settlement);
    assert_eq!(name, device.enrolment.device);
    assert_eq!((first_seq, head), (entries[0].entry().seq, entries[entries.len() - 1].hash()));
    assert_eq!(outcomes.len(), entries.len(), "each entry has an outcome");
    let vouched: Vec<Digest> = outcomes.iter().filter_map(receipt_of).collect();
    let receipts: Vec<Digest> = answer.receipts.iter().map(|payload| Digest::of(&payload.0)).collect();
    assert_eq!(vouched, receipts, "the settlement vouches for each receipt, in order");
    Settled { outcomes, receipts: answer.receipts, statement }
}

fn receipt_of(outcome: &Outcome) -> Option<Digest> {
    match outcome {
        Outcome::Settled { receipt } => *receipt,
        Outcome::Rejected { .. } => None,
    }
}

fn is_settled(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Settled { receipt: Some(_) })
}

pub(super) async fn settles(target: Target) {
    let mut player = target.player().await;
    let bought = [player.buy()];
    let settled = upload(&mut player.device, &bought).await;
    assert!(is_settled(&settled.outcomes[0]), "{:?}", settled.outcomes[0]);
    let receipt: Receipt = serde_json::from_slice(&settled.receipts[0].0).unwrap();
    assert_eq!((receipt.jti, receipt.total, receipt.quantity), (bought[0].entry().id, player.price, 1));
    assert_eq!((receipt.sub, receipt.device), (player.device.enrolment.account, player.device.enrolment.device));
    assert_eq!(receipt.split.total(), Ok(player.price), "the shares sum to the price");
    assert_eq!(settled.statement.journal.seq, 1);
    assert_eq!(settled.statement.drawn[0].total, player.price);
}

pub(super) async fn same_again(target: Target) {
    let mut player = target.player().await;
    let bought = [player.buy(), player.buy(), player.buy()];
    let first = upload(&mut player.device, &bought).await;
    for _ in 0..2 {
        let again = upload(&mut player.device, &bought).await;
        assert_eq!((&again.outcomes, &again.receipts), (&first.outcomes, &first.receipts));
        assert_eq!(again.statement.drawn, first.statement.drawn, "nothing is drawn again");
    }
}

pub(super) async fn overlap(target: Target) {
    let mut player = target.player().await;
    let bought = [player.buy(), player.buy(), player.buy()];
    let first = upload(&mut player.device, &bought[..2]).await;
    let all = upload(&mut player.device, &bought).await;
    assert_eq!(all.outcomes[..2], first.outcomes);
    assert!(is_settled(&all.outcomes[2]));
    assert_eq!(all.statement.journal.seq, 3);
}

pub(super) async fn gap(target: Target) {
    let mut player = target.player().await;
    let bought = [player.buy(), player.buy(), player.buy()];
    let batch = player.device.batch(&bought[1..]);
    let answer = problem(&send(&mut player.device, &batch).await);
    assert_eq!(answer.kind, ProblemKind::JournalGap);
    assert_eq!(answer.journal.expect("the problem says where the journal ends").seq, 0);
    assert!(upload(&mut player.device, &bought).await.outcomes.iter().all(is_settled), "nothing was changed");
}

pub(super) async fn wrong_price(target: Target) {
    let mut player = target.player().await;
    let bought = [player.buy(), player.buy_at(usd("0.000001")), player.buy()];
    let settled = upload(&mut player.device, &bought).await;
    assert_eq!(settled.outcomes[1], Outcome::Rejected { reason: RejectionReason::WrongPrice });
    assert!(is_settled(&settled.outcomes[0]) && is_settled(&settled.outcomes[2]));
    assert_eq!(settled.statement.drawn[0].total, player.price.times(2).unwrap());
    assert_eq!(settled.statement.drawn[0].count, 2);
}

/// Bytes that this gateway can't read, such as a later version's entry, are in the chain like any other.
pub(super) async fn unreadable(target: Target) {
    let mut player = target.player().await;
    let first = player.buy();
    let unknown = br#"{"version":9,"from":"the future"}"#.to_vec();
    player.device.position = player.device.position.after(Digest::of(&unknown));
    let last = player.buy();
    let mut batch = player.device.batch(&[first, last]);
    batch.entries.insert(1, Bytes(unknown));
    let answer: BatchResponse = read(&send(&mut player.device, &batch).await);
    let settlement: Settlement = player.device.open(&answer.settlement);
    assert_eq!(settlement.outcomes[1], Outcome::Rejected { reason: RejectionReason::Malformed });
    assert!(
        is_settled(&settlement.outcomes[0]) && is_settled(&settlement.outcomes[2]),
        "its neighbours are not held up"
    );
}

pub(super) async fn too_much(target: Target) {
    let mut player = target.player().await;
    let limit = player.device.allowance.as_ref().unwrap().limit.micros();
    let fits = limit / player.price.micros();
    let bought: Vec<EncodedEntry> = (0..=fits).map(|_| player.buy()).collect();
    let mut outcomes = upload(&mut player.device, &bought).await.outcomes;
    let reason = RejectionReason::AllowanceExceeded;
    assert_eq!(outcomes.pop(), Some(Outcome::Rejected { reason }));
    assert!(outcomes.iter().all(is_settled), "what fits the allowance settles");
}

pub(super) async fn wrong_signature(target: Target) {
    let (mut player, other) = (target.player().await, target.player().await);
    let bought = [player.buy()];
    let mut batch = player.device.batch(&bought);
    batch.batch = other.device.batch(&bought).batch;
    refused(&send(&mut player.device, &batch).await, ProblemKind::BatchInvalid);
    let mut changed = player.device.batch(&bought);
    changed.entries[0].0.push(b' ');
    refused(&send(&mut player.device, &changed).await, ProblemKind::BatchInvalid);
    assert!(is_settled(&upload(&mut player.device, &bought).await.outcomes[0]), "nothing was changed");
}

pub(super) async fn fork(target: Target) {
    let mut player = target.player().await;
    let before = player.device.position;
    let first = [player.buy()];
    let settled = upload(&mut player.device, &first).await;
    player.device.position = before;
    let other = [player.buy()];
    let batch = player.device.batch(&other);
    refused(&send(&mut player.device, &batch).await, ProblemKind::JournalFork);

    let still = upload(&mut player.device, &first).await;
    assert_eq!(still.outcomes, settled.outcomes, "the first chain stands");
    assert_eq!(still.statement.device_state, DeviceState::Frozen { fork_seq: 1 });
    player.device.position = still.statement.journal;
    let next = [player.buy()];
    let batch = player.device.batch(&next);
    refused(&send(&mut player.device, &batch).await, ProblemKind::DeviceFrozen);
}

pub(super) async fn receipt(target: Target) {
    let (mut player, mut stranger): (Player, RawDevice) = (target.player().await, target.device().await);
    let bought = [player.buy()];
    let settled = upload(&mut player.device, &bought).await;
    let path = format!("/v1/receipts/{}", bought[0].entry().id);
    let answer: ReceiptResponse = read(&player.device.get(&path).await.unwrap());
    let receipt: Receipt = player.device.open(&answer.receipt);
    assert_eq!(serde_json::from_slice::<Receipt>(&settled.receipts[0].0).unwrap(), receipt);
    refused(&stranger.get(&path).await.unwrap(), ProblemKind::NotFound);
}

/// A device that has forgotten what it owns stands for another one of the account: to the gateway both are alike.
pub(super) async fn durable(target: Target) {
    let mut player = target.player_with(ItemKind::Durable, usd("2.00")).await;
    let bought = [player.buy()];
    let settled = upload(&mut player.device, &bought).await;
    let durables: Vec<&str> = settled.statement.durables.iter().map(|sku| sku.as_str()).collect();
    assert_eq!((durables, settled.statement.refunds), (vec![player.sku.as_str()], 0), "the statement has it");
    let again = [player.buy()];
    for _ in 0..2 {
        let settled_again = upload(&mut player.device, &again).await;
        assert!(is_settled(&settled_again.outcomes[0]), "what is within the allowance settles");
        let statement = settled_again.statement;
        assert_eq!(
            (&statement.durables, statement.refunds),
            (&settled.statement.durables, 1),
            "and is given back once"
        );
    }
    let answer: RefundReceiptsResponse = read(&player.device.get("/v1/account/refunds/0").await.unwrap());
    let refund: RefundReceipt = player.device.open(&answer.receipts[0]);
    assert_eq!((refund.purchase, refund.amount, refund.quantity), (again[0].entry().id, player.price, 1));
}

/// Only a merchant can say that two devices are one player's, so what another one of them sees is not among the cases.
pub(super) async fn elsewhere(target: Target) {
    let (mut player, mut stranger) = (target.player().await, target.device().await);
    let bought = [player.buy()];
    upload(&mut player.device, &bought).await;
    for device in [&mut player.device, &mut stranger] {
        let account: AccountResponse = read(&device.get("/v1/account").await.unwrap());
        assert_eq!(account.purchases, None, "no other device of the account has settled anything");
        let page: AccountPurchasesResponse = read(&device.get("/v1/account/purchases/0").await.unwrap());
        assert!(page.purchases.is_empty() && page.next.is_none() && !page.has_more, "{page:?}");
        let answer = device.get("/v1/account/purchases/nonsense").await.unwrap();
        refused(&answer, ProblemKind::InvalidRequest);
    }
}
