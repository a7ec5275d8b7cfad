//! A player's account: whose it is, its money, its devices, cards and top-ups; and one top-up.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_protocol::api::{ApprovalRecord, Card};
use farthing_protocol::{AccountId, Money, TopUpId};
use serde::Deserialize;

use super::access::Visitor;
use super::address::{Asked, Named};
use super::format as show;
use super::page::{Failure, Page, ROWS_MAX, Section, render};
use super::spending::{LimitLine, lines};
use crate::gateway::Gateway;
use crate::ledger::{LedgerAccount, owed};
use crate::spending::{approval, show as limits};
use crate::store::{AccountRecord, ListedDevice, ListedTopUp, SoldPack, StoreError, Tables, name};
use crate::top_up::State as TopUpState;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Page,
    account: AccountRecord,
    available: Vec<Money>,
    devices: Vec<ListedDevice>,
    cards: Vec<(String, Card)>,
    top_ups: Vec<ListedTopUp>,
    packs: Vec<SoldPack>,
    limit_lines: Vec<LimitLine>,
    has_guardian: bool,
    approvals: Vec<ApprovalRecord>,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct View {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "top_up.html")]
struct TopUpPage {
    page: Page,
    listed: ListedTopUp,
    decline_code: Option<String>,
}

pub(super) async fn show(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(id): Named<AccountId>,
    Asked(View { done }): Asked<View>,
) -> Result<Response, Failure> {
    let (no_such, now) = (|| Failure::not_found("account"), gateway.shared.clock.now());
    let persons = gateway.shared.persons.clone();
    let read = move |tables: &dyn Tables| {
        let Some(account) = persons.account_record(tables, id)? else { return Ok(None) };
        let available = tables.balances(&LedgerAccount::user_available(id))?.into_iter().map(owed);
        let available = available.collect::<Result<Vec<_>, _>>()?;
        let branded = |stored: crate::store::StoredCard| Ok((show::words(&name(&stored.card.brand)?), stored.card));
        let cards = persons.cards(tables, id)?.into_iter().map(branded).collect::<Result<_, StoreError>>()?;
        let (mut devices, top_ups) = (tables.listed_devices_of(id)?, tables.top_ups_of(id, ROWS_MAX as u32)?);
        persons.name_devices(tables, &mut devices)?;
        let (limits, approvals) = (limits::show(tables, id, now)?, approval::shown(tables, id, now)?);
        let packs = tables.sold_packs_of(id, ROWS_MAX as u32)?;
        Ok(Some((account, available, devices, cards, top_ups, packs, limits, approvals)))
    };
    let found = gateway.shared.store.read(read).await?;
    let (account, available, devices, cards, top_ups, packs, limits, approvals) = found.ok_or_else(no_such)?;
    let title = account.user.as_deref().map_or_else(|| format!("Account {}", show::short(&id)), str::to_owned);
    let page = Page::new(&gateway, visitor, Section::Elsewhere, title);
    let (page, limit_lines, has_guardian) = (page.after(done.as_deref()), lines(&limits), limits.has_guardian);
    render(&AccountPage {
        page,
        account,
        available,
        devices,
        cards,
        top_ups,
        packs,
        limit_lines,
        has_guardian,
        approvals,
    })
}

pub(super) async fn top_up(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(id): Named<TopUpId>,
) -> Result<Response, Failure> {
    let no_such = || Failure::not_found("top-up");
    let listed = gateway.shared.store.read(move |tables| tables.listed_top_up(id)).await?.ok_or_else(no_such)?;
    let decline_code = match listed.top_up.state {
        TopUpState::Failed(code) => Some(show::words(&name(&code)?)),
        _ => None,
    };
    let page = Page::new(&gateway, visitor, Section::Elsewhere, "Top-up");
    render(&TopUpPage { page, listed, decline_code })
}

/// How far a pack of an app store's is, and whether that is good, bad or neither.
fn pack_state(pack: &SoldPack) -> (&'static str, &'static str) {
    match (pack.reversal, pack.consume_at) {
        (Some(_), _) => ("given back by the store", "danger"),
        (None, Some(_)) => ("credited, to be consumed", "warning"),
        (None, None) => ("credited", "good"),
    }
}

/// How far a top-up is, and whether that is good, bad or neither.
fn state(state: &TopUpState) -> (&'static str, &'static str) {
    match state {
        TopUpState::Created => ("created", ""),
        TopUpState::RequiresAction => ("waits for the cardholder", "warning"),
        TopUpState::Processing => ("processing", "warning"),
        TopUpState::Succeeded => ("succeeded", "good"),
        TopUpState::Failed(_) => ("failed", "danger"),
    }
}
