//! What aggregation saves: the fees that the settled purchases bear, beside what the same purchases would have cost as
//! card charges of their own, by the same fee schedule.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_protocol::{Currency, Money};
use serde::Deserialize;

use super::access::Visitor;
use super::address::Asked;
use super::format as show;
use super::page::{Failure, Page, Section, render};
use crate::gateway::Gateway;
use crate::ledger::{DayFigures, day_of};
use crate::store::{LedgerDay, StoreError};

/// Days that are shown.
const DAYS: i64 = 30;
/// The chart's measures, in its own units.
const HEIGHT: i64 = 180;
const DAY_WIDTH: i64 = 30;
const BAR_WIDTH: i64 = 11;

/// Which currency is shown.
#[derive(Deserialize)]
pub(super) struct Chosen {
    currency: Option<String>,
}

#[derive(Template)]
#[template(path = "economics.html")]
struct EconomicsPage {
    page: Page,
    /// Nothing where nothing was settled.
    shown: Option<Shown>,
    others: Vec<Currency>,
}

/// What is shown of one currency.
struct Shown {
    currency: Currency,
    settled: DayFigures,
    charged: DayFigures,
    saved: Money,
    /// In tenths of a per cent of what it would have cost.
    saved_share: String,
    days: Vec<Day>,
    chart: Chart,
}

/// A day's settlements.
struct Day {
    day: i64,
    settled: DayFigures,
    saved: Money,
}

/// Two bars for each day: what it would have cost, and what it did.
struct Chart {
    width: i64,
    bars: Vec<Bars>,
    most: Money,
}

struct Bars {
    day: i64,
    x: i64,
    alone: i64,
    together: i64,
}

pub(super) async fn show(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Asked(Chosen { currency }): Asked<Chosen>,
) -> Result<Response, Failure> {
    let page = Page::new(&gateway, visitor, Section::Economics, "Economics");
    let today = day_of(page.now);
    let days = gateway.shared.store.read(move |tables| tables.ledger_days(today - DAYS + 1)).await?;
    let mut currencies: BTreeMap<Currency, u64> = BTreeMap::new();
    for LedgerDay { figures, .. } in days.iter().filter(|day| day.kind == "settlement") {
        *currencies.entry(figures.volume.currency()).or_default() += figures.count;
    }
    let asked = currency.as_deref().and_then(show::currency).filter(|asked| currencies.contains_key(asked));
    let most_used = currencies.iter().max_by_key(|(_, count)| **count).map(|(currency, _)| *currency);
    let shown = asked.or(most_used).map(|currency| Shown::new(&days, currency, today)).transpose()?;
    let others = currencies.into_keys().filter(|other| shown.as_ref().is_some_and(|shown| shown.currency != *other));
    let others = others.collect();
    render(&EconomicsPage { page, shown, others })
}

impl Shown {
    fn new(days: &[LedgerDay], currency: Currency, today: i64) -> Result<Self, StoreError> {
        let out_of_range = |_| StoreError::Damaged("a day’s figures are out of range");
        let of = |kind: &'static str| {
            days.iter().filter(move |day| day.kind == kind && day.figures.volume.currency() == currency)
        };
        let nothing = DayFigures::nothing(currency);
        let sum = |kind| of(kind).try_fold(nothing, |sum, day| sum.plus(day.figures)).map_err(out_of_range);
        let saved = |settled: &DayFigures| settled.fees_one_by_one.minus(settled.fees).map_err(out_of_range);
        let (settled, charged) = (sum("settlement")?, sum("top_up")?.plus(sum("store_top_up")?).map_err(out_of_range)?);
        let lines = of("settlement")
            .map(|LedgerDay { day, figures, .. }| Ok(Day { day: *day, settled: *figures, saved: saved(figures)? }));
        let mut lines = lines.collect::<Result<Vec<_>, StoreError>>()?;
        let chart = Chart::new(&lines, currency, today);
        lines.reverse();
        let saved = saved(&settled)?;
        let saved_share = share(saved.micros(), settled.fees_one_by_one.micros());
        Ok(Shown { currency, settled, charged, saved, saved_share, days: lines, chart })
    }
}

impl Chart {
    fn new(days: &[Day], currency: Currency, today: i64) -> Self {
        let most = days.iter().flat_map(|day| [day.settled.fees_one_by_one.micros(), day.settled.fees.micros()]);
        let most = most.max().unwrap_or(0);
        let height = |fee: Money| scaled(fee.micros(), most);
        let first = today - DAYS + 1;
        let bars = days.iter().map(|day| Bars {
            day: day.day,
            x: (day.day - first) * DAY_WIDTH,
            alone: height(day.settled.fees_one_by_one),
            together: height(day.settled.fees),
        });
        Chart { width: DAYS * DAY_WIDTH, bars: bars.collect(), most: Money::from_micros(most, currency) }
    }
}

/// An amount's height in the chart: at least a line, where it is anything at all.
fn scaled(micros: i64, most: i64) -> i64 {
    if micros <= 0 || most <= 0 {
        return 0;
    }
    let height = i128::from(micros) * i128::from(HEIGHT) / i128::from(most);
    i64::try_from(height).unwrap_or(HEIGHT).clamp(1, HEIGHT)
}

/// A share in per cent, with one decimal, rounded down: nothing is made to look better.
fn share(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "0.0".to_owned();
    }
    let thousandths = i128::from(part) * 1_000 / i128::from(whole);
    let sign = if thousandths < 0 { "−" } else { "" };
    format!("{sign}{}.{}", thousandths.abs() / 10, thousandths.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_what_is_little_is_seen() {
        assert_eq!((scaled(50, 100), scaled(100, 100), scaled(0, 100), scaled(0, 0)), (90, 180, 0, 0));
        assert_eq!(scaled(1, 1_000_000), 1);
        assert_eq!(scaled(i64::MAX, i64::MAX), HEIGHT);
    }

    #[test]
    fn a_share_is_never_rounded_up() {
        assert_eq!(share(9_299, 10_000), "92.9");
        assert_eq!(share(1, 3), "33.3");
        assert_eq!(share(-1, 4), "−25.0");
        assert_eq!(share(0, 0), "0.0");
    }
}
