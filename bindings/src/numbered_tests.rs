use std::sync::mpsc::{Receiver, Sender, channel};

use farthing_core as core;
use farthing_core::{Currency, EntryId, Money, PurchaseKind, PurchaseState, RejectionReason, Timestamp};

use super::*;
use crate::wallet::tests::config;
use crate::{FailureReason, PurchaseEnd, PurchaseListener, software_key_store};

/// Hands on what it is told.
struct Hearing(Sender<(u64, PurchaseEnd)>);

impl PurchaseListener for Hearing {
    fn on_end(&self, call: u64, end: PurchaseEnd) {
        self.0.send((call, end)).unwrap();
    }
}

/// A listener that nothing is bought for; it lives as long as the number.
struct Silent(#[expect(dead_code, reason = "only its end matters")] Arc<()>);

impl NumberedPurchaseListener for Silent {
    fn on_bought(&self, _: u64, _: u64, _: u64, _: i64, _: u64, _: i64) {
        panic!("nothing can be bought here");
    }
}

async fn wallet(folder: &std::path::Path) -> (Arc<Wallet>, Receiver<(u64, PurchaseEnd)>) {
    let (say, said) = channel();
    let keys = software_key_store(folder.join("keys.json").to_string_lossy().into_owned());
    (Wallet::open(config(folder), keys, Arc::new(Hearing(say))).await.unwrap(), said)
}

fn purchase() -> core::Purchase {
    core::Purchase {
        id: EntryId::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
        kind: PurchaseKind::Item,
        sku: "extra_life".parse().unwrap(),
        quantity: 2,
        total: Money::parse("0.50", Currency::USD).unwrap(),
        tip: None,
        purchased_at: Timestamp::from_nanosecond(1_800_000_000_123_456_789).unwrap(),
        state: PurchaseState::Granted,
        is_from_another_device: false,
    }
}

#[test]
fn a_granted_item_is_told_in_numbers() {
    let currency = u64::from_le_bytes(*b"USD\0\0\0\0\0");
    let id = (0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    let told = Bought { id, micros: 500_000, currency, nanoseconds: 1_800_000_000_123_456_789 };
    assert_eq!(Bought::new(&purchase()), Some(told));
}

#[test]
fn what_numbers_cannot_say_is_told_as_any_purchase() {
    let rejected = PurchaseState::Rejected { reason: RejectionReason::WrongPrice };
    let in_gems = |code: &str| Money::from_micros(1, code.parse().unwrap());
    for purchase in [
        core::Purchase { kind: PurchaseKind::Tip, ..purchase() },
        core::Purchase { state: rejected, ..purchase() },
        core::Purchase { total: in_gems("gemstones"), ..purchase() },
        // No number of nanoseconds reaches so far.
        core::Purchase { purchased_at: Timestamp::MAX, ..purchase() },
    ] {
        assert_eq!(Bought::new(&purchase), None, "{purchase:?}");
    }
    assert!(Bought::new(&core::Purchase { total: in_gems("gemstone"), ..purchase() }).is_some());
}

#[tokio::test]
async fn what_is_not_bought_by_number_is_told_as_of_any_purchase() {
    let folder = tempfile::tempdir().unwrap();
    let (wallet, said) = wallet(folder.path()).await;
    let number = wallet.clone().number("sword".into(), Arc::new(Silent(Arc::default()))).unwrap();
    assert!(buy_numbered(number, 7, 1));
    let (call, end) = tokio::task::spawn_blocking(move || said.recv().unwrap()).await.unwrap();
    let PurchaseEnd::Failed { failure } = end else { panic!("{end:?}") };
    assert_eq!((call, failure.reason), (7, FailureReason::NotEnrolled));
    wallet.shut_down().await;
}

#[tokio::test]
async fn a_number_ends_with_its_wallet_and_none_was_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (wallet, _said) = wallet(folder.path()).await;
    let kept = Arc::new(());
    let number = |sku: &str| wallet.clone().number(sku.into(), Arc::new(Silent(kept.clone())));
    let given: Vec<u64> = (0..NUMBERED_MAX).map(|item| number(&format!("item_{item}")).unwrap()).collect();
    assert!(given.is_sorted_by(|one, next| one < next));
    assert_eq!(number("one_more"), None);

    wallet.shut_down().await;
    drop(wallet);
    // What was under way with the wallet may hold it a moment longer.
    while Arc::strong_count(&kept) > 1 {
        tokio::task::yield_now().await;
    }
    assert!(!buy_numbered(given[0], 1, 1) && !buy_numbered(u64::MAX, 1, 1));
}

#[tokio::test]
async fn a_meter_is_called_by_its_number_as_long_as_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (wallet, _said) = wallet(folder.path()).await;
    let meter = wallet.meter("api_calls".into());
    let number = meter.clone().number();
    // Nothing is for sale here, so nothing is counted.
    assert!(!record_numbered(number, 1) && !meter.try_record(1));
    assert!(!buy_numbered(number, 1, 1));
    assert!(of_number(number).is_some());
    drop(meter);
    assert!(of_number(number).is_none() && !record_numbered(number, 1));
    wallet.shut_down().await;
}
