//! Devices: the list, one with its allowances and journal, and what support may do to it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_protocol::{Allowance, Currency, DeviceId, DeviceState, Money, Receipt};
use serde::Deserialize;

use super::access::Visitor;
use super::address::{Asked, Named};
use super::audit::{Action, Note};
use super::format as show;
use super::page::{Failure, Page, ROWS_MAX, Section, render, see};
use super::purchase::parse;
use crate::gateway::Gateway;
use crate::ledger::{LedgerAccount, owed};
use crate::revocation::revoke;
use crate::store::{Device, JournalEntry, ListedDevice, StoreError, Tables};
use crate::unfreezing::{Unfreezing, unfreeze};

/// Which devices are listed.
#[derive(Deserialize)]
pub(super) struct Wanted {
    before: Option<String>,
    state: Option<String>,
}

/// Where the shown part of a journal begins, and what was just done.
#[derive(Deserialize)]
pub(super) struct View {
    before: Option<u64>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    page: Page,
    devices: Vec<ListedDevice>,
    only_frozen: bool,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage {
    page: Page,
    listed: ListedDevice,
    /// Frozen by a fault only, and not by a fork.
    has_freezing_fault: bool,
    allowances: Vec<AllowanceLine>,
    entries: Vec<EntryLine>,
    next: Option<u64>,
}

/// How a device stands in one currency.
struct AllowanceLine {
    allowance: Allowance,
    drawn: Money,
    count: u64,
    remaining: Money,
    /// What the ledger has reserved for it.
    reserved: Money,
}

/// A settled entry of its journal.
struct EntryLine {
    entry: JournalEntry,
    receipt: Option<Receipt>,
}

pub(super) async fn list(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Asked(Wanted { before, state }): Asked<Wanted>,
) -> Result<Response, Failure> {
    let page = Page::new(&gateway, visitor, Section::Devices, "Devices");
    let only_frozen = state.as_deref() == Some("frozen");
    let before = match before {
        None => DeviceId::from_bytes([u8::MAX; 16]),
        Some(before) => before.parse().map_err(|_| Failure::not_found("page of devices"))?,
    };
    let persons = gateway.shared.persons.clone();
    let read = move |tables: &dyn Tables| {
        let most = ROWS_MAX as u32;
        let mut devices = if only_frozen { tables.frozen_devices(most) } else { tables.devices_before(before, most) }?;
        persons.name_devices(tables, &mut devices)?;
        Ok(devices)
    };
    let devices = gateway.shared.store.read(read).await?;
    let is_full = devices.len() == ROWS_MAX && !only_frozen;
    let next = is_full.then(|| devices.last().map(|last| last.device.id.to_string())).flatten();
    render(&DevicesPage { page, devices, only_frozen, next })
}

pub(super) async fn show(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(id): Named<DeviceId>,
    Asked(View { before, done }): Asked<View>,
) -> Result<Response, Failure> {
    let persons = gateway.shared.persons.clone();
    let read = move |tables: &dyn Tables| {
        let Some(mut listed) = tables.listed_device(id)? else { return Ok(None) };
        persons.name_devices(tables, std::slice::from_mut(&mut listed))?;
        let entries = tables.journal_before(id, before.unwrap_or(u64::MAX), ROWS_MAX as u32)?;
        Ok(Some((allowances(tables, &listed.device)?, entries, listed)))
    };
    let found = gateway.shared.store.read(read).await?;
    let (allowances, entries, listed) = found.ok_or_else(|| Failure::not_found("device"))?;
    let entries = entries.into_iter().map(EntryLine::new).collect::<Result<Vec<_>, _>>()?;
    let next = entries.last().map(|last| last.entry.seq).filter(|seq| *seq > 1);
    let shown = gateway.shared.faults.freeze(listed.device.clone());
    let page = Page::new(&gateway, visitor, Section::Devices, format!("Device {}", show::short(&id)));
    render(&DevicePage {
        page: page.after(done.as_deref()),
        has_freezing_fault: shown.state != listed.device.state,
        listed,
        allowances,
        entries,
        next,
    })
}

fn allowances(tables: &dyn Tables, device: &Device) -> Result<Vec<AllowanceLine>, StoreError> {
    let latest: BTreeMap<Currency, Allowance> = tables.latest_allowances(device)?;
    let line = |(currency, allowance): (Currency, Allowance)| {
        let drawn = tables.drawn(device.id, currency)?.drawn;
        Ok(AllowanceLine {
            remaining: allowance.remaining(&drawn),
            drawn: drawn.total,
            count: drawn.count,
            reserved: owed(tables.balance(&LedgerAccount::user_reserved(device.id), currency)?)?,
            allowance,
        })
    };
    latest.into_iter().map(line).collect()
}

impl EntryLine {
    fn new(entry: JournalEntry) -> Result<Self, StoreError> {
        let receipt = entry.receipt.as_deref().map(parse).transpose()?;
        Ok(EntryLine { entry, receipt })
    }
}

/// Frees a frozen device. The evidence goes into the audit log.
pub(super) async fn free(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(id): Named<DeviceId>,
) -> Result<Response, Failure> {
    let clock = &gateway.shared.clock;
    let (now, noted_at) = (clock.now(), clock.unskewed());
    let write = move |tables: &dyn Tables| {
        let done = unfreeze(tables, id, now)?;
        let note = |detail: String| Note {
            who: Some(&visitor.name),
            action: Action::UnfreezeDevice,
            subject: Some(id.to_string()),
            detail: Some(detail),
        };
        match &done {
            Unfreezing::Done(fork) => {
                let (settled, presented) = (fork.settled, fork.presented);
                let seq = fork.seq;
                note(format!("forked at entry {seq}: {settled} was settled, {presented} was shown"))
                    .done(tables, noted_at)?;
            }
            Unfreezing::NotFrozen => note("it is not frozen".to_owned()).refused(tables, noted_at)?,
            Unfreezing::NoSuchDevice => {}
        }
        Ok(done)
    };
    match gateway.shared.store.write(write).await? {
        Unfreezing::Done(_) => Ok(see(&format!("/devices/{id}?done=unfrozen"))),
        Unfreezing::NotFrozen => Err(Failure::not_that("The device is not frozen. Nothing was changed.")),
        Unfreezing::NoSuchDevice => Err(Failure::not_found("device")),
    }
}

/// Gives a device up: its reserve is the player's again.
pub(super) async fn give_up(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(id): Named<DeviceId>,
) -> Result<Response, Failure> {
    let clock = &gateway.shared.clock;
    let (now, noted_at) = (clock.now(), clock.unskewed());
    let write = move |tables: &dyn Tables| {
        let Some(known) = tables.device(id)? else { return Ok(None) };
        let is_new = known.state != DeviceState::Revoked;
        if is_new {
            revoke(tables, id, now)?;
            let (action, subject) = (Action::RevokeDevice, Some(id.to_string()));
            Note { who: Some(&visitor.name), action, subject, detail: None }.done(tables, noted_at)?;
        }
        Ok(Some(is_new))
    };
    match gateway.shared.store.write(write).await? {
        Some(true) => Ok(see(&format!("/devices/{id}?done=revoked"))),
        Some(false) => Err(Failure::not_that("The device was revoked before. Nothing was changed.")),
        None => Err(Failure::not_found("device")),
    }
}

/// How a device stands, in a word.
pub(super) fn state(state: &DeviceState) -> &'static str {
    match state {
        DeviceState::Active => "active",
        DeviceState::Frozen { .. } => "frozen",
        DeviceState::Revoked => "revoked",
        DeviceState::Erased => "erased",
    }
}

/// Whether that is good or bad.
pub(super) fn tone(state: &DeviceState) -> &'static str {
    match state {
        DeviceState::Active => "good",
        DeviceState::Frozen { .. } => "danger",
        DeviceState::Revoked | DeviceState::Erased => "",
    }
}
