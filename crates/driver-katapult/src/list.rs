//! Lists: pages of a machine's, an organization's or the operator's things, and the complete list of machines.
//!
//! Machines are listed by organization only. The complete list therefore begins with the organizations below the
//! operator's, each of which calls for a list of its own. The operator's own machines lie in no client's organization and
//! are not part of it.

use std::collections::BTreeMap;

use domain::http::{Outcome, Request};
use driver::{ListPage, Verdict};
use serde_json::Value;

use crate::answer;
use crate::machine::machine;
use crate::requests;
use crate::wire::{MachinePage, ManagedPage, Organization, Organizations};

/// The first request of the complete list.
pub fn first(account: &str) -> Request {
    if account.is_empty() {
        requests::list_organizations()
    } else {
        requests::list_managed(account, 1)
    }
}

/// The operator's own organization among those that the token sees: the first that lies below no other.
pub fn parent(seen: &Organizations) -> Option<&Organization> {
    seen.organizations
        .iter()
        .find(|organization| organization.managed != Some(true))
}

/// One page of the complete list. The machines' raw objects are left out: a list is read often and kept nowhere.
pub fn page(request: &Request, outcome: &Outcome) -> Result<ListPage, String> {
    read(request, outcome).map_err(Verdict::into_words)
}

fn read(request: &Request, outcome: &Outcome) -> Result<ListPage, Verdict> {
    let empty = ListPage {
        machines: Vec::new(),
        next: None,
        more: Vec::new(),
        hosts: BTreeMap::new(),
    };
    match request.name.as_str() {
        "list_organizations" => {
            let seen: Organizations = answer::data(request, outcome)?;
            let parent = parent(&seen).ok_or_else(|| {
                Verdict::Unknown("No parent organization has been set, and the token sees none".to_owned())
            })?;
            Ok(ListPage {
                next: Some(requests::list_managed(&parent.id, 1)),
                ..empty
            })
        }
        "list_managed" => {
            let page: ManagedPage = answer::data(request, outcome)?;
            let next = page.pagination.next(request, page.organizations.len())?;
            let account = requests::asked(request, "organization", "id")
                .or_else(|| requests::asked(request, "organization", "sub_domain"));
            let account = account.unwrap_or_default();
            Ok(ListPage {
                next: next.map(|number| requests::list_managed(account, number)),
                more: page
                    .organizations
                    .iter()
                    .map(|organization| requests::list_machines(&organization.id, None, 1))
                    .collect(),
                ..empty
            })
        }
        "list_machines" => {
            let page: MachinePage = answer::data(request, outcome)?;
            let next = page.pagination.next(request, page.virtual_machines.len())?;
            let owner = requests::asked(request, "organization", "id").unwrap_or_default();
            Ok(ListPage {
                machines: page
                    .virtual_machines
                    .iter()
                    .map(|vm| machine(vm, owner.to_owned(), Value::Null))
                    .collect(),
                next: next.map(|number| requests::list_machines(owner, None, number)),
                ..empty
            })
        }
        other => Err(Verdict::Unknown(format!(
            "{other} is no part of the list of machines"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use domain::http::Response;
    use serde_json::json;

    use super::*;

    fn answered(body: &Value) -> Outcome {
        Outcome::Answered(Response {
            status: 200,
            body: body.to_string(),
            retry_after: None,
        })
    }

    fn organizations(page: u64, pages: Option<u64>, ids: &[&str]) -> Outcome {
        let rows: Vec<Value> = ids
            .iter()
            .map(|id| json!({ "id": id, "managed": true }))
            .collect();
        answered(&json!({
            "pagination": { "current_page": page, "total_pages": pages, "per_page": 2 }, "organizations": rows,
        }))
    }

    #[test]
    fn kt_018_the_list_follows_every_page_of_organizations_and_of_their_machines() {
        let request = first("org_parent");
        let one = page(&request, &organizations(1, Some(2), &["org_a", "org_b"])).expect("a page");
        assert!(one.machines.is_empty());
        let asked: Vec<_> = one
            .more
            .iter()
            .map(|request| {
                requests::asked(request, "organization", "id")
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        assert_eq!(asked, ["org_a", "org_b"]);
        let next = one.next.expect("a second page");
        assert_eq!(requests::asked(&next, "organization", "id"), Some("org_parent"));
        let two = page(&next, &organizations(2, Some(2), &["org_c"])).expect("a page");
        assert_eq!((two.more.len(), two.next), (1, None));

        let rows = json!({
            "pagination": { "current_page": 1, "total_pages": 1, "per_page": 200 },
            "virtual_machines": [{ "id": "vm_1", "hostname": "web", "created_at": 5, "ip_addresses": [] }],
        });
        let machines = page(&one.more[0], &answered(&rows)).expect("a page").machines;
        assert_eq!(machines[0].identity.owner, "org_a");
        assert_eq!(machines[0].identity.id, "vm_1");
    }

    #[test]
    fn a_large_set_ends_with_the_first_page_that_is_not_full() {
        let request = first("org_parent");
        let full = page(&request, &organizations(1, None, &["org_a", "org_b"])).expect("a page");
        let next = full.next.expect("another page");
        assert_eq!(
            page(&next, &organizations(2, None, &["org_c"]))
                .expect("a page")
                .next,
            None
        );
        // What answers with another page than the one that was asked for would be read for ever.
        assert!(page(&next, &organizations(1, None, &["org_a", "org_b"])).is_err());
    }

    #[test]
    fn kt_009_without_a_configured_account_the_first_organization_below_no_other_is_the_operators() {
        let request = first("");
        let seen = json!({ "organizations": [
            { "id": "org_m", "managed": true }, { "id": "org_1", "managed": false }, { "id": "org_2", "managed": false },
        ] });
        let next = page(&request, &answered(&seen))
            .expect("a page")
            .next
            .expect("the list itself");
        assert_eq!(requests::asked(&next, "organization", "id"), Some("org_1"));
        assert!(page(&request, &answered(&json!({ "organizations": [] }))).is_err());
    }

    #[test]
    fn a_page_with_one_unreadable_row_is_no_page() {
        let request = requests::list_machines("org_a", None, 1);
        for body in [
            json!({ "virtual_machines": [] }),
            json!({ "pagination": { "current_page": 1, "total_pages": 1 }, "virtual_machines": [{ "name": "no id" }] }),
            json!({ "pagination": { "current_page": 1, "total_pages": 1 } }),
            json!([]),
        ] {
            assert!(page(&request, &answered(&body)).is_err(), "{body}");
        }
    }
}
