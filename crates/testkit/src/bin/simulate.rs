//! `simulate`: runs simulated worlds and prints what they did, or the history of the first one in which a rule did not
//! hold.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use testkit::simulate::{self, Failure, Kept, Report, Wanted};

/// Worlds live of small allocations, and those of the C library take a quarter of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: simulate [--seeds N] [--first-seed K] [--creates N] [--threads T] [--json FILE] \
                     [--history FILE] [--store memory|sqlite]";

/// What was asked for.
struct Arguments {
    wanted: Wanted,
    json: Option<PathBuf>,
    history: Option<PathBuf>,
}

fn arguments() -> Result<Arguments, String> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut wanted = Wanted {
        first_seed: 1,
        seeds: 200,
        creates: None,
        threads,
        store: Kept::InMemory,
    };
    let (mut json, mut history, mut seeds) = (None, None, None);
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || {
            value
                .parse()
                .map_err(|_| format!("{name}: \"{value}\" is no number"))
        };
        match name.as_str() {
            "--seeds" => seeds = Some(number()?),
            "--first-seed" => wanted.first_seed = number()?,
            "--creates" => wanted.creates = Some(number()?),
            "--threads" => wanted.threads = usize::try_from(number()?).unwrap_or(1),
            "--store" if value == "sqlite" => wanted.store = Kept::OnSqlite,
            "--store" if value == "memory" => wanted.store = Kept::InMemory,
            "--json" => json = Some(PathBuf::from(value)),
            "--history" => history = Some(PathBuf::from(value)),
            _ => return Err(format!("\"{name}\" is not understood")),
        }
    }
    // As many worlds as the creates need, unless a number is given.
    wanted.seeds = seeds.unwrap_or(if wanted.creates.is_some() { u64::MAX } else { 200 });
    Ok(Arguments {
        wanted,
        json,
        history,
    })
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command, and its output is the point"
)]
fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("{complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let began = Instant::now();
    let outcome = simulate::run(arguments.wanted);
    let took = began.elapsed();
    match &outcome {
        Ok(report) => println!("{}{}", report.statistics, last_line(report, took)),
        Err(failure) => eprintln!("{failure}"),
    }
    let written = write(&arguments, &outcome, took);
    match (written, outcome) {
        (Err(error), _) => {
            eprintln!("the report could not be written: {error}");
            ExitCode::FAILURE
        }
        (Ok(()), Ok(_)) => ExitCode::SUCCESS,
        (Ok(()), Err(_)) => ExitCode::FAILURE,
    }
}

fn last_line(report: &Report, took: Duration) -> String {
    format!("\nhistory {:016x}, {:.1} s", report.hash, took.as_secs_f64())
}

/// Writes what was asked for: the statistics as JSON, a failing world's history.
fn write(
    arguments: &Arguments,
    outcome: &Result<Report, Box<Failure>>,
    took: Duration,
) -> std::io::Result<()> {
    if let (Some(path), Ok(report)) = (&arguments.json, outcome) {
        let mut json = report.statistics.json();
        json["first_seed"] = arguments.wanted.first_seed.into();
        json["threads"] = arguments.wanted.threads.into();
        json["seconds"] = took.as_secs_f64().into();
        json["history"] = format!("{:016x}", report.hash).into();
        std::fs::write(path, format!("{json:#}\n"))?;
    }
    if let (Some(path), Err(failure)) = (&arguments.history, outcome) {
        std::fs::write(path, format!("{failure}\n"))?;
    }
    Ok(())
}
