//! What a smoke run tells.

use std::time::Duration;

use serde::Serialize;

/// The whole run. Serialised, it is one line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SmokeReport {
    /// Whether everything went as it must.
    pub ok: bool,
    /// What was done, in order.
    pub steps: Vec<SmokeStep>,
    /// How many machines the panel made.
    pub machines_created: u64,
    /// How long it took.
    pub elapsed_ms: u64,
    /// What failed: the step and the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SmokeStep {
    /// Its name.
    pub name: String,
    /// Whether it went as it must.
    pub ok: bool,
    /// How long it took.
    pub ms: u64,
    /// What came of it.
    pub detail: String,
}

impl SmokeReport {
    pub(super) fn enter(&mut self, name: &str, took: Duration, result: Result<String, String>) {
        let ok = result.is_ok();
        let detail = result.unwrap_or_else(|reason| reason);
        if !ok && self.error.is_none() {
            self.error = Some(format!("{name}: {detail}"));
        }
        self.steps.push(SmokeStep {
            name: name.to_owned(),
            ok,
            ms: millis(took),
            detail,
        });
    }

    pub(super) fn conclude(&mut self, machines: Result<u64, String>, took: Duration) {
        self.elapsed_ms = millis(took);
        match machines {
            Ok(count) => {
                self.machines_created = count;
                if self.error.is_none() && count != 1 {
                    self.error = Some(format!("count the machines: {count} were made for one order"));
                }
            }
            Err(reason) => {
                self.error.get_or_insert(format!("count the machines: {reason}"));
            }
        }
        self.ok = self.error.is_none();
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_report_is_one_line_of_json_and_names_the_first_failure() {
        let mut report = SmokeReport::default();
        report.enter("order", SECOND, Ok("service 501".to_owned()));
        report.enter("ready", SECOND, Err("the panel\nis full".to_owned()));
        report.enter("clean up", SECOND, Err("not ended in time".to_owned()));
        report.conclude(Ok(1), SECOND);
        let line = serde_json::to_string(&report).unwrap();
        assert!(!line.contains('\n'), "{line}");
        assert!(!report.ok);
        assert_eq!(report.error.as_deref(), Some("ready: the panel\nis full"));
        assert!(
            line.starts_with("{\"ok\":false,\"steps\":[{\"name\":\"order\",\"ok\":true,\"ms\":1000,"),
            "{line}"
        );
    }

    #[test]
    fn a_second_machine_spoils_a_run_in_which_every_step_went_well() {
        let mut report = SmokeReport::default();
        report.enter("order", SECOND, Ok(String::new()));
        report.conclude(Ok(2), SECOND);
        assert!(!report.ok);
        assert_eq!(
            report.error.as_deref(),
            Some("count the machines: 2 were made for one order")
        );
    }
}
