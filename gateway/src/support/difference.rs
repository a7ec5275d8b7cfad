//! What a bundle says beside what the books say.

use std::collections::{BTreeMap, BTreeSet};

use farthing_protocol::limits::SUPPORT_BUNDLE_LINES_MAX;
use farthing_protocol::support::KnownTopUp;
use farthing_protocol::{
    AccountId, Currency, DeviceState, Drawn, EntryId, IdempotencyKey, Money, Receipt, SupportBundle, Timestamp,
};

use super::Opened;
use super::journal::{Journals, Line, Refusal, Standing};
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, owed};
use crate::store::{Device, ListedDevice, StoreError, Tables};

/// One thing that both sides know of.
pub(crate) struct Difference {
    pub(crate) what: String,
    /// As the device has it.
    pub(crate) device: String,
    /// As the books have it.
    pub(crate) books: String,
}

impl Difference {
    pub(crate) fn is_different(&self) -> bool {
        self.device != self.books
    }
}

/// A purchase that one side has, or has otherwise.
pub(crate) struct PurchaseDifference {
    pub(crate) id: EntryId,
    pub(crate) what: String,
    pub(crate) total: Money,
    pub(crate) device: String,
    pub(crate) books: &'static str,
}

/// What the books know of the device.
pub(crate) enum Known {
    /// There is no such device.
    No,
    /// There is, and it has another key: the bundle is not its.
    ByAnotherKey,
    /// The bundle is the device's.
    Yes(Box<Compared>),
}

/// A device's bundle beside the books.
pub(crate) struct Compared {
    pub(crate) device: ListedDevice,
    /// The same figures of both sides, also where they agree.
    pub(crate) figures: Vec<Difference>,
    /// The unsettled entries of the bundle.
    pub(crate) lines: Vec<Line>,
    /// Where the sides differ.
    pub(crate) purchases: Vec<PurchaseDifference>,
    /// Why nothing can be settled from it; none where something can.
    pub(crate) refusal: Option<Refusal>,
}

impl Compared {
    /// Whether both sides say the same.
    pub(crate) fn agrees(&self) -> bool {
        let is_settled = |line: &Line| matches!(line.standing, Standing::Settled(_));
        !self.figures.iter().any(Difference::is_different)
            && self.purchases.is_empty()
            && self.lines.iter().all(is_settled)
    }

    /// How many entries can be settled.
    pub(crate) fn next(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line.standing, Standing::Next(_))).count()
    }
}

/// Compares a bundle with the books; nothing is changed.
pub(crate) fn compare(
    tables: &dyn Tables,
    shared: &Shared,
    opened: &Opened,
    now: Timestamp,
) -> Result<Known, StoreError> {
    let Opened { bundle, key, .. } = opened;
    let listed = bundle.device.map(|id| tables.listed_device(id)).transpose()?.flatten();
    let Some(mut listed) = listed else { return Ok(Known::No) };
    if listed.device.key != *key {
        return Ok(Known::ByAnotherKey);
    }
    listed.device = shared.faults.freeze(listed.device);
    let device = &listed.device;
    let journals = Journals::read(tables, shared, device, bundle, now)?;
    let figures = figures(tables, device, bundle, &journals)?;
    let purchases = purchases(tables, device, bundle)?;
    let Journals { lines, refusal, .. } = journals;
    Ok(Known::Yes(Box::new(Compared { device: listed, figures, lines, purchases, refusal })))
}

fn figures(
    tables: &dyn Tables,
    device: &Device,
    bundle: &SupportBundle,
    journals: &Journals,
) -> Result<Vec<Difference>, StoreError> {
    let nothing = || "not known".to_owned();
    let difference = |what: String, device: Option<String>, books: Option<String>| Difference {
        what,
        device: device.unwrap_or_else(nothing),
        books: books.unwrap_or_else(nothing),
    };
    let statement = bundle.statement.as_ref();
    let mut figures = vec![
        difference(
            "State".into(),
            statement.map(|statement| state(&statement.device_state)),
            Some(state(&device.state)),
        ),
        difference(
            "Journal is settled up to entry".into(),
            bundle.settled.map(|known| known.seq.to_string()),
            Some(device.journal.seq.to_string()),
        ),
    ];
    if let Some(known) = bundle.settled {
        figures.push(difference(
            format!("Hash of entry {}", known.seq),
            Some(known.head.to_string()),
            journals.settled_there.map(|hash| hash.to_string()),
        ));
    }
    let (known, books) = (by_currency(&bundle.settled_drawn), by_currency(&tables.all_drawn(device.id)?));
    for currency in union(known.keys(), books.keys()) {
        let shown = |drawn: Option<&Drawn>| {
            drawn
                .filter(|drawn| drawn.count > 0)
                .map_or_else(|| "nothing".to_owned(), |drawn| format!("{} in {} entries", drawn.total, drawn.count))
        };
        let (known, books) = (shown(known.get(&currency)), shown(books.get(&currency)));
        figures.push(difference(format!("Drawn and settled, {}", currency.code()), Some(known), Some(books)));
    }
    let known: BTreeMap<Currency, _> =
        bundle.allowances.iter().map(|allowance| (allowance.limit.currency(), allowance)).collect();
    let books = tables.latest_allowances(device)?;
    for currency in union(known.keys(), books.keys()) {
        let shown = |version: u64, limit: Money| format!("version {version}, up to {limit}");
        let known = known.get(&currency).map(|allowance| shown(allowance.version, allowance.limit));
        let books = books.get(&currency).map(|allowance| shown(allowance.version, allowance.limit));
        figures.push(difference(format!("Allowance, {}", currency.code()), known, books));
    }
    let balances = tables.balances(&LedgerAccount::user_available(device.account))?;
    let books = balances.into_iter().map(owed).collect::<Result<Vec<_>, _>>()?;
    let known = statement.map(|statement| statement.available.as_slice()).unwrap_or_default();
    let (known, books) = (amounts(known), amounts(&books));
    for currency in union(known.keys(), books.keys()) {
        let zero = Money::zero(currency);
        let [known, books] = [&known, &books].map(|side| side.get(&currency).copied().unwrap_or(zero).to_string());
        figures.push(difference(format!("Available, {}", currency.code()), Some(known), Some(books)));
    }
    for top_up in bundle.top_ups.iter().take(SUPPORT_BUNDLE_LINES_MAX) {
        let books = state_of_top_up(tables, device.account, top_up)?;
        if books.as_deref() != Some(&*top_up.state) {
            let what = format!("Top-up {} of {}", top_up.id, top_up.amount);
            figures.push(difference(what, Some(top_up.state.clone()), books));
        }
    }
    Ok(figures)
}

/// How far a top-up is in the books, which have it under the name that the wallet gave it.
fn state_of_top_up(tables: &dyn Tables, account: AccountId, top_up: &KnownTopUp) -> Result<Option<String>, StoreError> {
    let Ok(key) = IdempotencyKey::new(top_up.id.to_string()) else { return Ok(None) };
    Ok(tables.top_up_by_key(account, &key)?.map(|known| known.state.name().to_owned()))
}

fn purchases(
    tables: &dyn Tables,
    device: &Device,
    bundle: &SupportBundle,
) -> Result<Vec<PurchaseDifference>, StoreError> {
    let mut differences = Vec::new();
    for known in bundle.purchases.iter().take(SUPPORT_BUNDLE_LINES_MAX) {
        let is_settled = tables.purchase(known.id)?.is_some_and(|purchase| purchase.device == device.id);
        let says_settled = matches!(known.state.as_str(), "settled" | "refunded");
        if is_settled != says_settled && (is_settled || says_settled) {
            differences.push(PurchaseDifference {
                id: known.id,
                what: of(known.sku.as_str(), known.quantity),
                total: known.total,
                device: known.state.clone(),
                books: if is_settled { "settled" } else { "not known" },
            });
        }
    }
    // Of what was bought before the bundle was made, as far back as its list goes.
    let is_whole = bundle.purchases.len() < SUPPORT_BUNDLE_LINES_MAX;
    let oldest = bundle.purchases.last().map(|oldest| oldest.id).filter(|_| !is_whole);
    let shown: BTreeSet<EntryId> = bundle.purchases.iter().map(|known| known.id).collect();
    let made_at = bundle.journal.map_or(0, |journal| journal.seq);
    let settled = tables.purchases_before(device.id, i64::MAX.unsigned_abs(), SUPPORT_BUNDLE_LINES_MAX as u32)?;
    for purchase in settled {
        let is_older = oldest.is_some_and(|oldest| purchase.id < oldest);
        if purchase.seq > made_at || is_older || shown.contains(&purchase.id) {
            continue;
        }
        let receipt: Receipt =
            serde_json::from_slice(&purchase.receipt).map_err(|_| StoreError::Damaged("a receipt that is no JSON"))?;
        differences.push(PurchaseDifference {
            id: purchase.id,
            what: of(receipt.sku.as_str(), receipt.quantity),
            total: receipt.total,
            device: "not known".to_owned(),
            books: "settled",
        });
    }
    Ok(differences)
}

fn of(sku: &str, quantity: u32) -> String {
    if quantity == 1 { sku.to_owned() } else { format!("{sku} × {quantity}") }
}

fn state(state: &DeviceState) -> String {
    match state {
        DeviceState::Active => "active".to_owned(),
        DeviceState::Frozen { fork_seq } => format!("frozen at entry {fork_seq}"),
        DeviceState::Revoked => "revoked".to_owned(),
        DeviceState::Erased => "erased".to_owned(),
    }
}

fn by_currency(drawn: &[Drawn]) -> BTreeMap<Currency, Drawn> {
    drawn.iter().map(|drawn| (drawn.total.currency(), *drawn)).collect()
}

fn amounts(amounts: &[Money]) -> BTreeMap<Currency, Money> {
    amounts.iter().map(|amount| (amount.currency(), *amount)).collect()
}

fn union<'a>(one: impl Iterator<Item = &'a Currency>, other: impl Iterator<Item = &'a Currency>) -> BTreeSet<Currency> {
    one.chain(other).copied().collect()
}
