//! The support bundle: how the wallet stands, in one signed file that a player sends to support.
//!
//! It is made from what is on this device alone: without a network, and also where the device is frozen or revoked. It has
//! no card number, no key, no token, and no address of a bank's page. What can't be read is named and left out, so that
//! a damaged wallet still tells what it can.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use farthing_protocol::limits::{SUPPORT_BUNDLE_ENTRY_BYTES_MAX, SUPPORT_BUNDLE_LINES_MAX};
use farthing_protocol::support::{KnownEvent, KnownPurchase, KnownTopUp, SUPPORT_BUNDLE_VERSION};
use farthing_protocol::{Bytes, JOURNAL_VERSION, SupportBundle, Timestamp};

use crate::clock::Clock;
use crate::event::{SyncState, WalletEvent};
use crate::keys::KeyStore;
use crate::store::Books;
use crate::store::sealed::{JOURNAL, Range};
use crate::sync::Parts;
use crate::{Card, PurchaseFilter, PurchaseState, Recovery, TabState, TopUpState, WalletError, purchase, top_up};

/// Letters of a text that comes from elsewhere, such as what a gateway said.
const TEXT_MAX: usize = 300;

/// What a player sends to support: save it, or share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportFile {
    /// A name for the file.
    pub name: String,
    /// Its text, at most 2 MiB: a compact JWS by the device's key.
    pub content: String,
}

/// What happened lately, in memory.
#[derive(Clone)]
pub(crate) struct RecentEvents {
    clock: Arc<dyn Clock>,
    events: Arc<Mutex<VecDeque<(Timestamp, WalletEvent)>>>,
}

impl RecentEvents {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        RecentEvents { clock, events: Arc::default() }
    }

    /// Remembers an event, in place of the oldest one where there are many.
    pub(crate) fn remember(&self, event: &WalletEvent) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() >= SUPPORT_BUNDLE_LINES_MAX {
            events.pop_front();
        }
        events.push_back((self.clock.wall(), event.clone()));
    }

    fn told(&self) -> Vec<KnownEvent> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().map(|(at, event)| KnownEvent { at: *at, what: short(words(event)) }).collect()
    }
}

/// Makes the file; the key store signs it.
pub(crate) async fn file(parts: &Parts, keys: &dyn KeyStore) -> Result<SupportFile, WalletError> {
    let (sync, events) = (sync_words(&parts.subscribers.sync.borrow()), parts.subscribers.recent.told());
    let bundle = parts.store.run(|books| Ok(bundle(books, sync, events))).await?;
    let unsigned = bundle.unsigned(parts.session.public_key().await?).map_err(WalletError::internal)?;
    let signature = keys.sign(unsigned.signing_input().to_vec()).await?;
    let device = bundle.device.map_or_else(|| "new".to_owned(), |device| device.to_string());
    let (tail, made_at) = (device.rsplit('-').next().unwrap_or_default(), bundle.made_at.to_string());
    let day = made_at.split('T').next().unwrap_or_default();
    let name = format!("farthing-support-{tail}-{day}.txt");
    Ok(SupportFile { name, content: unsigned.with_signature(&signature) })
}

/// How the wallet stands.
fn bundle(books: &Books, sync: String, events: Vec<KnownEvent>) -> SupportBundle {
    let (state, now, mut notes) = (&books.state, books.now(), Vec::new());
    let (entries, entries_left_out) = entries(books, &mut notes);
    let mut inventory = state.current.inventory.clone();
    if let Some(rest) = inventory.keys().nth(SUPPORT_BUNDLE_LINES_MAX).cloned() {
        let left_out = inventory.split_off(&rest).len();
        notes.push(format!("{left_out} more items are owned"));
    }
    let filter = PurchaseFilter { limit: SUPPORT_BUNDLE_LINES_MAX as u32, waiting_only: false };
    let purchases = or_note(purchase::own(books, filter), &mut notes, "the purchases");
    let top_ups = or_note(top_up::listed(books), &mut notes, "the top-ups");
    let mut cards = BTreeMap::new();
    for card in or_note(books.cards(), &mut notes, "the cards") {
        *cards.entry(format!("{:?}", Card::of(card, now).state).to_lowercase()).or_default() += 1;
    }
    SupportBundle {
        version: SUPPORT_BUNDLE_VERSION,
        made_at: now,
        device_clock: books.clock.wall(),
        device: state.enrolment.map(|enrolment| enrolment.device),
        account: state.enrolment.map(|enrolment| enrolment.account),
        journal: state.current.position,
        settled: state.settled.position,
        entries,
        entries_left_out,
        drawn: state.current.drawn.values().copied().collect(),
        settled_drawn: state.settled.drawn.values().copied().collect(),
        allowances: state.account.allowances.values().cloned().collect(),
        statement: state.account.statement.clone(),
        purchases: purchases.into_iter().map(known_purchase).collect(),
        inventory,
        cards,
        top_ups: top_ups.into_iter().map(known_top_up).collect(),
        sync,
        is_rolled_back: state.rolled_back,
        recovery: state.recovery.as_ref().map(recovery_words),
        events,
        library: env!("CARGO_PKG_VERSION").to_owned(),
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        versions: versions(books, &mut notes),
        notes,
    }
}

/// The entries on disk that are not settled, the oldest first, and how many have no room. They are taken as they are: also
/// those of a salvaged journal that do not continue it.
fn entries(books: &Books, notes: &mut Vec<String>) -> (Vec<Bytes>, u64) {
    let (mut entries, mut size, mut left_out) = (Vec::new(), 0, 0);
    let read = books.database.scan(JOURNAL, Range::First(u32::MAX), |_, bytes| {
        size += bytes.len();
        if size <= SUPPORT_BUNDLE_ENTRY_BYTES_MAX {
            entries.push(Bytes(bytes.to_vec()));
        } else {
            left_out += 1;
        }
        Ok(())
    });
    or_note(read, notes, "a part of the journal");
    (entries, left_out)
}

fn versions(books: &Books, notes: &mut Vec<String>) -> BTreeMap<String, u64> {
    let state = &books.state;
    let schema = books.database.connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0));
    let schema = or_note(schema.map_err(WalletError::from), notes, "the database's version");
    let versions = [
        ("database", Some(schema.into())),
        ("journal", Some(JOURNAL_VERSION.into())),
        ("catalog", state.catalog.as_ref().map(|shelf| shelf.catalog.version)),
        ("key_set", state.key_set.as_ref().map(|keys| keys.version)),
    ];
    versions.into_iter().filter_map(|(name, version)| Some((name.to_owned(), version?))).collect()
}

/// What could be read; where it could not, a note says so.
fn or_note<T: Default>(read: Result<T, WalletError>, notes: &mut Vec<String>, what: &str) -> T {
    read.unwrap_or_else(|error| {
        notes.push(short(format!("{what} can't be read: {error}")));
        T::default()
    })
}

fn known_purchase(purchase: crate::Purchase) -> KnownPurchase {
    let state = match purchase.state {
        PurchaseState::Granted => "granted",
        PurchaseState::Settling => "settling",
        PurchaseState::Settled { .. } => "settled",
        PurchaseState::Rejected { .. } => "rejected",
        PurchaseState::Refunded { .. } => "refunded",
    };
    let crate::Purchase { id, sku, quantity, total, purchased_at: at, .. } = purchase;
    KnownPurchase { id, sku, quantity, total, at, state: state.to_owned() }
}

fn known_top_up(top_up: crate::TopUp) -> KnownTopUp {
    let state = top_up_state(&top_up.state).to_owned();
    KnownTopUp { id: top_up.id, amount: top_up.amount, at: top_up.created_at, state }
}

/// Without the address of the bank's page, which is the player's alone.
fn top_up_state(state: &TopUpState) -> &'static str {
    match state {
        TopUpState::Created => "created",
        TopUpState::RequiresAction { .. } => "requires_action",
        TopUpState::Processing => "processing",
        TopUpState::Succeeded => "succeeded",
        TopUpState::Failed { .. } => "failed",
        TopUpState::Disputed { .. } => "disputed",
        TopUpState::ChargedBack { .. } => "charged_back",
    }
}

/// Likewise.
fn tab_state(state: &TabState) -> &'static str {
    match state {
        TabState::Created => "created",
        TabState::RequiresAction { .. } => "requires_action",
        TabState::Processing => "processing",
        TabState::Open => "open",
        TabState::Closing => "closing",
        TabState::Closed { .. } => "closed",
        TabState::Failed { .. } => "failed",
        TabState::Disputed { .. } => "disputed",
        TabState::ChargedBack { .. } => "charged_back",
    }
}

/// Without the path of the database that was set aside: it may have the player's name in it.
fn recovery_words(recovery: &Recovery) -> String {
    let Recovery { reason, entries, purchases, lost_entries, lost_items, .. } = recovery;
    short(format!(
        "{reason}; {entries} entries and {purchases} purchases found; lost entries: {lost_entries:?}; items lost: {lost_items}"
    ))
}

fn sync_words(state: &SyncState) -> String {
    short(match state {
        SyncState::Idle => "idle".to_owned(),
        SyncState::Running => "running".to_owned(),
        SyncState::Waiting { attempt, error, .. } => format!("waiting after try {attempt}: {error}"),
        SyncState::Stopped { error } => format!("stopped: {error}"),
    })
}

fn words(event: &WalletEvent) -> String {
    match event {
        WalletEvent::Purchased { purchase, sku } => format!("purchase {purchase} of {sku} granted"),
        WalletEvent::Settled { purchase } => format!("purchase {purchase} settled"),
        WalletEvent::Rejected { purchase, sku, reason, revoked } => {
            format!("purchase {purchase} of {sku} rejected ({reason:?}), {revoked} taken back")
        }
        WalletEvent::PurchaseRefunded { purchase, sku, amount, quantity, .. } => {
            format!("purchase {purchase} of {sku}: {amount} refunded, {quantity} to be taken back")
        }
        WalletEvent::PurchasesArrived { count } => format!("{count} purchases of other devices arrived"),
        WalletEvent::UsageNearLimit { sku, spent, limit } => format!("use of {sku}: {spent} of {limit}"),
        WalletEvent::PassEnding { sku, ends_at, renewal } => match renewal {
            Some(price) => format!("pass {sku} ends at {ends_at}, to be renewed for {price}"),
            None => format!("pass {sku} ends at {ends_at}"),
        },
        WalletEvent::PassNotRenewed { sku, error, .. } => match error {
            Some(error) => format!("pass {sku} not renewed: {error}"),
            None => format!("pass {sku} not renewed: it is not what was agreed to"),
        },
        WalletEvent::PassEnded { sku } => format!("pass {sku} ended"),
        WalletEvent::BalanceChanged { .. } => "the balance changed".to_owned(),
        WalletEvent::CatalogChanged { version } => format!("catalog {version}"),
        WalletEvent::TopUpChanged { top_up } => {
            let kind = if top_up.is_automatic { "automatic top-up" } else { "top-up" };
            format!("{kind} {} of {}: {}", top_up.id, top_up.amount, top_up_state(&top_up.state))
        }
        WalletEvent::AutoTopUpPaused { reason } => format!("automatic top-ups paused: {reason:?}"),
        WalletEvent::TabChanged { tab } => format!("tab {} of {}: {}", tab.id, tab.limit, tab_state(&tab.state)),
        WalletEvent::Frozen { fork_seq } => format!("frozen: two journals part at entry {fork_seq}"),
        WalletEvent::SyncChanged { state } => format!("sync {}", sync_words(state)),
    }
}

fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TEXT_MAX) {
        text.truncate(end);
    }
    text
}
