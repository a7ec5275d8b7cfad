//! How many tests passed and failed, whatever ran them.

use std::ops::AddAssign;

/// How many tests passed and how many failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.passed += more.passed;
        self.failed += more.failed;
    }
}

impl Counts {
    /// One test.
    pub(super) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// What the tests of a run come to. Where none of them failed and the run did (something doesn't compile,
    /// a program died), that is one failure; so is a run without any test, since it shows nothing.
    pub(super) fn of_run(mut self, success: bool) -> Self {
        let is_silent_failure = !success && self.failed == 0;
        if is_silent_failure || self == Counts::default() {
            self.failed += 1;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_run(passed: u64, failed: u64, success: bool) -> (u64, u64) {
        let counts = Counts { passed, failed }.of_run(success);
        (counts.passed, counts.failed)
    }

    #[test]
    fn what_the_tests_say_is_kept() {
        assert_eq!(of_run(3, 0, true), (3, 0));
        assert_eq!(of_run(3, 2, false), (3, 2));
    }

    #[test]
    fn a_failure_that_no_test_reported_counts_as_one() {
        assert_eq!(of_run(3, 0, false), (3, 1));
        assert_eq!(of_run(0, 0, false), (0, 1));
    }

    #[test]
    fn a_run_without_a_test_shows_nothing_and_fails() {
        assert_eq!(of_run(0, 0, true), (0, 1));
    }
}
