//! Funding routes: what each takes of a charge or a price, and from which amount on that is little.

use farthing_protocol::{Currency, Money};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use crate::{DataError, unusable};

const MILLION: i128 = 1_000_000;

/// Who takes the money in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A card processor, or a bank debit through one.
    Processor,
    /// Apple's.
    AppStore,
    /// Google's.
    GooglePlay,
}

/// A way in which money comes in, and its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name in the file.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Where it holds.
    pub region: String,
    /// Who takes the money in.
    pub kind: Kind,
    /// Millionths of the amount.
    pub per_million: u32,
    /// For each charge.
    pub fixed: Money,
    /// The least that a charge or a price may be, where it is known.
    pub minimum: Option<Money>,
    /// The most that a charge costs.
    pub cap: Option<Money>,
    /// Whether the fee of each charge is a whole number of minor units; otherwise it is exact to the micro.
    pub rounded: bool,
    /// A route that has to be paid as well.
    pub with: Option<String>,
    /// Where the figure is published.
    pub source: String,
    /// From when the copy of that page is.
    pub as_of: String,
    /// When it was looked up.
    pub read: String,
    /// False where neither a copy nor a dated transcription of the publisher's page was found, or sources disagree.
    pub confirmed: bool,
    /// Whether it is in the chart.
    pub chart: bool,
    /// What else there is to know.
    pub note: String,
}

impl Route {
    /// What its amounts are in.
    pub fn currency(&self) -> Currency {
        self.fixed.currency()
    }

    /// What this route alone takes of a charge.
    fn own_fee(&self, amount: Money) -> Result<Money, DataError> {
        let unit = if self.rounded { minor_unit(self.currency())? } else { 1 };
        let exactly =
            i128::from(amount.micros()) * i128::from(self.per_million) + i128::from(self.fixed.micros()) * MILLION;
        let parts = i128::from(unit) * MILLION;
        let micros = (exactly + parts / 2).div_euclid(parts) * i128::from(unit);
        let micros = self.cap.map_or(micros, |cap| micros.min(i128::from(cap.micros())));
        money(micros, self.currency())
    }
}

/// All routes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    /// In the file's order.
    pub routes: Vec<Route>,
}

/// What a number of purchases costs on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What is charged at once.
    pub charge: Money,
    /// What all of the charges cost together.
    pub fees: Money,
    /// What was bought.
    pub bought: Money,
    /// Whether the route takes so small a charge. Where not, the fees are notional.
    pub is_taken: bool,
}

impl Routes {
    /// Reads a file such as `economics/routes.toml`.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn parse(text: &str) -> Result<Self, DataError> {
        let file: File = toml::from_str(text).map_err(|error| DataError::Malformed(error.to_string()))?;
        let routes = file.route.into_iter().map(Entry::check).collect::<Result<Vec<_>, _>>()?;
        let routes = Routes { routes };
        for (place, route) in routes.routes.iter().enumerate() {
            if routes.routes[..place].iter().any(|other| other.id == route.id) {
                return Err(unusable(&route.id, "this name is used twice"));
            }
            if let Some(other) = routes.companion(route)? {
                if other.with.is_some() {
                    return Err(unusable(&route.id, "`with` names a route that has a `with` of its own"));
                }
                if other.currency() != route.currency() {
                    return Err(unusable(&route.id, "`with` names a route of another currency"));
                }
            }
        }
        Ok(routes)
    }

    /// The route of a name.
    ///
    /// # Errors
    /// [`DataError::Unusable`] when there is none.
    pub fn named(&self, id: &str) -> Result<&Route, DataError> {
        self.routes.iter().find(|route| route.id == id).ok_or_else(|| unusable(id, "there is no such route"))
    }

    fn companion(&self, route: &Route) -> Result<Option<&Route>, DataError> {
        route.with.as_deref().map(|id| self.named(id)).transpose()
    }

    /// What a charge costs on a route, with what has to be paid beside it.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn fee(&self, route: &Route, amount: Money) -> Result<Money, DataError> {
        let own = route.own_fee(amount)?;
        match self.companion(route)? {
            Some(other) => Ok(own.plus(other.own_fee(amount)?)?),
            None => Ok(own),
        }
    }

    /// The least that a charge may be on a route, where it is known.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn minimum(&self, route: &Route) -> Result<Option<Money>, DataError> {
        let other = self.companion(route)?.and_then(|other| other.minimum);
        Ok([route.minimum, other].into_iter().flatten().max_by_key(Money::micros))
    }

    /// What `count` purchases of a price cost when each is a charge of its own.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn one_by_one(&self, route: &Route, price: Money, count: u32) -> Result<Cost, DataError> {
        let fees = self.fee(route, price)?.times(count)?;
        let is_taken = self.takes(route, price)?;
        Ok(Cost { charge: price, fees, bought: price.times(count)?, is_taken })
    }

    /// What `count` purchases of a price cost when they are one charge.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn aggregated(&self, route: &Route, price: Money, count: u32) -> Result<Cost, DataError> {
        let charge = price.times(count)?;
        Ok(Cost { charge, fees: self.fee(route, charge)?, bought: charge, is_taken: self.takes(route, charge)? })
    }

    fn takes(&self, route: &Route, charge: Money) -> Result<bool, DataError> {
        Ok(self.minimum(route)?.is_none_or(|minimum| charge.micros() >= minimum.micros()))
    }

    /// The least charge from which on no charge costs more than a share of it, in millionths; `None` where there is none.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn pays_off(&self, route: &Route, share_per_million: u32) -> Result<Option<Money>, DataError> {
        let other = self.companion(route)?;
        let sum = |of: fn(&Route) -> i128| of(route) + other.map_or(0, of);
        let unit = i128::from(minor_unit(route.currency())?);
        let room = i128::from(share_per_million) - sum(|route| i128::from(route.per_million));
        // Each fee is rounded by half a minor unit at most: from here on it is certain. Below, each amount is looked at.
        let certain = if room > 0 {
            (sum(|route| i128::from(route.fixed.micros())) + unit) * MILLION / room
        } else {
            match (route.cap, other) {
                (Some(cap), None) if share_per_million > 0 => {
                    i128::from(cap.micros()) * MILLION / i128::from(share_per_million)
                }
                _ => return Ok(None),
            }
        };
        let units = |micros: i128| micros.div_euclid(unit) + i128::from(micros.rem_euclid(unit) != 0);
        let minimum = units(self.minimum(route)?.map_or(1, |minimum| i128::from(minimum.micros())));
        let mut least = units(certain).max(minimum);
        while least > minimum {
            let below = money((least - 1) * unit, route.currency())?;
            let fee = i128::from(self.fee(route, below)?.micros());
            if fee * MILLION > i128::from(below.micros()) * i128::from(share_per_million) {
                break;
            }
            least -= 1;
        }
        money(least * unit, route.currency()).map(Some)
    }
}

pub(crate) fn money(micros: i128, currency: Currency) -> Result<Money, DataError> {
    let micros = i64::try_from(micros).map_err(|_| DataError::OutOfRange)?;
    Ok(Money::from_micros(micros, currency))
}

/// Micros of a currency's minor unit.
fn minor_unit(currency: Currency) -> Result<i64, DataError> {
    let decimals = currency.exponent().and_then(|exponent| 6_u32.checked_sub(exponent));
    decimals.and_then(|decimals| 10_i64.checked_pow(decimals)).ok_or_else(|| unusable(currency.code(), "is virtual"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    route: Vec<Entry>,
}

/// A route as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    region: String,
    kind: Kind,
    percentage: Decimal,
    fixed: Decimal,
    minimum: Option<Decimal>,
    cap: Option<Decimal>,
    currency: String,
    rounded: bool,
    with: Option<String>,
    source: String,
    as_of: String,
    read: String,
    confirmed: bool,
    chart: bool,
    note: String,
}

impl Entry {
    fn check(self) -> Result<Route, DataError> {
        let wrong = |reason: &str| unusable(&self.id, reason);
        let currency: Currency = self.currency.parse().map_err(|_| wrong("`currency` is no ISO 4217 code"))?;
        minor_unit(currency)?;
        let amount = |amount: Decimal| match Money::new(amount, currency) {
            Ok(money) if !money.is_negative() => Ok(money),
            _ => Err(wrong("an amount is from 0 on, with at most six decimals")),
        };
        let parts = self.percentage.checked_mul(Decimal::from(10_000)).map(|parts| parts.normalize());
        let per_million = parts.filter(|parts| parts.scale() == 0).and_then(|parts| parts.to_u32());
        let per_million = per_million.filter(|parts| *parts <= 1_000_000);
        let per_million =
            per_million.ok_or_else(|| wrong("`percentage` is from 0 to 100, with at most four decimals"))?;
        if !self.source.starts_with("https://") {
            return Err(wrong("`source` must be an address"));
        }
        if ![&self.as_of, &self.read].into_iter().all(|date| is_date(date)) {
            return Err(wrong("`as_of` and `read` are dates such as 2026-11-27"));
        }
        Ok(Route {
            fixed: amount(self.fixed)?,
            minimum: self.minimum.map(amount).transpose()?,
            cap: self.cap.map(amount).transpose()?,
            per_million,
            id: self.id.clone(),
            name: self.name.clone(),
            region: self.region.clone(),
            kind: self.kind,
            rounded: self.rounded,
            with: self.with.clone(),
            source: self.source.clone(),
            as_of: self.as_of.clone(),
            read: self.read.clone(),
            confirmed: self.confirmed,
            chart: self.chart,
            note: self.note.clone(),
        })
    }
}

fn is_date(text: &str) -> bool {
    let shape: Vec<_> =
        text.split('-').map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_digit()))).collect();
    shape == [(4, true), (2, true), (2, true)]
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
