//! `corpus FOLDER`: makes the databases of this version below a folder; refuses to replace any.

use std::path::Path;
use std::process::ExitCode;

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command, and its output is the point"
)]
#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: corpus FOLDER");
        return ExitCode::from(2);
    };
    match testkit::corpus::make(Path::new(&folder)).await {
        Ok(made) => {
            for folder in made {
                println!("{}", folder.display());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
