//! The overview: what happens now, and what today came to.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_protocol::{EntryId, Money, Receipt, Timestamp};

use super::access::Visitor;
use super::format as show;
use super::page::{Failure, Page, Section, render};
use super::purchase::recent;
use crate::gateway::Gateway;
use crate::ledger::{DayFigures, day_of};
use crate::store::{LedgerDay, StoreError, Tables};

/// Purchases that are shown as they come.
const PURCHASES: usize = 12;
/// How far a device's clock may be ahead of ours for its purchases to be shown here: one that is off by years would have
/// the top of the list for years.
const AHEAD_MAX_MILLISECONDS: u64 = 86_400_000;
/// Frozen devices are counted up to here.
const FROZEN_MAX: u32 = 100;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    page: Page,
    live: Live,
}

#[derive(Template)]
#[template(path = "overview_live.html")]
struct LivePart {
    now: Timestamp,
    live: Live,
}

/// What changes while one looks.
struct Live {
    today: Vec<Today>,
    frozen: usize,
    waiting_webhooks: u64,
    purchases: Vec<Receipt>,
}

/// What today came to in one currency.
struct Today {
    settled: DayFigures,
    charged: DayFigures,
    /// What the processor would have taken more if each purchase had been a charge of its own.
    saved: Money,
}

pub(super) async fn show(State(gateway): State<Gateway>, visitor: Visitor) -> Result<Response, Failure> {
    let page = Page::new(&gateway, visitor, Section::Overview, "Overview");
    let live = read(&gateway, page.now).await?;
    render(&OverviewPage { page, live })
}

/// The part that a page asks for again and again.
pub(super) async fn live(State(gateway): State<Gateway>) -> Result<Response, Failure> {
    let now = gateway.shared.clock.unskewed();
    let live = read(&gateway, now).await?;
    render(&LivePart { now, live })
}

/// What every purchase is before, but for those of clocks that are far ahead.
fn newest(now: Timestamp) -> EntryId {
    let now = now.as_millisecond().max(0).unsigned_abs();
    EntryId::from_parts(now + AHEAD_MAX_MILLISECONDS, [u8::MAX; 10])
}

async fn read(gateway: &Gateway, now: Timestamp) -> Result<Live, StoreError> {
    let read = move |tables: &dyn Tables| {
        Ok(Live {
            today: today(tables.ledger_days(day_of(now))?)?,
            frozen: tables.frozen_devices(FROZEN_MAX)?.len(),
            waiting_webhooks: tables.pending_webhook_messages()?,
            purchases: recent(tables, newest(now), PURCHASES)?,
        })
    };
    gateway.shared.store.read(read).await
}

/// The figures of each currency, from its settlements and charges.
fn today(days: Vec<LedgerDay>) -> Result<Vec<Today>, StoreError> {
    let out_of_range = |_| StoreError::Damaged("a day’s figures are out of range");
    let mut today: Vec<Today> = Vec::new();
    for LedgerDay { kind, figures, .. } in days {
        let currency = figures.volume.currency();
        let index = today.iter().position(|known| known.settled.volume.currency() == currency);
        let index = index.unwrap_or_else(|| {
            let nothing = DayFigures::nothing(currency);
            today.push(Today { settled: nothing, charged: nothing, saved: Money::zero(currency) });
            today.len() - 1
        });
        let Some(known) = today.get_mut(index) else { continue };
        match kind.as_str() {
            "settlement" => {
                known.settled = known.settled.plus(figures).map_err(out_of_range)?;
                known.saved = known.settled.fees_one_by_one.minus(known.settled.fees).map_err(out_of_range)?;
            }
            "top_up" | "store_top_up" => known.charged = known.charged.plus(figures).map_err(out_of_range)?,
            _ => {}
        }
    }
    Ok(today)
}
