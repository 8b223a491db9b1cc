//! What operators override, without an engine: the built-in files to begin with, and a look at their own before a client
//! meets them.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::assets::Assets;
use crate::context;
use crate::language::{Words, WordsError};
use crate::templates::Templates;

/// What became of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files that were written.
    pub written: Vec<PathBuf>,
    /// Files that were there already, and stay as they are.
    pub kept: Vec<PathBuf>,
}

/// Something wrong with an operator's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Which file, below the folder of overrides.
    pub file: String,
    /// What is wrong, in one line.
    pub problem: String,
}

/// Writes the built-in templates, assets and messages below a folder, as overrides are looked for there. With names, only
/// those files whose path below the folder begins with one of them. Nothing that is there is ever written over.
pub fn export(folder: &Path, names: &[String]) -> std::io::Result<Exported> {
    let mut exported = Exported::default();
    let wanted = |path: &str| names.is_empty() || names.iter().any(|name| path.starts_with(name.as_str()));
    for (path, text) in built_in().filter(|(path, _)| wanted(path)) {
        let target = folder.join(&path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match OpenOptions::new().write(true).create_new(true).open(&target) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                exported.written.push(target);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => exported.kept.push(target),
            Err(error) => return Err(error),
        }
    }
    Ok(exported)
}

/// Every built-in file, by its path below a folder of overrides.
fn built_in() -> impl Iterator<Item = (String, String)> {
    let templates = Templates::names()
        .into_iter()
        .filter_map(|name| Some((format!("templates/{name}"), Templates::built_in(&name)?)));
    let assets = Assets::names()
        .into_iter()
        .filter_map(|name| Some((format!("assets/{name}"), Assets::built_in(&name)?)));
    let words = Words::names()
        .into_iter()
        .filter_map(|name| Some((format!("locales/{name}"), Words::built_in(&name)?)));
    templates.chain(assets).chain(words)
}

/// Tries an operator's own files: messages are read, every template is rendered with samples, and files that override
/// nothing, because nothing has their name, are named.
pub fn check(folder: &Path) -> Result<Vec<Flaw>, WordsError> {
    let words = Arc::new(Words::with(Some(folder))?);
    let templates = Templates::new(&words, Some(folder));
    let flaw = |file: &str, problem: &str| Flaw {
        file: file.to_owned(),
        problem: problem.lines().next().unwrap_or_default().to_owned(),
    };
    let mut flaws: Vec<Flaw> = words
        .problems()
        .iter()
        .map(|problem| {
            let (file, problem) = problem.split_once(": ").unwrap_or(("locales", problem));
            flaw(file, problem)
        })
        .collect();
    for broken in context::check_all(&templates) {
        let found = flaw(&format!("templates/{}", broken.template), &broken.problem);
        if !flaws.contains(&found) {
            flaws.push(found);
        }
    }
    for (part, names) in [("templates", Templates::names()), ("assets", Assets::names())] {
        for name in files(&folder.join(part)) {
            if !names.contains(&name) {
                flaws.push(flaw(
                    &format!("{part}/{name}"),
                    "no built-in file has this name, so it is never used",
                ));
            }
        }
    }
    Ok(flaws)
}

/// How deep and how many: nobody's folder of templates is larger.
const DEPTH: usize = 3;
const MOST: usize = 1_000;

/// The files below a folder, by their path there with `/`.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let path = entry.path();
            if path.is_dir() && depth < DEPTH {
                open.push((path, format!("{name}/"), depth + 1));
            } else if found.len() < MOST {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mx_116_what_is_exported_is_found_again_unbroken_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let first = export(folder.path(), &[]).unwrap();
        assert!(first.kept.is_empty());
        for name in [
            "templates/client/page.html",
            "assets/hostler.css",
            "locales/de/client.ftl",
        ] {
            assert!(first.written.contains(&folder.path().join(name)), "{name}");
        }
        assert_eq!(check(folder.path()).unwrap(), Vec::new());
        let own = folder.path().join("templates/client/power.html");
        std::fs::write(&own, "mine").unwrap();
        let second = export(folder.path(), &[]).unwrap();
        assert_eq!(
            (second.written, second.kept.len()),
            (Vec::new(), first.written.len())
        );
        assert_eq!(std::fs::read_to_string(&own).unwrap(), "mine");
    }

    #[test]
    fn mx_116_only_what_is_named_is_exported() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["templates/client/power.html".to_owned(), "locales/".to_owned()];
        let written = export(folder.path(), &names).unwrap().written;
        assert!(written.contains(&folder.path().join(&names[0])));
        assert!(written.contains(&folder.path().join("locales/en/client.ftl")));
        assert!(!folder.path().join("assets").exists());
    }

    #[test]
    fn mx_116_a_broken_file_and_one_that_overrides_nothing_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("templates/client/traffic.html", "{{ page.panels.no_such_thing }}");
        write("templates/client/trafic.html", "x");
        write("locales/de/own.ftl", "power-boot = An\nthis is no message\n");
        write("locales/no language!/own.ftl", "a = b\n");
        let flaws = check(folder.path()).unwrap();
        let named = |file: &str| {
            flaws
                .iter()
                .any(|flaw| flaw.file == file && !flaw.problem.is_empty())
        };
        assert!(named("templates/client/live.html"), "{flaws:?}");
        assert!(named("templates/client/trafic.html"), "{flaws:?}");
        assert!(named("locales/de/own.ftl"), "{flaws:?}");
        assert!(named("locales/no language!"), "{flaws:?}");
    }
}
