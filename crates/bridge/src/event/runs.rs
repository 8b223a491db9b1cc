//! Snapshots arrive in pages. A run is kept in memory until its last page: one that was cut by a restart does not
//! count, and the next one comes with the next day.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::Moment;
use domain::id::InstallationId;

use super::bodies::SnapshotPage;
use crate::problem::{Code, Problem};
use crate::rows::ServiceRow;

/// The most services of one run that are kept.
const MOST: usize = 1_000_000;

/// Runs that are arriving, one per installation and kind.
#[derive(Debug, Default)]
pub struct SnapshotRuns(Mutex<HashMap<(InstallationId, Purpose), Run>>);

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To compare it with the engine's picture.
    Compare,
    /// To note what may be adopted.
    Adopt,
}

/// One run, as far as it has arrived.
#[derive(Debug)]
pub struct Run {
    name: String,
    /// When its first page came.
    pub began: Moment,
    pages: u64,
    /// The services of all its pages.
    pub items: Vec<ServiceRow>,
}

impl SnapshotRuns {
    /// Takes a page. The whole run once its last page is here and none was missing.
    pub fn take(
        &self,
        installation: &InstallationId,
        purpose: Purpose,
        page: SnapshotPage,
        now: Moment,
    ) -> Result<Option<Run>, Problem> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (installation.clone(), purpose);
        if page.page == 1 {
            let run = Run {
                name: page.run.clone(),
                began: now,
                pages: 0,
                items: Vec::new(),
            };
            runs.insert(key.clone(), run);
        }
        let fits = |run: &&mut Run| run.name == page.run && run.pages + 1 == page.page;
        let Some(run) = runs.get_mut(&key).filter(fits) else {
            return Err(Problem::new(
                Code::BadRequest,
                "A page of this run is missing. Send a new run from page 1.",
            ));
        };
        run.pages = page.page;
        run.items.extend(page.items);
        if run.items.len() > MOST {
            runs.remove(&key);
            return Err(Problem::new(
                Code::TooLarge,
                format!("A run may have {MOST} services."),
            ));
        }
        if !page.last {
            return Ok(None);
        }
        Ok(runs.remove(&key))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(run: &str, page: u64, last: bool, services: &[u64]) -> SnapshotPage {
        let items: Vec<_> = services
            .iter()
            .map(|service| {
                json!({ "service": service, "client": 77, "product": 3, "server": 2, "order": 9, "order_status": "",
                        "module": "VirtFusionDirect", "domainstatus": "Active", "domain": "", "address": "" })
            })
            .collect();
        let body = json!({ "run": run, "page": page, "last": last, "products": [], "items": items });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn a_run_counts_only_when_all_its_pages_arrived_in_order() {
        let runs = SnapshotRuns::default();
        let main: InstallationId = "main".parse().unwrap();
        let take = |page| {
            let run = runs.take(&main, Purpose::Compare, page, Moment::EPOCH)?;
            Ok::<_, Problem>(run.map(|run| run.items.iter().map(|row| row.service).collect::<Vec<_>>()))
        };
        assert!(take(page("a", 2, true, &[9])).is_err(), "without a first page");
        assert_eq!(take(page("a", 1, false, &[1, 2])), Ok(None));
        assert!(take(page("b", 2, true, &[9])).is_err(), "of another run");
        assert!(take(page("a", 3, true, &[9])).is_err(), "after a gap");
        assert_eq!(take(page("a", 2, true, &[3])), Ok(Some(vec![1, 2, 3])));
        assert!(take(page("a", 2, true, &[3])).is_err(), "the run is over");
    }

    #[test]
    fn runs_of_two_installations_do_not_mix() {
        let runs = SnapshotRuns::default();
        let (main, other) = ("main".parse().unwrap(), "other".parse().unwrap());
        let take = |installation, page| runs.take(installation, Purpose::Compare, page, Moment::EPOCH);
        assert!(take(&main, page("a", 1, false, &[1])).unwrap().is_none());
        assert!(take(&other, page("a", 2, true, &[2])).is_err());
    }
}
