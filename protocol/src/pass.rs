//! Passes: time that is bought, for as long as it lasts.
//!
//! A purchase of a pass names how long it is for, so that whoever adds up the journal needs no catalog. Device and
//! gateway add up by the same functions: a purchase while the pass lasts, or in its grace period, goes on from its end,
//! and any other begins when it was made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::PASS_SECONDS_MAX;
use crate::{Item, ItemKind, Sku};

/// How long the item is for, and what comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassTerms {
    /// Seconds that one purchase lasts: 86,400 for a day.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 316_224_000))]
    pub length_seconds: u32,
    /// Seconds after its end in which the player may still have it, to buy the next one: at most as many as it lasts.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = 0, maximum = 316_224_000))]
    pub grace_seconds: u32,
    /// Whether the player may let the wallet renew it by itself.
    #[serde(default)]
    pub may_renew: bool,
    /// Seconds before its end in which the player is reminded; 0 for not at all, but for a renewal.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = 0, maximum = 316_224_000))]
    pub reminder_seconds: u32,
}

impl PassTerms {
    /// What is wrong with the terms of an item, in words that follow "the pass".
    pub(crate) fn fault(&self, item: &Item) -> Option<&'static str> {
        if item.kind != ItemKind::Pass {
            Some("belongs to an item of the kind \"pass\"")
        } else if !(1..=PASS_SECONDS_MAX).contains(&self.length_seconds) {
            Some("lasts from 1 second to ten years")
        } else if self.grace_seconds > self.length_seconds || self.reminder_seconds > self.length_seconds {
            Some("has a grace period and a reminder that are no longer than itself")
        } else {
            None
        }
    }

    /// What one purchase gives.
    pub fn grant(&self) -> PassGrant {
        PassGrant { length_seconds: self.length_seconds, grace_seconds: self.grace_seconds }
    }
}

/// What one purchase of a pass gives, as its entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassGrant {
    /// Seconds that it lasts.
    pub length_seconds: u32,
    /// Seconds after its end in which the player may still have it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub grace_seconds: u32,
}

fn is_none(seconds: &u32) -> bool {
    *seconds == 0
}

/// From when to when a pass lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassPeriod {
    /// Which pass.
    pub sku: Sku,
    /// When it began; purchases that followed each other without a gap are one period.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Seconds after that in which the player may still have it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub grace_seconds: u32,
}

/// Whether a pass lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PassState {
    /// It lasts.
    Active,
    /// It has ended, and the player may still have it for a while.
    Grace,
    /// It is over.
    Ended,
}

impl PassPeriod {
    /// What a pass is after one more purchase of it.
    pub fn extended(before: Option<&PassPeriod>, sku: &Sku, grant: PassGrant, at: Timestamp) -> PassPeriod {
        let at = moved(at, 0);
        // Where the catalog has changed, the next one may be shorter than the grace period was: it is not paid for nothing.
        let goes_on = before
            .filter(|before| at < before.grace_ends_at() && moved(before.ends_at, grant.length_seconds.into()) > at);
        PassPeriod {
            sku: sku.clone(),
            starts_at: goes_on.map_or(at, |before| before.starts_at),
            ends_at: moved(goes_on.map_or(at, |before| before.ends_at), grant.length_seconds.into()),
            grace_seconds: grant.grace_seconds,
        }
    }

    /// What a pass is once as many seconds of it were taken back at a time. What has run by then has run.
    pub fn shortened(&self, seconds: u64, at: Timestamp) -> PassPeriod {
        if seconds == 0 {
            return self.clone();
        }
        let shorter = moved(self.ends_at, -i64::try_from(seconds).unwrap_or(i64::MAX));
        let ends_at = shorter.max(moved(at, 0).min(self.ends_at));
        PassPeriod {
            sku: self.sku.clone(),
            starts_at: self.starts_at.min(ends_at),
            ends_at,
            // Nobody has to pay for the next one by now.
            grace_seconds: if ends_at > at { self.grace_seconds } else { 0 },
        }
    }

    /// The last `seconds` of it: what the purchase that was made last is for.
    pub fn last(&self, seconds: u32) -> PassPeriod {
        PassPeriod { starts_at: moved(self.ends_at, -i64::from(seconds)), ..self.clone() }
    }

    /// When the player may not have it any more.
    pub fn grace_ends_at(&self) -> Timestamp {
        moved(self.ends_at, self.grace_seconds.into())
    }

    /// Whether it lasts.
    pub fn state(&self, now: Timestamp) -> PassState {
        if now < self.ends_at {
            PassState::Active
        } else if now < self.grace_ends_at() {
            PassState::Grace
        } else {
            PassState::Ended
        }
    }

    /// Whether less than a part of what a purchase of `seconds` was for has run. Time is alike: it does not matter by
    /// which purchase it came.
    pub fn is_unused(&self, seconds: u64, used_percent: u32, now: Timestamp) -> bool {
        let left = i128::from(self.ends_at.as_millisecond()) - i128::from(now.as_millisecond());
        let unused = i128::from(seconds) * 10 * i128::from(100_u32.saturating_sub(used_percent));
        left > 0 && left >= unused
    }
}

/// A time in whole milliseconds, so many seconds later.
fn moved(time: Timestamp, seconds: i64) -> Timestamp {
    let milliseconds = time.as_millisecond().saturating_add(seconds.saturating_mul(1_000));
    let farthest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(milliseconds).unwrap_or(farthest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: u32 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn grant(length_seconds: u32, grace_seconds: u32) -> PassGrant {
        PassGrant { length_seconds, grace_seconds }
    }

    fn sku() -> Sku {
        Sku::new("season").unwrap()
    }

    fn first(length: u32, grace: u32) -> PassPeriod {
        PassPeriod::extended(None, &sku(), grant(length, grace), at(0))
    }

    #[test]
    fn a_pass_lasts_from_its_purchase_and_has_its_grace_period() {
        let pass = first(DAY, 60);
        assert_eq!((pass.starts_at, pass.ends_at), (at(0), at(86_400)));
        let states = [(0, PassState::Active), (86_399, PassState::Active), (86_400, PassState::Grace)];
        let later = [(86_459, PassState::Grace), (86_460, PassState::Ended), (9_999_999, PassState::Ended)];
        for (seconds, state) in states.into_iter().chain(later) {
            assert_eq!(pass.state(at(seconds)), state, "after {seconds} seconds");
        }
    }

    #[test]
    fn a_purchase_before_the_end_or_in_the_grace_period_goes_on_and_a_later_one_begins_anew() {
        let pass = first(DAY, 60);
        for (seconds, starts, ends) in
            [(10, 0, 172_800), (86_400, 0, 172_800), (86_459, 0, 172_800), (86_460, 86_460, 172_860)]
        {
            let longer = PassPeriod::extended(Some(&pass), &sku(), grant(DAY, 0), at(seconds));
            assert_eq!((longer.starts_at, longer.ends_at), (at(starts), at(ends)), "bought after {seconds} seconds");
            assert_eq!((longer.grace_seconds, longer.last(DAY).starts_at), (0, at(ends - 86_400)));
        }
        // The next one is shorter than what has run of the grace period.
        let short = PassPeriod::extended(Some(&first(DAY, DAY)), &sku(), grant(10, 0), at(86_500));
        assert_eq!((short.starts_at, short.ends_at), (at(86_500), at(86_510)));
    }

    #[test]
    fn what_was_taken_back_ends_at_once_and_what_has_run_has_run() {
        let pass = first(DAY, 60);
        let gone = pass.shortened(DAY.into(), at(100));
        assert_eq!((gone.ends_at, gone.state(at(100))), (at(100), PassState::Ended));
        // Of two, one is left.
        let two = PassPeriod::extended(Some(&pass), &sku(), grant(DAY, 60), at(50));
        let one = two.shortened(DAY.into(), at(100));
        assert_eq!((one.ends_at, one.grace_seconds), (at(86_400), 60));
        assert_eq!(one.shortened(u64::MAX, at(86_000)).ends_at, at(86_000));
        // Nothing taken back changes nothing, not even in the grace period.
        assert_eq!(pass.shortened(0, at(86_410)), pass);
        // Long over: nothing is left to take, and none is given.
        assert_eq!(pass.shortened(DAY.into(), at(900_000)).ends_at, at(86_400));
    }

    #[test]
    fn a_pass_is_used_once_a_part_of_it_has_run() {
        let pass = first(1_000, 0);
        assert!(pass.is_unused(1_000, 10, at(100)) && !pass.is_unused(1_000, 10, at(101)));
        assert!(pass.is_unused(1_000, 0, at(0)) && !pass.is_unused(1_000, 0, at(1)));
        assert!(pass.is_unused(1_000, 100, at(999)) && !pass.is_unused(1_000, 100, at(1_000)));
        let two = PassPeriod::extended(Some(&pass), &sku(), grant(1_000, 0), at(0));
        assert!(two.is_unused(1_000, 0, at(1_000)) && !two.is_unused(1_000, 0, at(1_001)), "as much is left");
    }

    #[test]
    fn the_end_of_time_is_the_end_of_time() {
        let far = PassPeriod::extended(None, &sku(), grant(PASS_SECONDS_MAX, PASS_SECONDS_MAX), Timestamp::MAX);
        assert_eq!(far.grace_ends_at(), Timestamp::MAX);
        assert_eq!(far.shortened(u64::MAX, Timestamp::MIN).ends_at, moved(Timestamp::MIN, 0));
    }

    proptest! {
        #[test]
        fn nobody_has_more_time_than_was_bought_and_everyone_has_all_of_it(
            purchases in prop::collection::vec((0_i64..200_000, 1_u32..100_000, 0_u32..50_000), 1..20),
        ) {
            let (mut pass, mut now, mut bought, mut had): (Option<PassPeriod>, i64, i64, i64) = (None, 0, 0, 0);
            for (pause, length, grace) in purchases {
                // What runs until the next purchase, the grace period aside.
                had += pass.as_ref().map_or(0, |pass| (pass.ends_at.as_second() - at(now).as_second()).clamp(0, pause));
                now += pause;
                let before = pass.clone();
                let after = PassPeriod::extended(before.as_ref(), &sku(), grant(length, grace.min(length)), at(now));
                bought += i64::from(length);
                prop_assert!(after.ends_at > at(now) && after.starts_at <= at(now));
                prop_assert!(before.is_none_or(|before| after.ends_at > before.ends_at));
                pass = Some(after);
            }
            let pass = pass.unwrap();
            had += pass.ends_at.as_second() - at(now).as_second();
            // What ran of a grace period is of the purchase that followed in it.
            prop_assert!(had <= bought);
        }

        #[test]
        fn a_refund_at_once_leaves_what_was_before(
            (length, more, pause) in (1_u32..100_000, 1_u32..100_000, 0_i64..100_000),
        ) {
            let before = first(length, 0);
            let pause = pause.min(i64::from(length) - 1);
            let after = PassPeriod::extended(Some(&before), &sku(), grant(more, 0), at(pause));
            prop_assert_eq!(after.shortened(more.into(), at(pause)), before);
        }

        #[test]
        fn taking_back_never_lengthens_and_never_takes_what_has_run(
            (length, seconds, now) in (1_u32..100_000, 0_u64..300_000, 0_i64..200_000),
        ) {
            let before = first(length, 0);
            let after = before.shortened(seconds, at(now));
            prop_assert!(after.ends_at <= before.ends_at);
            prop_assert!(after.ends_at >= at(now).min(before.ends_at));
        }
    }
}
