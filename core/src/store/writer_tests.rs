use std::path::Path;

use farthing_protocol::{
    AccountId, ConsumeBody, DeviceId, EntryBody, Environment, IdempotencyKey, JournalPosition, KeySet, SigningKey, Sku,
    Timestamp,
};

use super::*;
use crate::SoftwareKeyStore;
use crate::clock::SystemClock;
use crate::rollback::{self, JournalHead};
use crate::state::{Enrolment, Sums};
use crate::store::DocumentName;

const KEY: [u8; 32] = [7; 32];

async fn store(folder: &Path) -> Store {
    store_with(folder, Subscribers::new(Arc::new(SystemClock))).await
}

async fn store_with(folder: &Path, subscribers: Subscribers) -> Store {
    let lock = crate::folder::lock(folder).unwrap();
    let keys = Arc::new(SoftwareKeyStore::new(folder.join("keys.json")));
    let (seal, heads) = (SealKey::from_bytes(&KEY).unwrap(), rollback::guard(keys, JournalHead::default()).0);
    let heads = (JournalHead::default(), heads);
    let store = Store::open(folder.to_owned(), lock, seal, Arc::new(SystemClock), subscribers, heads).await.unwrap();
    store.run(enrol).await.unwrap();
    store
}

/// What an enrolment leaves, so that there is a chain to append to.
fn enrol(books: &mut Books) -> Result<(), WalletError> {
    if books.state.enrolment.is_some() {
        return Ok(());
    }
    let device = DeviceId::from_bytes([1; 16]);
    let enrolment = Enrolment { device, account: AccountId::from_bytes([2; 16]), epoch: 1 };
    books.put_document(DocumentName::Enrolment, &enrolment)?;
    books.state.enrolment = Some(enrolment);
    let root = SigningKey::generate().unwrap().0.public_key();
    let (issuer, environment) = ("https://gateway.example".to_owned(), Environment::Sandbox);
    let issued_at = Timestamp::UNIX_EPOCH;
    let key_set = KeySet { issuer, environment, version: 1, issued_at, root, keys: vec![root] };
    books.put_document(DocumentName::KeySet, &key_set)?;
    let sums = Sums::starting_at(JournalPosition::genesis(device, 1));
    books.settle_at(sums.clone())?;
    books.state.current = sums;
    Ok(())
}

fn append(books: &mut Books, number: u64) -> Result<u64, WalletError> {
    let operation = IdempotencyKey::new(format!("use-{number}")).unwrap();
    let body = ConsumeBody { sku: Sku::new("extra_life").unwrap(), quantity: 1, operation };
    Ok(books.append(EntryBody::Consume(body))?.entry().seq)
}

async fn queued(store: &Store) -> u64 {
    store.run(|books| Ok(books.state.queued())).await.unwrap()
}

#[tokio::test]
async fn what_was_answered_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    for number in 1..=3 {
        assert_eq!(store.run(move |books| append(books, number)).await.unwrap(), number);
    }
    store.close().await;
    assert_eq!(store.run(|_| Ok(())).await, Err(WalletError::Closed));
    assert_eq!(queued(&super::tests::store(folder.path()).await).await, 3);
}

#[tokio::test]
async fn jobs_that_arrive_together_are_all_done_and_none_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(store(folder.path()).await);
    let mut jobs = tokio::task::JoinSet::new();
    for number in 1..=500 {
        let store = store.clone();
        jobs.spawn(async move { store.run(move |books| append(books, number)).await.unwrap() });
    }
    let mut seqs = jobs.join_all().await;
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=500).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_what_was_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    store.run(|books| append(books, 1)).await.unwrap();
    // SQLite's own way to a full disk: no more pages than there are.
    let limit = |pages: &'static str| {
        move |books: &mut Books| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            Ok(books.database.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?)
        }
    };
    store.run(limit("1")).await.unwrap();
    let mut kept = 1;
    let error = loop {
        match store.run(move |books| append(books, kept + 1)).await {
            Ok(seq) => kept = seq,
            Err(error) => break error,
        }
        assert!(kept < 1_000, "the disk never got full");
    };
    assert_eq!(error, WalletError::StorageFull);
    assert_eq!(queued(&store).await, kept);

    store.run(limit("1000000")).await.unwrap();
    assert_eq!(store.run(move |books| append(books, kept + 1)).await, Ok(kept + 1));
}

#[tokio::test]
async fn a_job_that_panics_leaves_nothing_and_the_wallet_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let half_done = store.run(|books| -> Result<(), WalletError> {
        append(books, 1)?;
        panic!("a bug");
    });
    assert!(matches!(half_done.await, Err(WalletError::Internal { .. })));
    assert_eq!(queued(&store).await, 0);
    assert_eq!(store.run(|books| append(books, 1)).await, Ok(1));
}

#[tokio::test]
async fn an_event_is_told_only_once_its_commit_holds() {
    let (folder, subscribers) = (tempfile::tempdir().unwrap(), Subscribers::new(Arc::new(SystemClock)));
    let store = store_with(folder.path(), subscribers.clone()).await;
    let mut events = subscribers.events.subscribe();
    let failed = store.run(|books| -> Result<(), WalletError> {
        books.tell(WalletEvent::CatalogChanged { version: 1 });
        Err(WalletError::StorageFull)
    });
    failed.await.unwrap_err();
    store
        .run(|books| {
            books.tell(WalletEvent::CatalogChanged { version: 2 });
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(events.recv().await.unwrap(), WalletEvent::CatalogChanged { version: 2 });
}
