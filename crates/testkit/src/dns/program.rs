//! Programs that a test starts, and what they say.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How many lines of a log are shown where a test fails.
const SHOWN: usize = 20;

/// A program of a Debian package, by its whole path: some are in folders that only root looks into.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tool {
    pub(super) path: &'static str,
    pub(super) package: &'static str,
}

impl Tool {
    /// The command. A program that is missing fails the test, with what to do about it.
    fn command(self) -> Command {
        let Self { path, package } = self;
        assert!(
            Path::new(path).is_file(),
            "{path} is missing on this machine: install the Debian package {package} (`cargo xtask test` does so as root \
             and in CI)"
        );
        // Should the test be killed, the kernel ends its programs with it.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", path]);
        command.stdin(Stdio::null());
        command
    }

    /// Runs it to its end, and returns what it printed.
    pub(super) fn run(self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("{} cannot be started: {error}", self.path));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} failed: {said}", self.path);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts it. What it says goes into the file `log` of the folder.
    pub(super) fn start(self, folder: &Path, arguments: &[&str]) -> Program {
        let log = folder.join("log");
        let file = OpenOptions::new().create(true).append(true).open(&log);
        let file = file.expect("a test's own folder is writable");
        let again = |file: &File| file.try_clone().expect("a file can be opened twice");
        let child = self
            .command()
            .args(arguments)
            .stdout(again(&file))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", self.path));
        Program {
            child,
            log,
            path: self.path,
        }
    }
}

/// A running program. It ends when this is dropped, and with the thread that started it.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    log: PathBuf,
    path: &'static str,
}

impl Program {
    /// Fails the test, with what the program said last, if it has ended by itself.
    pub(super) fn assert_alive(&mut self) {
        if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
            self.fail(&format!("it ended with {status}"));
        }
    }

    /// Fails the test with what the program said last.
    pub(super) fn fail(&self, why: &str) -> ! {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let last = lines[lines.len().saturating_sub(SHOWN)..].join("\n");
        panic!("{}: {why}; it said:\n{last}", self.path);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and is waited for all the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(
        expected = "/nowhere/at/all is missing on this machine: install the Debian package missing-one"
    )]
    fn a_program_that_is_missing_fails_the_test_and_names_its_package() {
        let tool = Tool {
            path: "/nowhere/at/all",
            package: "missing-one",
        };
        tool.run(&[]);
    }

    #[test]
    #[should_panic(expected = "/bin/sh: it ended with exit status: 3; it said:\nno such setting")]
    fn a_program_that_ends_by_itself_fails_the_test_with_what_it_said() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let shell = Tool {
            path: "/bin/sh",
            package: "dash",
        };
        let mut program = shell.start(folder.path(), &["-c", "echo no such setting; exit 3"]);
        program.child.wait().expect("a child can be waited for");
        program.assert_alive();
    }
}
