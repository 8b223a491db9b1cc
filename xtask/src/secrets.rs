//! What a run of the tests said, and the search of it for secrets.
//!
//! Simulators make up secrets that are known by how they begin, and their tokens are fixed. Each part of the tests keeps
//! what it said (its own output, and what the engines that it started logged and answered, where the environment names
//! `HOSTLER_TEST_OUTPUT`) in a folder of its own; after the run all of that is searched, with the reports. A secret that is found is
//! told by file and line and never printed. One is put there on purpose: a search that does not find it finds nothing.
//!
//! Not kept, and so not searched, is what has to hold a secret: the tests' own sources, and the one answer that shows it
//! to whom it belongs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell;

/// What planted secrets hold: how those begin that simulators make up (`sim::chance`), and the tokens of simulators.
const PLANTED: [&str; 3] = ["Pl4nTd", "sim-full-token", "sim-organization-token"];

/// How the names of the files begin that hold an engine's log.
const ENGINE: &str = "engine";

/// What a run of the tests said.
pub struct Outputs {
    folder: PathBuf,
}

impl Outputs {
    /// Begins anew, with nothing but the secret that has to be found.
    pub fn fresh() -> Result<Self> {
        Self::in_folder(shell::target()?.join("test-output"))
    }

    fn in_folder(folder: PathBuf) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be emptied", folder.display()))?;
        }
        let outputs = Self { folder };
        let control = outputs.of("control")?.join("secret.log");
        fs::write(
            &control,
            format!("a log without secrets\nand then {}xy\n", PLANTED[0]),
        )
        .with_context(|| format!("{} cannot be written", control.display()))?;
        Ok(outputs)
    }

    /// The folder of a part.
    pub fn of(&self, part: &str) -> Result<PathBuf> {
        let folder = self.folder.join(part);
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(folder)
    }

    /// Whether a part kept what an engine logged.
    pub fn has_engine(&self, part: &str) -> Result<bool> {
        let mut logs = files_below(&self.of(part)?)?.into_iter().filter(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            name.starts_with(ENGINE)
        });
        Ok(logs.any(|path| fs::metadata(path).is_ok_and(|about| about.len() > 0)))
    }

    /// Searches everything that was kept, and these reports; how many files that were.
    pub fn search(&self, reports: &[PathBuf]) -> Result<usize> {
        let mut files = files_below(&self.folder)?;
        files.extend(reports.iter().cloned());
        let mut found = Vec::new();
        for file in &files {
            found.extend(
                lines_with_secrets(file)?
                    .into_iter()
                    .map(|line| (file.as_path(), line)),
            );
        }
        let control = self.folder.join("control").join("secret.log");
        let (put_there, leaked): (Vec<_>, Vec<_>) = found.into_iter().partition(|(file, _)| *file == control);
        if put_there != [(control.as_path(), 2)] {
            bail!(
                "the search for secrets does not find the one in {}",
                control.display()
            );
        }
        if !leaked.is_empty() {
            let places = leaked
                .iter()
                .map(|(file, line)| format!("{}:{line}", file.display()));
            bail!("secrets were said: {}", places.collect::<Vec<_>>().join(", "));
        }
        Ok(files.len())
    }
}

/// The numbers of the lines that hold a planted secret, from 1.
fn lines_with_secrets(file: &Path) -> Result<Vec<usize>> {
    let content = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = content.split(|byte| *byte == b'\n').enumerate();
    let holds = |line: &[u8]| PLANTED.iter().any(|secret| contains(line, secret.as_bytes()));
    Ok(lines
        .filter(|(_, line)| holds(line))
        .map(|(at, _)| at + 1)
        .collect())
}

fn contains(line: &[u8], secret: &[u8]) -> bool {
    line.windows(secret.len()).any(|window| window == secret)
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs of a test's own, removed at its end.
    struct Kept(Outputs);

    impl Kept {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("hostler-secrets-{name}-{}", std::process::id()));
            Self(Outputs::in_folder(folder).unwrap())
        }

        fn say(&self, part: &str, file: &str, text: &str) {
            fs::write(self.0.of(part).unwrap().join(file), text).unwrap();
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0.folder);
        }
    }

    #[test]
    fn a_secret_is_told_by_file_and_line_and_not_printed() {
        let kept = Kept::new("leak");
        kept.say("browser", "engine-1.log", "one\ntwo\n");
        let report = kept.0.of("reports").unwrap().join("junit.xml");
        fs::write(&report, "<testsuites/>").unwrap();
        assert_eq!(kept.0.search(std::slice::from_ref(&report)).unwrap(), 4);
        for planted in PLANTED {
            kept.say("whmcs", "php.log", &format!("one\n\u{fffd} {planted}rest\n"));
            let said = kept.0.search(&[]).unwrap_err().to_string();
            assert!(said.ends_with("whmcs/php.log:2"), "{said}");
            assert!(!said.contains(planted), "{said}");
        }
    }

    #[test]
    fn a_search_that_does_not_find_what_was_put_there_fails() {
        let kept = Kept::new("control");
        kept.say("control", "secret.log", "nothing\n");
        let said = kept.0.search(&[]).unwrap_err().to_string();
        assert!(said.contains("does not find"), "{said}");
    }

    #[test]
    fn an_engine_that_logged_nothing_is_missed() {
        let kept = Kept::new("engine");
        kept.say("whmcs", "output.log", "all is well\n");
        kept.say("whmcs", "engine-1.log", "");
        assert!(!kept.0.has_engine("whmcs").unwrap());
        kept.say("whmcs", "engine-2.log", "hostler is ready\n");
        assert!(kept.0.has_engine("whmcs").unwrap());
    }

    #[test]
    fn what_is_searched_for_is_what_the_simulators_give_out() {
        let sources = ["chance.rs", "virtfusion/config.rs", "katapult/config.rs"];
        for (planted, source) in PLANTED.iter().zip(sources) {
            let path = shell::workspace().join("crates/sim/src").join(source);
            let source = fs::read_to_string(&path).unwrap();
            assert!(
                source.contains(&format!("= \"{planted}\";")),
                "{}",
                path.display()
            );
        }
    }
}
