//! Every request under every fault: what `docs/fault-matrix.md` is written from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::capacity::StockItem;
use domain::http::{Outcome, Request, RetryClass};
use domain::{Moment, Order};
use driver::{Driver, StockPage};

use super::points::Points;
use super::readings::{self, Row};
use super::scene::Scene;
use super::site::Subject;
use super::trouble::Disturbance;
use super::verdict::{End, Settled};
use super::{Failure, faults, run};

/// Every trial of one subject, told by scene.
#[derive(Debug)]
pub struct Matrix {
    /// The subject's name.
    pub subject: &'static str,
    /// The scenes, in the subject's order.
    pub scenes: Vec<SceneResult>,
    /// What becomes of the requests that prove a platform, by request and fault: whether it was proven.
    pub probes: Vec<(String, Vec<bool>)>,
    /// What becomes of what is read for clients' eyes.
    pub readings: Vec<Row>,
    /// The retry class of every request.
    pub classes: BTreeMap<String, RetryClass>,
}

/// Every trial of one scene.
#[derive(Debug)]
pub struct SceneResult {
    /// What was tried.
    pub scene: Scene,
    /// How it ends undisturbed.
    pub baseline: End,
    /// The cells: by request in the order in which they are first made, then by fault.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// Trials run.
    pub trials: usize,
}

/// The trials of one request under one fault: one for each time that the scene makes the request.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The worst of them.
    pub settled: Settled,
    /// The longest time until the operation's end, of those that settled by themselves; of the others until a person
    /// was asked.
    pub time: Duration,
}

impl Cell {
    fn of(end: &End) -> Self {
        Self {
            settled: end.settled,
            time: end.asked_after.unwrap_or(end.after),
        }
    }

    fn worse(self, other: Self) -> Self {
        if (other.settled.rank(), other.time) > (self.settled.rank(), self.time) {
            other
        } else {
            self
        }
    }
}

impl Matrix {
    /// Runs every scene of a subject under every fault, as many trials at once as there are processors. The failures,
    /// where any trial broke a rule.
    pub fn run(subject: &'static dyn Subject) -> Result<Self, Vec<Failure>> {
        let scenes = subject.scenes();
        let results = Mutex::new(BTreeMap::new());
        let next = AtomicUsize::new(0);
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some((number, scene)) = {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        scenes.get(number).map(|scene| (number, scene))
                    } {
                        let result = one_scene(subject, scene);
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        results.insert(number, result);
                    }
                });
            }
        });
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut scenes, mut failures) = (Vec::new(), Vec::new());
        for result in results.into_values() {
            match result {
                Ok(scene) => scenes.push(scene),
                Err(failed) => failures.extend(failed),
            }
        }
        if !failures.is_empty() {
            return Err(failures);
        }
        Ok(Self {
            subject: subject.name(),
            scenes,
            probes: probes(subject),
            readings: readings(subject),
            classes: classes(subject),
        })
    }

    /// Every request that some trial made.
    pub fn requests(&self) -> BTreeSet<&str> {
        let rows = self.scenes.iter().flat_map(|scene| &scene.rows);
        let probes = self.probes.iter().map(|(name, _)| name.as_str());
        let readings = self.readings.iter().map(|row| row.request.as_str());
        rows.map(|(name, _)| name.as_str())
            .chain(probes)
            .chain(readings)
            .collect()
    }

    /// Trials run, and how many of them settled by themselves.
    pub fn trials(&self) -> usize {
        self.scenes.iter().map(|scene| scene.trials).sum()
    }
}

/// The retry class of every request of a subject's driver.
pub fn classes(subject: &dyn Subject) -> BTreeMap<String, RetryClass> {
    let table = subject.driver().requests().iter();
    table.map(|(name, class)| ((*name).to_owned(), *class)).collect()
}

/// Runs one scene under every fault.
pub fn one_scene(subject: &'static dyn Subject, scene: &Scene) -> Result<SceneResult, Vec<Failure>> {
    let points = Points::of(subject, scene).map_err(|failure| vec![*failure])?;
    let baseline = points.baseline.clone();
    let all = faults::all();
    let mut cells: BTreeMap<(&str, usize), Cell> = BTreeMap::new();
    let mut failures = Vec::new();
    let strikes = points.strikes(&all);
    let trials = strikes.len();
    for (fault, disturbance) in strikes {
        let Disturbance::Once { at, .. } = &disturbance else {
            continue;
        };
        let name = baseline.requests[*at].as_str();
        match run(subject, scene, &disturbance) {
            Err(failure) => failures.push(*failure),
            Ok(end) => {
                let cell = Cell::of(&end);
                let worst = match cells.remove(&(name, fault)) {
                    Some(before) => before.worse(cell),
                    None => cell,
                };
                cells.insert((name, fault), worst);
            }
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let rows = in_order(&baseline.requests)
        .into_iter()
        .filter(|name| cells.contains_key(&(name.as_str(), 0)))
        .map(|name| {
            let row = (0..all.len())
                .map(|fault| cells[&(name.as_str(), fault)].clone())
                .collect();
            (name, row)
        })
        .collect();
    Ok(SceneResult {
        scene: *scene,
        baseline,
        rows,
        trials,
    })
}

/// Names in the order of their first appearance.
fn in_order(names: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let first = names.iter().filter(|name| seen.insert(name.as_str()));
    first.cloned().collect()
}

/// The readings of a subject's first variant.
fn readings(subject: &dyn Subject) -> Vec<Row> {
    let first = subject.scenes().first().map(|scene| scene.variant);
    first.map_or_else(Vec::new, |variant| readings::rows(subject, variant))
}

/// What is asked about the room that an order takes.
fn stock(driver: &dyn Driver, order: &Order) -> Vec<(StockItem, Request)> {
    let Some(demand) = driver.demand(order) else {
        return Vec::new();
    };
    let items = [
        demand.group.map(StockItem::Group),
        demand.package.map(StockItem::Package),
    ];
    let asked = items.into_iter().flatten().filter_map(|item| {
        let request = driver.stock(&item).ok()?;
        Some((item, request))
    });
    asked.collect()
}

/// The requests that prove a platform, its complete list, its catalogue and its room serve no operation: each is struck
/// once. Whatever comes back, the driver says yes, or no in a sentence, and a second try on a platform that behaves says yes.
pub fn probes(subject: &'static dyn Subject) -> Vec<(String, Vec<bool>)> {
    let driver = subject.driver();
    let Some(variant) = subject.scenes().first().map(|scene| scene.variant) else {
        return Vec::new();
    };
    let account = subject.account(variant);
    let now = Moment::from_seconds(1_795_158_000);
    let mut requests = driver.probes(account);
    requests.extend(driver.list(account));
    let catalogue: BTreeSet<String> = driver
        .catalogue(account)
        .into_iter()
        .map(|request| request.name)
        .collect();
    requests.extend(driver.catalogue(account));
    let stock = stock(driver, &subject.order(variant));
    requests.extend(stock.iter().map(|(_, request)| request.clone()));
    let list = driver.list(account).map(|request| request.name);
    let judged = |request: &Request, outcome: &Outcome| {
        if list.as_ref() == Some(&request.name) {
            driver.read_list(request, outcome).is_ok()
        } else if let Some((item, _)) = stock.iter().find(|(_, own)| own.name == request.name) {
            let read = driver.read_stock(item, request, outcome);
            read.is_ok_and(|page| page != StockPage::Absent)
        } else if catalogue.contains(&request.name) {
            driver.read_catalogue(request, outcome).is_ok()
        } else {
            driver.interpret_probe(request, outcome).is_ok()
        }
    };
    requests
        .iter()
        .map(|request| {
            let row = faults::all().into_iter().map(|(_, fault)| {
                let site = subject.site(variant);
                site.strike(fault);
                let (outcome, latency) = site.exchange(now, request);
                site.calm();
                let first = judged(request, &outcome);
                // The answer that is given twice is given to the second try, and is right.
                let (outcome, _) = site.exchange(now + latency + Duration::from_secs(120), request);
                assert!(
                    judged(request, &outcome),
                    "{} on a platform that behaves",
                    request.name
                );
                first
            });
            (request.name.clone(), row.collect())
        })
        .collect()
}
