//! What limits the spending of accounts, as their players know, and on which days.
//!
//! A phone that has not synced since goes by what was signed before, and so nothing is promised for a day, a week or a month
//! in which one of the account has not: [`Limits::of`] knows no limit of it. For every other one the sum of all phones is
//! within it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use farthing_core::Timestamp;

use crate::Violation;
use crate::audit::Audit;
use crate::coverage::Coverage;
use crate::phone::{Day, Phone, Statement};

const SECONDS_PER_DAY: i64 = 86_400;

/// A period that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Period {
    Day,
    /// From Monday on.
    Week,
    /// Of the calendar.
    Month,
}

impl Period {
    pub(crate) const ALL: [Period; 3] = [Period::Day, Period::Week, Period::Month];

    /// What may be spent in it, where so much may be in a day: so that each of the limits is the one that is reached first
    /// at times.
    pub(crate) fn limit(self, of_day: i64) -> i64 {
        match self {
            Period::Day => of_day,
            Period::Week => of_day / 2 * 3,
            Period::Month => of_day * 2,
        }
    }

    /// The days of the period that a day is in.
    pub(crate) fn days(self, day: i64) -> RangeInclusive<i64> {
        match self {
            Period::Day => day..=day,
            Period::Week => {
                // 1970 began on a Thursday.
                let monday = day - (day + 3).rem_euclid(7);
                monday..=monday + 6
            }
            Period::Month => {
                let first = day - day_of_month(day) + 1;
                let in_next = first + 31;
                first..=in_next - day_of_month(in_next)
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
        }
    }
}

/// The limits of all accounts.
#[derive(Default)]
pub(crate) struct Limits(BTreeMap<String, Limited>);

struct Limited {
    /// The loosest limit of a day that was asked for, in micros: a looser one comes later by itself.
    most: i64,
    /// When one was asked for first.
    since: i64,
    /// Whether the gateway has said that one holds.
    is_set: bool,
    /// Days on which a phone may have gone by what was signed before.
    open_days: BTreeSet<i64>,
}

impl Limits {
    /// A limit is about to be asked for.
    pub(crate) fn ask(&mut self, account: &str, micros: i64, now: Timestamp) {
        let new = Limited { most: micros, since: day_of(now), is_set: false, open_days: BTreeSet::new() };
        let known = self.0.entry(account.to_owned()).or_insert(new);
        known.most = known.most.max(micros);
    }

    /// It holds.
    pub(crate) fn set(&mut self, account: &str) {
        if let Some(known) = self.0.get_mut(account) {
            known.is_set = true;
        }
    }

    /// Whether one holds.
    pub(crate) fn is_set(&self, account: &str) -> bool {
        self.0.get(account).is_some_and(|known| known.is_set)
    }

    /// Notes how the phones stand on the days from one time to another.
    pub(crate) fn note(&mut self, phones: &[Phone], from: Timestamp, to: Timestamp) {
        for (account, known) in &mut self.0 {
            let mut theirs = phones.iter().filter(|phone| phone.account() == *account);
            if !known.is_set || theirs.any(|phone| !phone.is_limited) {
                known.open_days.extend(day_of(from)..=day_of(to));
            }
        }
    }

    /// What an account may spend in a period, in micros; nothing where that is not limited for sure.
    fn of(&self, account: &str, period: Period, days: &RangeInclusive<i64>) -> Option<i64> {
        let known = self.0.get(account)?;
        let is_open = known.open_days.range(days.clone()).next().is_some();
        (known.is_set && *days.start() > known.since && !is_open).then_some(period.limit(known.most))
    }

    /// No account has spent more in a day, a week or a month than its limit, on however many phones.
    pub(crate) fn check(
        &self,
        phones: &[Phone],
        audit: &Audit,
        statements: &[Statement],
        coverage: &Coverage,
    ) -> Result<(), Violation> {
        for account in self.0.keys() {
            let phones: Vec<&Phone> = phones.iter().filter(|phone| phone.account() == *account).collect();
            if phones.iter().any(|phone| !phone.is_honest()) {
                continue;
            }
            let theirs: Vec<&Statement> = statements.iter().filter(|known| known.account == *account).collect();
            let Some(first) = theirs.first() else { continue };
            let spent: BTreeMap<i64, i64> = audit.spent(&first.device)?.into_iter().collect();
            // A purchase is of the day that its phone's clock shows.
            let is_shown = phones.iter().all(|phone| phone.has_true_clock);
            for period in Period::ALL {
                self.check_settled(account, period, &spent)?;
                if is_shown {
                    self.check_shown(account, period, &theirs, coverage)?;
                }
            }
        }
        Ok(())
    }

    fn check_settled(&self, account: &str, period: Period, spent: &BTreeMap<i64, i64>) -> Result<(), Violation> {
        for day in spent.keys() {
            let days = period.days(*day);
            let Some(limit) = self.of(account, period, &days) else { continue };
            let spent: i64 = spent.range(days).map(|(_, micros)| micros).sum();
            if spent > limit {
                let period = period.name();
                return Err(Violation::new(format!("{spent} settled in a {period} that is limited to {limit}")));
            }
        }
        Ok(())
    }

    fn check_shown(
        &self,
        account: &str,
        period: Period,
        statements: &[&Statement],
        coverage: &Coverage,
    ) -> Result<(), Violation> {
        let days = statements.iter().flat_map(|statement| statement.days.keys());
        for days in days.map(|day| period.days(*day).into_inner()).collect::<BTreeSet<_>>() {
            let days = days.0..=days.1;
            let Some(limit) = self.of(account, period, &days) else { continue };
            let spent: Vec<Day> = statements.iter().filter_map(|statement| statement.in_days(&days)).collect();
            let (all, phones, name) = (spent.iter().map(|day| day.spent).sum::<i64>(), spent.len(), period.name());
            if all > limit {
                return Err(Violation::new(format!(
                    "{phones} phones spent {all} in a {name} that is limited to {limit}"
                )));
            }
            if period == Period::Day
                && let Some(dear) = spent.iter().map(|day| day.dearest).find(|dearest| *dearest > limit / 2)
            {
                return Err(Violation::new(format!("a purchase for {dear} where one may cost {}", limit / 2)));
            }
            coverage.add(format!("a limited {name} of {phones} phones"));
            if all > limit / 2 {
                coverage.add(format!("{phones} phones spent more than half of a {name}'s limit"));
            }
        }
        Ok(())
    }
}

/// The day (UTC) of a time, counted from 1970-01-01.
pub(crate) fn day_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(SECONDS_PER_DAY)
}

/// Which day of its month a day is, from 1 on: by years that begin in March and the months of a leap year's cycle, of
/// which five have 153 days.
fn day_of_month(day: i64) -> i64 {
    let of_cycle = (day + 719_468).rem_euclid(146_097);
    let year = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    of_year - (153 * month + 2) / 5 + 1
}
