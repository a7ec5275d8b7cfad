//! The table at the end of the tests, and the line that counts them.

use std::fmt;
use std::time::Duration;

use super::Outcome;
use super::counts::Counts;
use crate::terminal::{self, duration};

/// What became of each part.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<Row>,
}

struct Row {
    part: String,
    outcome: Outcome,
    elapsed: Duration,
}

impl Outcome {
    fn counts(self) -> Counts {
        match self {
            Outcome::Check(holds) => Counts::one(holds),
            Outcome::Tests(counts) => counts,
        }
    }

    fn holds(self) -> bool {
        self.counts().failed == 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Outcome::Check(true) => "passed".to_owned(),
            Outcome::Check(false) => "failed".to_owned(),
            Outcome::Tests(Counts { passed, failed: 0 }) => format!("{passed} passed"),
            Outcome::Tests(Counts { passed, failed }) => format!("{passed} passed, {failed} failed"),
        };
        f.pad(&words)
    }
}

impl Report {
    pub(super) fn add(&mut self, part: String, outcome: Outcome, elapsed: Duration) {
        self.rows.push(Row { part, outcome, elapsed });
    }

    /// True if something was tested and all of it passed.
    pub(super) fn holds(&self) -> bool {
        let counts = self.counts();
        counts.passed > 0 && counts.failed == 0
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            counts += row.outcome.counts();
        }
        counts
    }
}

/// The table, and as its last line how many passed and failed.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Row { part, outcome, elapsed } in &self.rows {
            writeln!(f, "{} {part:<18}{outcome:<24}{:>12}", terminal::mark(outcome.holds()), duration(*elapsed))?;
        }
        let together = self.rows.iter().map(|row| row.elapsed).sum();
        writeln!(f, "  {:<42}{:>12}\n", "together", duration(together))?;
        let Counts { passed, failed } = self.counts();
        write!(f, "{passed} passed, {failed} failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: &[(&str, Outcome, u64)]) -> Report {
        let mut report = Report::default();
        for (part, outcome, seconds) in rows {
            report.add((*part).into(), *outcome, Duration::from_secs(*seconds));
        }
        report
    }

    #[test]
    fn each_part_has_a_line_and_the_last_line_counts() {
        let tests = Outcome::Tests(Counts { passed: 311, failed: 0 });
        let report = report(&[("format", Outcome::Check(true), 1), ("rust", tests, 94)]);
        let text = console::strip_ansi_codes(&report.to_string()).into_owned();
        let expected = "\
✓ format            passed                         1.0 s
✓ rust              311 passed                1 min 34 s
  together                                    1 min 35 s

312 passed, 0 failed";
        assert_eq!(text, expected);
        assert!(report.holds());
    }

    #[test]
    fn one_failure_is_enough() {
        let tests = Outcome::Tests(Counts { passed: 7, failed: 2 });
        let report =
            report(&[("rust", tests, 1), ("api", Outcome::Check(false), 1), ("demo", Outcome::Check(true), 1)]);
        let text = report.to_string();
        assert!(text.contains("7 passed, 2 failed"), "{text}");
        assert!(text.ends_with("\n8 passed, 3 failed"), "{text}");
        assert!(!report.holds());
    }

    #[test]
    fn nothing_tested_is_no_success() {
        let report = Report::default();
        assert!(report.to_string().ends_with("\n0 passed, 0 failed"));
        assert!(!report.holds());
    }
}
