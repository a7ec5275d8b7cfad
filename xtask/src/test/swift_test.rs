//! Reads how many tests passed and failed from what `swift test` prints: each test has a line of its own, from
//! XCTest or from Swift Testing. Their sums are no help, since XCTest's counts failed assertions, and neither is
//! printed after a crash.

use super::counts::Counts;
use crate::terminal::Finished;

/// The sum over the tests of both frameworks; one that was skipped didn't pass.
pub(super) fn count(finished: &Finished) -> Counts {
    let mut counts = Counts::default();
    for passed in finished.output.lines().filter_map(|line| xctest(line).or_else(|| swift_testing(line))) {
        counts += Counts::one(passed);
    }
    counts.of_run(finished.success)
}

/// Whether a test passed, from XCTest's line about its end: `Test Case 'Money.testAdds' passed (0.001 seconds)`.
fn xctest(line: &str) -> Option<bool> {
    let (_, end) = line.strip_prefix("Test Case '")?.rsplit_once("' ")?;
    let (verdict, _) = end.split_once(" (")?;
    verdict_of(verdict)
}

/// Whether a test passed, from Swift Testing's line about its end, which begins with a sign:
/// `✔ Test adds() passed after 0.001 seconds.`
fn swift_testing(line: &str) -> Option<bool> {
    let (_, test) = line.split_once(' ')?;
    let (test, duration) = test.strip_prefix("Test ")?.rsplit_once(" after ")?;
    let is_sum = ["run with ", "case passing "].iter().any(|other| test.starts_with(other));
    if is_sum || !duration.contains(" seconds") {
        return None;
    }
    let (_, verdict) = test.rsplit_once(' ')?;
    verdict_of(verdict)
}

fn verdict_of(word: &str) -> Option<bool> {
    match word {
        "passed" => Some(true),
        "failed" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Swift 6.0.3 prints, shortened.
    const FAILING: &str = "\
[0/1] Planning build
Test Suite 'All tests' started at 2026-11-24 19:20:19.889
Test Suite 'MoneyTests' started at 2026-11-24 19:20:19.895
Test Case 'MoneyTests.testOne' started at 2026-11-24 19:20:19.895
Test Case 'MoneyTests.testOne' passed (0.001 seconds)
Test Case 'MoneyTests.testSkip' started at 2026-11-24 19:20:19.896
/f/Tests/MoneyTests.swift:6: MoneyTests.testSkip : Test skipped - no
Test Case 'MoneyTests.testSkip' skipped (0.0 seconds)
Test Case 'MoneyTests.testTwo' started at 2026-11-24 19:20:19.896
/f/Tests/MoneyTests.swift:5: error: MoneyTests.testTwo : XCTAssertEqual failed: (\"1\") is not equal to (\"2\") -
/f/Tests/MoneyTests.swift:6: error: MoneyTests.testTwo : XCTAssertEqual failed: (\"1\") is not equal to (\"3\") -
Test Case 'MoneyTests.testTwo' failed (0.0 seconds)
Test Suite 'MoneyTests' failed at 2026-11-24 19:20:19.896
\t Executed 3 tests, with 1 test skipped and 2 failures (0 unexpected) in 0.001 (0.001) seconds
Test Suite 'All tests' failed at 2026-11-24 19:20:19.896
\t Executed 3 tests, with 1 test skipped and 2 failures (0 unexpected) in 0.001 (0.001) seconds
◇ Test run started.
↳ Testing Library Version: 6.0.3
◇ Suite Ones started.
◇ Test many(n:) started.
◇ Passing 1 argument n → 1 to many(n:)
✘ Test many(n:) recorded an issue with 1 argument n → 2 at T.swift:7:51: Expectation failed: (one() → 1) == (n → 2)
✘ Test skipped() skipped: \"later\"
◇ Test \"A name in words\" started.
✘ Test many(n:) failed after 0.001 seconds with 2 issues.
✘ Test \"A name in words\" recorded an issue at T.swift:6:43: Expectation failed: (one() → 1) == 2
✘ Test known() recorded a known issue at T.swift:9:41: Expectation failed: (one() → 1) == 2
✘ Test \"A name in words\" failed after 0.001 seconds with 1 issue.
✔ Test oneIsOne() passed after 0.001 seconds.
✘ Test known() passed after 0.001 seconds with 1 known issue.
✘ Suite Ones failed after 0.002 seconds with 4 issues (including 1 known issue).
✘ Test run with 5 tests failed after 0.002 seconds with 4 issues (including 1 known issue).
";

    fn counted(success: bool, output: &str) -> (u64, u64) {
        let counts = count(&Finished { success, output: output.into() });
        (counts.passed, counts.failed)
    }

    #[test]
    fn the_tests_of_both_frameworks_are_summed() {
        assert_eq!(counted(false, FAILING), (3, 3));
    }

    #[test]
    fn a_program_that_dies_is_a_failure_beside_those_that_passed() {
        let output = "◇ Test oneIsOne() started.\n✔ Test oneIsOne() passed after 0.001 seconds.\n\
                      ◇ Test worse() started.\nSwift/ContiguousArrayBuffer.swift:675: Fatal error: Index out of range\n\
                      error: Exited with unexpected signal code 4\n";
        assert_eq!(counted(false, output), (1, 1));
    }

    #[test]
    fn a_package_without_a_test_shows_nothing_and_fails() {
        let output = "\t Executed 0 tests, with 0 failures (0 unexpected) in 0.0 (0.0) seconds\n\
                      ◇ Test run started.\n✔ Test run with 0 tests passed after 0.001 seconds.\n";
        assert_eq!(counted(true, output), (0, 1));
    }

    #[test]
    fn a_name_may_hold_the_words_that_end_a_line() {
        assert_eq!(swift_testing("✔ Test \"Nothing failed after 2 seconds\" passed after 0.1 seconds."), Some(true));
        assert_eq!(xctest("Test Case '-[MoneyTests testAdds]' failed (0.002 seconds)."), Some(false));
    }

    #[test]
    fn other_lines_are_not_taken_for_results() {
        for line in [
            "✘ Test run with 6 tests in 2 suites failed after 0.002 seconds with 5 issues.",
            "✘ Test case passing 1 argument n → 2 to many(n:) failed after 0.001 seconds with 1 issue.",
            "✔ Suite Ones passed after 0.001 seconds.",
            "✘ Test many(n:) recorded an issue at T.swift:7:51: the purchase failed after all",
            "Test Suite 'All tests' failed at 2026-11-24 19:20:19.896",
            "",
        ] {
            assert_eq!(xctest(line).or_else(|| swift_testing(line)), None, "{line}");
        }
    }
}
