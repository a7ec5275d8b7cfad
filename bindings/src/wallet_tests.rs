use async_trait::async_trait;

use super::*;
use crate::{FailureReason, KeyStoreError, PurchaseEnd, software_key_store};

/// Panics as soon as it is asked for a secret.
struct Panicking;

#[async_trait]
impl KeyStore for Panicking {
    async fn public_key(&self) -> Result<Vec<u8>, KeyStoreError> {
        Err(KeyStoreError::KeyLost)
    }
    async fn sign(&self, _: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        Err(KeyStoreError::KeyLost)
    }
    async fn load_secret(&self, _: String) -> Result<Option<Vec<u8>>, KeyStoreError> {
        panic!("a bug, with a secret in its text")
    }
    async fn store_secret(&self, _: String, _: Vec<u8>) -> Result<(), KeyStoreError> {
        Ok(())
    }
    async fn erase(&self) -> Result<(), KeyStoreError> {
        Ok(())
    }
}

/// Hands on how purchases end, and then panics as a careless listener might.
struct Hearing(std::sync::mpsc::Sender<(u64, PurchaseEnd)>);

impl PurchaseListener for Hearing {
    fn on_end(&self, call: u64, end: PurchaseEnd) {
        self.0.send((call, end)).unwrap();
        panic!("a listener's bug");
    }
}

fn deaf() -> Arc<dyn PurchaseListener> {
    Arc::new(Hearing(std::sync::mpsc::channel().0))
}

pub(crate) fn config(folder: &std::path::Path) -> WalletConfig {
    WalletConfig {
        gateway: "http://127.0.0.1:9".into(),
        publishable_key: "pk_test_1".into(),
        folder: folder.join("wallet").to_string_lossy().into_owned(),
        root_key: None,
        enrolment_token: None,
        key_pins: Vec::new(),
        tls_roots: Vec::new(),
        syncs_by_itself: false,
        clock: None,
    }
}

fn failure(error: WalletError) -> crate::WalletFailure {
    let WalletError::Failed { failure } = error;
    failure
}

#[tokio::test]
async fn a_panic_becomes_an_internal_error_and_the_folder_can_be_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Wallet::open(config(folder.path()), Arc::new(Panicking), deaf()).await;
    let failure = failure(opened.err().unwrap());
    assert_eq!(failure.reason, FailureReason::Internal);
    assert!(failure.message.contains("please report it") && !failure.message.contains("secret"), "{failure}");

    let keys = software_key_store(folder.path().join("keys.json").to_string_lossy().into_owned());
    let wallet = Wallet::open(config(folder.path()), keys, deaf()).await.unwrap();
    assert!(wallet.balance().currencies.is_empty());
    wallet.shut_down().await;
}

#[tokio::test]
async fn what_is_no_identifier_or_currency_is_named_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keys = software_key_store(folder.path().join("keys.json").to_string_lossy().into_owned());
    let wallet = Wallet::open(config(folder.path()), keys, deaf()).await.unwrap();
    let field = |error: WalletError| match failure(error).reason {
        FailureReason::InvalidArgument { field, .. } => field,
        other => panic!("{other:?}"),
    };
    let money = |currency: &str| Money { micros: 1_000_000, currency: currency.into() };
    assert_eq!(field(wallet.receipts("x".into(), false).await.unwrap_err()), "purchase");
    assert_eq!(field(wallet.refund("x".into()).await.unwrap_err()), "purchase");
    assert_eq!(field(wallet.remove_card("x".into()).await.unwrap_err()), "card");
    assert_eq!(field(wallet.top_up(money("dollars!"), "x".into()).await.unwrap_err()), "currency");
    assert_eq!(field(wallet.top_up(money("USD"), "x".into()).await.unwrap_err()), "card");
    wallet.shut_down().await;
}

#[tokio::test]
async fn each_purchase_ends_once_also_for_a_listener_that_panics() {
    let folder = tempfile::tempdir().unwrap();
    let keys = software_key_store(folder.path().join("keys.json").to_string_lossy().into_owned());
    let (say, said) = std::sync::mpsc::channel();
    let wallet = Wallet::open(config(folder.path()), keys, Arc::new(Hearing(say))).await.unwrap();
    let request = || PurchaseRequest { sku: "extra_life".into(), quantity: 1, idempotency_key: None };
    for call in 0..100 {
        wallet.clone().buy(call, request());
    }
    // What waits is finished before it closes.
    wallet.shut_down().await;
    wallet.clone().buy(100, request());
    let mut ends: Vec<(u64, FailureReason)> = Vec::new();
    while ends.len() < 101 {
        let (call, PurchaseEnd::Failed { failure }) = said.recv().unwrap() else { panic!("there is no money") };
        ends.push((call, failure.reason));
    }
    ends.sort_by_key(|(call, _)| *call);
    let expected = (0..100).map(|call| (call, FailureReason::NotEnrolled)).chain([(100, FailureReason::Closed)]);
    assert!(ends.into_iter().eq(expected));
    assert!(said.try_recv().is_err(), "an end was told twice");
}
