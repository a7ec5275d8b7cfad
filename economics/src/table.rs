//! The figures as tables in Markdown.

use std::fmt::Write;

use farthing_protocol::Money;

use crate::DataError;
use crate::month::{Model, Month, simulate};
use crate::route::{Cost, Kind, Route, Routes};
use crate::scenario::Scenario;

/// The purchases that are compared: how many, and what each costs.
pub const COUNT: u32 = 20;
/// In micros of each route's currency.
pub const PRICE_MICROS: i64 = 250_000;
/// What fees may take for a route to be called one that pays off, in millionths.
pub const SHARE: u32 = 90_000;
/// The shares in the table of processors, in millionths.
const SHARES: [u32; 4] = [200_000, 150_000, SHARE, 50_000];

/// What a route costs for the purchases that are compared: one by one, and as one charge.
///
/// # Errors
/// [`DataError`].
pub fn compared(routes: &Routes, route: &Route) -> Result<(Cost, Cost), DataError> {
    let price = Money::from_micros(PRICE_MICROS, route.currency());
    Ok((routes.one_by_one(route, price, COUNT)?, routes.aggregated(route, price, COUNT)?))
}

/// Every route, with what twenty quarters cost on it.
///
/// # Errors
/// [`DataError`].
pub fn routes(routes: &Routes) -> Result<String, DataError> {
    let mut table = String::from(
        "| route | where | takes | twenty of 0.25, each charged | one charge of 5.00 | 9 % or less from | as of |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for route in &routes.routes {
        let (alone, together) = compared(routes, route)?;
        let pays_off = match routes.pays_off(route, SHARE)? {
            Some(least) => least.to_string(),
            None => "never".to_owned(),
        };
        let mark = if route.confirmed { "" } else { " (not confirmed)" };
        let (name, source, rate) = (&route.name, &route.source, rate(routes, route)?);
        let (alone, together) = (cost(routes, route, alone)?, cost(routes, route, together)?);
        let (region, as_of) = (&route.region, &route.as_of);
        let _ = writeln!(
            table,
            "| [{name}]({source}){mark} | {region} | {rate} | {alone} | {together} | {pays_off} | {as_of} |"
        );
    }
    Ok(table)
}

/// What else there is to know of each route.
pub fn notes(routes: &Routes) -> String {
    let mut list = String::new();
    for Route { name, region, note, read, .. } in &routes.routes {
        let note = linked(note);
        let _ = writeln!(list, "- **{name}, {region}** (read {read}): {note}");
    }
    list
}

/// From which amount on processors take no more than some shares.
///
/// # Errors
/// [`DataError`].
pub fn pay_off(routes: &Routes) -> Result<String, DataError> {
    let mut table = String::from("| processor | where |");
    for share in SHARES {
        let _ = write!(table, " {} or less from |", percent(i64::from(share), 1_000_000));
    }
    table.push_str("\n|---|---|---|---|---|---|\n");
    for route in routes.routes.iter().filter(|route| route.kind == Kind::Processor) {
        let mark = if route.confirmed { "" } else { " (not confirmed)" };
        let _ = write!(table, "| {}{mark} | {} |", route.name, route.region);
        for share in SHARES {
            let least = routes.pays_off(route, share)?;
            let _ = write!(table, " {} |", least.map_or_else(|| "never".to_owned(), |least| least.to_string()));
        }
        table.push('\n');
    }
    Ok(table)
}

/// A month, prepaid beside tabs.
///
/// # Errors
/// [`DataError`].
pub fn month(scenario: &Scenario, routes: &Routes) -> Result<String, DataError> {
    let months = [simulate(scenario, routes, Model::Prepaid)?, simulate(scenario, routes, Model::Tab)?];
    let mut table = String::from("| | prepaid | tab |\n|---|---|---|\n");
    let mut row = |name: &str, of: &dyn Fn(&Month) -> Result<String, DataError>| {
        let _ = writeln!(table, "| {name} | {} | {} |", of(&months[0])?, of(&months[1])?);
        Ok::<(), DataError>(())
    };
    row("purchases", &|month| Ok(month.purchases.to_string()))?;
    row("refused: offline, and no reserve left", &|month| Ok(month.refused.to_string()))?;
    row("spent", &|month| Ok(month.spent.to_string()))?;
    row("charges of cards", &|month| Ok(month.charges.to_string()))?;
    row("charged, on average", &|month| Ok(cents(month.mean_charge()?)))?;
    row("fees", &|month| Ok(month.fees.to_string()))?;
    row("fees of what was charged", &|month| Ok(percent(month.fees.micros(), month.charged.micros())))?;
    row("fees that the month’s purchases bear", &|month| Ok(share(month.borne, month.spent)))?;
    row("float: paid and not spent, mean of the days", &|month| Ok(cents(month.float_mean)))?;
    row("float at the end", &|month| Ok(month.float_end.to_string()))?;
    row("of it breakage: of players who left", &|month| Ok(share(month.breakage, month.float_end)))?;
    row("exposure: spent and not charged, on the worst day", &|month| Ok(month.exposure_peak.to_string()))?;
    row("lost to disputes", &|month| Ok(share(month.disputed, month.spent)))?;
    row("lost: could not be charged", &|month| Ok(share(month.uncollected, month.spent)))?;
    row("left to platform and developer", &|month| Ok(share(month.left()?, month.spent)))?;
    Ok(table)
}

/// What a route takes, as people write it.
fn rate(routes: &Routes, route: &Route) -> Result<String, DataError> {
    let mut rate = percent_exact(route.per_million);
    if !route.fixed.is_zero() {
        let _ = write!(rate, " + {}", route.fixed);
    }
    if let Some(cap) = route.cap {
        let _ = write!(rate, ", {cap} at most");
    }
    if let Some(other) = &route.with {
        let other = routes.named(other)?;
        let _ = write!(rate, ", and {}, {}", other.name, other.region);
    }
    Ok(rate)
}

fn cost(routes: &Routes, route: &Route, cost: Cost) -> Result<String, DataError> {
    let fees = format!("{} ({})", cost.fees, percent(cost.fees.micros(), cost.bought.micros()));
    let least = routes.minimum(route)?.filter(|_| !cost.is_taken);
    Ok(least.map_or(fees.clone(), |least| format!("*{fees}*, least {}", bare(least))))
}

/// An amount and its share of another one.
fn share(part: Money, whole: Money) -> String {
    format!("{part} ({})", percent(part.micros(), whole.micros()))
}

/// A share in per cent with one decimal, rounded half up.
pub(crate) fn percent(part: i64, whole: i64) -> String {
    let tenths = tenths(part, whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A share in tenths of a per cent, rounded half up; of nothing, nothing.
pub(crate) fn tenths(part: i64, whole: i64) -> i64 {
    let (part, whole) = (i128::from(part.max(0)), i128::from(whole));
    if whole <= 0 {
        return 0;
    }
    i64::try_from((part * 2_000 + whole) / (2 * whole)).unwrap_or(i64::MAX)
}

/// A percentage without decimals that it doesn't have.
fn percent_exact(per_million: u32) -> String {
    let decimals = format!("{:04}", per_million % 10_000);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals} %", per_million / 10_000)
}

/// An amount that is a mean, to the minor unit, rounded down.
fn cents(money: Money) -> String {
    let unit = money.currency().exponent().map_or(1, |exponent| 10_i64.pow(6_u32.saturating_sub(exponent)));
    Money::from_micros(money.micros().div_euclid(unit) * unit, money.currency()).to_string()
}

/// Addresses in a note become links.
fn linked(note: &str) -> String {
    let words = note.split(' ').map(|word| match word.starts_with("https://") {
        true => format!("<{word}>"),
        false => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// An amount without its currency.
fn bare(money: Money) -> String {
    let text = money.to_string();
    text.split_once(' ').map_or(text.clone(), |(amount, _)| amount.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MONTH, ROUTES};

    #[test]
    fn shares_are_rounded_half_up_to_a_tenth() {
        for (part, whole, shown) in [
            (450_000, 5_000_000, "9.0 %"),
            (1, 3, "33.3 %"),
            (2, 3, "66.7 %"),
            (1, 2_000, "0.1 %"),
            (31, 25, "124.0 %"),
        ] {
            assert_eq!(percent(part, whole), shown);
        }
        assert_eq!((percent(1, 0), percent(-1, 2)), ("0.0 %".into(), "0.0 %".into()));
        let exact = [29_000, 49_900, 8_000, 300_000, 1, 1_000_000].map(percent_exact);
        assert_eq!(exact, ["2.9 %", "4.99 %", "0.8 %", "30 %", "0.0001 %", "100 %"]);
    }

    #[test]
    fn rows_say_what_was_computed_by_hand() {
        let all = Routes::parse(ROUTES).unwrap();
        let table = routes(&all).unwrap();
        for row in [
            "| [Stripe, cards](https://stripe.com/pricing) | US | 2.9 % + 0.30 USD | *6.20 USD (124.0 %)*, least 0.50 | \
             0.45 USD (9.0 %) | 4.89 USD | 2026-09-20 |",
            "| US | 0.8 %, 5.00 USD at most | *0.00 USD (0.0 %)*, least 0.50 | 0.04 USD (0.8 %) | 0.50 USD | 2026-09-20 |",
            "| worldwide | 30 % | *1.50 USD (30.0 %)*, least 0.29 | 1.50 USD (30.0 %) | never | 2026-09-30 |",
            "SEPA debit](https://stripe.com/pricing/local-payment-methods) (not confirmed) | EEA | 0 % + 0.35 EUR |",
            "| EU | 20 %, and Stripe, cards, EEA | *6.00 EUR (120.0 %)*, least 0.50 | 1.33 EUR (26.6 %) | never |",
        ] {
            assert!(table.contains(row), "{row}\n{table}");
        }
        // 0.35 of 1.75, 0.37 of 2.47, 0.44 of 4.89 and 0.72 of 14.40.
        assert!(pay_off(&all).unwrap().contains("| Stripe, cards | US | 1.75 USD | 2.47 USD | 4.89 USD | 14.40 USD |"));
        assert_eq!(notes(&all).lines().count(), all.routes.len());
    }

    #[test]
    fn a_month_of_nobody_is_nothing() {
        let all = Routes::parse(ROUTES).unwrap();
        let nobody = Scenario { players: 0, ..Scenario::parse(MONTH, &all).unwrap() };
        assert!(month(&nobody, &all).unwrap().contains("| spent | 0.00 USD | 0.00 USD |"));
    }
}
