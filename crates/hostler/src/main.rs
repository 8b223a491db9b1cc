//! The program `hostler`; everything it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    hostler::main()
}
