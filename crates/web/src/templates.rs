//! Templates: the operator's own first, the built-in ones second, each with the context it is made for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use fluent_bundle::{FluentArgs, FluentValue};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, TemplateSource, UndefinedBehavior};
use rust_embed::RustEmbed;

use crate::context::{Context, Frame, mask, veil};
use crate::language::Words;
use crate::links::Links;
use crate::request::TargetKind;

#[derive(RustEmbed)]
#[folder = "../../templates"]
struct Embedded;

/// Steps that a template may take; a page of 100 rows takes a few ten thousand.
const FUEL: u64 = 1_000_000;

/// Why a page could not be rendered.
#[derive(Debug, thiserror::Error)]
#[error("template {template}: {problem}")]
pub struct RenderError {
    /// Which template.
    pub template: &'static str,
    /// What the engine said, with line and cause.
    pub problem: String,
}

/// An operator's template that does not render with a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which template.
    pub template: &'static str,
    /// Which sample, from 0.
    pub sample: usize,
    /// What is wrong.
    pub problem: String,
}

/// Renders contexts.
#[derive(Debug)]
pub struct Templates {
    built_in: Environment<'static>,
    own: Option<Environment<'static>>,
}

impl Templates {
    /// Templates, with the operator's folder of own ones (`<overrides>/templates`).
    pub fn new(words: &Arc<Words>, overrides: Option<&Path>) -> Self {
        let own = overrides.map(|folder| {
            let folder = folder.join("templates");
            let mut environment = environment(words);
            environment.set_loader(move |name| Ok(overridden(&folder, name).or_else(|| built_in(name))));
            environment
        });
        let mut environment = environment(words);
        environment.set_loader(|name| Ok(built_in(name)));
        Self {
            built_in: environment,
            own,
        }
    }

    /// Renders a page. An operator's template that fails is reported and the built-in one takes its place.
    pub fn render<C: Context>(&self, frame: &Frame, page: &C) -> Result<String, RenderError> {
        if let Some(own) = &self.own {
            match render(own, frame, page) {
                Ok(html) => return Ok(html),
                Err(error) => tracing::error!(
                    template.name = error.template,
                    problem = %error.problem,
                    "an operator's template does not render; the built-in one is used"
                ),
            }
        }
        render(&self.built_in, frame, page)
    }

    /// Renders a context's template with each of its samples, the operator's own template where there is one.
    pub fn check<C: Context>(&self, frame: &Frame) -> Vec<Broken> {
        let environment = self.own.as_ref().unwrap_or(&self.built_in);
        let attempt = |(sample, page): (usize, C)| {
            render(environment, frame, &page).err().map(|error| Broken {
                template: error.template,
                sample,
                problem: error.problem,
            })
        };
        C::samples(frame.now)
            .into_iter()
            .enumerate()
            .filter_map(attempt)
            .collect()
    }

    /// The names of the built-in templates, for exporting them.
    pub fn names() -> Vec<String> {
        Embedded::iter().map(std::borrow::Cow::into_owned).collect()
    }

    /// The text of a built-in template.
    pub fn built_in(name: &str) -> Option<String> {
        Embedded::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned())
    }
}

fn render<C: Context>(environment: &Environment<'_>, frame: &Frame, page: &C) -> Result<String, RenderError> {
    let values = minijinja::context! {
        frame => Value::from(Serde(frame)),
        page => Value::from(Serde(page)),
    };
    environment
        .get_template(C::TEMPLATE)
        .and_then(|template| template.render(values))
        .map_err(|error| RenderError {
            template: C::TEMPLATE,
            problem: format!("{error:#}"),
        })
}

fn environment(words_of: &Arc<Words>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build().expect("the usual delimiters are told apart"));
    let words = Arc::clone(words_of);
    environment.add_function("t", move |state: &State<'_, '_>, key: &str, arguments: Kwargs| {
        say(&words, state, key, &arguments)
    });
    environment.add_function(
        "link",
        |state: &State<'_, '_>, kind: &str, name: &str, arguments: Kwargs| {
            link(state, kind, name, &arguments)
        },
    );
    add_filters(&mut environment, &Arc::clone(words_of));
    environment
}

fn built_in(name: &str) -> Option<TemplateSource> {
    Templates::built_in(name).map(TemplateSource::new)
}

/// The operator's file, or the built-in one with a check that notices when the operator adds a file.
fn overridden(folder: &Path, name: &str) -> Option<TemplateSource> {
    // Only names of built-in templates are looked up, so that no name leads elsewhere.
    let built_in = Templates::built_in(name)?;
    let path = folder.join(name);
    let before = stamp(&path);
    let source = std::fs::read_to_string(&path).unwrap_or(built_in);
    Some(TemplateSource::new(source).with_uptodate_check(move || stamp(&path) == before))
}

fn stamp(path: &PathBuf) -> Option<(SystemTime, u64)> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

/// `address | masked` and `name | veiled`: what stands there on a screenshot; `"1.5 GB" | decimal`: with the mark of the
/// page's language; `label | translated("step", name)`: a phrase of the engine's in that language, where it has one.
fn add_filters(environment: &mut Environment<'static>, words: &Arc<Words>) {
    environment.add_filter("masked", |text: &str| mask(text));
    environment.add_filter("veiled", |text: &str| veil(text));
    let known = Arc::clone(words);
    environment.add_filter(
        "decimal",
        move |state: &State<'_, '_>, text: &str| -> Result<String, Error> {
            let mark = known.say(&framed(state, "lang")?, "decimal-mark", &FluentArgs::new());
            Ok(text.replace('.', mark.as_deref().unwrap_or(".")))
        },
    );
    let known = Arc::clone(words);
    environment.add_filter(
        "translated",
        move |state: &State<'_, '_>, text: &str, group: &str, name: &str| -> Result<String, Error> {
            let key = format!("{group}-label-{}", name.replace('_', "-"));
            let own = known.own(&framed(state, "lang")?, &key);
            Ok(own.unwrap_or_else(|| text.to_owned()))
        },
    );
}

/// `t("key", n=1)`: a message in the page's language, with the panel's name where the operator gives it one.
fn say(words: &Words, state: &State<'_, '_>, key: &str, arguments: &Kwargs) -> Result<String, Error> {
    let mut fluent = FluentArgs::new();
    let panel = in_frame(state, "panel")?;
    if !panel.is_none() {
        fluent.set("panel", panel.to_string());
    }
    for name in arguments.args() {
        let value: Value = arguments.get(name)?;
        let value = match i64::try_from(value.clone()) {
            Ok(number) if value.is_number() => FluentValue::from(number),
            _ => FluentValue::from(value.to_string()),
        };
        fluent.set(name.to_owned(), value);
    }
    words.say(&framed(state, "lang")?, key, &fluent).ok_or_else(|| {
        let detail = format!("there is no message \"{key}\" with these arguments");
        Error::new(ErrorKind::InvalidOperation, detail)
    })
}

/// `link("page", "services", q="x")`: the address of one of our pages.
fn link(state: &State<'_, '_>, kind: &str, name: &str, arguments: &Kwargs) -> Result<String, Error> {
    let kind = TargetKind::parse(kind).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("there is no target \"{kind}\""),
        )
    })?;
    let service = framed(state, "service")?.parse().ok();
    let mut parameters = Vec::new();
    for name in arguments.args() {
        let value: Value = arguments.get(name)?;
        if !value.is_none() {
            parameters.push((name, value.to_string()));
        }
    }
    let parameters: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Ok(Links::new(&framed(state, "base")?, service).to(kind, name, &parameters))
}

fn framed(state: &State<'_, '_>, field: &str) -> Result<String, Error> {
    in_frame(state, field).map(|value| value.to_string())
}

fn in_frame(state: &State<'_, '_>, field: &str) -> Result<Value, Error> {
    state
        .lookup("frame")
        .ok_or_else(|| Error::new(ErrorKind::UndefinedError, "frame"))?
        .get_attr(field)
}

#[cfg(test)]
mod tests;
