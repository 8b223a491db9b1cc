//! `simulate [--seeds N] [--first-seed K]`: runs simulated worlds and prints what they did, or the history of the
//! first one in which a rule did not hold.

use std::process::ExitCode;

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command, and its output is the point"
)]
fn main() -> ExitCode {
    let mut seeds = 200;
    let mut first = 1;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let number = arguments.next().and_then(|text| text.parse().ok());
        match (argument.as_str(), number) {
            ("--seeds", Some(number)) => seeds = number,
            ("--first-seed", Some(number)) => first = number,
            _ => {
                eprintln!("usage: simulate [--seeds N] [--first-seed K]; \"{argument}\" is not understood");
                return ExitCode::from(2);
            }
        }
    }
    match testkit::simulate::run(first, seeds) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
