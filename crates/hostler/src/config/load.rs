//! Reading the configuration: the file, the environment, and what is wrong with either.

use std::fmt;
use std::path::{Path, PathBuf};

use confique::meta::{Expr, Field, FieldKind, LeafKind, Meta};
use confique::{Config, Layer};
use toml::{Table, Value};

use super::DEFAULT_FILE;
use super::settings::Settings;

type SettingsLayer = <Settings as Config>::Layer;

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "from {}", path.display()),
            Self::Variable(name) => write!(f, "from {name}"),
        }
    }
}

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its name: `bridge.listen`.
    pub setting: String,
    /// Its value, without a password.
    pub value: String,
    /// Where the value came from, where that is known.
    pub origin: Option<Origin>,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            value,
            origin,
            problem,
            remedy,
        } = self;
        let remedy = remedy.trim_end_matches(['.', '?']);
        match origin {
            Some(origin) => write!(f, "{setting} = {value} ({origin}): {problem}. {remedy}."),
            None => write!(f, "{setting} = {value}: {problem}. {remedy}."),
        }
    }
}

/// All settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Reads the configuration from `file`, or from the default place if there is something, and from the environment as
/// `variable` tells it.
pub fn load(file: Option<&Path>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Problems> {
    let mut reading = Reading::default();
    if let Some((path, text)) = read(file)? {
        reading.file(&path, &text)?;
    }
    reading.environment(variable);
    reading.finish()
}

/// The file's text. A file that was named must be there; the default one need not be.
fn read(file: Option<&Path>) -> Result<Option<(PathBuf, String)>, Problems> {
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.to_owned(), text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => Ok(None),
        Err(error) => Err(Problems(vec![Problem {
            setting: "--config".to_owned(),
            value: path.display().to_string(),
            origin: None,
            problem: format!("it cannot be read ({error})"),
            remedy: "Name a file that the engine's user can read; `hostler config template` prints one"
                .to_owned(),
        }])),
    }
}

/// What has been read so far. A setting that cannot be read is left out and reported.
#[derive(Default)]
struct Reading {
    good: Table,
    problems: Vec<Problem>,
}

impl Reading {
    fn file(&mut self, path: &Path, text: &str) -> Result<(), Problems> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            Problems(vec![Problem {
                setting: "--config".to_owned(),
                value: path.display().to_string(),
                origin: Some(Origin::File(path.to_owned())),
                problem: format!("it is not TOML: {}", error.to_string().trim_end()),
                remedy: "Correct that line".to_owned(),
            }])
        })?;
        self.table(&Origin::File(path.to_owned()), &table, &Settings::META, "");
        Ok(())
    }

    /// Takes what a table sets, and reports what is no setting.
    fn table(&mut self, origin: &Origin, table: &Table, meta: &'static Meta, prefix: &str) {
        for (name, value) in table {
            let setting = format!("{prefix}{name}");
            let field = meta.fields.iter().find(|field| field.name == name);
            match (field.map(|field| (field, field.kind)), value) {
                (Some((_, FieldKind::Nested { meta })), Value::Table(inner)) => {
                    self.table(origin, inner, meta, &format!("{setting}."));
                }
                (Some((_, FieldKind::Nested { .. })), _) => {
                    let remedy = format!("Write its settings below a line [{setting}]");
                    self.report(origin, &setting, value, "it is a section".to_owned(), remedy);
                }
                (Some((field, FieldKind::Leaf { .. })), _) => {
                    self.leaf(origin, field, &setting, value.clone());
                }
                (None, _) => {
                    let known = meta.fields.iter().map(|field| field.name);
                    let remedy = nearest(name, known).map_or_else(
                        || "Remove it; `hostler config template` prints all settings".to_owned(),
                        |near| format!("Did you mean {prefix}{near}?"),
                    );
                    self.report(
                        origin,
                        &setting,
                        value,
                        "there is no such setting".to_owned(),
                        remedy,
                    );
                }
            }
        }
    }

    /// Takes one setting if it can be read.
    fn leaf(&mut self, origin: &Origin, field: &'static Field, setting: &str, value: Value) {
        match readable(setting, &value) {
            Ok(()) => insert(&mut self.good, setting, value),
            Err(problem) => self.report(origin, setting, &value, problem, remedy(field)),
        }
    }

    fn environment(&mut self, variable: &dyn Fn(&str) -> Option<String>) {
        let mut leaves = Vec::new();
        collect(&Settings::META, "", &mut leaves);
        for (setting, field, env) in leaves {
            if let Some(text) = variable(env) {
                let value = typed(&setting, &text);
                self.leaf(&Origin::Variable(env.to_owned()), field, &setting, value);
            }
        }
    }

    fn report(&mut self, origin: &Origin, setting: &str, value: &Value, problem: String, remedy: String) {
        self.problems.push(Problem {
            setting: setting.to_owned(),
            value: shown(setting, value),
            origin: Some(origin.clone()),
            problem,
            remedy,
        });
    }

    fn finish(self) -> Result<Settings, Problems> {
        if !self.problems.is_empty() {
            return Err(Problems(self.problems));
        }
        let whole = |problem: String| {
            Problems(vec![Problem {
                setting: "configuration".to_owned(),
                value: "(all of it)".to_owned(),
                origin: None,
                problem,
                remedy: "Compare it with `hostler config template`".to_owned(),
            }])
        };
        let layer: SettingsLayer = Value::Table(self.good)
            .try_into()
            .map_err(|error: toml::de::Error| whole(error.to_string()))?;
        Settings::from_layer(layer.with_fallback(SettingsLayer::default_values()))
            .map_err(|error| whole(error.to_string()))
    }
}

/// Whether one setting, alone, can be read.
fn readable(setting: &str, value: &Value) -> Result<(), String> {
    let mut alone = Table::new();
    insert(&mut alone, setting, value.clone());
    let layer: Result<SettingsLayer, toml::de::Error> = Value::Table(alone).try_into();
    layer
        .map(|_| ())
        .map_err(|error| error.message().trim_end().to_owned())
}

/// A variable's text as the type that the setting has.
fn typed(setting: &str, text: &str) -> Value {
    let as_text = Value::String(text.to_owned());
    let candidates = [
        text.parse().ok().map(Value::Integer),
        text.parse().ok().map(Value::Boolean),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|value| readable(setting, value).is_ok())
        .unwrap_or(as_text)
}

/// Puts a value at `section.name`.
fn insert(table: &mut Table, setting: &str, value: Value) {
    match setting.split_once('.') {
        None => {
            table.insert(setting.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// All settings with their names and variables.
fn collect(meta: &'static Meta, prefix: &str, leaves: &mut Vec<(String, &'static Field, &'static str)>) {
    for field in meta.fields {
        match field.kind {
            FieldKind::Nested { meta } => collect(meta, &format!("{prefix}{}.", field.name), leaves),
            FieldKind::Leaf { env, .. } => {
                leaves.extend(env.map(|env| (format!("{prefix}{}", field.name), field, env)));
            }
        }
    }
}

/// How the setting is written right, by its default.
fn remedy(field: &Field) -> String {
    let name = field.name;
    match field.kind {
        FieldKind::Leaf {
            kind: LeafKind::Required {
                default: Some(default),
            },
            ..
        } => format!(
            "Write it like the default, {name} = {}, or leave it out",
            written(&default)
        ),
        _ => "Correct it or leave it out; `hostler config template` explains it".to_owned(),
    }
}

fn written(default: &Expr) -> String {
    match default {
        Expr::Str(text) => format!("\"{text}\""),
        Expr::Bool(value) => value.to_string(),
        Expr::Integer(value) => value.to_string(),
        _ => "…".to_owned(),
    }
}

/// A value as a message may show it. A database address may hold a password.
fn shown(setting: &str, value: &Value) -> String {
    match value {
        Value::String(text) if setting == "database.url" => format!("\"{}\"", without_password(text)),
        other => other.to_string().trim_end().to_owned(),
    }
}

/// An address without what stands between user name and host.
pub fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let Some((user, place)) = rest.rsplit_once('@') else {
        return address.to_owned();
    };
    let user = user.split_once(':').map_or(user, |(user, _)| user);
    format!("{scheme}://{user}@{place}")
}

/// The known name that differs least, if it differs little.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, candidate)| candidate)
}

/// How many letters to add, drop or change to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, from) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in to.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::super::value::{Listen, LogFormat};
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hostler.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn problems(text: &str) -> Vec<Problem> {
        let (_folder, path) = written(text);
        load(Some(&path), &nothing).unwrap_err().0
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let (_folder, path) = written("");
        let settings = load(Some(&path), &nothing).unwrap();
        assert_eq!(settings.database.url, "sqlite:/var/lib/hostler/hostler.db");
        assert_eq!(settings.bridge.socket_mode.bits(), 0o666);
        assert_eq!(settings.operator.listen, Listen::Off);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let (_folder, path) = written("[bridge]\nlisten = \"off\"\nwaiting_calls = 7\n");
        let variable = |name: &str| match name {
            "HOSTLER_BRIDGE_LISTEN" => Some("127.0.0.1:9000".to_owned()),
            "HOSTLER_LOG_FORMAT" => Some("json".to_owned()),
            "HOSTLER_ENGINE_WORKERS" => Some("3".to_owned()),
            _ => None,
        };
        let settings = load(Some(&path), &variable).unwrap();
        assert_eq!(settings.bridge.listen.to_string(), "127.0.0.1:9000");
        assert_eq!(settings.bridge.waiting_calls, 7);
        assert_eq!(settings.log.format, LogFormat::Json);
        assert_eq!(settings.engine.workers, 3);
    }

    #[test]
    fn every_wrong_setting_is_named_with_value_and_remedy() {
        let found =
            problems("[bridge]\nlisten = \"here\"\nsocket_mode = \"9\"\n[engine]\nworkers = \"many\"\n");
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 3, "{lines:?}");
        assert!(lines[0].starts_with("bridge.listen = \"here\""), "{lines:?}");
        assert!(
            lines[0].contains("neither an address with a port nor \"off\""),
            "{lines:?}"
        );
        assert!(lines[0].contains("listen = \"127.0.0.1:8701\""), "{lines:?}");
        assert!(lines[1].starts_with("bridge.socket_mode = \"9\""), "{lines:?}");
        assert!(lines[2].starts_with("engine.workers = \"many\""), "{lines:?}");
    }

    #[test]
    fn a_misspelt_setting_is_refused_with_the_nearest_name() {
        let found = problems("[bridge]\nlissten = \"off\"\n");
        assert_eq!(found[0].setting, "bridge.lissten");
        assert!(found[0].remedy.contains("bridge.listen"), "{found:?}");
        let found = problems("[bridgehead]\nx = 1\n");
        assert_eq!(found[0].setting, "bridgehead");
    }

    #[test]
    fn a_variable_is_named_as_the_origin() {
        let (_folder, path) = written("");
        let variable = |name: &str| (name == "HOSTLER_DEMO_PORT").then(|| "99999".to_owned());
        let found = load(Some(&path), &variable).unwrap_err().0;
        assert_eq!(
            found[0].origin,
            Some(Origin::Variable("HOSTLER_DEMO_PORT".to_owned()))
        );
        assert_eq!(found[0].setting, "demo.port");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let found = load(Some(Path::new("/nowhere/hostler.toml")), &nothing).unwrap_err();
        assert!(found.to_string().contains("/nowhere/hostler.toml"));
    }

    #[test]
    fn a_database_password_is_not_shown() {
        let shown = shown(
            "database.url",
            &Value::String("postgres://me:hunter2@db/x".to_owned()),
        );
        assert_eq!(shown, "\"postgres://me@db/x\"");
    }

    #[test]
    fn the_template_holds_every_setting_and_reads_as_empty() {
        let text = super::super::template();
        let mut leaves = Vec::new();
        collect(&Settings::META, "", &mut leaves);
        for (setting, field, env) in leaves {
            assert!(text.contains(&format!("#{} =", field.name)), "{setting}");
            assert!(text.contains(env), "{setting}");
        }
        let table: Table = text.parse().unwrap();
        assert!(
            table
                .values()
                .all(|section| section.as_table().is_some_and(Table::is_empty)),
            "{table:?}"
        );
    }

    fn beside_the_workspace(file: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn the_manual_explains_every_setting_in_the_same_words() {
        let manual = beside_the_workspace("docs/configuration.md");
        let mut leaves = Vec::new();
        collect(&Settings::META, "", &mut leaves);
        for (setting, field, env) in leaves {
            let words: Vec<&str> = field.doc.iter().map(|line| line.trim()).collect();
            let default = match field.kind {
                FieldKind::Leaf {
                    kind:
                        LeafKind::Required {
                            default: Some(default),
                        },
                    ..
                } => {
                    format!("`{}`", super::written(&default))
                }
                _ => "–".to_owned(),
            };
            let row = format!("| `{}` | {default} | `{env}` | {} |", field.name, words.join(" "));
            assert!(manual.contains(&row), "{setting} is not explained by\n{row}");
        }
    }

    #[test]
    fn the_packaged_file_is_right() {
        let (_folder, path) = written(&beside_the_workspace("packaging/hostler.toml"));
        load(Some(&path), &nothing).unwrap();
    }
}
