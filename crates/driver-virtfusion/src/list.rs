//! Pages of the panel's complete list of servers.

use domain::http::{Outcome, Request};
use driver::{ListPage, Verdict};
use serde_json::Value;

use crate::answer;
use crate::machine::machine;
use crate::requests;
use crate::wire::{List, Row, Server};

/// The ids on a page, and the next page's request.
pub struct IdPage {
    /// The servers' ids.
    pub ids: Vec<u64>,
    /// The next page.
    pub next: Option<Request>,
}

/// The ids on a page.
pub fn ids(request: &Request, outcome: &Outcome) -> Result<IdPage, Verdict> {
    let response = answer::success(request, outcome)?;
    let page: List<Row> = answer::body(request, response)?;
    Ok(IdPage {
        ids: page.data.iter().map(|row| row.id).collect(),
        next: page.next_page(request)?.map(requests::list_servers),
    })
}

/// The machines on a page. Their raw objects are left out: a list is read often and kept nowhere.
pub fn page(request: &Request, outcome: &Outcome) -> Result<ListPage, String> {
    let response = answer::success(request, outcome).map_err(Verdict::into_words)?;
    let page: List<Server> = answer::body(request, response).map_err(Verdict::into_words)?;
    Ok(ListPage {
        machines: page
            .data
            .iter()
            .map(|server| machine(server, Value::Null))
            .collect(),
        next: page
            .next_page(request)
            .map_err(Verdict::into_words)?
            .map(requests::list_servers),
        more: Vec::new(),
        hosts: page
            .data
            .iter()
            .filter_map(|server| Some((server.id.to_string(), server.hypervisor_id?.to_string())))
            .collect(),
    })
}
