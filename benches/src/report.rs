//! The figures: a table for people, a flat JSON object for the next program.

use std::fmt;
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value};

/// What a figure must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

/// One thing that was measured.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Its key in the summary.
    pub(crate) key: &'static str,
    /// What it is, for people.
    pub(crate) what: &'static str,
    pub(crate) measured: f64,
    pub(crate) unit: &'static str,
    /// What it is held against, from the same run.
    pub(crate) baseline: String,
    /// None for a figure that only explains another.
    pub(crate) bar: Option<Bar>,
    /// Why the figure can't be judged, where what it is held against was disturbed. It does not
    /// hold then, however good it looks: it has to be measured again.
    pub(crate) doubt: Option<&'static str>,
}

/// All figures of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report(Vec<Figure>);

impl Report {
    pub(crate) fn add(&mut self, figure: Figure) {
        self.0.push(figure);
    }

    /// True when no bar is missed.
    pub(crate) fn holds(&self) -> bool {
        self.0.iter().all(Figure::holds)
    }

    /// Writes the summary.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let rounded = |figure: &Figure| (figure.measured * 1_000.0).round() / 1_000.0;
        let summary: Map<String, Value> =
            self.0.iter().map(|figure| (figure.key.to_owned(), rounded(figure).into())).collect();
        let text = serde_json::to_string_pretty(&summary)? + "\n";
        std::fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))
    }
}

impl Figure {
    fn holds(&self) -> bool {
        self.doubt.is_none() && self.keeps_to_bar()
    }

    fn keeps_to_bar(&self) -> bool {
        match self.bar {
            // Written so that a figure that is no number misses its bar.
            Some(Bar::AtMost(bar)) => self.measured <= bar,
            Some(Bar::AtLeast(bar)) => self.measured >= bar,
            None => true,
        }
    }

    fn bar(&self) -> String {
        match self.bar {
            Some(Bar::AtMost(bar)) => format!("≤ {}", with_unit(bar, self.unit)),
            Some(Bar::AtLeast(bar)) => format!("≥ {}", with_unit(bar, self.unit)),
            None => String::new(),
        }
    }

    fn verdict(&self) -> String {
        let (Some(Bar::AtMost(bar)) | Some(Bar::AtLeast(bar))) = self.bar else { return String::new() };
        if let Some(doubt) = self.doubt {
            return format!("NOT JUDGED: {doubt}");
        }
        let distance = ((self.measured / bar - 1.0) * 100.0).abs();
        if self.holds() { format!("holds, {distance:.0} % to spare") } else { format!("MISSED by {distance:.0} %") }
    }

    fn cells(&self) -> [String; 5] {
        let measured = with_unit(self.measured, self.unit);
        [self.what.to_owned(), measured, self.baseline.clone(), self.bar(), self.verdict()]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = ["what", "measured", "baseline of the same run", "bar", ""].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(heading).chain(self.0.iter().map(Figure::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let [what, measured, baseline, bar] = [0, 1, 2, 3].map(width);
        for row in &rows {
            let [a, b, c, d, e] = row;
            let line = format!("{a:what$}  {b:>measured$}  {c:baseline$}  {d:bar$}  {e}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Three digits that matter, and the unit.
fn with_unit(value: f64, unit: &str) -> String {
    let number = match value.abs() {
        1_000.0.. => thousands(value),
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    format!("{number} {unit}")
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(measured: f64, bar: Bar) -> Figure {
        Figure {
            key: "open_ms",
            what: "open",
            measured,
            unit: "ms",
            baseline: "bare 9 ms".into(),
            bar: Some(bar),
            doubt: None,
        }
    }

    #[test]
    fn a_missed_bar_says_by_how_much() {
        assert_eq!(figure(60.0, Bar::AtMost(50.0)).verdict(), "MISSED by 20 %");
        assert_eq!(figure(40.0, Bar::AtMost(50.0)).verdict(), "holds, 20 % to spare");
        assert_eq!(figure(15_000.0, Bar::AtLeast(20_000.0)).verdict(), "MISSED by 25 %");
        assert_eq!(figure(15_000.0, Bar::AtLeast(20_000.0)).bar(), "≥ 20,000 ms");
        assert!(!figure(f64::NAN, Bar::AtMost(50.0)).holds());
    }

    #[test]
    fn what_was_held_against_a_disturbed_baseline_does_not_hold() {
        let doubtful = Figure { doubt: Some("disturbed"), ..figure(1.0, Bar::AtMost(50.0)) };
        assert!(!doubtful.holds());
        assert_eq!(doubtful.verdict(), "NOT JUDGED: disturbed");
    }

    #[test]
    fn one_missed_bar_fails_the_report() {
        let mut report = Report::default();
        report.add(figure(40.0, Bar::AtMost(50.0)));
        assert!(report.holds());
        report.add(figure(60.0, Bar::AtMost(50.0)));
        assert!(!report.holds());
    }

    #[test]
    fn the_summary_is_a_flat_object() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        let mut report = Report::default();
        report.add(figure(40.123_456, Bar::AtMost(50.0)));
        report.write(&path).unwrap();
        let summary: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(summary, serde_json::json!({ "open_ms": 40.123 }));
    }
}
