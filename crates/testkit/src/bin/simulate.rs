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
                     [--history FILE] [--store memory|sqlite] [--keep-going yes|no]";

/// After how many worlds a long run says how far it is, and writes down what it has come to.
const WORLDS_PER_LINE: u64 = 500;

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
        keep_going: false,
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
            "--keep-going" if value == "yes" => wanted.keep_going = true,
            "--keep-going" if value == "no" => wanted.keep_going = false,
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
    let report = simulate::run(arguments.wanted, |report| {
        let worlds = report.worlds + report.failed.len() as u64;
        if worlds.is_multiple_of(WORLDS_PER_LINE) {
            eprintln!("{}", so_far(report, began.elapsed()));
            if let Err(error) = write(&arguments, report, None, began.elapsed()) {
                eprintln!("the report could not be written: {error}");
            }
        }
    });
    let took = began.elapsed();
    let failure = report
        .failed
        .first()
        .map(|seed| simulate::replay(*seed, arguments.wanted.store));
    println!("{}\n{}", report.statistics, so_far(&report, took));
    if let Some(failure) = &failure {
        eprintln!("{failure}");
    }
    match write(&arguments, &report, failure.as_deref(), took) {
        Err(error) => {
            eprintln!("the report could not be written: {error}");
            ExitCode::FAILURE
        }
        Ok(()) if failure.is_some() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
    }
}

/// How far a run is, and which worlds did not hold.
fn so_far(report: &Report, took: Duration) -> String {
    let failed = match report.failed.as_slice() {
        [] => String::new(),
        seeds => format!("; a rule did not hold in the worlds {seeds:?}"),
    };
    format!(
        "{} worlds held, {} creates, history {:016x}, {:.1} s{failed}",
        report.worlds,
        report.statistics.of("creates"),
        report.hash,
        took.as_secs_f64()
    )
}

/// Writes what was asked for: the statistics as JSON, a failing world's history.
fn write(
    arguments: &Arguments,
    report: &Report,
    failure: Option<&Failure>,
    took: Duration,
) -> std::io::Result<()> {
    if let Some(path) = &arguments.json {
        let mut json = report.statistics.json();
        json["first_seed"] = arguments.wanted.first_seed.into();
        json["threads"] = arguments.wanted.threads.into();
        json["worlds"] = report.worlds.into();
        json["failed"] = report.failed.clone().into();
        json["seconds"] = took.as_secs_f64().into();
        json["history"] = format!("{:016x}", report.hash).into();
        std::fs::write(path, format!("{json:#}\n"))?;
    }
    if let (Some(path), Some(failure)) = (&arguments.history, failure) {
        std::fs::write(path, format!("{failure}\n"))?;
    }
    Ok(())
}
