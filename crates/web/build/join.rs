//! Joins the modules of a script into one text, for a page loads one file (docs/decisions/0007).
//!
//! This is no bundler: it reads lines, and of those only the ones that begin at the first column with `import`, `export` or
//! a declaration. What it takes for granted there it checks, and refuses everything else, so that a text which is built is
//! the one that the front end's tests have tried module by module.

use std::collections::{BTreeMap, BTreeSet};

/// What may be said of imports and exports.
const IMPORT: &str =
    "an import has to read `import { a, b } from './file.js';`, in one line and with the names as they are";
const EXPORT: &str = "only a declaration can be exported: `export` and const, let, function or class";
const DECLARATION: &str = "a declaration at the first column has to name one thing";

/// The text of `entry` and, before it, of what it imports: depth first, each file once, which is the order in which a
/// browser would run the modules. `read` gives a file's text by its path beside the entry. The entry's exports stay.
pub fn join(entry: &str, read: impl FnMut(&str) -> Result<String, String>) -> Result<String, String> {
    let mut joining = Joining {
        read,
        entry,
        begun: BTreeSet::new(),
        declared: BTreeMap::new(),
        text: format!("// {entry} and what it imports, each file below its name.\n"),
    };
    joining.add(entry)?;
    Ok(joining.text)
}

struct Joining<'a, R> {
    read: R,
    entry: &'a str,
    begun: BTreeSet<String>,
    /// Where a name was declared: in one text all files share their names.
    declared: BTreeMap<String, String>,
    text: String,
}

impl<R: FnMut(&str) -> Result<String, String>> Joining<'_, R> {
    fn add(&mut self, file: &str) -> Result<(), String> {
        if !self.begun.insert(file.to_owned()) {
            return Ok(());
        }
        let source = (self.read)(file)?;
        let mut own = format!("\n// {file}\n");
        for (at, line) in source.lines().enumerate() {
            let place = || format!("{file}, line {}", at + 1);
            let kept = match understand(line).map_err(|why| format!("{}: {why}: {line}", place()))? {
                Line::Import(path) => {
                    self.add(&beside(file, path))?;
                    continue;
                }
                Line::Declaration { name, bare } => {
                    if let Some(other) = self.declared.insert(name.to_owned(), place()) {
                        return Err(format!("{}: {name} is also declared in {other}", place()));
                    }
                    if file == self.entry { line } else { bare }
                }
                Line::Other => line,
            };
            own.push_str(kept);
            own.push('\n');
        }
        self.text.push_str(&own);
        Ok(())
    }
}

enum Line<'a> {
    /// The path that is imported from.
    Import(&'a str),
    /// What is declared, and the line without `export`.
    Declaration {
        name: &'a str,
        bare: &'a str,
    },
    Other,
}

fn understand(line: &str) -> Result<Line<'_>, &'static str> {
    if let Some(rest) = after(line, "import") {
        return imported(rest).map(Line::Import).ok_or(IMPORT);
    }
    let exported = after(line, "export");
    let bare = exported.unwrap_or(line);
    let what = after(bare, "async").unwrap_or(bare);
    let rest = ["const", "let", "var", "function", "class"]
        .iter()
        .find_map(|word| after(what, word));
    match rest.map(|rest| &rest[..rest.len() - rest.trim_start_matches(in_name).len()]) {
        Some("") => Err(DECLARATION),
        Some(name) => Ok(Line::Declaration { name, bare }),
        None if exported.is_some() => Err(EXPORT),
        None => Ok(Line::Other),
    }
}

/// The path of an import, from what stands behind the word; nothing where it reads otherwise.
fn imported(rest: &str) -> Option<&str> {
    let (names, from) = rest.strip_prefix('{')?.split_once('}')?;
    let path = from.strip_prefix(" from './")?.strip_suffix("';")?;
    let named = |name: &str| !name.is_empty() && name.chars().all(in_name);
    let plain =
        names.split(',').all(|name| named(name.trim())) && path.strip_suffix(".js")?.split('/').all(named);
    plain.then_some(path)
}

/// What follows a word that a line begins with.
fn after<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(word)?;
    (!rest.starts_with(in_name)).then(|| rest.trim_start())
}

fn in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_$".contains(character)
}

/// A path that stands in a file, as one beside the entry.
fn beside(file: &str, path: &str) -> String {
    match file.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joins `main.js` of these files.
    fn joined(files: &[(&str, &str)]) -> Result<String, String> {
        let files: BTreeMap<_, _> = files.iter().copied().collect();
        join("main.js", |file| {
            let text = files.get(file).ok_or_else(|| format!("{file} cannot be read"))?;
            Ok((*text).to_owned())
        })
    }

    /// Why a line of an imported file is refused.
    fn refused(line: &str) -> String {
        let files = [
            ("main.js", "import { a } from './page/a.js';\n"),
            ("page/a.js", line),
        ];
        joined(&files).expect_err(line)
    }

    #[test]
    fn what_is_imported_comes_first_and_each_file_once() {
        let files = [
            (
                "main.js",
                "// Main.\nimport { b } from './page/b.js';\nimport { c } from './page/c.js';\n\nexport const d = b + c;\n",
            ),
            (
                "page/b.js",
                "import { a } from './a.js';\nexport const b = a + 1;\n",
            ),
            (
                "page/c.js",
                "import { a } from './a.js';\nexport const c = a + 2;\n",
            ),
            ("page/a.js", "export const a = 1;\n"),
            ("page/unused.js", "export const e = 1;\n"),
        ];
        assert_eq!(
            joined(&files).unwrap(),
            "// main.js and what it imports, each file below its name.\n\
             \n// page/a.js\nconst a = 1;\n\
             \n// page/b.js\nconst b = a + 1;\n\
             \n// page/c.js\nconst c = a + 2;\n\
             \n// main.js\n// Main.\n\nexport const d = b + c;\n"
        );
    }

    #[test]
    fn files_that_import_each_other_come_once_too() {
        let files = [
            ("main.js", "import { a } from './a.js';\n"),
            (
                "a.js",
                "import { b } from './b.js';\nexport function a() {\n  return b;\n}\n",
            ),
            (
                "b.js",
                "import { a } from './a.js';\nexport function b() {\n  return a;\n}\n",
            ),
        ];
        let text = joined(&files).unwrap();
        assert_eq!(text.matches("function a()").count(), 1);
        assert_eq!(text.matches("function b()").count(), 1);
    }

    #[test]
    fn only_the_word_export_goes_and_only_from_what_is_imported() {
        let source = "export async function a(x) {\n  export_(x); // export const\n}\nexport class B {\n}\nexport let c;\nconst exported = 'import';\nimportant();\n";
        let files = [
            ("main.js", "import { a, B } from './a.js';\nexport { a };\n"),
            ("a.js", source),
        ];
        assert!(
            joined(&files).unwrap_err().contains(EXPORT),
            "not in the entry either"
        );
        let text = joined(&[("main.js", "import { a, B } from './a.js';\n"), ("a.js", source)]).unwrap();
        let bare = "async function a(x) {\n  export_(x); // export const\n}\nclass B {\n}\nlet c;\nconst exported = 'import';\nimportant();\n";
        assert!(text.contains(&format!("\n// a.js\n{bare}")), "{text}");
    }

    #[test]
    fn an_import_that_is_not_understood_is_refused() {
        for line in [
            "import * as a from './b.js';",
            "import a from './b.js';",
            "import { b as a } from './b.js';",
            "import { b, } from './b.js';",
            "import {",
            "import './b.js';",
            "import('./b.js');",
            "import { b } from 'b';",
            "import { b } from '../b.js';",
            "import { b } from './../b.js';",
            "import { b } from './b';",
            "import { b } from \"./b.js\";",
            "import { b } from './b.js'; b();",
        ] {
            let why = refused(line);
            assert!(why.contains(IMPORT), "{why}");
            assert!(
                why.starts_with("page/a.js, line 1: ") && why.ends_with(line),
                "{why}"
            );
        }
    }

    #[test]
    fn an_export_that_is_no_declaration_is_refused() {
        for line in [
            "export default function a() {}",
            "export default a;",
            "export { a };",
            "export { a } from './b.js';",
            "export * from './b.js';",
        ] {
            assert!(refused(line).contains(EXPORT), "{line}");
        }
    }

    #[test]
    fn a_declaration_whose_name_cannot_be_told_is_refused() {
        for line in [
            "const { a } = b;",
            "export const [a] = b;",
            "function* a() {}",
            "class {",
        ] {
            assert!(refused(line).contains(DECLARATION), "{line}");
        }
    }

    #[test]
    fn two_files_cannot_declare_one_name() {
        let files = [
            (
                "main.js",
                "import { a } from './a.js';\n\nasync function helper() {\n  const a = 1;\n}\n",
            ),
            ("a.js", "const helper = 1;\nexport const a = helper;\n"),
        ];
        assert_eq!(
            joined(&files).unwrap_err(),
            "main.js, line 3: helper is also declared in a.js, line 1"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let files = [("main.js", "import { a } from './page/a.js';\n")];
        assert_eq!(joined(&files).unwrap_err(), "page/a.js cannot be read");
    }
}
