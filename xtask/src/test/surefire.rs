//! Reads how many tests passed and failed from the reports that Maven's Surefire writes, one for each class.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::counts::Counts;
use crate::workspace::fresh_folder;

/// The reports of some modules.
pub(super) struct Reports {
    modules: Vec<PathBuf>,
}

impl Reports {
    /// Deletes those of an earlier run.
    ///
    /// # Errors
    /// When a folder can't be deleted or made.
    pub(super) fn fresh(modules: Vec<PathBuf>) -> anyhow::Result<Self> {
        for module in &modules {
            fresh_folder(&folder(module))?;
        }
        Ok(Self { modules })
    }

    /// The sum over all classes. A module without any test is one failure, since it shows nothing.
    ///
    /// # Errors
    /// When a report can't be read.
    pub(super) fn count(&self, success: bool) -> anyhow::Result<Counts> {
        let mut counts = Counts::default();
        for module in &self.modules {
            let of_module = of_module(&folder(module))?;
            counts += of_module;
            if success && of_module == Counts::default() {
                println!("  no test ran in {}", module.display());
                counts.failed += 1;
            }
        }
        Ok(counts.of_run(success))
    }
}

fn folder(module: &Path) -> PathBuf {
    module.join("target/surefire-reports")
}

fn of_module(folder: &Path) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    if !folder.exists() {
        return Ok(counts);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "xml") {
            let report = fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
            counts += parse(&report).with_context(|| format!("{} is no report of Surefire's", path.display()))?;
        }
    }
    Ok(counts)
}

/// The counts are attributes of the report's first element; a test that was skipped didn't pass.
fn parse(report: &str) -> Option<Counts> {
    let (_, element) = report.split_once("<testsuite ")?;
    let (attributes, _) = element.split_once('>')?;
    let number = |name: &str| -> Option<u64> {
        let (_, value) = attributes.split_once(&format!(" {name}=\""))?;
        value.split('"').next()?.parse().ok()
    };
    let failed = number("errors")? + number("failures")?;
    let passed = number("tests")?.checked_sub(failed + number("skipped")?)?;
    Some(Counts { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(tests: u64, errors: u64, skipped: u64, failures: u64) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite xmlns:xsi=\"x\" version=\"3.0.2\" name=\"a.Test\" \
             time=\"0.1\" tests=\"{tests}\" errors=\"{errors}\" skipped=\"{skipped}\" failures=\"{failures}\">\n\
             <testcase name=\"b\"/></testsuite>"
        )
    }

    fn reports(files: &[(&str, &str)]) -> anyhow::Result<(tempfile::TempDir, Reports)> {
        let module = tempfile::tempdir()?;
        let reports = Reports::fresh(vec![module.path().to_owned()])?;
        for (name, text) in files {
            fs::write(folder(module.path()).join(name), text)?;
        }
        Ok((module, reports))
    }

    #[test]
    fn what_was_skipped_has_not_passed() {
        assert_eq!(parse(&report(7, 1, 2, 1)), Some(Counts { passed: 3, failed: 2 }));
        assert_eq!(parse(&report(1, 1, 0, 1)), None);
        assert_eq!(parse("<html/>"), None);
    }

    #[test]
    fn the_classes_of_a_module_are_summed() -> anyhow::Result<()> {
        let (_module, reports) = reports(&[
            ("TEST-a.xml", &report(3, 0, 0, 0)),
            ("TEST-b.xml", &report(2, 0, 0, 1)),
            ("a.txt", "Tests run: 3"),
        ])?;
        assert_eq!(reports.count(false)?, Counts { passed: 4, failed: 1 });
        Ok(())
    }

    #[test]
    fn a_run_that_fails_without_a_failed_test_is_one_failure() -> anyhow::Result<()> {
        let (_module, reports) = reports(&[("TEST-a.xml", &report(3, 0, 0, 0))])?;
        assert_eq!(reports.count(false)?, Counts { passed: 3, failed: 1 });
        Ok(())
    }

    #[test]
    fn a_module_without_a_test_shows_nothing_and_fails() -> anyhow::Result<()> {
        let (_module, reports) = reports(&[])?;
        assert_eq!(reports.count(true)?, Counts { passed: 0, failed: 1 });
        Ok(())
    }

    #[test]
    fn reports_of_an_earlier_run_are_not_counted() -> anyhow::Result<()> {
        let (module, _) = reports(&[("TEST-a.xml", &report(3, 0, 0, 0))])?;
        let reports = Reports::fresh(vec![module.path().to_owned()])?;
        assert_eq!(reports.count(true)?, Counts { passed: 0, failed: 1 });
        Ok(())
    }
}
