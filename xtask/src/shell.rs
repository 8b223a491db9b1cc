//! Printing and running commands.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Prints one line for the person who started the command.
#[expect(
    clippy::print_stdout,
    reason = "this program talks to a person at a terminal or to a CI log"
)]
pub fn say(line: &str) {
    println!("{line}");
}

/// Prints what went wrong.
#[expect(
    clippy::print_stderr,
    reason = "this program talks to a person at a terminal or to a CI log"
)]
pub fn complain(line: &str) {
    eprintln!("cargo xtask: {line}");
}

/// Goes to the workspace's root, from wherever cargo was called.
pub fn enter_workspace() -> Result<()> {
    let root = workspace();
    std::env::set_current_dir(&root).with_context(|| format!("cannot enter {}", root.display()))
}

/// The workspace's root.
pub fn workspace() -> PathBuf {
    let room = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    room.parent().map_or(room.clone(), PathBuf::from)
}

/// The cargo that started this program.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// A command by name.
pub fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments);
    command
}

/// Prints the command, runs it, and fails unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    say(&format!("$ {line}"));
    let status = command
        .status()
        .with_context(|| format!("`{line}` could not be started; is it installed?"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Prints the command and becomes it: its output, its signals and its exit code are this program's.
pub fn become_it(mut command: Command) -> Result<()> {
    let line = describe(&command);
    say(&format!("$ {line}"));
    let error = command.exec();
    Err(error).with_context(|| format!("`{line}` could not be started; is it installed?"))
}

/// Whether the command succeeds; its output goes nowhere.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What the command prints, trimmed.
pub fn output(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{line}` could not be started; is it installed?"))?;
    if !output.status.success() {
        bail!("`{line}` ended with {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where cargo builds to.
pub fn target() -> Result<PathBuf> {
    let metadata = output(&mut cargo(&[
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--locked",
    ]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).context("cargo's metadata is not JSON")?;
    let target = metadata["target_directory"]
        .as_str()
        .context("cargo names no target directory")?;
    Ok(PathBuf::from(target))
}

/// The command as one would type it.
fn describe(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let mut words = vec![program];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
