//! Pay-per-use: units at prices far below a cent, told in cumulative totals.
//!
//! A device counts units in memory and tells of many of them in one journal entry. The entry says
//! how many units it is for **and** what all of this meter's units in this epoch come to. Its
//! price is the difference of two cumulative prices, each rounded down to a micro once: however
//! the units were cut into entries, their prices sum to no more than the price of all units.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::{METER_SECONDS_MAX, USAGE_UNITS_MAX};
use crate::{Item, ItemKind, Money, Sku};

/// How the units of a metered item are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeterTerms {
    /// How many units the item's price is for: a price of 0.01 per 1,000 is a hundred-thousandth for one.
    #[serde(default = "one")]
    #[cfg_attr(feature = "openapi", schema(default = 1, minimum = 1, maximum = 1_000_000_000))]
    pub per_units: u32,
    /// Units that may be counted in memory before they are written to the journal: as many are lost, in the player's
    /// favour, where the app is killed.
    #[serde(default = "thousand")]
    #[cfg_attr(feature = "openapi", schema(default = 1_000, minimum = 1, maximum = 1_000_000_000))]
    pub flush_after_units: u32,
    /// Seconds after which they are written, however few they are.
    #[serde(default = "minute")]
    #[cfg_attr(feature = "openapi", schema(default = 60, minimum = 1, maximum = 86_400))]
    pub flush_after_seconds: u32,
    /// The most that the units of one day (UTC) may cost on a device; no cap where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_cap: Option<Money>,
}

fn one() -> u32 {
    1
}

fn thousand() -> u32 {
    1_000
}

fn minute() -> u32 {
    60
}

impl Default for MeterTerms {
    fn default() -> Self {
        MeterTerms { per_units: one(), flush_after_units: thousand(), flush_after_seconds: minute(), daily_cap: None }
    }
}

impl MeterTerms {
    /// What is wrong with the terms of an item, in words that follow "the meter".
    pub(crate) fn fault(&self, item: &Item) -> Option<&'static str> {
        let units = 1..=USAGE_UNITS_MAX;
        if item.kind != ItemKind::Metered {
            Some("belongs to an item of the kind \"metered\"")
        } else if !units.contains(&self.per_units) || !units.contains(&self.flush_after_units) {
            Some("counts from 1 to 1,000,000,000 units")
        } else if !(1..=METER_SECONDS_MAX).contains(&self.flush_after_seconds) {
            Some("is flushed after 1 to 86,400 seconds")
        } else if self.per_units > 1 && item.price.currency().is_virtual() {
            Some("has a price for one unit, where that is in a virtual currency")
        } else if self.daily_cap.is_some_and(|cap| cap.currency() != item.price.currency() || !cap.is_positive()) {
            Some("has a daily cap above zero, in the currency of the price")
        } else {
            None
        }
    }
}

/// Units of a metered item were used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageBody {
    /// What was used.
    pub sku: Sku,
    /// How many units, at least 1.
    pub units: u32,
    /// What they cost.
    pub amount: Money,
    /// All units of this meter in this epoch, since its price last changed.
    pub total_units: u64,
    /// What those cost.
    pub total: Money,
    /// The catalog's price of `per_units` units.
    pub unit_price: Money,
    /// How many units that price is for.
    pub per_units: u32,
    /// The catalog version that the price is from.
    pub catalog: u64,
    /// The version of the allowance (in the currency of the price) that it draws on.
    pub allowance: u64,
}

/// What a meter has come to on one device, in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterTotals {
    /// Which meter.
    pub sku: Sku,
    /// The price of `per_units` units.
    pub unit_price: Money,
    /// How many units that price is for.
    pub per_units: u32,
    /// All units at this price.
    pub units: u64,
    /// What they cost.
    pub total: Money,
    /// The day (UTC) of the last entry, counted from 1970-01-01.
    pub day: i64,
    /// What was counted on that day.
    pub day_total: Money,
}

/// What a number of units costs, rounded down to a micro; `None` where that is out of range.
pub fn usage_price(unit_price: Money, per_units: u32, units: u64) -> Option<Money> {
    let micros = i128::from(unit_price.micros()).checked_mul(units.into())? / i128::from(per_units.max(1));
    Some(Money::from_micros(i64::try_from(micros).ok()?, unit_price.currency()))
}

/// How many units fit, after `before` of them, into an amount; the inverse of [`usage_price`].
pub fn units_within(unit_price: Money, per_units: u32, before: u64, room: Money) -> u64 {
    let price = i128::from(unit_price.micros());
    let paid = usage_price(unit_price, per_units, before).map_or(i64::MAX, |paid| paid.micros());
    if price <= 0 || room.is_negative() {
        return 0;
    }
    // The first price that is too much, in micros of `per_units` units.
    let beyond = (i128::from(paid) + i128::from(room.micros()) + 1) * i128::from(per_units.max(1));
    u64::try_from((beyond - 1) / price).unwrap_or(u64::MAX).saturating_sub(before)
}

/// The day (UTC) of a moment, counted from 1970-01-01.
pub fn usage_day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

impl MeterTotals {
    /// Whether units of this price are counted on top of these totals. Where the price changed, the count starts anew.
    pub fn goes_on_with(&self, unit_price: Money, per_units: u32) -> bool {
        self.unit_price == unit_price && self.per_units == per_units
    }

    /// What was counted on a day.
    pub fn on_day(&self, day: i64) -> Money {
        if self.day == day { self.day_total } else { Money::zero(self.day_total.currency()) }
    }
}

impl UsageBody {
    /// Whether the entry follows from what its meter had come to: its totals are those and its own units, and its
    /// price is the difference of the totals' prices.
    pub fn follows(&self, before: Option<&MeterTotals>) -> bool {
        let before = before.filter(|before| before.goes_on_with(self.unit_price, self.per_units));
        let (units, paid) = before.map_or((0, Money::zero(self.unit_price.currency())), |it| (it.units, it.total));
        self.unit_price.is_positive()
            && self.per_units > 0
            && units.checked_add(self.units.into()) == Some(self.total_units)
            && usage_price(self.unit_price, self.per_units, self.total_units) == Some(self.total)
            && self.total.minus(paid) == Ok(self.amount)
    }

    /// What the meter has come to with this entry. One that was rejected `counts` for nothing on its day; the totals go
    /// on all the same, since the entries behind it are written already.
    pub fn totals(&self, before: Option<&MeterTotals>, at: Timestamp, counts: bool) -> MeterTotals {
        let (day, zero) = (usage_day(at), Money::zero(self.amount.currency()));
        let earlier = before.map(|before| before.on_day(day)).filter(|sum| sum.currency() == zero.currency());
        let earlier = earlier.unwrap_or(zero);
        let day_total = if counts { earlier.plus(self.amount).unwrap_or(earlier) } else { earlier };
        MeterTotals {
            sku: self.sku.clone(),
            unit_price: self.unit_price,
            per_units: self.per_units,
            units: self.total_units,
            total: self.total,
            day,
            day_total,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Currency;

    fn usd(micros: i64) -> Money {
        Money::from_micros(micros, Currency::USD)
    }

    fn noon() -> Timestamp {
        "2026-01-15T12:00:00Z".parse().unwrap()
    }

    /// The next entry of a meter, as an honest device writes it.
    fn next(before: Option<&MeterTotals>, units: u32, (price, per_units): (i64, u32)) -> UsageBody {
        let before = before.filter(|before| before.goes_on_with(usd(price), per_units));
        let total_units = before.map_or(0, |before| before.units) + u64::from(units);
        let total = usage_price(usd(price), per_units, total_units).unwrap();
        UsageBody {
            sku: Sku::new("api_calls").unwrap(),
            units,
            amount: total.minus(before.map_or(usd(0), |before| before.total)).unwrap(),
            total_units,
            total,
            unit_price: usd(price),
            per_units,
            catalog: 1,
            allowance: 1,
        }
    }

    #[test]
    fn a_third_of_a_micro_is_a_micro_every_third_time() {
        let (mut before, mut amounts) = (None, Vec::new());
        for _ in 0..6 {
            let body = next(before.as_ref(), 1, (1, 3));
            assert!(body.follows(before.as_ref()));
            amounts.push(body.amount.micros());
            before = Some(body.totals(before.as_ref(), noon(), true));
        }
        assert_eq!(amounts, [0, 0, 1, 0, 0, 1]);
        assert_eq!(before.unwrap().day_total, usd(2));
    }

    #[test]
    fn an_entry_that_does_not_follow_is_known() {
        let first = next(None, 10, (7, 2));
        let before = first.totals(None, noon(), true);
        let good = next(Some(&before), 5, (7, 2));
        assert!(good.follows(Some(&before)) && !good.follows(None));
        for change in [
            |body: &mut UsageBody| body.units = 4,
            |body: &mut UsageBody| body.total_units += 1,
            |body: &mut UsageBody| body.amount = usd(body.amount.micros() - 1),
            |body: &mut UsageBody| body.total = usd(body.total.micros() + 1),
            |body: &mut UsageBody| body.unit_price = usd(6),
            |body: &mut UsageBody| body.per_units = 0,
            |body: &mut UsageBody| body.total = Money::from_micros(body.total.micros(), Currency::EUR),
            |body: &mut UsageBody| (body.units, body.total_units) = (1, u64::MAX),
        ] {
            let mut bad = good.clone();
            change(&mut bad);
            assert!(!bad.follows(Some(&before)), "{bad:?}");
        }
    }

    #[test]
    fn what_costs_nothing_follows_from_nothing() {
        assert!(!next(None, 10, (0, 2)).follows(None));
    }

    #[test]
    fn a_new_price_counts_anew_and_a_new_day_too() {
        let before = next(None, 10, (7, 2)).totals(None, noon(), true);
        let dearer = next(Some(&before), 1, (8, 1));
        assert_eq!((dearer.total_units, dearer.amount), (1, usd(8)));
        assert!(dearer.follows(Some(&before)));
        assert_eq!(dearer.totals(Some(&before), noon(), true).day_total, usd(43), "the day goes on");
        let tomorrow: Timestamp = "2026-01-16T00:00:00Z".parse().unwrap();
        assert_eq!(dearer.totals(Some(&before), tomorrow, true).day_total, usd(8));
        assert_eq!(dearer.totals(Some(&before), noon(), false).day_total, usd(35), "rejected");
    }

    #[test]
    fn what_is_out_of_range_has_no_price_and_no_room() {
        assert_eq!(usage_price(usd(i64::MAX), 1, u64::MAX), None);
        assert_eq!(usage_price(usd(1), 1, i64::MAX as u64), Some(usd(i64::MAX)));
        assert_eq!(units_within(usd(1), 1_000_000_000, 0, usd(i64::MAX)), u64::MAX);
        assert_eq!(units_within(usd(5), 1, 0, usd(4)), 0);
        assert_eq!(units_within(usd(5), 1, 0, usd(-1)), 0);
        assert_eq!(units_within(usd(0), 1, 0, usd(4)), 0);
    }

    proptest! {
        #[test]
        fn however_units_are_cut_up_they_never_cost_more_than_all_of_them_at_once(
            cuts in prop::collection::vec(1_u32..=1_000_000, 1..40),
            price in 1_i64..=1_000_000,
            per_units in 1_u32..=1_000_000,
        ) {
            let (mut before, mut paid, mut units) = (None, 0_i64, 0_u64);
            for cut in cuts {
                let body = next(before.as_ref(), cut, (price, per_units));
                prop_assert!(body.follows(before.as_ref()));
                prop_assert!(!body.amount.is_negative());
                paid += body.amount.micros();
                units += u64::from(cut);
                before = Some(body.totals(before.as_ref(), noon(), true));
                // Never above the exact price, and less than one micro below it.
                let exact = i128::from(price) * i128::from(units);
                prop_assert!(i128::from(paid) * i128::from(per_units) <= exact);
                prop_assert!(exact < (i128::from(paid) + 1) * i128::from(per_units));
            }
            prop_assert_eq!(Some(usd(paid)), usage_price(usd(price), per_units, units));
        }

        #[test]
        fn as_many_units_as_fit_fit_and_one_more_does_not(
            price in 1_i64..=1_000_000, per_units in 1_u32..=1_000_000, before in 0_u64..1_000_000_000, room in 0_i64..=1_000_000_000,
        ) {
            let most = units_within(usd(price), per_units, before, usd(room));
            let cost = |units: u64| {
                let all = usage_price(usd(price), per_units, before + units).unwrap().micros();
                all - usage_price(usd(price), per_units, before).unwrap().micros()
            };
            prop_assert!(cost(most) <= room);
            prop_assert!(cost(most + 1) > room);
        }
    }
}
