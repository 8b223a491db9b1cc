//! Printing and running commands.

use std::fs::File;
use std::io::{PipeReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

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

/// Prints the command, runs it, says how long it took, and fails unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    say(&format!("$ {line}"));
    let begun = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("`{line}` could not be started; is it installed?"))?;
    say_how_long(&line, begun);
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Runs the command like [`run`], and keeps what it says in a file besides printing it. The programs that it starts are
/// told the file's folder, to keep there what they say elsewhere.
pub fn run_kept(command: &mut Command, kept: &Path) -> Result<()> {
    command.env(KEPT, kept.parent().unwrap_or(kept));
    let line = describe(command);
    say(&format!("$ {line}"));
    let begun = Instant::now();
    let file = File::create(kept).with_context(|| format!("{} cannot be written", kept.display()))?;
    let (said, saying) = std::io::pipe().context("no pipe can be made")?;
    command.stdout(saying.try_clone()?).stderr(saying);
    let started = command.spawn();
    // This program's ends are closed, so that the other one ends with the command's.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = started.with_context(|| format!("`{line}` could not be started; is it installed?"))?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(copy(said, file)));
    let status = child.wait()?;
    match told.recv_timeout(LINGER) {
        Ok(copied) => copied.with_context(|| format!("{} cannot be written", kept.display()))?,
        Err(_) => bail!("`{line}` left a program behind that still holds its output"),
    }
    say_how_long(&line, begun);
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

fn say_how_long(line: &str, begun: Instant) {
    say(&format!("# {} s: {line}", begun.elapsed().as_secs()));
}

/// Names to programs that tests start the folder where what they say is kept.
const KEPT: &str = "HOSTLER_TEST_OUTPUT";

/// How long after a command's end what it said may still be on its way.
const LINGER: Duration = Duration::from_secs(10);

/// Prints what comes, and writes it down, until nothing more comes.
fn copy(mut said: PipeReader, mut kept: File) -> std::io::Result<()> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let length = said.read(&mut piece)?;
        if length == 0 {
            return Ok(());
        }
        kept.write_all(&piece[..length])?;
        let mut terminal = std::io::stdout().lock();
        terminal.write_all(&piece[..length])?;
        terminal.flush()?;
    }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_a_command_says_is_kept_and_how_it_failed_is_told() {
        let folder = std::env::temp_dir();
        let kept = folder.join(format!("hostler-kept-{}.log", std::process::id()));
        let shell = |script| program("sh", &["-c", script]);
        let both = "echo said; echo complained >&2; echo $HOSTLER_TEST_OUTPUT";
        run_kept(&mut shell(both), &kept).unwrap();
        let said = fs::read_to_string(&kept).unwrap();
        assert_eq!(said, format!("said\ncomplained\n{}\n", folder.display()));
        let failed = run_kept(&mut shell("echo no; exit 3"), &kept).unwrap_err();
        assert!(failed.to_string().contains("exit status: 3"), "{failed}");
        assert_eq!(fs::read_to_string(&kept).unwrap(), "no\n");
        let missing = run_kept(&mut program("hostler-has-no-such-program", &[]), &kept).unwrap_err();
        assert!(missing.to_string().contains("could not be started"), "{missing}");
        fs::remove_file(&kept).unwrap();
    }
}
