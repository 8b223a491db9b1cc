//! What came out: one document for programs, tables for people, and each promise beside its figure.

use serde::Serialize;

use crate::disk::Disk;
use crate::history::Histories;
use crate::latency::Level;
use crate::machine::Machine;
use crate::memory::Memory;
use crate::milestone::Answers;
use crate::names::Names;
use crate::neighbours::{Case, slower_percent};
use crate::page::Pages;
use crate::rates::{Rates, Stores};
use crate::start::Starts;
use crate::stock::{self, Figures};
use crate::sweep::Sweep;

/// Prints one line or block for the person who started the program.
#[expect(clippy::print_stdout, reason = "this program talks to a person at a terminal")]
pub fn say(text: &str) {
    println!("{text}");
}

/// Everything that was measured. What is absent was not asked for.
#[derive(Debug, Serialize)]
pub struct Report {
    version: &'static str,
    /// Whether the programs were built for speed. Figures of another build say nothing.
    optimised: bool,
    quick: bool,
    machine: Machine,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Stores>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Histories>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridge: Option<Vec<Level>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<Answers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<Vec<Case>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Pages>,
    /// The names of addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Names>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Starts>,
}

/// A promise and its figure.
#[derive(Debug, Serialize)]
struct Goal {
    name: &'static str,
    most: f64,
    measured: f64,
    kept: bool,
}

impl Goal {
    fn new(name: &'static str, most: f64, measured: f64) -> Self {
        Self {
            name,
            most,
            measured,
            kept: measured <= most,
        }
    }
}

impl Report {
    /// With nothing measured yet.
    pub const fn new(machine: Machine, quick: bool) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            optimised: !cfg!(debug_assertions),
            quick,
            machine,
            disk: None,
            store: None,
            history: None,
            bridge: None,
            milestone: None,
            neighbours: None,
            sweep: None,
            page: None,
            names: None,
            stock: None,
            memory: None,
            start: None,
        }
    }

    /// The document, with the promises that were measured.
    pub fn document(&self) -> serde_json::Result<String> {
        let mut document = serde_json::to_value(self)?;
        document["goals"] = serde_json::to_value(self.goals())?;
        serde_json::to_string(&document)
    }

    fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        for pair in self.history.iter().flat_map(|history| &history.pairs) {
            let name = if pair.long.workers == 1 {
                "less per second beside the long history, 1 at once, %"
            } else {
                "less per second beside the long history, 16 at once, %"
            };
            goals.push(Goal::new(name, 20.0, pair.loss_percent()));
        }
        let sixteen = self
            .bridge
            .iter()
            .flatten()
            .find(|level| level.callers == 16 && !level.unpaced);
        if let Some(level) = sixteen {
            goals.push(Goal::new(
                "call to committed operation, 16 callers, p99, ms",
                50.0,
                level.times.p99_ms,
            ));
        }
        if let Some(answers) = &self.milestone {
            goals.push(Goal::new(
                "milestone to answer, longest, ms",
                100.0,
                answers.times.max_ms,
            ));
        }
        if let Some([healthy, dead @ ..]) = self.neighbours.as_deref() {
            let most = dead.iter().map(|case| slower_percent(healthy, case));
            goals.push(Goal::new(
                "longer calls beside a dead platform, p99, %",
                5.0,
                most.fold(f64::MIN, f64::max),
            ));
        }
        if let Some(sweep) = &self.sweep {
            goals.push(Goal::new(
                "sweep, longer than calls by rate, %",
                5.0,
                sweep.longer_percent,
            ));
            goals.push(Goal::new("sweep, 429s", 0.0, f64::from(sweep.refused)));
        }
        let of_stock = self.stock.iter().flat_map(stock::promises);
        goals.extend(of_stock.map(|(name, most, measured)| Goal::new(name, most, measured)));
        let of_names = self.names.iter().flat_map(Names::promises);
        goals.extend(of_names.map(|(name, most, measured)| Goal::new(name, most, measured)));
        if let Some(page) = &self.page {
            goals.push(Goal::new("client's page, p99, ms", 10.0, page.times.p99_ms));
            goals.push(Goal::new(
                "platform calls by pages",
                0.0,
                f64::from(page.platform_calls),
            ));
        }
        if let Some(memory) = &self.memory {
            let most = [memory.idle, memory.filled, memory.compared]
                .map(|resident| resident.now)
                .into_iter()
                .fold(0.0, f64::max);
            goals.push(Goal::new("resident memory, MiB", 64.0, most));
        }
        if let Some(start) = &self.start {
            goals.push(Goal::new(
                "cold start, longest, ms",
                300.0,
                start.times.max_ms.max(start.first_ms),
            ));
        }
        goals
    }

    /// The tables.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        let machine = &self.machine;
        table(
            &mut text,
            "Machine",
            &["", ""],
            &[
                vec![
                    "processor".to_owned(),
                    format!("{}, {} threads", machine.processor, machine.cores),
                ],
                vec!["memory".to_owned(), format!("{} MiB", machine.memory_mib)],
                vec!["disk".to_owned(), machine.disk.clone()],
                vec![
                    "system".to_owned(),
                    format!("{}, Linux {}", machine.system, machine.kernel),
                ],
                vec!["compiler".to_owned(), machine.compiler.clone()],
                vec!["load before".to_owned(), machine.load.clone()],
                vec!["build".to_owned(), self.build()],
            ],
        );
        self.of_the_store(&mut text);
        self.of_the_bridge(&mut text);
        self.of_the_neighbours(&mut text);
        self.of_the_sweep(&mut text);
        self.of_the_process(&mut text);
        let rows: Vec<Vec<String>> = self
            .goals()
            .iter()
            .map(|goal| {
                let kept = if goal.kept { "kept" } else { "MISSED" };
                vec![
                    goal.name.to_owned(),
                    goal.most.to_string(),
                    goal.measured.to_string(),
                    kept.to_owned(),
                ]
            })
            .collect();
        table(&mut text, "Promises", &["", "at most", "measured", ""], &rows);
        for line in self.stock.iter().flat_map(stock::lines) {
            text.push_str("* ");
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn build(&self) -> String {
        let build = if self.optimised { "release" } else { "debug" };
        let length = if self.quick { ", quick" } else { "" };
        let worth = if self.optimised && !self.quick {
            ""
        } else {
            ": good for seeing that it works, not for figures"
        };
        format!("{} {build}{length}{worth}", self.version)
    }

    fn of_the_store(&self, text: &mut String) {
        if let Some(disk) = &self.disk {
            let times = disk.times;
            table(
                text,
                "Disk: 4 KiB made durable",
                &["per second", "p50 ms", "p99 ms", "longest ms"],
                &[vec![
                    disk.fsyncs_per_second.to_string(),
                    times.p50_ms.to_string(),
                    times.p99_ms.to_string(),
                    times.max_ms.to_string(),
                ]],
            );
        }
        self.of_the_history(text);
        let Some(store) = &self.store else { return };
        let mut rows: Vec<Vec<String>> = store.sqlite.iter().map(|rates| row("SQLite", rates)).collect();
        rows.extend(
            store
                .postgresql
                .iter()
                .flatten()
                .map(|rates| row("PostgreSQL", rates)),
        );
        let title = format!("Store, operations per second (PostgreSQL: {})", store.server);
        table(text, &title, &RATES, &rows);
    }

    fn of_the_history(&self, text: &mut String) {
        let Some(history) = &self.history else { return };
        let [short, long] = history.finished.map(|finished| format!("{finished} finished"));
        let pairs = history.pairs.iter();
        let rows: Vec<Vec<String>> = pairs
            .flat_map(|pair| [row(&short, &pair.short), row(&long, &pair.long)])
            .collect();
        table(text, "History, operations per second (SQLite)", &RATES, &rows);
    }

    fn of_the_bridge(&self, text: &mut String) {
        let heads = [
            "callers",
            "panel asked",
            "p50 ms",
            "p99 ms",
            "longest ms",
            "calls per second",
        ];
        let rows: Vec<Vec<String>> = self
            .bridge
            .iter()
            .flatten()
            .map(|level| {
                let pace = if level.unpaced {
                    "as fast as it answers"
                } else {
                    "at the usual pace"
                };
                vec![
                    level.callers.to_string(),
                    pace.to_owned(),
                    level.times.p50_ms.to_string(),
                    level.times.p99_ms.to_string(),
                    level.times.max_ms.to_string(),
                    level.calls_per_second.to_string(),
                ]
            })
            .collect();
        table(
            text,
            "Bridge: from a call to its committed operation",
            &heads,
            &rows,
        );
        if let Some(answers) = &self.milestone {
            let times = answers.times;
            table(
                text,
                "Bridge: from a create's milestone to its answer",
                &["callers", "answers", "p50 ms", "p99 ms", "longest ms"],
                &[vec![
                    answers.callers.to_string(),
                    times.count.to_string(),
                    times.p50_ms.to_string(),
                    times.p99_ms.to_string(),
                    times.max_ms.to_string(),
                ]],
            );
        }
    }

    fn of_the_neighbours(&self, text: &mut String) {
        let rows: Vec<Vec<String>> = self
            .neighbours
            .iter()
            .flatten()
            .map(|case| {
                vec![
                    format!("{:?}", case.neighbour),
                    case.calls.count.to_string(),
                    case.calls.p50_ms.to_string(),
                    case.calls.p99_ms.to_string(),
                    case.orders.p50_ms.to_string(),
                    case.orders.p99_ms.to_string(),
                ]
            })
            .collect();
        let heads = [
            "the other platform",
            "calls",
            "p50 ms",
            "p99 ms",
            "order p50 ms",
            "order p99 ms",
        ];
        table(text, "Neighbours: calls to a healthy platform", &heads, &rows);
    }

    fn of_the_sweep(&self, text: &mut String) {
        if let Some(sweep) = &self.sweep {
            let cells = [
                sweep.services.to_string(),
                sweep.calls.to_string(),
                format!("{:.1}", sweep.seconds),
                format!("{:.1}", sweep.expected_seconds),
                sweep.refused.to_string(),
                sweep.alone.p99_ms.to_string(),
                sweep.clicks.p99_ms.to_string(),
                sweep.original.times_as_many_calls.to_string(),
            ];
            let heads = [
                "services",
                "calls",
                "seconds",
                "calls by rate",
                "429s",
                "click p99 ms alone",
                "beside the sweep",
                "calls of the module before",
            ];
            table(text, "Sweep", &heads, &[cells.to_vec()]);
        }
        if let Some(names) = &self.names {
            let cells = [
                names.addresses.to_string(),
                names.zones.to_string(),
                format!("{:.2}", names.missing_seconds),
                format!("{:.2}", names.written_seconds),
                names.writes.to_string(),
                format!("{:.2}", names.again_seconds),
                format!("{:.2}", names.there_seconds),
                names.requests.to_string(),
            ];
            let heads = [
                "addresses",
                "zones",
                "s, all missing",
                "s, all written",
                "writes",
                "s, once more",
                "s, all there",
                "requests",
            ];
            table(text, "Names", &heads, &[cells.to_vec()]);
        }
        if let Some(page) = &self.page {
            let cells = [
                page.services.to_string(),
                page.per_second.to_string(),
                page.times.count.to_string(),
                page.times.p50_ms.to_string(),
                page.times.p99_ms.to_string(),
                page.platform_calls.to_string(),
            ];
            let heads = [
                "services",
                "per second",
                "pages",
                "p50 ms",
                "p99 ms",
                "platform calls",
            ];
            table(text, "The client's page", &heads, &[cells.to_vec()]);
        }
    }

    fn of_the_process(&self, text: &mut String) {
        if let Some(memory) = &self.memory {
            let readings = [
                ("idle".to_owned(), memory.idle),
                (format!("{} services, duties run", memory.services), memory.filled),
                (
                    format!("after a snapshot of them ({} ms)", memory.snapshot_ms),
                    memory.compared,
                ),
            ];
            let rows = readings.map(|(when, resident)| {
                vec![
                    when,
                    resident.now.to_string(),
                    resident.own.to_string(),
                    resident.peak.to_string(),
                ]
            });
            let heads = ["", "resident MiB", "of it its own", "most so far"];
            table(text, "Memory", &heads, &rows);
        }
        if let Some(start) = &self.start {
            table(
                text,
                "Start to /readyz",
                &["starts", "median ms", "longest ms", "first ms"],
                &[vec![
                    start.times.count.to_string(),
                    start.times.p50_ms.to_string(),
                    start.times.max_ms.to_string(),
                    start.first_ms.to_string(),
                ]],
            );
        }
    }
}

/// The heads of rates.
const RATES: [&str; 7] = [
    "",
    "at once",
    "accept",
    "claim",
    "finish",
    "claim p50 ms",
    "claim p99 ms",
];

fn row(name: &str, rates: &Rates) -> Vec<String> {
    vec![
        name.to_owned(),
        rates.workers.to_string(),
        rates.accepts_per_second.to_string(),
        rates.claims_per_second.to_string(),
        rates.finishes_per_second.to_string(),
        rates.claims.p50_ms.to_string(),
        rates.claims.p99_ms.to_string(),
    ]
}

/// A title and columns, each as wide as its widest cell; nothing without rows.
fn table(text: &mut String, title: &str, heads: &[&str], rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut widths = vec![0; heads.len()];
    for row in rows.iter().chain([&heads]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let named = heads.iter().any(|head| !head.is_empty());
    let lines = named.then_some(&heads).into_iter().chain(rows).map(|row| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("  {}", cells.join("  ").trim_end())
    });
    let lines: Vec<String> = lines.collect();
    text.extend(["\n", title, "\n", &lines.join("\n"), "\n"]);
}
