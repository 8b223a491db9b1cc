//! What the panel tells of its room: packages, and the hypervisors of a group.

use domain::capacity::{Closed, Demand, Hypervisor, Need, Package, Pool, StockItem, Storage};
use domain::http::{Outcome, Request};
use domain::order::Order;
use driver::{StockPage, Verdict};

use crate::answer;
use crate::order;
use crate::requests;
use crate::wire::resources::{Amount, Row};
use crate::wire::{self, List};

/// What an order takes.
pub fn demand(ordered: &Order) -> Demand {
    let id = |id: Option<u64>| id.filter(|id| *id > 0).map(|id| id.to_string());
    let own = |key| order::amount(ordered, key).filter(|amount| *amount > 0);
    Demand {
        group: id(order::group(ordered)),
        package: id(order::package(ordered)),
        memory: own("memory"),
        cores: own("cpuCores"),
        storage: own("storage"),
        storage_code: order::amount(ordered, "storageProfile"),
        ipv4: order::addresses(ordered),
    }
}

/// The first request of a reading.
pub fn begin(item: &StockItem) -> Result<Request, String> {
    match item {
        StockItem::Group(group) => Ok(requests::read_resources(number(group, item)?, 1)),
        StockItem::Package(package) => Ok(requests::read_package(number(package, item)?)),
    }
}

/// What an answer tells.
pub fn read(item: &StockItem, request: &Request, outcome: &Outcome) -> Result<StockPage, String> {
    let read = match item {
        StockItem::Group(group) => number(group, item)
            .and_then(|group| hypervisors(group, request, outcome).map_err(Verdict::into_words)),
        StockItem::Package(_) => package(request, outcome).map_err(Verdict::into_words),
    };
    match read {
        Err(_) if answer::is_plain_404(outcome) => Ok(StockPage::Absent),
        read => read,
    }
}

/// Nothing but a number may become part of a path.
fn number(id: &str, item: &StockItem) -> Result<u64, String> {
    id.parse()
        .map_err(|_| format!("the panel has no {item}: its ids are numbers"))
}

fn package(request: &Request, outcome: &Outcome) -> Result<StockPage, Verdict> {
    let package: wire::Package = answer::data(request, outcome)?;
    let id = package.id.ok_or_else(|| lacking(request, "id"))?;
    answer::is_about(request, "package", id)?;
    let need = Need {
        memory: package.memory.ok_or_else(|| lacking(request, "memory"))?,
        cores: package.cpu_cores.ok_or_else(|| lacking(request, "cpuCores"))?,
        storage: package
            .primary_storage
            .ok_or_else(|| lacking(request, "primaryStorage"))?,
        storage_code: package.primary_storage_profile.unwrap_or_default(),
        ipv4: 0,
    };
    let enabled = package.enabled.ok_or_else(|| lacking(request, "enabled"))?;
    Ok(StockPage::Package(Package { enabled, need }))
}

fn hypervisors(group: u64, request: &Request, outcome: &Outcome) -> Result<StockPage, Verdict> {
    let response = answer::success(request, outcome)?;
    let page: List<Row> = answer::body(request, response)?;
    let next = page.next_page(request)?;
    let all = page.data.into_iter().map(hypervisor).collect();
    Ok(StockPage::Group(
        all,
        next.map(|page| requests::read_resources(group, page)),
    ))
}

fn hypervisor(row: Row) -> Hypervisor {
    let (told, has) = (row.hypervisor, row.resources);
    let ipv4 = has
        .network
        .and_then(|network| network.total)
        .and_then(|total| total.ipv4);
    Hypervisor {
        id: told.id.to_string(),
        closed: closed(&told),
        name: told.name.unwrap_or_else(|| told.id.to_string()),
        servers: has.servers.as_ref().and_then(pool),
        memory: has.memory.as_ref().and_then(pool),
        cores: has.cpu_cores.as_ref().and_then(pool),
        local: has.local_storage.and_then(storage),
        others: has.other_storage.into_iter().filter_map(storage).collect(),
        ipv4_free: ipv4
            .and_then(|ipv4| ipv4.free)
            .map(|free| u64::try_from(free).unwrap_or_default()),
    }
}

/// What the panel leaves out is not so.
fn closed(told: &wire::resources::Hypervisor) -> Option<Closed> {
    if told.enabled != Some(true) {
        Some(Closed::Disabled)
    } else if told.commissioned != Some(true) {
        Some(Closed::NotCommissioned)
    } else {
        (told.prohibit == Some(true)).then_some(Closed::Prohibited)
    }
}

/// `None` where the panel does not say how much there is. How much is free is only of account where there is a limit.
fn pool(amount: &Amount) -> Option<Pool> {
    let max = amount.max?;
    Some(Pool {
        max,
        free: amount.free.unwrap_or_default(),
    })
}

fn storage(told: wire::resources::Storage) -> Option<Storage> {
    Some(Storage {
        code: told.code.unwrap_or_default(),
        name: told.name.unwrap_or_default(),
        enabled: told.enabled == Some(true),
        pool: pool(&told.amount)?,
    })
}

fn lacking(request: &Request, field: &str) -> Verdict {
    Verdict::Unknown(format!("The answer to {} has no {field}", request.name))
}

#[cfg(test)]
mod tests;
