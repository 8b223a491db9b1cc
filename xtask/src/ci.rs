//! What a change has to pass.

use anyhow::Result;

use crate::shell::{self, cargo};
use crate::{needs, tests};

/// Runs the steps in the order of what they cost; the tests come last, so that their account ends the log.
pub fn run() -> Result<()> {
    shell::run(&mut cargo(&["fmt", "--all", "--", "--check"]))?;
    needs::cargo_tool(needs::DENY)?;
    shell::run(&mut cargo(&[
        "deny",
        "--locked",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))?;
    shell::run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    shell::run(cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    tests::run()
}
