//! What players send to support: a bundle beside the books, and what never arrived settled from it.
//!
//! Nothing of a bundle is kept. It is in the page, and comes back with the form that settles from it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_protocol::{EntryBody, JwsError, Outcome, SupportBundle};

use super::access::Visitor;
use super::audit::{Action, Note};
use super::form::Form;
use super::format as show;
use super::page::{Failure, Page, Section, render, see};
use crate::gateway::Gateway;
use crate::store::{StoreError, Tables, name};
use crate::support::{
    Difference, Known, Line, Opened, PurchaseDifference, ReGrant, Refusal, Standing, compare, open, re_grant as settle,
};

/// Letters of a reason.
const REASON_MAX: usize = 500;
/// Entries that are shown; the others are counted.
const ENTRIES_SHOWN: usize = 500;

#[derive(Template)]
#[template(path = "support.html")]
struct AskingPage {
    page: Page,
}

#[derive(Template)]
#[template(path = "support_bundle.html")]
struct BundlePage {
    page: Page,
    bundle: SupportBundle,
    /// As it was uploaded.
    text: String,
    /// Whether the device's clock was a minute or more from the wallet's time.
    clock_is_off: bool,
    known: Option<KnownDevice>,
}

/// A bundle's device, and what its bundle comes to.
struct KnownDevice {
    listed: crate::store::ListedDevice,
    agrees: bool,
    figures: Vec<Difference>,
    purchases: Vec<PurchaseDifference>,
    entries: Vec<EntryLine>,
    entries_not_shown: usize,
    /// How many entries can be settled.
    next: usize,
    /// Why none can.
    refusal: Option<String>,
    fork: Option<u64>,
}

/// An unsettled entry of the bundle.
struct EntryLine {
    seq: u64,
    what: String,
    total: Option<farthing_protocol::Money>,
    at: Option<farthing_protocol::Timestamp>,
    tone: &'static str,
    standing: &'static str,
    detail: String,
}

pub(super) async fn ask(State(gateway): State<Gateway>, visitor: Visitor) -> Result<Response, Failure> {
    render(&AskingPage { page: Page::new(&gateway, visitor, Section::Support, "Support bundles") })
}

/// Shows a bundle beside the books.
pub(super) async fn show(State(gateway): State<Gateway>, visitor: Visitor, form: Form) -> Result<Response, Failure> {
    let (opened, text) = opened(&form)?;
    let (shared, now, asked) = (gateway.shared.clone(), gateway.shared.clock.now(), opened.clone());
    let known = gateway.shared.store.read(move |tables| compare(tables, &shared, &asked, now)).await?;
    let known = match known {
        Known::No => None,
        Known::ByAnotherKey => return Err(another_key()),
        Known::Yes(compared) => {
            let (agrees, next) = (compared.agrees(), compared.next());
            let entries = compared.lines.iter().take(ENTRIES_SHOWN).map(EntryLine::new).collect::<Result<_, _>>()?;
            Some(KnownDevice {
                agrees,
                next,
                entries,
                entries_not_shown: compared.lines.len().saturating_sub(ENTRIES_SHOWN),
                fork: match compared.refusal {
                    Some(Refusal::Forked(seq)) => Some(seq),
                    _ => None,
                },
                refusal: compared.refusal.map(refused),
                figures: compared.figures,
                purchases: compared.purchases,
                listed: compared.device,
            })
        }
    };
    let page = Page::new(&gateway, visitor, Section::Support, "Support bundle");
    let bundle = opened.bundle;
    let clock_is_off = (bundle.device_clock.as_second() - bundle.made_at.as_second()).abs() >= 60;
    render(&BundlePage { page, bundle, text, clock_is_off, known })
}

/// Settles from a bundle what never arrived.
pub(super) async fn re_grant(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Failure> {
    let (opened, _) = opened(&form)?;
    let reason = form.get("reason").to_owned();
    if reason.is_empty() || reason.chars().count() > REASON_MAX {
        return Err(Failure::not_that(format!("Give a reason, of at most {REASON_MAX} letters. Nothing was changed.")));
    }
    let Some(device) = opened.bundle.device else { return Err(Failure::not_found("device")) };
    let clock = &gateway.shared.clock;
    let (now, noted_at, shared) = (clock.now(), clock.unskewed(), gateway.shared.clone());
    let write = move |tables: &dyn Tables| {
        let done = settle(tables, &shared, &opened, now)?;
        let note = |said: String| Note {
            who: Some(&visitor.name),
            action: Action::ReGrant,
            subject: Some(device.to_string()),
            detail: Some(format!("{reason} (bundle {} of {}: {said})", opened.digest, opened.bundle.made_at)),
        };
        match &done {
            ReGrant::Done { first, last, judged } => {
                let judged: Vec<_> = judged.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
                note(format!("entries {first} to {last}; purchases: {}", judged.join(", "))).done(tables, noted_at)?;
            }
            ReGrant::Refused(refusal) => note(refused(*refusal)).refused(tables, noted_at)?,
            ReGrant::NotADevices => {}
        }
        Ok(done)
    };
    match gateway.shared.store.write(write).await? {
        ReGrant::Done { judged, .. } => {
            judged.iter().for_each(|(outcome, count)| gateway.shared.metrics.judged(outcome, *count));
            Ok(see(&format!("/devices/{device}?done=re-granted")))
        }
        ReGrant::Refused(refusal) => Err(Failure::not_that(format!("{} Nothing was changed.", refused(refusal)))),
        ReGrant::NotADevices => Err(another_key()),
    }
}

/// The bundle of a form: a file, or text.
fn opened(form: &Form) -> Result<(Opened, String), Failure> {
    let (file, pasted) = (form.get("file"), form.get("bundle"));
    let text: String = if file.is_empty() { pasted } else { file }.split_ascii_whitespace().collect();
    if text.is_empty() {
        return Err(Failure::not_that("Choose the player’s file, or paste its text."));
    }
    let opened = open(&text).map_err(|error| {
        Failure::not_that(match error {
            JwsError::TooLong => "It is longer than any bundle. Nothing of it was looked at.",
            JwsError::BadSignature => "Its signature is wrong: it was changed after the wallet had made it.",
            JwsError::WrongType => "It is signed, but no support bundle.",
            _ => "It is no support bundle, or was cut short on its way.",
        })
    })?;
    Ok((opened, text))
}

fn another_key() -> Failure {
    Failure::not_that(
        "It is signed by a key that is not the device’s: another device has made it. Nothing was changed.",
    )
}

/// Why nothing is settled from a bundle.
fn refused(refusal: Refusal) -> String {
    match refusal {
        Refusal::Forked(seq) => format!(
            "Another journal is settled, which parts from the bundle’s at entry {seq} or before it: a clone or a restored \
             backup. What was settled stands."
        ),
        Refusal::Frozen => "The device is frozen: unfreeze it first.".to_owned(),
        Refusal::Revoked => {
            "The device is revoked: what it had not sent was not paid for, and its reserve is the player’s again."
                .to_owned()
        }
        Refusal::NothingNew => "All that fits is settled already.".to_owned(),
    }
}

impl EntryLine {
    fn new(line: &Line) -> Result<Self, StoreError> {
        let entry = line.entry.content.as_ref().ok().map(|encoded| encoded.entry());
        let (what, total) = match entry.map(|entry| &entry.body) {
            Some(EntryBody::Purchase(purchase)) => {
                (format!("{} × {}", purchase.sku, purchase.quantity), Some(purchase.total))
            }
            Some(EntryBody::Usage(usage)) => (format!("{} × {} counted", usage.sku, usage.units), Some(usage.amount)),
            Some(EntryBody::Tip(tip)) => (format!("Tip to {}", tip.creator), Some(tip.amount)),
            Some(EntryBody::Consume(consume)) => (format!("{} × {} used up", consume.sku, consume.quantity), None),
            Some(EntryBody::Release(release)) => ("Funds given back".to_owned(), Some(release.amount)),
            None => ("Of a newer library, or no entry".to_owned(), None),
        };
        let because = |reason| Ok::<_, StoreError>(show::words(&name(reason)?));
        let (tone, standing, detail) = match &line.standing {
            Standing::Settled(Outcome::Settled { .. }) => ("good", "settled", String::new()),
            Standing::Settled(Outcome::Rejected { reason }) => ("danger", "rejected", because(reason)?),
            Standing::Forked { settled } => ("danger", "forked", format!("{settled} is settled in its place")),
            Standing::Next(None) => ("warning", "not arrived", "would be settled".to_owned()),
            Standing::Next(Some(reason)) => {
                ("warning", "not arrived", format!("would be rejected: {}", because(reason)?))
            }
            Standing::Detached => ("danger", "detached", "does not follow from what is settled".to_owned()),
        };
        Ok(EntryLine { seq: line.entry.seq, what, total, at: entry.map(|entry| entry.at), tone, standing, detail })
    }
}
