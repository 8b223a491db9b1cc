//! The driver's table of requests, and what it makes of answers.

use std::collections::BTreeSet;

use domain::capacity::StockItem;
use domain::http::{Request, RetryClass};
use domain::record::{OperationInput, OperationKind};

use super::Subject;
use crate::wire::SiteWire;
use crate::{Heard, Losing, Player, check, live, read_fact};

/// How many answers of chance each request gets.
const CASES: u32 = 40;

/// Every request is in the driver's table with its class, and every answer has a verdict; garbage makes no step reached.
/// Gives the names of the table that no subject's life, lost answers, probes and lists made.
pub fn answers(subjects: &[Subject]) -> BTreeSet<&'static str> {
    let first = subjects.first().expect("a driver has a subject");
    let heard: Vec<Heard> = subjects.iter().flat_map(heard).collect();
    let mut unheard = check::table(first.driver, &heard);
    for subject in subjects {
        let account = subject.create().account;
        let driver = subject.driver;
        offered(subject);
        let read = [
            driver.probes(&account),
            driver.list(&account).into_iter().collect(),
            driver.catalogue(&account),
            stock(subject),
        ];
        for request in read.iter().flatten() {
            assert_eq!(request.class, RetryClass::Read, "{}", request.name);
            unheard.remove(request.name.as_str());
        }
        for name in readings(subject) {
            unheard.remove(name.as_str());
        }
    }
    check::verdicts_are_total(first.driver, &one_of_each(heard), CASES);
    unheard
}

/// What is asked about the room that an order takes. Every answer to it has a meaning: garbage shows no room and no absence.
fn stock(subject: &Subject) -> Vec<Request> {
    let driver = subject.driver;
    let Some(demand) = driver.demand(&(subject.order)()) else {
        return Vec::new();
    };
    let items = [
        demand.group.map(StockItem::Group),
        demand.package.map(StockItem::Package),
    ];
    let items = items.into_iter().flatten();
    items
        .map(|item| {
            let request = driver.stock(&item).expect("what is ordered can be asked about");
            check::stock_is_total(driver, &item, &request, CASES);
            request
        })
        .collect()
}

/// The names of what is asked for everything that is on offer to be read of a machine.
fn readings(subject: &Subject) -> BTreeSet<String> {
    let (site, at) = subject.built();
    let mut names = BTreeSet::new();
    for kind in subject.driver.offers().facts {
        let ending = read_fact(subject.driver, SiteWire(site.as_ref()), &at, *kind);
        for one in &ending.asked {
            let table = subject.driver.requests();
            let row = table.iter().find(|(name, _)| *name == one.request.name);
            assert_eq!(row.map(|(_, class)| *class), Some(RetryClass::Read), "{kind}");
            assert_eq!(one.request.class, RetryClass::Read, "{kind}");
            names.insert(one.request.name.clone());
        }
        check::readings_are_total(subject.driver, &at, *kind, &ending.asked, CASES);
    }
    names
}

/// What a driver says that clients may ask for is what it has steps for, and what is tried.
fn offered(subject: &Subject) {
    let tried = subject.life();
    for kind in OperationKind::ALL.iter().filter(|kind| kind.is_for_clients()) {
        let offered = subject.driver.offers().acts.contains(kind);
        let is_tried = tried.iter().any(|scene| scene.kind == *kind);
        assert_eq!(offered, is_tried, "{}: {kind}", subject.name);
        let scene = tried.iter().find(|scene| scene.kind == *kind);
        let planned = scene.is_some_and(|scene| subject.driver.plan(&scene.plan_input()).is_ok());
        assert_eq!(offered, planned, "{}: the plan of {kind}", subject.name);
    }
}

/// Everything that is heard in a life, its end, and what comes of lost answers.
fn heard(subject: &Subject) -> Vec<Heard> {
    let site = subject.site();
    let (_, mut all, scene) = live(subject.driver, SiteWire(site.as_ref()), subject.life(), false);
    all.extend(subject.end(site.as_ref(), &scene));
    let attempts = OperationInput::Accounts { attempts: 1 };
    let close = subject.scene(OperationKind::CloseAccounts, attempts);
    all.extend(subject.play(site.as_ref(), &scene, close).1);
    let changes = all.iter().filter(|heard| heard.request.changes()).count();
    for at in 0..changes {
        let site = subject.site();
        let mut wire = Losing::new(SiteWire(site.as_ref()), at, true);
        let mut create = Player::new(subject.driver, &mut wire, subject.create());
        create.run();
        all.append(&mut create.heard);
        if !wire.has_struck() {
            break;
        }
    }
    all
}

/// The first of each kind of request in each step.
fn one_of_each(mut heard: Vec<Heard>) -> Vec<Heard> {
    let mut seen = BTreeSet::new();
    heard.retain(|one| {
        let phase = format!("{:?}", one.scene.phase);
        seen.insert((
            one.scene.kind.as_str(),
            one.scene.step.clone(),
            phase,
            one.request.name.clone(),
        ))
    });
    heard
}
