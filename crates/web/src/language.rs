//! Sentences by language. English is complete; what another language lacks is said in English.

use std::collections::BTreeMap;

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
const NAMES: &[(&str, &str)] = &[("english", "en"), ("german", "de"), ("deutsch", "de")];

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

/// The messages of every language.
pub struct Words {
    languages: BTreeMap<String, FluentBundle<FluentResource>>,
}

impl Words {
    /// The built-in messages.
    pub fn load() -> Result<Self, WordsError> {
        let mut languages = BTreeMap::<String, FluentBundle<FluentResource>>::new();
        for path in Embedded::iter() {
            let name = path.strip_suffix(".ftl").and_then(|path| path.split_once('/'));
            let Some((language, _)) = name else {
                continue;
            };
            let Some(embedded) = Embedded::get(&path) else {
                continue;
            };
            let text = String::from_utf8_lossy(&embedded.data).into_owned();
            let bundle = match languages.entry(language.to_owned()) {
                std::collections::btree_map::Entry::Occupied(found) => found.into_mut(),
                std::collections::btree_map::Entry::Vacant(free) => free.insert(empty(language)?),
            };
            add(bundle, &path, text)?;
        }
        Ok(Self { languages })
    }

    /// The tag of a language that there is, for a name or tag (`english`, `de-AT`, `de,en;q=0.8`).
    pub fn language(&self, wanted: &str) -> &str {
        let wanted = wanted.trim().to_ascii_lowercase();
        let first = wanted.split([',', ';']).next().unwrap_or_default();
        let tag = NAMES
            .iter()
            .find(|(name, _)| *name == first)
            .map_or(first, |(_, tag)| tag);
        let general = tag.split(['-', '_']).next().unwrap_or_default();
        [tag, general]
            .into_iter()
            .find_map(|tag| self.languages.get_key_value(tag))
            .map_or(ENGLISH, |(tag, _)| tag)
    }

    /// The message, or `None` where not even English has it.
    pub fn say(&self, language: &str, key: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        [language, ENGLISH].into_iter().find_map(|language| {
            let bundle = self.languages.get(language)?;
            let pattern = bundle.get_message(key)?.value()?;
            let mut errors = Vec::<FluentError>::new();
            let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
            if !errors.is_empty() {
                tracing::warn!(language, key, ?errors, "a message could not be put together");
                return None;
            }
            Some(text.into_owned())
        })
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.languages.keys()).finish()
    }
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

fn add(bundle: &mut FluentBundle<FluentResource>, file: &str, text: String) -> Result<(), WordsError> {
    let broken = |problem: String| WordsError::Broken {
        file: format!("locales/{file}"),
        problem,
    };
    let resource = FluentResource::try_new(text).map_err(|(_, errors)| broken(format!("{errors:?}")))?;
    bundle
        .add_resource(resource)
        .map_err(|errors| broken(format!("{errors:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn billing_systems_and_browsers_find_their_language() {
        let words = Words::load().unwrap();
        for wanted in [
            "english",
            "English",
            "en-GB",
            "en_us",
            "en;q=0.9,de",
            "klingon",
            "",
        ] {
            assert_eq!(words.language(wanted), "en", "{wanted}");
        }
    }

    #[test]
    fn plural_forms_follow_the_number_and_no_marks_are_put_around_it() {
        let words = Words::load().unwrap();
        let say = |n: i64| {
            let mut arguments = FluentArgs::new();
            arguments.set("n", n);
            words.say("en", "ago-minutes", &arguments).unwrap()
        };
        assert_eq!(say(1), "1 minute ago");
        assert_eq!(say(3), "3 minutes ago");
    }

    #[test]
    fn a_message_that_nobody_has_is_not_made_up() {
        let words = Words::load().unwrap();
        assert_eq!(words.say("en", "no-such-message", &FluentArgs::new()), None);
        // An argument that the message needs and does not get is a fault as well.
        assert_eq!(words.say("en", "ago-minutes", &FluentArgs::new()), None);
    }
}
