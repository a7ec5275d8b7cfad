//! What holds of the limits that were set: a pure function.

use farthing_protocol::api::PendingLimits;
use farthing_protocol::{SpendingLimits, Timestamp};

use crate::store::SpendingRule;

/// What holds at a time.
pub(crate) fn in_force(rule: &SpendingRule, now: Timestamp) -> SpendingLimits {
    match rule.pending {
        Some(pending) if pending.from <= now => pending.limits,
        _ => rule.limits,
    }
}

/// What still waits at a time.
pub(crate) fn pending(rule: &SpendingRule, now: Timestamp) -> Option<PendingLimits> {
    rule.pending.filter(|pending| pending.from > now)
}

/// Limits that a player sets: what is stricter holds at once, what is looser only after the cooling-off. Nothing is
/// changed by setting again what waits already.
pub(crate) fn change(
    holds: SpendingLimits,
    waits: Option<PendingLimits>,
    wanted: SpendingLimits,
    from: Timestamp,
) -> (SpendingLimits, Option<PendingLimits>) {
    let strict = holds.stricter(&wanted);
    if strict == wanted {
        return (wanted, None);
    }
    let pending = waits.filter(|waits| waits.limits == wanted);
    (strict, Some(pending.unwrap_or(PendingLimits { limits: wanted, from })))
}

#[cfg(test)]
mod tests {
    use farthing_protocol::{Currency, Money};

    use super::*;

    fn day(amount: Option<&str>) -> SpendingLimits {
        let day = amount.map(|amount| Money::parse(amount, Currency::USD).unwrap());
        SpendingLimits { day, ..SpendingLimits::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn stricter_holds_at_once_and_looser_after_the_cooling_off() {
        assert_eq!(change(day(None), None, day(Some("5")), at(9)), (day(Some("5")), None));
        assert_eq!(change(day(Some("5")), None, day(Some("4")), at(9)), (day(Some("4")), None));
        let waits = PendingLimits { limits: day(Some("6")), from: at(9) };
        assert_eq!(change(day(Some("5")), None, day(Some("6")), at(9)), (day(Some("5")), Some(waits)));
        let none = PendingLimits { limits: day(None), from: at(9) };
        assert_eq!(change(day(Some("5")), None, day(None), at(9)), (day(Some("5")), Some(none)));
        // What waits already is not put off, and is given up for what is stricter.
        assert_eq!(change(day(Some("5")), Some(waits), day(Some("6")), at(99)), (day(Some("5")), Some(waits)));
        assert_eq!(change(day(Some("5")), Some(waits), day(Some("3")), at(99)), (day(Some("3")), None));
    }

    #[test]
    fn of_several_limits_only_the_looser_ones_wait() {
        let money = |amount: &str| Some(Money::parse(amount, Currency::USD).unwrap());
        let holds = SpendingLimits { day: money("5"), week: money("20"), ..SpendingLimits::default() };
        let wanted = SpendingLimits { day: money("9"), week: money("10"), ..SpendingLimits::default() };
        let (now, later) = change(holds, None, wanted, at(9));
        assert_eq!(now, SpendingLimits { day: money("5"), week: money("10"), ..SpendingLimits::default() });
        assert_eq!(later.map(|later| later.limits), Some(wanted));
    }
}
