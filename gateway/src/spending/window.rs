//! The day, week and month that a time is in.

use farthing_protocol::{LimitPeriod, Timestamp};
use jiff::tz::Offset;

use crate::clock::from_milliseconds;

const DAY: i64 = 86_400_000;
/// What is spent is summed by quarters of an hour: each offset from UTC that is in use is a whole number of them.
const SLOT: i64 = 900_000;

/// From when on, and until before when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

impl Window {
    /// The quarters of an hour in it: from which on, and until before which.
    pub(crate) fn slots(&self) -> (i64, i64) {
        (slot(self.from), slot(self.until))
    }
}

/// The quarter of an hour of a time, counted from 1970.
pub(crate) fn slot(time: Timestamp) -> i64 {
    time.as_millisecond().div_euclid(SLOT)
}

/// The day, week or month of a time, where days begin so many minutes before those of UTC. A single purchase has none.
pub(crate) fn window(period: LimitPeriod, now: Timestamp, utc_offset_minutes: i16) -> Option<Window> {
    let offset = i64::from(utc_offset_minutes) * 60_000;
    let day = (now.as_millisecond() + offset).div_euclid(DAY);
    let (first, last) = match period {
        LimitPeriod::Purchase => return None,
        LimitPeriod::Day => (day, day),
        LimitPeriod::Week => {
            // 1970 began on a Thursday.
            let monday = (day + 3).div_euclid(7) * 7 - 3;
            (monday, monday + 6)
        }
        LimitPeriod::Month => {
            let date = Offset::UTC.to_datetime(from_milliseconds(day * DAY)).date();
            let first = day - i64::from(date.day()) + 1;
            (first, first + i64::from(date.days_in_month()) - 1)
        }
    };
    let at = |day: i64| from_milliseconds(day * DAY - offset);
    Some(Window { from: at(first), until: at(last + 1) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(period: LimitPeriod, now: &str, offset: i16) -> (String, String) {
        let Window { from, until } = window(period, now.parse().unwrap(), offset).unwrap();
        (from.to_string(), until.to_string())
    }

    fn is(from: &str, until: &str) -> (String, String) {
        (from.to_owned(), until.to_owned())
    }

    #[test]
    fn days_weeks_and_months_begin_at_midnight() {
        let now = "2026-02-28T23:30:00Z";
        assert_eq!(of(LimitPeriod::Day, now, 0), is("2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"));
        assert_eq!(of(LimitPeriod::Week, now, 0), is("2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"));
        assert_eq!(of(LimitPeriod::Month, now, 0), is("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"));
        // In Kathmandu it is March already.
        assert_eq!(of(LimitPeriod::Day, now, 345), is("2026-02-28T18:15:00Z", "2026-03-01T18:15:00Z"));
        assert_eq!(of(LimitPeriod::Month, now, 345), is("2026-02-28T18:15:00Z", "2026-03-31T18:15:00Z"));
        assert_eq!(of(LimitPeriod::Week, "2026-03-02T00:00:00Z", 0).0, "2026-03-02T00:00:00Z", "a Monday");
        assert_eq!(window(LimitPeriod::Purchase, now.parse().unwrap(), 0), None);
    }

    proptest! {
        #[test]
        fn a_time_is_in_its_window_and_the_next_begins_where_it_ends(
            second in 0_i64..4_102_444_800,
            quarters in -48_i16..=56,
            place in 0_usize..3,
        ) {
            let period = [LimitPeriod::Day, LimitPeriod::Week, LimitPeriod::Month][place];
            let (now, offset) = (Timestamp::from_second(second).unwrap(), quarters * 15);
            let found = window(period, now, offset).unwrap();
            prop_assert!(found.from <= now && now < found.until);
            prop_assert_eq!(window(period, found.until, offset).unwrap().from, found.until);
            let (from, until) = found.slots();
            prop_assert!(from <= slot(now) && slot(now) < until);
        }
    }
}
