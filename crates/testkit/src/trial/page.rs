//! `docs/fault-matrix.md`, written from the trials.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use domain::http::RetryClass;

use super::faults;
use super::matrix::{Cell, Matrix, SceneResult};
use super::verdict::Settled;

/// The page: the same trials write the same text.
pub fn page(matrices: &[Matrix]) -> String {
    let mut text = HEAD.to_owned();
    legend(&mut text);
    for matrix in matrices {
        let _ = writeln!(text, "\n## {}\n", matrix.subject);
        summary(&mut text, matrix);
        for scene in &matrix.scenes {
            text.push_str(&section(&matrix.classes, scene));
        }
        probes(&mut text, matrix);
        readings(&mut text, matrix);
    }
    text
}

const HEAD: &str = "# Fault matrix

Written by `cargo xtask faults`; `cargo xtask faults --check` fails when this file differs from what the trials say. \
Do not edit it.

Every operation runs on a simulated platform, with the engine's own decisions and the real driver, under a virtual \
clock. Undisturbed it makes some requests; then it is run anew for each of them under each fault: the fault strikes \
that request once, and the platform behaves before and after. Nothing is drawn by chance, so there are no seeds but \
the fixed ones of ids and jitter, and each run writes the same file.

Every trial obeys the rules of `crates/testkit/src/trial/rules.rs`, or this file would not be written: one machine per \
service, linked and as the service stands; no creating or disruptive request sent twice unless attempts are told apart \
upstream or a person said so; no change refused because of a passing fault; ended or asked by the deadline, with a \
reason; nobody else's machine touched.

A cell holds the worst trial of its request, which an operation may make several times:

| cell | means |
|---|---|
| `12 s` | settled by itself; the operation took this long, in virtual time |
| `q kind 15 min` | after this time a person was asked, and before he answered what was observed answered |
| `Q kind 15 min` | after this time a person was asked, who answered 35 minutes later |
| `R` | the operation ended with a refusal and nothing was done |

";

/// What the headings mean.
fn legend(text: &mut String) {
    text.push_str("The faults (\"before\": without effect; \"after\": the effect has happened):\n\n| heading | fault |\n|---|---|\n");
    for (heading, fault) in faults::all() {
        let _ = writeln!(text, "| {heading} | `{fault:?}` |");
    }
}

fn summary(text: &mut String, matrix: &Matrix) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let cells = matrix
        .scenes
        .iter()
        .flat_map(|scene| &scene.rows)
        .flat_map(|(_, row)| row);
    for cell in cells.clone() {
        let what = match cell.settled {
            Settled::Itself => "settled by itself".to_owned(),
            Settled::Observed(kind) => format!("asked, answered by what was observed: {kind}"),
            Settled::Answered(kind) => format!("asked, answered by a person: {kind}"),
            Settled::Refused => "refused".to_owned(),
        };
        *counts.entry(what).or_default() += 1;
    }
    let _ = writeln!(
        text,
        "{} operations, {} trials, {} cells. Second machines, lost machines, broken rules: 0.\n\n| cells | outcome |\n|---:|---|",
        matrix.scenes.len(),
        matrix.trials(),
        cells.count()
    );
    for (what, count) in counts {
        let _ = writeln!(text, "| {count} | {what} |");
    }
    by_fault(text, matrix);
}

/// How much each fault leaves to a person.
fn by_fault(text: &mut String, matrix: &Matrix) {
    text.push_str("\nBy fault, in cells:\n\n| fault | by itself | asked, observed | asked, answered | refused |\n|---|---:|---:|---:|---:|\n");
    for (number, (heading, _)) in faults::all().iter().enumerate() {
        let mut counts = [0_usize; 4];
        for (_, row) in matrix.scenes.iter().flat_map(|scene| &scene.rows) {
            counts[usize::from(row[number].settled.rank())] += 1;
        }
        let [itself, observed, answered, refused] = counts;
        let _ = writeln!(
            text,
            "| {heading} | {itself} | {observed} | {answered} | {refused} |"
        );
    }
}

/// The part of the page about one scene.
pub fn section(classes: &BTreeMap<String, RetryClass>, result: &SceneResult) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "\n### {}\n\n`{}`; undisturbed {} with {} requests.\n",
        result.scene.name,
        result.scene.kind,
        time(result.baseline.after),
        result.baseline.requests.len()
    );
    headings(&mut text);
    for (name, row) in &result.rows {
        let class = classes.get(name).map_or("", |class| class.as_str());
        let _ = write!(text, "| `{name}` | {class} |");
        for cell in row {
            let _ = write!(text, " {} |", words(cell));
        }
        text.push('\n');
    }
    text
}

fn probes(text: &mut String, matrix: &Matrix) {
    text.push_str("\n### platform test and complete list\n\nThese requests serve no operation. `yes`: read as it is; `no`: one sentence, and a yes at the next try.\n\n");
    headings(text);
    for (name, row) in &matrix.probes {
        let class = matrix.classes.get(name).map_or("", |class| class.as_str());
        let _ = write!(text, "| `{name}` | {class} |");
        for proven in row {
            let _ = write!(text, " {} |", if *proven { "yes" } else { "no" });
        }
        text.push('\n');
    }
}

fn readings(text: &mut String, matrix: &Matrix) {
    if matrix.readings.is_empty() {
        return;
    }
    text.push_str("\n### what is read for clients\n\nNo operation waits for these. `yes`: read; `no`: one sentence, what was known before stays, and a yes at the second try at the latest, unless the machine is gone.\n\n");
    heading_of(text, "request | reading");
    for row in &matrix.readings {
        let _ = write!(text, "| `{}` | {} |", row.request, row.kind);
        for seen in &row.seen {
            let _ = write!(text, " {} |", if *seen { "yes" } else { "no" });
        }
        text.push('\n');
    }
}

fn headings(text: &mut String) {
    heading_of(text, "request | class");
}

/// The heading of a table whose rows begin with two columns of their own.
fn heading_of(text: &mut String, own: &str) {
    let _ = write!(text, "| {own} |");
    let all = faults::all();
    for (heading, _) in &all {
        let _ = write!(text, " {heading} |");
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---|".repeat(all.len()));
    text.push('\n');
}

fn words(cell: &Cell) -> String {
    match cell.settled {
        Settled::Itself => time(cell.time),
        Settled::Observed(kind) => format!("q {kind} {}", time(cell.time)),
        Settled::Answered(kind) => format!("Q {kind} {}", time(cell.time)),
        Settled::Refused => "R".to_owned(),
    }
}

/// `9 s`, `15 min`, `24 h`: rounded down, in the largest unit of which there are two.
fn time(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}
