//! Points in time.

use std::time::SystemTime;

pub use farthing_core::Timestamp;

uniffi::custom_type!(Timestamp, SystemTime, {
    remote,
    // What no calendar has becomes the nearest that one has: a device's clock may be set to anything.
    lower: |time| SystemTime::try_from(time).unwrap_or(SystemTime::UNIX_EPOCH),
    try_lift: |time| Ok(nearest(time)),
});

fn nearest(time: SystemTime) -> Timestamp {
    let is_past = time < SystemTime::UNIX_EPOCH;
    Timestamp::try_from(time).unwrap_or(if is_past { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_that_no_calendar_has_becomes_the_nearest() {
        let far = Duration::from_secs(1 << 40);
        assert_eq!(nearest(SystemTime::UNIX_EPOCH + far), Timestamp::MAX);
        assert_eq!(nearest(SystemTime::UNIX_EPOCH - far), Timestamp::MIN);
        assert_eq!(nearest(SystemTime::UNIX_EPOCH), Timestamp::UNIX_EPOCH);
    }
}
