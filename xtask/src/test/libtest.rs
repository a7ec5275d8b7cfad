//! Reads how many tests passed and failed from what `cargo test` prints.

use super::counts::Counts;
use crate::terminal::Finished;

/// The sum over the test programs that a command ran.
pub(super) fn count(finished: &Finished) -> Counts {
    let mut counts = Counts::default();
    for more in finished.output.lines().filter_map(parse) {
        counts += more;
    }
    counts.of_run(finished.success)
}

/// One result line: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn parse(line: &str) -> Option<Counts> {
    let verdict = line.trim_end().strip_prefix("test result: ")?;
    let (_, numbers) = verdict.split_once(". ")?;
    let mut numbers = numbers.split("; ");
    let passed = numbers.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = numbers.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(Counts { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(success: bool, output: &str) -> (u64, u64) {
        let counts = count(&Finished { success, output: output.into() });
        (counts.passed, counts.failed)
    }

    #[test]
    fn the_programs_of_a_run_are_summed() {
        let output = "\
running 3 tests
test money::tests::adds ... ok

test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/journeys.rs (target/debug/deps/journeys-0a1b)
test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.20s
   Doc-tests farthing_core
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        assert_eq!(counted(false, output), (13, 2));
    }

    #[test]
    fn a_failure_that_no_test_reported_counts_as_one() {
        assert_eq!(counted(false, "error[E0308]: mismatched types\n"), (0, 1));
        assert_eq!(counted(false, "test result: ok. 3 passed; 0 failed; 0 ignored\nerror: signal 11\n"), (3, 1));
    }

    #[test]
    fn a_run_without_a_test_shows_nothing_and_fails() {
        assert_eq!(counted(true, ""), (0, 1));
        assert_eq!(counted(true, "test result: ok. 0 passed; 0 failed; 2 ignored; 0 measured\n"), (0, 1));
    }

    #[test]
    fn other_lines_are_not_taken_for_results() {
        for line in [
            "test result: unknown",
            "test result: ok. three passed; 0 failed",
            "test result: ok. 3 passed",
            "the test result: ok. 3 passed; 0 failed; 0 ignored",
            "",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
