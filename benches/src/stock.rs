//! Stock: how long it takes to count what can be sold, from warm facts and on a simulated panel, and what selling beside
//! promises costs.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use domain::Moment;
use domain::capacity::{Capacity, Demand, Hypervisor, Need, Package, Pool, StockItem, Storage};
use domain::record::StockRule;
use engine::supply::{ItemState, Line, Memo, Reservation, Seen, Sellable, SoldProduct, Warehouse};
use serde::Serialize;
use sim::http::{Options, serve_with};
use sim::virtfusion::{Panel, PanelConfig};
use testkit::checkouts::{self, BUSY, Outcome, RULES, RUSH};
use testkit::rig::{Rig, RigOptions};

use crate::Bench;

/// The fleet that is counted.
const PRODUCTS: u64 = 200;
const GROUPS: u64 = 50;
const HYPERVISORS: u64 = 40;

/// What the pace is called that the promise is about.
const USUAL_PACE: &str = "12 an hour";

/// The server record behind which the late panel stands.
const SERVER: u64 = 5;

const AT: Moment = Moment::from_seconds(1_795_158_000);

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// From warm facts.
    pub counting: Counting,
    /// One group of so many hypervisors, and how long all products take in it, in microseconds.
    pub growth: Vec<(u64, u64)>,
    /// The worked example from nothing known, by the panel's latency in milliseconds: how long, and with how many requests.
    pub cold: Vec<Cold>,
    /// Checkouts.
    pub checkouts: Vec<Checkouts>,
}

/// 200 products in 50 groups of 40 hypervisors each.
#[derive(Debug, Serialize)]
pub struct Counting {
    /// All, in microseconds.
    pub all_us: u64,
    /// After one group was read anew, in microseconds.
    pub one_us: u64,
    /// Products on hypervisors, counted per second.
    pub pairs_per_second: u64,
}

/// A recalculation from nothing.
#[derive(Debug, Serialize)]
pub struct Cold {
    /// How late the panel answers, in milliseconds.
    pub latency_ms: u64,
    /// How long it takes, in milliseconds.
    pub took_ms: u64,
    /// Requests that the panel was sent.
    pub requests: usize,
}

/// Checkouts under one rule of placement.
#[derive(Debug, Serialize)]
pub struct Checkouts {
    /// The rule.
    pub rule: String,
    /// The pace.
    pub pace: &'static str,
    /// Checkouts.
    pub arrivals: u64,
    /// Paid orders without a place.
    pub oversold: u64,
    /// Fewer than placed at once, in parts of ten thousand.
    pub undersold: u64,
}

fn hypervisor(number: u64) -> Hypervisor {
    let left = i64::try_from(20_000 + number * 977 % 90_000).unwrap_or_default();
    let pool = |max, free| Some(Pool { max, free });
    Hypervisor {
        id: number.to_string(),
        name: format!("hv-{number}"),
        closed: None,
        servers: pool(200, 90),
        memory: pool(262_144, left),
        cores: pool(0, -40),
        local: None,
        others: vec![Storage {
            code: 4,
            name: "pool".to_owned(),
            enabled: true,
            pool: Pool {
                max: 20_000,
                free: 9_000,
            },
        }],
        ipv4_free: Some(2_000),
    }
}

fn group(hypervisors: u64, at: Moment) -> ItemState {
    let capacity = Capacity {
        hypervisors: (0..hypervisors).map(hypervisor).collect(),
    };
    ItemState::default().read(Seen::Group(capacity), at)
}

/// A fleet with eight sizes, and five promises in each group.
fn fleet(groups: u64, hypervisors: u64) -> (Warehouse, Vec<Line>) {
    let mut warehouse = Warehouse::default();
    for number in 0..groups {
        let id = StockItem::Group(number.to_string());
        warehouse.items.insert(id, group(hypervisors, AT));
    }
    for number in 0..PRODUCTS {
        let need = Need {
            memory: 1_024 + 512 * number,
            cores: 1,
            storage: 20 + number,
            storage_code: 4,
            ipv4: 0,
        };
        let package = Package { enabled: true, need };
        let state = ItemState::default().read(Seen::Package(package), AT);
        warehouse
            .items
            .insert(StockItem::Package(number.to_string()), state);
    }
    let demand = |group: u64, package: u64| Demand {
        group: Some(group.to_string()),
        package: Some(package.to_string()),
        ipv4: 1,
        ..Demand::default()
    };
    let line = |product: u64| Line {
        installation: "main".parse().unwrap_or_else(|_| unreachable!("it is a name")),
        product: SoldProduct {
            product,
            stock_control: true,
            ..SoldProduct::default()
        },
        demands: (0..groups).map(|group| demand(group, product)).collect(),
        rule: StockRule::default(),
        in_use: 0,
    };
    let lines: Vec<Line> = (0..PRODUCTS).map(line).collect();
    for (group, package) in (0..groups).flat_map(|group| (0..5).map(move |package| (group, package * 7))) {
        warehouse.ledger.hold(Reservation {
            installation: lines[0].installation.clone(),
            product: package,
            demand: demand(group, package),
            holder: "cart".to_owned(),
            owner: "client 1".to_owned(),
            service: None,
            made_at: AT,
            until: None,
        });
    }
    (warehouse, lines)
}

/// The shortest of some runs.
fn shortest(runs: u64, mut run: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..runs {
        let begun = Instant::now();
        run();
        best = best.min(begun.elapsed());
    }
    best
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn counting(runs: u64) -> Counting {
    let (mut warehouse, lines) = fleet(GROUPS, HYPERVISORS);
    let all = shortest(runs, || {
        black_box(warehouse.count_all(&lines, &mut Memo::default()));
    });
    let mut memo = Memo::default();
    warehouse.count_all(&lines, &mut memo);
    let mut turn = 0;
    let mut one = Duration::MAX;
    for _ in 0..runs {
        turn += 1;
        let id = StockItem::Group("7".to_owned());
        warehouse
            .items
            .insert(id, group(HYPERVISORS, AT + Duration::from_secs(turn)));
        let begun = Instant::now();
        black_box(warehouse.count_all(&lines, &mut memo));
        one = one.min(begun.elapsed());
    }
    let pairs = PRODUCTS * GROUPS * HYPERVISORS;
    Counting {
        all_us: micros(all),
        one_us: micros(one),
        pairs_per_second: (pairs * 1_000_000).checked_div(micros(all)).unwrap_or_default(),
    }
}

fn growth(runs: u64) -> Vec<(u64, u64)> {
    let of = |hypervisors| {
        let (warehouse, lines) = fleet(1, hypervisors);
        let time = shortest(runs, || {
            black_box(warehouse.count_all(&lines, &mut Memo::default()));
        });
        (hypervisors, micros(time))
    };
    [10, 100, 1_000].map(of).into()
}

async fn cold(latency: Duration) -> Result<Cold> {
    let rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    let config = PanelConfig {
        groups: Vec::new(),
        packages: Vec::new(),
        ..PanelConfig::default()
    };
    let panel = Arc::new(Panel::new(config.with_example(1, 1)));
    let late = Options {
        delay: latency,
        ..Options::default()
    };
    let served = serve_with(panel.clone(), rig.clock.clone(), ([127, 0, 0, 1], 0).into(), late).await?;
    rig.platform_at(SERVER, served.addr.port()).await;
    for number in 1..=8 {
        let settings = [
            ("package", number.to_string()),
            ("group", "1".to_owned()),
            ("ipv4", "1".to_owned()),
        ];
        let product = SoldProduct {
            version: SoldProduct::VERSION,
            product: number,
            module: "VirtFusionDirect".to_owned(),
            settings: settings.map(|(key, value)| (key.to_owned(), value)).into(),
            servers: vec![SERVER],
            stock_control: true,
            ..SoldProduct::default()
        };
        rig.engine.note_product(&rig.installation.id, &product).await?;
    }
    let begun = Instant::now();
    let stock = rig.engine.recalculate_stock(&rig.installation.id).await?;
    let took = begun.elapsed();
    let numbers: Vec<Sellable> = stock.into_iter().map(|stock| stock.sellable).collect();
    let expected = [66, 32, 15, 7, 3, 1, 32, 15].map(Sellable::Known);
    ensure!(numbers == expected, "the worked example came to {numbers:?}");
    Ok(Cold {
        latency_ms: u64::try_from(latency.as_millis())?,
        took_ms: u64::try_from(took.as_millis())?,
        requests: panel.calls().len(),
    })
}

fn sold(arrivals: u64) -> Vec<Checkouts> {
    let mut all = Vec::new();
    for (pace, name) in [(BUSY, USUAL_PACE), (RUSH, "180 an hour")] {
        for rule in RULES {
            let outcome: Outcome = checkouts::run(rule, pace, 7, arrivals);
            all.push(Checkouts {
                rule: format!("{rule:?}").to_lowercase(),
                pace: name,
                arrivals: outcome.arrivals,
                oversold: outcome.oversold,
                undersold: outcome.undersold(),
            });
        }
    }
    all
}

/// Measures all of it.
pub async fn measure(bench: &Bench) -> Result<Figures> {
    let runs = bench.pick(2, 10);
    let mut colds = Vec::new();
    for latency in [0, 25, 100] {
        colds.push(cold(Duration::from_millis(latency)).await?);
    }
    Ok(Figures {
        counting: counting(runs),
        growth: growth(runs),
        cold: colds,
        checkouts: sold(bench.pick(2_000, 100_000)),
    })
}

/// What is promised: its name, the most that it may be, and what it is.
#[expect(clippy::cast_precision_loss, reason = "times and counts stay far below 2^52")]
pub fn promises(figures: &Figures) -> [(&'static str, f64, f64); 4] {
    let ms = |micros: u64| micros as f64 / 1_000.0;
    let oversold: u64 = figures.checkouts.iter().map(|one| one.oversold).sum();
    let usual = figures.checkouts.iter().filter(|one| one.pace == USUAL_PACE);
    let undersold = usual.map(|one| one.undersold).max().unwrap_or_default();
    let counting = &figures.counting;
    [
        ("stock, all numbers, ms", 1_000.0, ms(counting.all_us)),
        ("stock, after one event, ms", 50.0, ms(counting.one_us)),
        ("oversold", 0.0, oversold as f64),
        (
            "undersold at twelve checkouts an hour, %",
            3.0,
            undersold as f64 / 100.0,
        ),
    ]
}

/// The figures, line by line.
#[expect(clippy::cast_precision_loss, reason = "milliseconds to one place")]
pub fn lines(figures: &Figures) -> Vec<String> {
    let counting = &figures.counting;
    let mut lines = vec![format!(
        "200 products in 50 groups of 40 hypervisors, five promises in each: all {:.1} ms; after one group was read {:.1} ms; {} products on hypervisors per second",
        counting.all_us as f64 / 1_000.0,
        counting.one_us as f64 / 1_000.0,
        counting.pairs_per_second
    )];
    for (hypervisors, time) in &figures.growth {
        lines.push(format!("one group of {hypervisors} hypervisors: {time} µs"));
    }
    for cold in &figures.cold {
        lines.push(format!(
            "the worked example from nothing, a panel that answers after {} ms: {} ms, {} requests",
            cold.latency_ms, cold.took_ms, cold.requests
        ));
    }
    for one in &figures.checkouts {
        lines.push(format!(
            "{} checkouts, {}, {}: {} oversold, {}.{:02} % undersold",
            one.arrivals,
            one.pace,
            one.rule,
            one.oversold,
            one.undersold / 100,
            one.undersold % 100
        ));
    }
    lines
}
