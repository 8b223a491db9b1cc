//! What a change has to pass.

use std::process::Command;

use anyhow::Result;

use crate::shell::{self, cargo};
use crate::{needs, tests};

/// A broken link in the documentation fails. A link from a room's page to its private pieces is none: that page is read
/// in the source as much as here.
const DOCUMENTATION: &str = "-D warnings -A rustdoc::private_intra_doc_links";

/// Runs the steps in the order of what they cost; the tests come last, so that their account ends the log.
pub fn run() -> Result<()> {
    // Before anything is built: the engine is the same as a release has it.
    needs::release()?;
    step("fmt --all -- --check")?;
    needs::cargo_tool(needs::DENY)?;
    step("deny --locked --log-level error check bans licenses sources")?;
    step("clippy --workspace --all-targets --locked -- -D warnings")?;
    // Of the whole workspace, like all builds here: a package alone has its dependencies built with other features.
    step("clippy --workspace --features chaos/test-clock --all-targets --locked -- -D warnings")?;
    shell::run(words("doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", DOCUMENTATION))?;
    // Built as the tests need it, so that it is built once.
    step("build --workspace --all-targets --locked")?;
    let built = shell::target()?.join("debug");
    shell::run(Command::new(built.join("hostler")).args(["demo", "--smoke"]))?;
    shell::run(Command::new(built.join("simulate")).args(["--seeds", "200"]))?;
    tests::run(&[])
}

fn step(line: &str) -> Result<()> {
    shell::run(&mut words(line))
}

/// A cargo command, written as one types it.
fn words(line: &str) -> Command {
    cargo(&line.split(' ').collect::<Vec<_>>())
}
