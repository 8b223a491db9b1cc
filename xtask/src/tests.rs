//! Every part of the test suite, and the account of how each went.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

use crate::needs;
use crate::postgres::Postgres;
use crate::report::{self, Tally};
use crate::secrets::Outputs;
use crate::shell::{self, cargo, program, say};

/// One part: its word on the command line, what it is called, where its reports appear, how it is run.
struct Part {
    word: &'static str,
    name: &'static str,
    /// A folder, and how the names of the reports in it begin.
    reports: (&'static str, &'static str),
    /// Whether it starts engines by itself, and so keeps what they log.
    engines: bool,
    run: Run,
}

/// How a part is run.
enum Run {
    /// By itself, what it says kept in this file: it keeps the processors busy.
    Alone(fn(&Path) -> Result<()>),
    /// This command, at the same time as the other ones like it: most of it is waited for. What it needs is installed and
    /// built before, one part after the other.
    Beside(fn() -> Result<Command>),
}

static PARTS: [Part; 6] = [
    Part {
        word: "sqlite",
        name: "Rust on SQLite",
        reports: ("target/nextest/default", "junit"),
        engines: true,
        run: Run::Alone(rust_on_sqlite),
    },
    Part {
        word: "postgres",
        name: "Rust on PostgreSQL",
        reports: ("target/nextest/postgres", "junit"),
        engines: false,
        run: Run::Alone(rust_on_postgres),
    },
    Part {
        word: "clock",
        name: "a clock that leaps",
        reports: ("target/nextest/clock", "junit"),
        engines: true,
        run: Run::Alone(a_clock_that_leaps),
    },
    Part {
        word: "frontend",
        name: "front end",
        reports: ("tests/frontend", "junit"),
        engines: false,
        run: Run::Alone(front_end),
    },
    Part {
        word: "whmcs",
        name: "WHMCS stand-in",
        reports: ("tests/whmcs", "junit-"),
        engines: true,
        run: Run::Beside(whmcs),
    },
    Part {
        word: "browser",
        name: "pages in Chromium",
        reports: ("tests/browser", "junit"),
        engines: true,
        run: Run::Beside(browser),
    },
];

impl Part {
    /// The reports that are there.
    fn found(&self) -> Result<Vec<PathBuf>> {
        let (folder, beginning) = self.reports;
        if !Path::new(folder).is_dir() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(folder).with_context(|| format!("{folder} cannot be read"))?;
        let mut found: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "xml"))
            .filter(|path| {
                let name = path.file_name().unwrap_or_default();
                name.to_string_lossy().starts_with(beginning)
            })
            .collect();
        found.sort();
        Ok(found)
    }

    /// Counts all of its reports, and says what is wrong with them. None is no proof of anything.
    fn count(&self) -> Result<(Tally, Vec<String>)> {
        let reports = self.found()?;
        let mut tally = Tally::default();
        let mut wrong = Vec::new();
        if reports.is_empty() {
            wrong.push("it wrote no report".to_owned());
        }
        for report in reports {
            match report::read(&report) {
                Ok(one) => tally += one,
                Err(error) => wrong.push(format!("{error:#}")),
            }
        }
        Ok((tally, wrong))
    }
}

/// The parts with these words; all where none is named.
fn chosen(words: &[String]) -> Result<Vec<&'static Part>> {
    if let Some(unknown) = words
        .iter()
        .find(|word| PARTS.iter().all(|part| part.word != *word))
    {
        let known: Vec<&str> = PARTS.iter().map(|part| part.word).collect();
        bail!(
            "there is no part \"{unknown}\"; write one of {}",
            known.join(", ")
        );
    }
    let wanted = |part: &&Part| words.is_empty() || words.iter().any(|word| word == part.word);
    Ok(PARTS.iter().filter(wanted).collect())
}

/// Runs the parts, then says how each went, and searches all that was said for secrets. Fails when a part failed, could
/// not run, or wrote no report, and when a secret was said.
pub fn run(words: &[String]) -> Result<()> {
    let parts = chosen(words)?;
    let outputs = Outputs::fresh()?;
    for part in &parts {
        for report in part.found()? {
            report::remove(&report)?;
        }
    }
    let mut total = Tally::default();
    let mut broken = Vec::new();
    let mut lines = Vec::new();
    for (part, outcome) in outcomes(&parts, &outputs) {
        let (tally, mut wrong) = part.count()?;
        wrong.extend(outcome.err().map(|error| format!("{error:#}")));
        if part.engines && !outputs.has_engine(part.word)? {
            wrong.push("it kept no engine's log".to_owned());
        }
        let passed = tally.tests - tally.failed;
        let mut line = format!("{}: {passed} passed, {} failed", part.name, tally.failed);
        if !wrong.is_empty() {
            line = format!("{line} ({})", wrong.join("; "));
        }
        if !wrong.is_empty() || tally.failed > 0 {
            broken.push(part.name);
        }
        total += tally;
        lines.push(line);
    }
    lines.push(match search(&parts, &outputs) {
        Ok(files) => format!("planted secrets: none in {files} files"),
        Err(error) => {
            broken.push("planted secrets");
            format!("planted secrets: {error:#}")
        }
    });
    say("\nTests by part:");
    for line in lines {
        say(&format!("  {line}"));
    }
    say(&format!(
        "{} passed, {} failed",
        total.tests - total.failed,
        total.failed
    ));
    if !broken.is_empty() {
        bail!("not green: {}", broken.join(", "));
    }
    Ok(())
}

/// Searches what the parts said, and their reports; how many files that were.
fn search(parts: &[&'static Part], outputs: &Outputs) -> Result<usize> {
    let mut reports = Vec::new();
    for part in parts {
        reports.extend(part.found()?);
    }
    outputs.search(&reports)
}

/// Runs the parts; how each ended.
fn outcomes(parts: &[&'static Part], outputs: &Outputs) -> Vec<(&'static Part, Result<()>)> {
    let kept = |part: &Part| outputs.of(part.word).map(|folder| folder.join("output.log"));
    let (mut ended, mut prepared) = (Vec::new(), Vec::new());
    for part in parts {
        say(&format!("\nTests: {}", part.name));
        match part.run {
            Run::Alone(run) => ended.push((*part, kept(part).and_then(|kept| run(&kept)))),
            Run::Beside(prepare) => prepared.push((*part, prepare())),
        }
    }
    thread::scope(|scope| {
        let run = |part: &Part, command: Result<Command>| shell::run_kept(&mut command?, &kept(part)?);
        let running: Vec<_> = prepared
            .into_iter()
            .map(|(part, command)| (part, scope.spawn(move || run(part, command))))
            .collect();
        for (part, thread) in running {
            let outcome = thread
                .join()
                .unwrap_or_else(|_| Err(anyhow!("it could not be run")));
            ended.push((part, outcome));
        }
    });
    ended
}

fn rust_on_sqlite(kept: &Path) -> Result<()> {
    shell::run_kept(&mut nextest("default")?, kept)
}

/// Tests that open a store take the database this names; without it they use SQLite files.
pub const DATABASE: &str = "HOSTLER_TEST_DATABASE";

/// The crates whose tests open the store that [`DATABASE`] names. Every other one keeps what it does in memory or in
/// files of its own, was run with `SQLite`, and would do the same again.
const ON_A_DATABASE: &str = "package(/^(store|engine|engine-tests|bridge|web|testkit)$/) - binary(/^(simulation|trial|original|corpus)$/)";

fn rust_on_postgres(kept: &Path) -> Result<()> {
    let postgres = Postgres::start()?;
    let mut command = nextest("postgres")?;
    command.args(["-E", ON_A_DATABASE]);
    shell::run_kept(command.env(DATABASE, postgres.url()), kept)
}

/// The feature with which the engine and whatever contains it have a clock that can be moved; no release has it. It is
/// built with the whole workspace, so that everything else is as it was built before.
const MOVED_CLOCK: [&str; 2] = ["--features", "chaos/test-clock"];

/// The tests for which the clock of the real engine is moved.
fn a_clock_that_leaps(kept: &Path) -> Result<()> {
    let mut command = nextest("clock")?;
    command.args(MOVED_CLOCK);
    shell::run_kept(command.args(["-E", "package(chaos) and test(/^clock::/)"]), kept)
}

fn nextest(profile: &str) -> Result<Command> {
    // The page of a console is tested with the viewer in it, as a release has it.
    needs::release()?;
    needs::name_servers()?;
    needs::cargo_tool(needs::NEXTEST)?;
    let mut command = cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]);
    command.args(["--profile", profile]).env_remove(DATABASE);
    Ok(command)
}

fn front_end(kept: &Path) -> Result<()> {
    let path = needs::node(Path::new("frontend"))?;
    shell::run_kept(
        program("npm", &["test"])
            .current_dir("frontend")
            .env("PATH", path),
        kept,
    )
}

/// The modules and the addon in the stand-in, first against recorded answers, then against this very engine.
fn whmcs() -> Result<Command> {
    needs::whmcs()?;
    let mut command = program("tests/whmcs/run.sh", &["all"]);
    command.env("HOSTLER_BIN", engine()?);
    Ok(command)
}

/// Where the browser's tests are.
const BROWSER: &str = "tests/browser";

/// The client's page and the demo as people see them, with this very engine behind them.
fn browser() -> Result<Command> {
    in_browser("test", &[])
}

/// Makes a picture of each state of the client's page.
pub fn screenshots() -> Result<()> {
    let folder = shell::target()?.join("screenshots");
    let folder = folder.to_string_lossy();
    shell::run(&mut in_browser("screenshots", &["--", &folder])?)
}

/// One of the scripts beside the browser's tests, with all that it needs.
fn in_browser(script: &str, arguments: &[&str]) -> Result<Command> {
    needs::chromium()?;
    let path = needs::node(Path::new(BROWSER))?;
    let mut command = program("npm", &["run", script]);
    command.args(arguments).current_dir(BROWSER);
    command.env("PATH", path).env("HOSTLER_BIN", engine()?);
    Ok(command)
}

/// The engine for tests from outside. Its build has the clock that tests move, and is kept apart from other builds.
fn engine() -> Result<PathBuf> {
    needs::release()?;
    let mut build = cargo(&["build", "--workspace", "--all-targets", "--locked"]);
    shell::run(build.args(MOVED_CLOCK))?;
    let target = shell::target()?;
    let engine = target.join("test-clock/hostler");
    fs::create_dir_all(target.join("test-clock"))?;
    fs::copy(target.join("debug/hostler"), &engine).context("the engine under test cannot be copied")?;
    Ok(engine)
}
