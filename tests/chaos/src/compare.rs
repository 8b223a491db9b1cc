//! The comparison at the end: panel ↔ engine ↔ billing system.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use sim::virtfusion::{Server, Stage, Work};

use crate::books::{Service, Status};
use crate::look::{Held, View};
use crate::report::Settled;
use crate::scene::Scene;

/// What does not fit.
#[derive(Debug, Default)]
pub struct Findings {
    /// What was accepted or wished and is not there.
    pub lost: Vec<String>,
    /// What is there more than once.
    pub doubled: Vec<String>,
    /// What else is wrong.
    pub wrong: Vec<String>,
    /// Services that any of it is about.
    pub services: BTreeSet<u64>,
    /// Services whose create is still looked for; nothing else is said of them.
    pub unsettled: BTreeSet<u64>,
}

impl Findings {
    fn lost(&mut self, service: u64, what: &str) {
        if self.unsettled.contains(&service) {
            return;
        }
        self.services.insert(service);
        self.lost.push(format!("service {service}: {what}"));
    }

    fn doubled(&mut self, service: u64, what: &str) {
        self.services.insert(service);
        self.doubled.push(format!("service {service}: {what}"));
    }

    /// Everything, one line each.
    pub fn lines(&self) -> Vec<String> {
        let named = |name: &str, lines: &[String]| -> Vec<String> {
            lines.iter().map(|line| format!("{name}: {line}")).collect()
        };
        let mut all = named("lost", &self.lost);
        all.extend(named("doubled", &self.doubled));
        all.extend(self.wrong.iter().cloned());
        all
    }
}

/// Compares the books. The engine does not run meanwhile. Where the end was not hastened, lost requests may still be
/// looked for: those services are counted and not judged, but for what there is too much of.
pub async fn compare(scene: &Scene, settled: &Settled) -> Result<Findings> {
    let mut findings = Findings::default();
    let mut view = View::open(&scene.place.database()).await?;
    if !settled.hastened {
        findings.unsettled = view.unsettled().await?;
    }
    let held = view.services().await?;
    let services: Vec<Service> = scene.billing.books().services.values().cloned().collect();
    let mut owned: BTreeSet<(u64, u64)> = BTreeSet::new();
    for service in &services {
        match held.get(&service.id) {
            None => findings.lost(service.id, "the engine does not know it"),
            Some(held) => one(scene, service, held, &mut owned, &mut findings),
        }
    }
    orphans(scene, &owned, &mut findings);
    accepted(scene, &mut view, &mut findings).await?;
    mails(scene, &mut findings);
    repetitions(scene, &mut view, settled.sent_again, &mut findings).await?;
    let remaining = view.remaining().await?;
    if remaining.sending > 0 {
        findings
            .wrong
            .push(format!("{} calls stand in sending", remaining.sending));
    }
    view.close().await?;
    if let Err(error) = scene.place.ask(&["audit", "verify"]).await {
        findings.wrong.push(format!("{error:#}"));
    }
    Ok(findings)
}

/// One service: billing system, engine and panel have to say the same.
fn one(
    scene: &Scene,
    service: &Service,
    held: &Held,
    owned: &mut BTreeSet<(u64, u64)>,
    findings: &mut Findings,
) {
    let id = service.id;
    if let Some(function) = service.next() {
        let what = format!(
            "it is {} and should be {:?}: {} was never answered with success",
            service.status.word(),
            service.wanted,
            function.name()
        );
        findings.lost(id, &what);
    }
    if held.links.len() > 1 {
        findings.doubled(id, &format!("{} open links", held.links.len()));
    }
    let ended = service.status == Status::Terminated;
    let Some(link) = held.links.first() else {
        if !ended {
            findings.lost(id, "no machine is linked");
        }
        return;
    };
    if ended {
        findings.lost(
            id,
            &format!("it was ended and machine {} is linked", link.upstream_id),
        );
    }
    let machine = link.upstream_id.parse().unwrap_or(0);
    owned.insert((service.server, machine));
    let Some(site) = scene.site(service.server) else {
        return;
    };
    match site.host.panel.server(site.host.now(), machine) {
        None => findings.lost(id, &format!("machine {machine} is not on the panel")),
        Some(server) => {
            if server.uuid != link.unchangeable {
                findings.lost(id, &format!("machine {machine} is another one than was linked"));
            }
            let users = site.host.panel.users(site.host.now());
            let owner = users.iter().find(|user| user.id == server.owner);
            if owner.and_then(|owner| owner.relation) != Some(service.client) {
                findings.lost(id, &format!("machine {machine} is not its client's: {owner:?}"));
            }
            state(service, held, &server, findings);
        }
    }
    let copy = service.link.as_ref();
    if !ended && copy.is_none_or(|copy| copy.closed || copy.upstream_id != link.upstream_id) {
        findings.lost(id, &format!("the billing system's copy of the link is {copy:?}"));
    }
}

/// Whether the machine is as its service was wished.
fn state(service: &Service, held: &Held, server: &Server, findings: &mut Findings) {
    let id = service.id;
    let suspended = service.status == Status::Suspended;
    let standing = if suspended { "suspended" } else { "live" };
    if held.standing != standing {
        findings.lost(id, &format!("the engine says {} of it", held.standing));
    }
    if server.stage != Stage::Complete {
        findings.lost(
            id,
            &format!("machine {} is not built: {:?}", server.id, server.stage),
        );
    }
    if server.suspended != suspended {
        findings.lost(
            id,
            &format!("machine {}: suspended is {}", server.id, server.suspended),
        );
    }
    if suspended && server.running {
        findings.lost(
            id,
            &format!("machine {} runs although it is suspended", server.id),
        );
    }
    if server.package != service.package {
        let what = format!("package {} in place of {}", server.package, service.package);
        findings.lost(id, &what);
    }
}

/// Machines on a panel that no service holds.
fn orphans(scene: &Scene, owned: &BTreeSet<(u64, u64)>, findings: &mut Findings) {
    for site in &scene.sites {
        let now = site.host.now();
        for server in site.host.panel.servers(now) {
            if !owned.contains(&(site.server, server.id)) {
                let users = site.host.panel.users(now);
                let owner = users.into_iter().find(|user| user.id == server.owner);
                findings.doubled.push(format!(
                    "machine {} on panel {} belongs to no service; its owner is {owner:?}",
                    server.id, site.server
                ));
            }
        }
    }
}

/// Every operation that the engine named in an answer exists and has ended; none failed, for nothing here can fail for
/// good.
async fn accepted(scene: &Scene, view: &mut View, findings: &mut Findings) -> Result<()> {
    let operations = view.operations().await?;
    let accepted = scene.billing.books().accepted.clone();
    for (operation, service) in accepted {
        match operations
            .get(&operation)
            .map(|(kind, state)| (kind.as_str(), state.as_str()))
        {
            None => findings.lost(
                service,
                &format!("{operation} was accepted and is not in the store"),
            ),
            // A person gave a button's press up, or it came to its deadline of a quarter of an hour.
            Some(("power", "failed") | (_, "succeeded" | "superseded" | "cancelled")) => {}
            Some((kind, state)) => findings.lost(service, &format!("{operation} ({kind}) is {state}")),
        }
    }
    Ok(())
}

/// One welcome mail for each service that is in use. One that was suspended before its machine was ready gets it once
/// it is released.
fn mails(scene: &Scene, findings: &mut Findings) {
    let books = scene.billing.books();
    let mut sent: BTreeMap<u64, usize> = BTreeMap::new();
    for (service, _) in &books.mails {
        *sent.entry(*service).or_default() += 1;
    }
    for service in books.services.values() {
        match (sent.get(&service.id).copied().unwrap_or(0), service.status) {
            (0, Status::Active) => findings.lost(service.id, "its welcome mail"),
            (0 | 1, _) => {}
            (mails, _) => findings.doubled(service.id, &format!("{mails} welcome mails")),
        }
    }
}

/// Builds and restarts hurt when they are repeated: no machine was built twice, and none was restarted more often than
/// its client asked, but for what a person had sent again.
async fn repetitions(scene: &Scene, view: &mut View, sent_again: u64, findings: &mut Findings) -> Result<()> {
    let restarts = view.restarts().await?;
    let mut beyond = Vec::new();
    for site in &scene.sites {
        let mut counts: BTreeMap<(u64, bool), i64> = BTreeMap::new();
        for job in site.host.panel.jobs(site.host.now()) {
            if matches!(job.work, Work::Build | Work::Restart) {
                *counts.entry((job.server, job.work == Work::Build)).or_default() += 1;
            }
        }
        for ((machine, built), count) in counts {
            let wished = restarts.get(&(site.platform.clone(), machine)).copied();
            let (what, most) = if built {
                ("built", 1)
            } else {
                ("restarted", wished.unwrap_or(0))
            };
            if count > most {
                let panel = site.server;
                beyond.push(format!(
                    "machine {machine} on panel {panel} was {what} {count} times, and not {most}"
                ));
            }
        }
    }
    if u64::try_from(beyond.len()).unwrap_or(u64::MAX) > sent_again {
        findings.doubled.extend(beyond);
    }
    Ok(())
}
