//! Each request of ours, put to stripe-mock: Stripe's own program, which checks requests by Stripe's OpenAPI document and
//! answers with examples. It keeps no state, so what comes of a charge is shown against a fake (`tests/stripe.rs`).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use farthing_protocol::{DeviceId, TopUpId};
use tempfile::TempDir;

use super::*;
use crate::ManualClock;
use crate::store::Store;

/// stripe-mock on a free port, stopped with the test.
struct Mock {
    process: Child,
    address: String,
}

impl Mock {
    fn start() -> Self {
        let program = std::env::var("FARTHING_STRIPE_MOCK").expect("the test needs stripe-mock");
        let mut command = Command::new(program);
        command.args(["-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = said.find_map(|line| line.unwrap().split("HTTP at address: ").nth(1).map(str::to_owned)).unwrap();
        // It goes on to say what it does, and would wait for a reader.
        std::thread::spawn(move || said.for_each(drop));
        Mock { process, address: format!("http://{address}") }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn stripe(mock: &Mock) -> (TempDir, ManualClock, Stripe) {
    let folder = tempfile::tempdir().unwrap();
    let key = crate::vault::VaultKey {
        number: 1,
        used_from: farthing_protocol::Timestamp::UNIX_EPOCH,
        path: "vault.key".into(),
        key: Some(farthing_seal::SealKey::generate().unwrap().0),
    };
    let vault = Arc::new(crate::vault::Vault::new(vec![key], crate::Clock::system()));
    let (store, persons) = Store::open(folder.path(), |tables| Persons::open(tables, vault)).unwrap();
    let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
    let secrets = ("sk_test_123".into(), "whsec_123".into());
    let api = mock.address.parse().unwrap();
    let stripe = Stripe::new(
        api,
        secrets,
        "https://game.example/paid".into(),
        (Arc::new(store), Arc::new(persons)),
        clock.clock(),
    );
    (folder, clock, stripe)
}

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

#[tokio::test]
#[ignore = "needs stripe-mock: cargo xtask test stripe"]
async fn every_request_is_one_that_stripe_takes() {
    let mock = Mock::start();
    let (_folder, clock, stripe) = stripe(&mock);
    let account = AccountId::generate();
    let add = move |tables: &dyn crate::store::Tables| {
        tables.add_account(account, "studio", farthing_protocol::Timestamp::UNIX_EPOCH)
    };
    stripe.store.write(add).await.unwrap();
    let (_, method) = stripe.keep(account, "pm_card_visa").await.unwrap();
    assert!(method.customer.starts_with("cus_"), "{method:?}");

    for (capture, must_authenticate) in [(Capture::Automatic, true), (Capture::Manual, false)] {
        let instrument = Instrument::PaymentMethod(method.clone());
        let id = Uuid::new_v4();
        let charge =
            Charge { id, device: DeviceId::generate(), amount: usd("5.00"), instrument, capture, must_authenticate };
        let created = stripe.create(&charge, &method).await.unwrap();
        assert!(created.id.starts_with("pi_"));
        let known = stripe.payment(id).await.unwrap();
        stripe.find_intent(&method.customer, &known, id).await.unwrap();
        stripe.intent(&created.id).await.unwrap();
    }

    let top_up = Uuid::new_v4();
    stripe.store.write(move |tables| tables.payment(top_up, farthing_protocol::Timestamp::UNIX_EPOCH)).await.unwrap();
    stripe.store.write(move |tables| tables.name_payment(top_up, "pi_1")).await.unwrap();
    // The example of a captured payment is one that has not succeeded; that it was taken is what counts.
    assert_ne!(stripe.capture(top_up, usd("1.00")).await.unwrap(), Progress::Pending);
    assert_ne!(stripe.capture(top_up, usd("0")).await.unwrap(), Progress::Pending);
    let refund =
        CardRefund { id: Uuid::new_v4(), top_up: TopUpId::from_bytes(top_up.into_bytes()), amount: usd("1.00") };
    assert_eq!(stripe.refund(refund.clone()).await.unwrap(), Progress::Done { fee: None });
    assert_eq!(stripe.refund(refund).await.unwrap(), Progress::Done { fee: None });
    let late = CardRefund { id: Uuid::new_v4(), top_up: TopUpId::from_bytes(top_up.into_bytes()), amount: usd("1.00") };
    stripe.payment(late.id).await.unwrap();
    clock.set("2026-06-03T08:00:00Z".parse().unwrap());
    assert_eq!(stripe.refund(late).await.unwrap(), Progress::Failed, "its list has no refund of that name");
    stripe.dispute("dp_1").await.unwrap();
    stripe.client.post::<Value>(&format!("v1/payment_methods/{}/detach", method.name), &[], "detach").await.unwrap();
}

#[tokio::test]
#[ignore = "needs stripe-mock: cargo xtask test stripe"]
async fn a_request_that_stripe_would_refuse_is_told_from_one_that_got_lost() {
    let mock = Mock::start();
    let (_folder, _clock, stripe) = stripe(&mock);
    let refused = stripe.client.post::<Value>("v1/payment_intents", &[("amount", "five")], "key").await;
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
    let refused = stripe.client.post::<Value>("v1/refunds", &[("no_such_field", "1")], "key").await;
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
    drop(mock);
    let lost = stripe.client.get::<Value>("v1/customers", &[]).await;
    assert!(matches!(lost, Err(Failure::Unknown(_))), "{lost:?}");
}
