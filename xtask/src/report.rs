//! JUnit reports: removed before a run, counted after it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// How a part's tests went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that were run.
    pub tests: u64,
    /// Tests that failed or broke off.
    pub failed: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.tests += other.tests;
        self.failed += other.failed;
    }
}

/// Removes the report of an earlier run, so that it cannot pass for this run's.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("the old report {} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}

/// Counts a report. A report without a test is no proof of anything and fails.
pub fn read(path: &Path) -> Result<Tally> {
    let text = fs::read_to_string(path).with_context(|| format!("there is no report {}", path.display()))?;
    let tally = count(&text);
    if tally.tests == 0 {
        bail!("the report {} names no test", path.display());
    }
    Ok(tally)
}

/// Counts the cases of a JUnit document. The cases are counted, not the totals that the writer claims.
fn count(text: &str) -> Tally {
    let mut tally = Tally::default();
    for case in text.split("<testcase").skip(1) {
        let case = case.split("</testcase>").next().unwrap_or(case);
        tally.tests += 1;
        if case.contains("<failure") || case.contains("<error") {
            tally.failed += 1;
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_errors_count_as_failed() {
        let text = r#"<testsuites tests="9"><testsuite name="a">
            <testcase name="one" time="0.1"/>
            <testcase name="two"><failure message="no">text</failure></testcase>
            <testcase name="three"><error/></testcase>
            <testcase name="four"></testcase></testsuite></testsuites>"#;
        assert_eq!(count(text), Tally { tests: 4, failed: 2 });
    }

    #[test]
    fn a_self_closed_case_does_not_borrow_the_next_ones_failure() {
        let text = r#"<testcase name="one"/><testcase name="two"><failure/></testcase>"#;
        assert_eq!(count(text), Tally { tests: 2, failed: 1 });
    }

    #[test]
    fn an_empty_report_is_refused() {
        let folder = std::env::temp_dir().join(format!("hostler-report-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("junit.xml");
        fs::write(&path, "<testsuites></testsuites>").unwrap();
        assert!(read(&path).is_err());
        remove(&path).unwrap();
        assert!(read(&path).is_err());
        remove(&path).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }
}
