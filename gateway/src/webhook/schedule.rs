//! When a message is sent again: a pure function of how often it was sent.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// Seconds after each attempt, as the standard recommends (section "Deliverability and reliability"): three days.
const PAUSES: [u64; 9] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// How long to wait after so many attempts; `None` once it is given up. `random` spreads those that failed together
/// over a tenth of the pause.
pub(super) fn pause(attempts: u32, random: u8) -> Option<Duration> {
    let place = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let pause = Duration::from_secs(*PAUSES.get(place)?);
    Some(pause + pause * u32::from(random) / (10 * u32::from(u8::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_ten_times_over_three_days() {
        let pauses: Vec<Duration> = (1..).map_while(|attempts| pause(attempts, 0)).collect();
        assert_eq!(pauses.len(), 9);
        assert!(pauses.is_sorted());
        let whole: Duration = pauses.iter().sum();
        assert!(whole > Duration::from_secs(72 * HOUR) && whole < Duration::from_secs(78 * HOUR), "{whole:?}");
    }

    #[test]
    fn chance_adds_up_to_a_tenth() {
        assert_eq!(pause(2, 0), Some(Duration::from_secs(300)));
        assert_eq!(pause(2, u8::MAX), Some(Duration::from_secs(330)));
        assert_eq!(pause(0, 0), None);
    }
}
