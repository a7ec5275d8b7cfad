//! A guardian's PIN: argon2id as for passwords, and few attempts, since there are few PINs.

use std::sync::Arc;
use std::time::Duration;

use farthing_protocol::{AccountId, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use crate::dashboard::password;
use crate::gateway::Shared;
use crate::store::{Guardianship, StoreError, Tables};

/// Failures in a row that cost nothing; each one more costs a wait.
const FREE_FAILURES: u32 = 5;
/// The wait. At one attempt an hour, half of the PINs with four digits take seven months.
const WAIT: Duration = Duration::from_secs(3_600);

/// What became of a PIN that was presented.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// It is the guardian's.
    Right,
    /// It is not.
    Wrong,
    /// There is no guardian.
    NoGuardian,
    /// It was tried too often: again after this.
    Wait(Duration),
}

/// Whether a PIN may be chosen: 4 to 12 digits.
pub(crate) fn is_pin(pin: &SecretString) -> bool {
    let pin = pin.expose_secret();
    (4..=12).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit())
}

/// How long the next attempt has to wait, if it has to.
fn wait(failures: u32, last: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let last = last.filter(|_| failures >= FREE_FAILURES)?;
    let passed = now.as_millisecond().saturating_sub(last.as_millisecond()).max(0).unsigned_abs();
    WAIT.checked_sub(Duration::from_millis(passed)).filter(|left| !left.is_zero())
}

/// Checks a PIN. An attempt counts as a failure from its beginning until it has succeeded, so that many at once are not
/// more than the limit.
pub(crate) async fn present(
    shared: &Arc<Shared>,
    account: AccountId,
    pin: SecretString,
) -> Result<Presented, StoreError> {
    let now = shared.clock.now();
    let begin = move |tables: &dyn Tables| {
        let Some(mut guardianship) = tables.guardianship(account)? else { return Ok(Err(Presented::NoGuardian)) };
        let Some(hash) = guardianship.pin_hash.clone() else { return Ok(Err(Presented::NoGuardian)) };
        if let Some(wait) = wait(guardianship.pin_failures, guardianship.pin_tried_at, now) {
            return Ok(Err(Presented::Wait(wait)));
        }
        guardianship.pin_failures = guardianship.pin_failures.saturating_add(1);
        guardianship.pin_tried_at = Some(now);
        tables.set_guardianship(account, &guardianship)?;
        Ok(Ok(hash))
    };
    let hash = match shared.store.write(begin).await? {
        Ok(hash) => hash,
        Err(not) => return Ok(not),
    };
    let checked = {
        let _permit = shared.hashing.acquire().await.map_err(|_| StoreError::Closed)?;
        tokio::task::spawn_blocking(move || password::verify(&pin, Some(&hash))).await
    };
    if !checked.map_err(|_| StoreError::Panicked)? {
        return Ok(Presented::Wrong);
    }
    let succeed = move |tables: &dyn Tables| {
        if let Some(guardianship) = tables.guardianship(account)? {
            tables.set_guardianship(account, &Guardianship { pin_failures: 0, ..guardianship })?;
        }
        Ok(())
    };
    shared.store.write(succeed).await?;
    Ok(Presented::Right)
}

/// What is kept of a PIN.
pub(crate) async fn hash(shared: &Arc<Shared>, pin: SecretString) -> Result<String, StoreError> {
    let _permit = shared.hashing.acquire().await.map_err(|_| StoreError::Closed)?;
    let hashed = tokio::task::spawn_blocking(move || password::hash(&pin)).await;
    hashed.map_err(|_| StoreError::Panicked)?.ok_or(StoreError::Damaged("the system has no randomness"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_failures_there_is_one_attempt_an_hour() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(wait(4, Some(at(0)), at(0)), None);
        assert_eq!(wait(5, Some(at(0)), at(60)), Some(Duration::from_secs(3_540)));
        assert_eq!(wait(5, Some(at(0)), at(3_600)), None);
        assert_eq!(wait(99, Some(at(0)), at(3_599)), Some(Duration::from_secs(1)));
        assert_eq!(wait(5, Some(at(60)), at(0)), Some(WAIT), "a clock that went back opens nothing");
    }

    #[test]
    fn a_pin_is_digits() {
        let is_pin = |pin: &str| is_pin(&pin.to_owned().into());
        assert!(is_pin("1234") && is_pin("123456789012"));
        assert!(!is_pin("123") && !is_pin("1234567890123") && !is_pin("12a4") && !is_pin("１２３４"));
    }
}
