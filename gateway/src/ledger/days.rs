//! What each day comes to: summed as it is posted, since to add up receipts takes the longer the more there are.

use farthing_protocol::{Currency, Money, MoneyError, Timestamp};

/// What transactions of one kind and currency came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DayFigures {
    /// Purchases, or charges.
    pub(crate) count: u64,
    /// Their amounts.
    pub(crate) volume: Money,
    /// What the processor took.
    pub(crate) fees: Money,
    /// What it would have taken if each had been a charge of its own.
    pub(crate) fees_one_by_one: Money,
}

impl DayFigures {
    pub(crate) fn nothing(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        DayFigures { count: 0, volume: nothing, fees: nothing, fees_one_by_one: nothing }
    }

    /// The sum of two in one currency.
    pub(crate) fn plus(self, other: DayFigures) -> Result<Self, MoneyError> {
        Ok(DayFigures {
            count: self.count.saturating_add(other.count),
            volume: self.volume.plus(other.volume)?,
            fees: self.fees.plus(other.fees)?,
            fees_one_by_one: self.fees_one_by_one.plus(other.fees_one_by_one)?,
        })
    }
}

/// The day of a time in UTC, counted from 1970.
pub(crate) fn day_of(time: Timestamp) -> i64 {
    time.as_millisecond().div_euclid(86_400_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let day = |time: &str| day_of(time.parse().unwrap());
        assert_eq!(day("1970-01-01T23:59:59.999Z"), 0);
        assert_eq!(day("1970-01-02T00:00:00Z"), 1);
        assert_eq!(day("1969-12-31T23:59:59Z"), -1);
        assert_eq!(day("2026-06-01T01:00:00+02:00"), day("2026-05-31T12:00:00Z"));
    }
}
