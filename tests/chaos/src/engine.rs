//! The engine under test: the very program `hostler`, built with this package, so that a test always finds it and can
//! have it with a clock that moves.

use std::process::ExitCode;

fn main() -> ExitCode {
    hostler::main()
}
