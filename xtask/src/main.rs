//! The project's own commands: `cargo xtask demo`, `test`, `screenshots`, `simulate`, `faults`, `chaos`, `corpus`,
//! `fuzz`, `bench`, `ci`.
//!
//! It knows how to start things and what they need, and nothing about what they do: it depends on no room of the
//! workspace, so that it builds in seconds and works while a room does not compile. The pieces: [`needs`] finds and
//! installs what a part needs (Debian packages as root or in CI, cargo's own tools); [`postgres`] is a private database;
//! [`shell`] prints and runs commands; [`tests`] runs every part of the test suite and counts it from the reports;
//! [`secrets`] keeps what the parts said and searches it; [`ci`] is what the project's runner calls.
//!
//! The invariant: **a part that could not run is a failure.** Nothing is skipped because a program is missing.
//!
//! Rejected: a shell script (no types, and quoting), and links to the rooms (a simulation or a benchmark is its own
//! program, started like any other).

mod ci;
mod needs;
mod postgres;
mod report;
mod secrets;
mod shell;
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use postgres::Postgres;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build and start the demo: the engine, a simulated panel and a small shop on 127.0.0.1:8700.
    #[command(disable_help_flag = true)]
    Demo {
        /// Passed on to `hostler demo`: --smoke, --port, --panel, --token, --ca, --group, --package.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run every test, each on what it needs, and write the JUnit reports.
    Test {
        /// Only these parts: sqlite, postgres, clock, frontend, whmcs, browser.
        parts: Vec<String>,
    },
    /// Make a picture of each state of the client's page in target/screenshots: desktop and phone, light and dark.
    Screenshots,
    /// Run simulated worlds: faults, crashes and lost answers, each world from its seed.
    #[command(disable_help_flag = true)]
    Simulate {
        /// Passed on to `simulate`: --seeds, --first-seed, --creates, --threads, --json, --history, --store,
        /// --keep-going.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Kill the release build again and again under load, beside a panel that lies, and compare the books at the end.
    Chaos {
        /// How long it is killed. The end, with another build whose clock can be moved, takes some minutes more.
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// What lives, faults and wishes follow from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Where the figures are written to as JSON.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Run every request of every driver under every fault, and write docs/fault-matrix.md.
    Faults {
        /// Only compare the file with what the trials say.
        #[arg(long)]
        check: bool,
    },
    /// Make the database of this version for tests/corpus: operations in every state. Refuses to replace one.
    Corpus,
    /// Make up texts for what reads names and what reads a name server's answers, for as long as is wanted. What led to new
    /// ways is kept in fuzz/corpus.
    Fuzz {
        /// How long altogether, each target for an equal part of it.
        #[arg(long, default_value_t = 60)]
        minutes: u32,
    },
    /// Measure latency, throughput, memory and start of the release build, on this machine.
    #[command(disable_help_flag = true)]
    Bench {
        /// Passed on to `bench`: --quick, --only, --folder.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run everything a change has to pass: format, lints, tests, licences, documentation.
    Ci,
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    shell::enter_workspace()?;
    match Arguments::parse().command {
        Command::Demo { arguments } => demo(&arguments),
        Command::Test { parts } => tests::run(&parts),
        Command::Screenshots => tests::screenshots(),
        Command::Simulate { arguments } => simulate(&arguments),
        Command::Chaos { minutes, seed, json } => chaos(minutes, seed, json),
        Command::Faults { check } => faults(check),
        Command::Corpus => testkit("corpus", &["tests/corpus"]),
        Command::Fuzz { minutes } => fuzz(minutes),
        Command::Bench { arguments } => bench(&arguments),
        Command::Ci => ci::run(),
    }
}

/// Builds the engine and becomes its demo, so that what the caller sees, signals included, is the demo itself.
fn demo(arguments: &[String]) -> Result<()> {
    needs::release()?;
    let mut command = shell::cargo(&["run", "--quiet", "--locked", "--package", "hostler", "--", "demo"]);
    command.args(arguments);
    shell::become_it(command)
}

/// So many worlds are worth a release build.
const MANY_WORLDS: u64 = 300;

/// Runs the simulation; a long run is built for speed.
fn simulate(arguments: &[String]) -> Result<()> {
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let many = value("--seeds")
        .and_then(|seeds| seeds.parse::<u64>().ok())
        .is_some_and(|seeds| seeds > MANY_WORLDS);
    let mut command = shell::cargo(&["run", "--quiet", "--package", "testkit", "--bin", "simulate"]);
    if many || value("--creates").is_some() {
        command.arg("--release");
    }
    command.arg("--").args(arguments);
    shell::run(&mut command)
}

fn faults(check: bool) -> Result<()> {
    let file = "docs/fault-matrix.md";
    if check {
        testkit("faults", &["--check", file])
    } else {
        testkit("faults", &[file])
    }
}

/// Runs one of the testkit's programs.
fn testkit(program: &str, arguments: &[&str]) -> Result<()> {
    let mut command = shell::cargo(&["run", "--quiet", "--package", "testkit", "--bin", program, "--"]);
    command.args(arguments);
    shell::run(&mut command)
}

/// Builds the engine that is killed, and beside it one whose clock can be moved, for the end: what waits for ten minutes
/// then does so in seconds.
fn chaos(minutes: f64, seed: u64, json: Option<PathBuf>) -> Result<()> {
    needs::release()?;
    shell::run(&mut shell::cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "hostler",
    ]))?;
    shell::run(&mut shell::cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "chaos",
        "--features",
        "test-clock",
    ]))?;
    let built = shell::target()?.join("release");
    let mut command = std::process::Command::new(built.join("chaos"));
    command.args(["--minutes", &minutes.to_string(), "--seed", &seed.to_string()]);
    command.arg("--hostler").arg(built.join("hostler"));
    if let Some(file) = json {
        command.arg("--json").arg(file);
    }
    shell::run(&mut command)
}

/// What is fuzzed: the programs in `fuzz/`.
const FUZZED: [&str; 2] = ["names", "answers"];

/// Fuzzes one target after the other, and reduces each corpus to what leads to ways of its own. The sanitizers are left
/// out: they need another compiler, and find what this workspace's code cannot do without `unsafe`.
fn fuzz(minutes: u32) -> Result<()> {
    needs::fuzzer()?;
    let parts = u32::try_from(FUZZED.len())?;
    let seconds = (minutes * 60 / parts).max(1);
    for target in FUZZED {
        let plain = ["--fuzz-dir", "fuzz", "--sanitizer", "none", target];
        let mut command = shell::cargo(&["fuzz", "run"]);
        command.args(plain).arg("--");
        command.args([
            &format!("-max_total_time={seconds}"),
            "-timeout=10",
            "-max_len=4096",
            "-print_final_stats=1",
        ]);
        shell::run(&mut command)?;
        // By what is reached and not by how often: it is kept with the sources.
        shell::run(
            shell::cargo(&["fuzz", "cmin"])
                .args(plain)
                .args(["--", "-use_counters=0"]),
        )?;
    }
    Ok(())
}

/// Builds the engine and measures it. Without a database in the environment a private PostgreSQL is measured, one that
/// keeps what it commits as an operator's does; without one that starts, the run says so.
fn bench(arguments: &[String]) -> Result<()> {
    needs::release()?;
    let mut build = shell::cargo(&["build", "--release", "--locked", "--package", "hostler"]);
    shell::run(&mut build)?;
    let mut command = shell::cargo(&["run", "--release", "--locked", "--package", "benches", "--"]);
    command.args(arguments);
    if std::env::var_os(tests::DATABASE).is_some() {
        return shell::run(&mut command);
    }
    match Postgres::start_durable() {
        Ok(server) => shell::run(command.env(tests::DATABASE, server.url())),
        Err(error) => {
            shell::say(&format!("PostgreSQL is not measured: {error:#}"));
            shell::run(&mut command)
        }
    }
}
