//! Sentences by language: the operator's own first, the built-in ones second. English is complete; what another language
//! lacks is said in English.
//!
//! The operator's are in `<overrides>/locales/<language>/*.ftl`, message by message: a file holds what is to be said
//! otherwise, or a whole language that is not built in. They take effect at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

#[derive(RustEmbed)]
#[folder = "../../locales"]
struct Embedded;

/// The language that is always complete.
pub(crate) const ENGLISH: &str = "en";

/// How billing systems name languages, beside the tags that browsers send.
const NAMES: &[(&str, &str)] = &[
    ("arabic", "ar"),
    ("azerbaijani", "az"),
    ("catalan", "ca"),
    ("chinese", "zh"),
    ("croatian", "hr"),
    ("czech", "cs"),
    ("danish", "da"),
    ("deutsch", "de"),
    ("dutch", "nl"),
    ("english", "en"),
    ("estonian", "et"),
    ("farsi", "fa"),
    ("french", "fr"),
    ("german", "de"),
    ("hebrew", "he"),
    ("hungarian", "hu"),
    ("italian", "it"),
    ("macedonian", "mk"),
    ("norwegian", "no"),
    ("portuguese-br", "pt-br"),
    ("portuguese-pt", "pt"),
    ("romanian", "ro"),
    ("russian", "ru"),
    ("spanish", "es"),
    ("swedish", "sv"),
    ("turkish", "tr"),
    ("ukranian", "uk"),
];

/// How many files of an operator's are read; nobody has more languages.
const MOST_FILES: usize = 200;

/// Why the messages cannot be used. The built-in ones are proven by tests.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// A file that is not Fluent, or a message that is there twice.
    #[error("{file}: {problem}")]
    Broken {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A folder that is not named after a language.
    #[error("locales/{0}: not a language tag")]
    NotALanguage(String),
}

type Languages = BTreeMap<String, FluentBundle<FluentResource>>;

/// A file as it was when it was read.
type Stamp = (PathBuf, SystemTime, u64);

/// The messages of every language.
pub struct Words {
    built_in: Languages,
    own: Option<Own>,
}

/// The operator's own.
struct Own {
    folder: PathBuf,
    read: RwLock<Read>,
}

#[derive(Default)]
struct Read {
    stamps: Vec<Stamp>,
    languages: Languages,
    problems: Vec<String>,
}

impl Words {
    /// The built-in messages.
    pub fn load() -> Result<Self, WordsError> {
        Self::with(None)
    }

    /// The built-in messages, with the operator's folder of own ones (`<overrides>/locales`).
    pub fn with(overrides: Option<&Path>) -> Result<Self, WordsError> {
        let mut built_in = Languages::new();
        for path in Embedded::iter() {
            let name = path.strip_suffix(".ftl").and_then(|path| path.split_once('/'));
            let Some(((language, _), embedded)) = name.zip(Embedded::get(&path)) else {
                continue;
            };
            let text = String::from_utf8_lossy(&embedded.data).into_owned();
            add(&mut built_in, language, &format!("locales/{path}"), text)?;
        }
        let own = overrides.map(|folder| Own {
            folder: folder.join("locales"),
            read: RwLock::default(),
        });
        let words = Self { built_in, own };
        words.refresh();
        Ok(words)
    }

    /// Reads the operator's own files again where one has changed. What is wrong with one is reported, and what it says is
    /// said as usual.
    pub(crate) fn refresh(&self) {
        let Some(own) = &self.own else {
            return;
        };
        let stamps = stamps(&own.folder);
        if own.read.read().unwrap_or_else(PoisonError::into_inner).stamps == stamps {
            return;
        }
        let fresh = Read::of(&own.folder, stamps);
        for problem in &fresh.problems {
            tracing::error!(%problem, "an operator's messages cannot be used; the built-in ones are");
        }
        *own.read.write().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// What is wrong with the operator's own files.
    pub fn problems(&self) -> Vec<String> {
        self.reading(|own| own.problems.clone()).unwrap_or_default()
    }

    fn reading<T>(&self, look: impl FnOnce(&Read) -> T) -> Option<T> {
        let own = self.own.as_ref()?;
        Some(look(&own.read.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The names of the built-in files, for exporting them.
    pub fn names() -> Vec<String> {
        Embedded::iter().map(std::borrow::Cow::into_owned).collect()
    }

    /// The text of a built-in file.
    pub fn built_in(name: &str) -> Option<String> {
        Embedded::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned())
    }

    /// The tag of a language that there is, for a name or tag (`english`, `de-AT`, `de,en;q=0.8`).
    pub fn language(&self, wanted: &str) -> String {
        let wanted = wanted.trim().to_ascii_lowercase();
        let first = wanted.split([',', ';']).next().unwrap_or_default();
        let tag = NAMES
            .iter()
            .find(|(name, _)| *name == first)
            .map_or(first, |(_, tag)| tag);
        let general = tag.split(['-', '_']).next().unwrap_or_default();
        let is_there = |tag: &&str| {
            self.built_in.contains_key(*tag)
                || self.reading(|own| own.languages.contains_key(*tag)) == Some(true)
        };
        [tag, general]
            .into_iter()
            .find(is_there)
            .unwrap_or(ENGLISH)
            .to_owned()
    }

    /// The message, or `None` where not even English has it. Where the arguments name the operator's panel (`panel`), the
    /// message that names it (`<key>-named`) is said instead, if there is one.
    pub fn say(&self, language: &str, key: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        let named = arguments.get("panel").map(|_| format!("{key}-named"));
        let keys = named.as_deref().into_iter().chain([key]);
        [language, ENGLISH].into_iter().find_map(|language| {
            let mut keys = keys.clone();
            keys.find_map(|key| self.said(language, key, arguments))
        })
    }

    /// The message in this language and in no other.
    pub(crate) fn own(&self, language: &str, key: &str) -> Option<String> {
        self.said(language, key, &FluentArgs::new())
    }

    fn said(&self, language: &str, key: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        self.reading(|own| say_of(&own.languages, language, key, arguments))
            .flatten()
            .or_else(|| say_of(&self.built_in, language, key, arguments))
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.built_in.keys()).finish()
    }
}

impl Read {
    fn of(folder: &Path, stamps: Vec<Stamp>) -> Self {
        let mut languages = Languages::new();
        let mut problems = Vec::new();
        for (path, _, _) in &stamps {
            let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
            let language = path
                .parent()
                .and_then(Path::file_name)
                .and_then(|name| name.to_str());
            let language = language.unwrap_or_default().to_ascii_lowercase();
            let added = match std::fs::read_to_string(path) {
                Ok(text) => add(&mut languages, &language, &format!("locales/{name}"), text)
                    .map_err(|error| error.to_string()),
                Err(error) => Err(format!("locales/{name}: {error}")),
            };
            problems.extend(added.err());
        }
        Self {
            stamps,
            languages,
            problems,
        }
    }
}

/// The operator's files as they are now: `<folder>/<language>/<name>.ftl`.
fn stamps(folder: &Path) -> Vec<Stamp> {
    let listed = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut stamps: Vec<Stamp> = listed(folder)
        .flat_map(|language| listed(&language.path()))
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ftl"))
        .filter_map(|path| {
            let data = std::fs::metadata(&path).ok()?;
            Some((path, data.modified().ok()?, data.len()))
        })
        .take(MOST_FILES)
        .collect();
    stamps.sort();
    stamps
}

fn say_of(languages: &Languages, language: &str, key: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let bundle = languages.get(language)?;
    let pattern = bundle.get_message(key)?.value()?;
    let mut errors = Vec::<FluentError>::new();
    let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
    if !errors.is_empty() {
        tracing::warn!(language, key, ?errors, "a message could not be put together");
        return None;
    }
    Some(text.into_owned())
}

fn empty(language: &str) -> Result<FluentBundle<FluentResource>, WordsError> {
    let tag = language
        .parse::<LanguageIdentifier>()
        .map_err(|_| WordsError::NotALanguage(language.to_owned()))?;
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks are invisible characters around arguments; they break attributes and searches.
    bundle.set_use_isolating(false);
    Ok(bundle)
}

fn add(languages: &mut Languages, language: &str, file: &str, text: String) -> Result<(), WordsError> {
    let broken = |problem: String| WordsError::Broken {
        file: file.to_owned(),
        problem,
    };
    let resource = FluentResource::try_new(text).map_err(|(_, errors)| broken(format!("{errors:?}")))?;
    let bundle = match languages.entry(language.to_owned()) {
        std::collections::btree_map::Entry::Occupied(found) => found.into_mut(),
        std::collections::btree_map::Entry::Vacant(free) => free.insert(empty(language)?),
    };
    bundle
        .add_resource(resource)
        .map_err(|errors| broken(format!("{errors:?}")))
}

#[cfg(test)]
mod tests;
