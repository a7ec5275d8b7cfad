//! Units of a metered item, as devices tell of them: what stands, what is rejected, what is answered again.

use farthing_protocol::{
    EntryBody, Money, Outcome, ProblemKind, PurchaseBody, RejectionReason, Sku, UsageBody, usage_price,
};

use crate::device::{Device, World, usd};

/// An entry for so many units after others, as an honest wallet writes it: a dollar for 10,000.
fn usage(device: &Device, before: u64, units: u32) -> UsageBody {
    let price = |units| usage_price(usd("1"), 10_000, units).unwrap();
    let (total_units, paid) = (before + u64::from(units), price(before));
    UsageBody {
        sku: Sku::new("api_calls").unwrap(),
        units,
        amount: price(total_units).minus(paid).unwrap(),
        total_units,
        total: price(total_units),
        unit_price: usd("1"),
        per_units: 10_000,
        catalog: 1,
        allowance: device.allowance,
    }
}

fn settled(outcomes: &[Outcome]) -> Vec<Option<RejectionReason>> {
    let reason = |outcome: &Outcome| match outcome {
        Outcome::Settled { .. } => None,
        Outcome::Rejected { reason } => Some(*reason),
    };
    outcomes.iter().map(reason).collect()
}

fn nothing() -> Money {
    usd("0")
}

#[tokio::test]
async fn units_that_stand_have_a_receipt_and_are_split_as_a_purchase_is() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let bodies = [usage(&device, 0, 1_000), usage(&device, 1_000, 500)];
    let entries = bodies.map(|body| device.append(EntryBody::Usage(body)));
    let answer = device.upload(&entries).await;
    let settlement = &answer.settlement;
    assert_eq!(settled(&settlement.outcomes), [None, None]);
    let meter = &settlement.statement.meters[0];
    assert_eq!((meter.units, meter.total, meter.day_total), (1_500, usd("0.15"), usd("0.15")));
    assert_eq!(settlement.statement.drawn[0].total, usd("0.15"));

    let receipt = &answer.receipts[1];
    let metered = receipt.metered.unwrap();
    assert_eq!((receipt.quantity, receipt.total, receipt.unit_price), (500, usd("0.05"), usd("1")));
    assert_eq!((metered.per_units, metered.total_units, metered.total), (10_000, 1_500, usd("0.15")));
    assert_eq!(receipt.split.total().unwrap(), receipt.total);
    world.assert_balanced().await;

    // Replayed, it is answered with the same, and nothing is paid again.
    let again = device.upload(&entries).await;
    assert_eq!(again.settlement.outcomes, settlement.outcomes);
    assert_eq!(again.receipts, answer.receipts);
    assert_eq!(device.account().await.0.drawn[0].total, usd("0.15"));
}

#[tokio::test]
async fn what_does_not_follow_from_the_totals_is_rejected_alone() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let good = usage(&device, 0, 1_000);
    let bodies = [
        good.clone(),
        // The same again, as if nothing had been counted.
        good.clone(),
        UsageBody { amount: nothing(), ..usage(&device, 1_000, 10) },
        UsageBody { amount: usd("0.0009"), total: usd("0.1009"), ..usage(&device, 1_000, 10) },
        UsageBody { unit_price: usd("0.5"), ..usage(&device, 1_000, 10) },
        UsageBody { per_units: 20_000, ..usage(&device, 1_000, 10) },
        UsageBody { units: 0, ..usage(&device, 1_000, 10) },
        UsageBody { sku: Sku::new("arrow").unwrap(), ..usage(&device, 1_000, 10) },
        // Only its catalog is wrong: its units are in the totals of the next one, and are not paid.
        UsageBody { catalog: 9, ..usage(&device, 1_000, 10) },
        usage(&device, 1_010, 10),
    ];
    let entries = bodies.map(|body| device.append(EntryBody::Usage(body)));
    let answer = device.upload(&entries).await;
    let wrong_price = Some(RejectionReason::WrongPrice);
    assert_eq!(
        settled(&answer.settlement.outcomes),
        [
            None,
            wrong_price,
            wrong_price,
            wrong_price,
            wrong_price,
            wrong_price,
            Some(RejectionReason::WrongQuantity),
            Some(RejectionReason::UnknownItem),
            Some(RejectionReason::UnknownCatalog),
            None,
        ]
    );
    assert_eq!(device.account().await.0.drawn[0].total, usd("0.101"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_allowance_and_the_day_s_cap_hold_and_the_units_behind_them_stand() {
    let world = World::new();
    let mut device = world.funded("10.00").await;
    let bodies = [usage(&device, 0, 19_000), usage(&device, 19_000, 1_001), usage(&device, 20_001, 999)];
    let entries = bodies.map(|body| device.append(EntryBody::Usage(body)));
    let answer = device.upload(&entries).await;
    let settlement = &answer.settlement;
    assert_eq!(settled(&settlement.outcomes), [None, Some(RejectionReason::AllowanceExceeded), None]);
    let meter = &settlement.statement.meters[0];
    assert_eq!((meter.units, meter.day_total), (21_000, usd("1.9999")));

    world.pass_days(1);
    device.renew_token().await;
    let body = usage(&device, 21_000, 20_000);
    let entry = device.append(EntryBody::Usage(body));
    let answer = device.upload(&[entry]).await;
    assert_eq!(settled(&answer.settlement.outcomes), [None], "a day later");
}

#[tokio::test]
async fn a_metered_item_is_not_bought() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let sku = Sku::new("api_calls").unwrap();
    let body = PurchaseBody { sku, unit_price: usd("1"), total: usd("1"), ..device.purchase() };
    let entry = device.append(EntryBody::Purchase(body));
    let answer = device.upload(&[entry]).await;
    assert_eq!(settled(&answer.settlement.outcomes), [Some(RejectionReason::UnknownItem)]);
}

#[tokio::test]
async fn two_stories_of_one_meter_freeze_the_device() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let start = device.journal.unwrap();
    let first = EntryBody::Usage(usage(&device, 0, 1_000));
    let entry = device.append(first);
    device.upload(&[entry]).await;
    let clone = device.entry_at(start, EntryBody::Usage(usage(&device, 0, 10)));
    assert_eq!(device.try_upload(&[clone]).await.kind(), ProblemKind::JournalFork);
    world.assert_balanced().await;
}
