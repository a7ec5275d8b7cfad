//! What limits the spending of accounts, as their players know, and on which days.
//!
//! A phone that has not synced since goes by what was signed before, and so nothing is promised for a day on which one of
//! the account has not: [`Limits::of_day`] knows no limit of it. For every other day the sum of all phones is within it.

use std::collections::{BTreeMap, BTreeSet};

use farthing_core::Timestamp;

use crate::phone::Phone;

const SECONDS_PER_DAY: i64 = 86_400;

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

    /// The accounts that a limit was asked for.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// What an account may spend on a day, in micros; nothing where that is not limited for sure.
    pub(crate) fn of_day(&self, account: &str, day: i64) -> Option<i64> {
        let known = self.0.get(account)?;
        (known.is_set && day > known.since && !known.open_days.contains(&day)).then_some(known.most)
    }
}

/// The day (UTC) of a time, counted from 1970-01-01.
pub(crate) fn day_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(SECONDS_PER_DAY)
}
