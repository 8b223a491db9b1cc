//! Months of checkouts at a cluster that is nearly full: what is promised by the stock's bound, against what the platform
//! finds a place for in the end, and against a shop that asks the platform for a place at each checkout.
//!
//! Machines of eight sizes are ordered, paid or not, built late, and ended. What the engine reads of the cluster is old: a
//! change is shown up to a minute later, and groups are read half a minute apart at most. The platform's rule of placement
//! is one of three, and the bound knows none of them.
//!
//! **What is counted**: an order that was promised and paid, and finds no hypervisor, is *oversold*. What the other shop
//! could sell of the same arrivals, and the bound could not, is *undersold*.

use std::collections::BTreeMap;

use domain::Random;
use domain::capacity::{Capacity, Hypervisor, Need, Pool, Storage};
use domain::ports::CountingRandom;
use stock::{Buffer, Claim, Count, Together};

/// Where the platform puts a machine, among the hypervisors that have room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Where the most memory is free.
    Spread,
    /// Where the least is.
    Fill,
    /// Anywhere.
    Random,
}

/// All rules.
pub const RULES: [Rule; 3] = [Rule::Spread, Rule::Fill, Rule::Random];

/// Memory in MB, cores, disk in GB, and how often it is ordered.
const SIZES: [(i64, u64, i64, u64); 8] = [
    (1_024, 1, 20, 20),
    (2_048, 2, 40, 20),
    (4_096, 2, 80, 18),
    (8_192, 4, 160, 14),
    (16_384, 8, 320, 8),
    (32_768, 8, 640, 4),
    (2_048, 1, 200, 8),
    (4_096, 2, 400, 8),
];

const HYPERVISORS: usize = 20;
const MEMORY: i64 = 262_144;
const DISK: i64 = 8_000;

/// How fast things happen, in seconds on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two checkouts.
    pub between: u64,
    /// A machine's life: long enough that there is more demand than room.
    pub life: u64,
}

/// Twelve checkouts an hour at a cluster of some eight hundred machines.
pub const BUSY: Pace = Pace {
    between: 300,
    life: 555_000,
};

/// A hundred and eighty an hour at the same cluster, whose machines live for hours: more is promised at any moment.
pub const RUSH: Pace = Pace {
    between: 20,
    life: 37_000,
};

/// How long a cart or an unpaid order holds its room.
const HELD: u64 = 3_600;
/// How long a platform may show a group as it was before a change.
const SETTLES: u64 = 60;
/// How far apart readings are at least.
const BURST: u64 = 30;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Checkouts.
    pub arrivals: u64,
    /// Promised by the bound.
    pub promised: u64,
    /// Of these paid and built.
    pub built: u64,
    /// Of these paid, and without a place.
    pub oversold: u64,
    /// Promised by a shop that has each one placed at once.
    pub placed_at_once: u64,
}

impl Outcome {
    /// How many fewer than the other shop, in parts of ten thousand.
    pub fn undersold(&self) -> u64 {
        let fewer = self.placed_at_once.saturating_sub(self.promised);
        (fewer * 10_000)
            .checked_div(self.placed_at_once)
            .unwrap_or_default()
    }
}

/// What becomes of a checkout: the same in both shops.
#[derive(Debug, Clone, Copy)]
struct Fate {
    kind: usize,
    /// When it is paid; never where `None`.
    paid: Option<u64>,
    /// When it is cancelled or given up, unless it is paid.
    over: u64,
    /// How long its build takes to begin.
    delay: u64,
    /// How long the machine lives.
    life: u64,
    /// How late its coming and its going are shown.
    lag: u64,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Arrival,
    Build(usize),
    Shown(usize),
    End(usize),
    Hidden(usize),
    Over(usize),
    LeaveOther(usize),
    Read,
}

/// A promise of the bound.
#[derive(Debug, Clone, Copy)]
struct Promise {
    kind: usize,
    /// On which hypervisor, once it is built.
    host: Option<usize>,
    /// When it was built.
    built: Option<u64>,
}

/// What is left on each hypervisor: memory and disk. What is shown of a machine that comes may be ahead of what is shown of
/// one that went, and then there is less than nothing.
#[derive(Debug, Clone)]
struct Hosts(Vec<(i64, i64)>);

impl Hosts {
    fn full() -> Self {
        Self(vec![(MEMORY, DISK); HYPERVISORS])
    }

    fn room(&self, kind: usize, rule: Rule, random: &CountingRandom) -> Option<usize> {
        let (memory, _, disk, _) = SIZES[kind];
        let fitting = (0..self.0.len()).filter(|at| self.0[*at].0 >= memory && self.0[*at].1 >= disk);
        match rule {
            Rule::Spread => fitting.max_by_key(|at| (self.0[*at].0, usize::MAX - *at)),
            Rule::Fill => fitting.min_by_key(|at| (self.0[*at].0, *at)),
            Rule::Random => {
                let all: Vec<usize> = fitting.collect();
                let drawn = usize::try_from(random.below(all.len() as u64)).ok()?;
                all.get(drawn).copied()
            }
        }
    }

    fn take(&mut self, at: usize, kind: usize) {
        self.0[at].0 -= SIZES[kind].0;
        self.0[at].1 -= SIZES[kind].2;
    }

    fn give(&mut self, at: usize, kind: usize) {
        self.0[at].0 += SIZES[kind].0;
        self.0[at].1 += SIZES[kind].2;
    }

    fn capacity(&self) -> Capacity {
        let hypervisors = self.0.iter().enumerate().map(|(at, (memory, disk))| Hypervisor {
            id: at.to_string(),
            name: format!("hv-{at}"),
            closed: None,
            servers: None,
            memory: Some(Pool {
                max: MEMORY.unsigned_abs(),
                free: *memory,
            }),
            cores: Some(Pool { max: 0, free: 0 }),
            local: Some(Storage {
                code: 0,
                name: "local".to_owned(),
                enabled: true,
                pool: Pool {
                    max: DISK.unsigned_abs(),
                    free: *disk,
                },
            }),
            others: Vec::new(),
            ipv4_free: None,
        });
        Capacity {
            hypervisors: hypervisors.collect(),
        }
    }
}

fn need(kind: usize) -> Need {
    let (memory, cores, storage, _) = SIZES[kind];
    Need {
        memory: memory.unsigned_abs(),
        cores,
        storage: storage.unsigned_abs(),
        storage_code: 0,
        ipv4: 0,
    }
}

struct Shop {
    now: u64,
    pace: Pace,
    seed: CountingRandom,
    placing: CountingRandom,
    rule: Rule,
    agenda: BTreeMap<(u64, u64), Event>,
    planned: u64,
    fates: Vec<Fate>,
    /// What the platform has.
    truth: Hosts,
    /// What it shows.
    shown: Hosts,
    /// What was read last, and when.
    reading: (Capacity, u64),
    promises: BTreeMap<usize, Promise>,
    /// The other shop, which has everything placed at once.
    other: Hosts,
    placed: BTreeMap<usize, usize>,
    outcome: Outcome,
}

/// Runs so many checkouts.
pub fn run(rule: Rule, pace: Pace, seed: u64, arrivals: u64) -> Outcome {
    let mut shop = Shop {
        now: 0,
        pace,
        seed: CountingRandom::new(seed),
        placing: CountingRandom::new(seed ^ 0x5eed),
        rule,
        agenda: BTreeMap::new(),
        planned: 0,
        fates: Vec::new(),
        truth: Hosts::full(),
        shown: Hosts::full(),
        reading: (Hosts::full().capacity(), 0),
        promises: BTreeMap::new(),
        other: Hosts::full(),
        placed: BTreeMap::new(),
        outcome: Outcome::default(),
    };
    shop.plan(0, Event::Arrival);
    while let Some(((at, _), event)) = shop.agenda.pop_first() {
        shop.now = at;
        shop.happens(event, arrivals);
    }
    shop.outcome
}

impl Shop {
    fn plan(&mut self, at: u64, event: Event) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), event);
    }

    /// Between none and twice as many.
    fn about(&self, average: u64) -> u64 {
        self.seed.below(2 * average + 1)
    }

    fn happens(&mut self, event: Event, arrivals: u64) {
        match event {
            Event::Arrival => {
                self.arrive();
                if self.outcome.arrivals < arrivals {
                    self.plan(self.now + self.about(self.pace.between), Event::Arrival);
                }
            }
            Event::Build(order) => self.build(order),
            Event::Shown(order) => {
                if let Some((host, kind)) = self.host(order) {
                    self.shown.take(host, kind);
                }
                self.read_soon();
            }
            Event::End(order) => {
                if let Some((host, kind)) = self.host(order) {
                    self.truth.give(host, kind);
                    self.plan(self.now + self.fates[order].lag, Event::Hidden(order));
                }
            }
            Event::Hidden(order) => {
                if let Some((host, kind)) = self.host(order) {
                    self.shown.give(host, kind);
                }
                self.promises.remove(&order);
                self.read_soon();
            }
            Event::Over(order) => {
                if self
                    .promises
                    .get(&order)
                    .is_some_and(|promise| promise.built.is_none())
                {
                    self.promises.remove(&order);
                }
            }
            Event::LeaveOther(order) => {
                if let Some(host) = self.placed.remove(&order) {
                    self.other.give(host, self.fates[order].kind);
                }
            }
            Event::Read => self.reading = (self.shown.capacity(), self.now),
        }
    }

    fn host(&self, order: usize) -> Option<(usize, usize)> {
        let promise = self.promises.get(&order)?;
        Some((promise.host?, promise.kind))
    }

    /// What changed is read at once, but never twice within half a minute, and once more when it must be shown.
    fn read_soon(&mut self) {
        let soon = self.now.max(self.reading.1 + BURST);
        self.plan(soon, Event::Read);
        self.plan(soon + SETTLES, Event::Read);
    }

    fn arrive(&mut self) {
        self.outcome.arrivals += 1;
        let order = self.fates.len();
        let fate = self.fate();
        self.fates.push(fate);
        let ends = fate.paid.map(|paid| paid + fate.delay + fate.life);
        if let Some(host) = self.other.room(fate.kind, self.rule, &self.placing) {
            self.outcome.placed_at_once += 1;
            self.other.take(host, fate.kind);
            self.placed.insert(order, host);
            self.plan(ends.unwrap_or(fate.over), Event::LeaveOther(order));
        }
        if self.is_sold_out(fate.kind) {
            return;
        }
        self.outcome.promised += 1;
        let promise = Promise {
            kind: fate.kind,
            host: None,
            built: None,
        };
        self.promises.insert(order, promise);
        match fate.paid {
            Some(paid) => self.plan(paid + fate.delay, Event::Build(order)),
            None => self.plan(fate.over, Event::Over(order)),
        }
    }

    fn fate(&self) -> Fate {
        let all: u64 = SIZES.iter().map(|(.., often)| often).sum();
        let mut drawn = self.seed.below(all);
        let mut kind = 0;
        while drawn >= SIZES[kind].3 {
            drawn -= SIZES[kind].3;
            kind += 1;
        }
        // Seven of ten are paid, the others given up: half of these at once, the rest by the end of their hour.
        let paid = (self.seed.below(10) < 7).then(|| self.now + self.about(240));
        let over = if self.seed.below(2) == 0 {
            self.about(300)
        } else {
            HELD
        };
        Fate {
            kind,
            paid,
            over: self.now + over,
            delay: 5 + self.about(60),
            life: 600 + self.about(self.pace.life),
            lag: self.seed.below(SETTLES),
        }
    }

    fn is_sold_out(&self, kind: usize) -> bool {
        let (capacity, read) = &self.reading;
        // What was built so long before the reading that it must show it is not promised any more.
        let open = |promise: &&Promise| promise.built.is_none_or(|built| built + SETTLES > *read);
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for promise in self.promises.values().filter(open) {
            *counts.entry(promise.kind).or_default() += 1;
        }
        let claims = counts.into_iter().map(|(kind, count)| Claim {
            need: need(kind),
            count,
        });
        Together::new(capacity, Buffer::NONE, claims).left(&need(kind)) == Count::NONE
    }

    fn build(&mut self, order: usize) {
        let fate = self.fates[order];
        let Some(host) = self.truth.room(fate.kind, self.rule, &self.placing) else {
            self.outcome.oversold += 1;
            self.promises.remove(&order);
            return;
        };
        self.outcome.built += 1;
        self.truth.take(host, fate.kind);
        if let Some(promise) = self.promises.get_mut(&order) {
            (promise.host, promise.built) = (Some(host), Some(self.now));
        }
        self.plan(self.now + fate.lag, Event::Shown(order));
        self.plan(self.now + fate.life, Event::End(order));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARRIVALS: u64 = 6_000;

    #[test]
    fn gx_006_nothing_is_oversold_wherever_the_platform_puts_machines() {
        for (rule, pace) in RULES.into_iter().flat_map(|rule| [(rule, BUSY), (rule, RUSH)]) {
            let outcome = run(rule, pace, 7, ARRIVALS);
            assert_eq!(outcome.oversold, 0, "{rule:?}: {outcome:?}");
            assert_eq!(outcome.arrivals, ARRIVALS);
            let turned_away = ARRIVALS - outcome.placed_at_once;
            assert!(turned_away > 100, "there was always room: {rule:?}: {outcome:?}");
            assert!(outcome.built > 1_000, "{rule:?}: {outcome:?}");
        }
    }

    #[test]
    fn gx_006_at_most_three_of_a_hundred_fewer_are_sold_than_a_place_at_once_would_allow() {
        for rule in RULES {
            let outcome = run(rule, BUSY, 11, ARRIVALS);
            assert!(
                outcome.undersold() <= 300,
                "{rule:?}: {} ‱, {outcome:?}",
                outcome.undersold()
            );
        }
    }
}
