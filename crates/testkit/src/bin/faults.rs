//! `faults [--check] FILE`: runs every request of every driver under every fault and writes the fault matrix, or
//! compares it with the file.

use std::process::ExitCode;

use testkit::trial::matrix::Matrix;
use testkit::trial::page::page;
use testkit::trial::subjects;

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command, and its output is the point"
)]
fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.first().is_some_and(|first| first == "--check");
    let file = arguments.pop().filter(|_| arguments.len() == usize::from(check));
    let Some(file) = file.filter(|file| !file.starts_with("--")) else {
        eprintln!("usage: faults [--check] FILE");
        return ExitCode::from(2);
    };
    let mut matrices = Vec::new();
    for subject in subjects() {
        match Matrix::run(subject) {
            Ok(matrix) => {
                println!("{}: {} trials, no rule broken", matrix.subject, matrix.trials());
                matrices.push(matrix);
            }
            Err(failures) => {
                for failure in failures {
                    eprintln!("{failure}");
                }
                return ExitCode::FAILURE;
            }
        }
    }
    let text = page(&matrices);
    let written = if check {
        std::fs::read_to_string(&file).map(|present| present == text)
    } else {
        std::fs::write(&file, &text).map(|()| true)
    };
    match written {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!(
                "{file} is not what the trials say; run `cargo xtask faults` and look at the difference"
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
