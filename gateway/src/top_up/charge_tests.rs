use farthing_protocol::api::{CardRequest, DeclineCode};
use farthing_protocol::{CardId, Currency, Digest};
use tempfile::TempDir;

use super::*;
use crate::store::Device;
use crate::{Gateway, ManualClock};

#[test]
fn a_fee_is_rounded_half_up_to_the_minor_unit() {
    let schedule = Config::sample().unwrap().processors.sandbox;
    for (amount, currency, fee) in [
        ("5.00", Currency::USD, "0.45"), // 0.145 + 0.30 = 0.445
        ("0.50", Currency::USD, "0.31"),
        ("500", Currency::JPY, "60"), // 14.5 + 45 = 59.5
        ("100", Currency::JPY, "48"), // 2.9 + 45
    ] {
        let amount = Money::parse(amount, currency).unwrap();
        assert_eq!(schedule.fee(amount), Money::parse(fee, currency).unwrap(), "{amount}");
    }
}

#[test]
fn only_what_a_card_can_be_charged_is_accepted() {
    let config = Config::sample().unwrap();
    let check = |text: &str, currency: &str| {
        check_amount(&config, Money::parse(text, currency.parse().unwrap()).unwrap()).is_ok()
    };
    for good in ["0.50", "5", "500"] {
        assert!(check(good, "USD"), "{good}");
    }
    for bad in ["0", "-5", "0.49", "500.01", "5.001", "9223372036854"] {
        assert!(!check(bad, "USD"), "{bad}");
    }
    assert!(check("50", "JPY") && !check("50.5", "JPY"));
    assert!(!check("5", "gems"));
}

/// A gateway with a device and a card.
async fn set_up(number: &str) -> (TempDir, Gateway, DeviceId, CardId) {
    let folder = tempfile::tempdir().unwrap();
    let gateway = open(&folder);
    let shared = gateway.shared.clone();
    let request = CardRequest { number: number.into(), expiry_month: 12, expiry_year: 2034, cvc: "123".into() };
    let stored = shared.vault.tokenize(&request).unwrap();
    let (now, persons) = (shared.clock.now(), shared.persons.clone());
    let write = move |tables: &dyn Tables| {
        let device = Device::new(Digest::of(b"key"), AccountId::generate());
        tables.add_account(device.account, "studio", now)?;
        tables.add_device(&device, None, now)?;
        persons.add_card(tables, device.account, &stored, now)?;
        Ok((device.id, stored.card.id))
    };
    let (device, card) = gateway.shared.store.write(write).await.unwrap();
    (folder, gateway, device, card)
}

fn open(folder: &TempDir) -> Gateway {
    let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
    Gateway::open(folder.path(), "http://gateway.test", clock.clock()).unwrap()
}

async fn begun(gateway: &Gateway, device: DeviceId, card: CardId) -> TopUp {
    let amount = Money::parse("5", Currency::USD).unwrap();
    let key = IdempotencyKey::new("key").unwrap();
    match begin(&gateway.shared, device, key, TopUpRequest { amount, card }).await.unwrap() {
        Begun::TopUp(top_up) => top_up,
        refused => panic!("{refused:?}"),
    }
}

async fn clearing(gateway: &Gateway) -> Option<String> {
    let balances = gateway.trial_balance().await.unwrap().balances;
    balances.iter().find(|line| line.account == "card_clearing").map(|line| line.balance.to_string())
}

#[tokio::test]
async fn a_crash_before_the_processor_was_asked_charges_nothing_and_is_resolved_later() {
    let (folder, gateway, device, card) = set_up("4242424242424242").await;
    let created = begun(&gateway, device, card).await;
    assert_eq!(created.state, State::Created);
    drop(gateway);
    let gateway = open(&folder);
    assert_eq!(clearing(&gateway).await, None);
    let again = begun(&gateway, device, card).await;
    assert_eq!((again.id, again.state), (created.id, State::Created));
    let (done, _) = resolve(&gateway.shared, again).await.unwrap();
    assert_eq!((done.id, done.state), (created.id, State::Succeeded));
    assert_eq!(clearing(&gateway).await.unwrap(), "4.55 USD");
}

#[tokio::test]
async fn a_crash_after_the_processor_was_asked_does_not_charge_twice() {
    let (folder, gateway, device, card) = set_up("4242424242424242").await;
    let created = begun(&gateway, device, card).await;
    assert_eq!(ask(&gateway.shared, &created).await.unwrap(), ChargeStatus::Succeeded { fee: None });
    drop(gateway);
    let gateway = open(&folder);
    // The card is gone in between; what was charged still comes in.
    let account = created.account;
    gateway.shared.store.write(move |tables| tables.remove_card(account, card)).await.unwrap();
    for _ in 0..2 {
        let (done, _) = resolve(&gateway.shared, begun(&gateway, device, card).await).await.unwrap();
        assert_eq!(done.state, State::Succeeded);
    }
    assert_eq!(clearing(&gateway).await.unwrap(), "4.55 USD");
}

#[tokio::test]
async fn nothing_is_charged_from_a_card_that_was_removed_before_the_processor_was_asked() {
    let (_folder, gateway, device, card) = set_up("4242424242424242").await;
    let created = begun(&gateway, device, card).await;
    let account = created.account;
    gateway.shared.store.write(move |tables| tables.remove_card(account, card)).await.unwrap();
    let (done, _) = resolve(&gateway.shared, created).await.unwrap();
    assert_eq!(done.state, State::Failed(DeclineCode::Other));
    assert_eq!(clearing(&gateway).await, None);
}
