//! The door: a request comes in, an answer goes out.

use std::path::PathBuf;
use std::sync::Arc;

use domain::console::{Console, Way, line_origin};
use domain::{Moment, ServiceView};
use engine::{Engine, EngineError};

use crate::answer::PageAnswer;
use crate::assets::{Assets, VIEWER_FILE};
use crate::client;
use crate::context::{self, Context, Frame, Notice, ScreenPage};
use crate::language::{Words, WordsError};
use crate::operator;
use crate::relay::RelayLimits;
use crate::request::{PageRequest, Principal, TargetKind};
use crate::templates::{Broken, RenderError, Templates};

/// What can be set.
#[derive(Debug, Clone, Default)]
pub struct PagesConfig {
    /// The operator's folder, with own `templates/` and `assets/`.
    pub overrides: Option<PathBuf>,
    /// How long consoles may be open, for their page where there is no relay to see to it.
    pub consoles: RelayLimits,
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// The principal may not see it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such page or thing.
    #[error("not found")]
    NotFound,
    /// The engine could not do it, or would not.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The template does not render.
    #[error(transparent)]
    Render(#[from] RenderError),
}

impl From<store::StoreError> for PagesError {
    fn from(error: store::StoreError) -> Self {
        Self::Engine(error.into())
    }
}

/// Everything that is shown to people. Cheap to clone.
#[derive(Clone)]
pub struct Pages {
    engine: Engine,
    shown: Arc<Shown>,
}

struct Shown {
    templates: Templates,
    words: Arc<Words>,
    assets: Assets,
    limits: RelayLimits,
}

/// What one request is answered with: its frame, and the way to render.
pub(crate) struct Visit<'a> {
    pub pages: &'a Pages,
    pub request: &'a PageRequest,
    pub frame: Frame,
    /// What the gates have read of the service.
    pub view: Option<Box<ServiceView>>,
}

impl Pages {
    /// Pages over an engine.
    pub fn new(engine: Engine, config: &PagesConfig) -> Result<Self, WordsError> {
        let overrides = config.overrides.as_deref();
        let words = Arc::new(Words::with(overrides)?);
        let shown = Shown {
            templates: Templates::new(&words, overrides),
            words,
            assets: Assets::new(overrides),
            limits: config.consoles,
        };
        Ok(Self {
            engine,
            shown: Arc::new(shown),
        })
    }

    /// Renders every template with samples; what is broken is the operator's own.
    pub fn check(&self) -> Vec<Broken> {
        context::check_all(&self.shown.templates)
    }

    /// A sentence in a language, for whoever answers without a page; `None` where there is no such message.
    pub fn say(&self, language: &str, key: &str, arguments: &[(&str, &str)]) -> Option<String> {
        let mut given = fluent_bundle::FluentArgs::new();
        for (name, text) in arguments {
            given.set((*name).to_owned(), argument(text));
        }
        let words = &self.shown.words;
        words.say(&words.language(language), key, &given)
    }

    /// The parts of a client's page in its order: each one's id there, and its name in a language.
    pub fn sections(&self, language: &str) -> Vec<(&'static str, String)> {
        let named = |section: context::Section| {
            let name = self.say(language, section.key, &[]);
            (section.id, name.unwrap_or_else(|| section.key.to_owned()))
        };
        context::SECTIONS.into_iter().map(named).collect()
    }

    /// Answers a request that has passed the gates.
    pub async fn serve(&self, mut request: PageRequest) -> PageAnswer {
        if request.target.kind == TargetKind::Asset {
            return self.shown.assets.serve(&request.target.name);
        }
        let view = request.view.take();
        let mut visit = self.visit(&request);
        visit.view = view;
        let outcome = match &request.principal {
            Principal::Client { client_id, .. } => client::serve(&mut visit, *client_id).await,
            Principal::Admin { .. } => operator::serve(&visit).await,
        };
        outcome.unwrap_or_else(|error| visit.failed(&error))
    }

    /// The page that shows a machine's screen, for a client who has passed the gates and whose console was opened.
    pub fn console(&self, request: &PageRequest, console: &Console) -> PageAnswer {
        let visit = self.visit(request);
        let (address, key) = console.way.expose();
        let missing = !self.shown.assets.has(VIEWER_FILE);
        let Some(line) = line_origin(address).filter(|_| !missing) else {
            tracing::error!(missing, "the page of a console cannot be made");
            return visit.notice(503, visit.say("screen-missing"));
        };
        let page = ScreenPage {
            name: console.name.clone(),
            relayed: matches!(console.way, Way::Relayed { .. }),
            address: address.to_owned(),
            key: key.to_owned(),
            script: self.asset(request, "console.js"),
            viewer: self.asset(request, VIEWER_FILE),
            idle: self.shown.limits.idle.as_secs(),
            total: self.shown.limits.total.as_secs(),
            ask: self.shown.limits.ask.as_secs(),
            ends: ScreenPage::ends(),
        };
        match visit.html(&page) {
            Ok(html) => PageAnswer::screen(html, line),
            Err(error) => visit.failed(&error.into()),
        }
    }

    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn now(&self) -> Moment {
        self.engine.clock().now()
    }

    pub(crate) fn visit<'a>(&'a self, request: &'a PageRequest) -> Visit<'a> {
        self.shown.words.refresh();
        let client = matches!(request.principal, Principal::Client { .. });
        let frame = Frame {
            lang: self.shown.words.language(&request.language),
            base: request.base.clone(),
            service: request.service.filter(|_| client),
            token: request.token.clone(),
            once: request.once.clone(),
            stylesheet: self.asset(request, "hostler.css"),
            script: self.asset(request, "hostler.js"),
            panel: None,
            embedded: request.target.kind == TargetKind::Fragment,
            section: request
                .target
                .name
                .split('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
            now: self.now(),
        };
        Visit {
            pages: self,
            request,
            frame,
            view: None,
        }
    }

    fn asset(&self, request: &PageRequest, file: &str) -> String {
        let name = self.shown.assets.name(file);
        crate::links::Links::new(&request.base, None).to(TargetKind::Asset, &name, &[])
    }
}

/// A number where it is one: plural forms follow it.
fn argument(text: &str) -> fluent_bundle::FluentValue<'static> {
    text.parse::<i64>().map_or_else(
        |_| fluent_bundle::FluentValue::from(text.to_owned()),
        fluent_bundle::FluentValue::from,
    )
}

impl Visit<'_> {
    /// Renders a context: a document for a page, markup for a fragment.
    pub fn render<C: Context>(&self, page: &C) -> Result<PageAnswer, PagesError> {
        let html = self.html(page)?;
        Ok(if self.frame.embedded {
            PageAnswer::fragment(200, html)
        } else {
            PageAnswer::document(200, html)
        })
    }

    /// Renders a context to markup.
    pub fn html<C: Context>(&self, page: &C) -> Result<String, RenderError> {
        self.pages.shown.templates.render(&self.frame, page)
    }

    /// A message in the page's language.
    pub fn say(&self, key: &str) -> String {
        let arguments = fluent_bundle::FluentArgs::new();
        self.pages
            .shown
            .words
            .say(&self.frame.lang, key, &arguments)
            .unwrap_or_else(|| key.to_owned())
    }

    fn failed(&self, error: &PagesError) -> PageAnswer {
        let (status, sentence) = match error {
            PagesError::Forbidden(key) => (403, self.say(key)),
            PagesError::NotFound | PagesError::Engine(EngineError::NotFound(_)) => {
                (404, self.say("not-found"))
            }
            PagesError::Engine(EngineError::Refused(refusal)) => (409, refusal.sentence.clone()),
            PagesError::Engine(EngineError::Answer(error)) => (409, error.to_string()),
            PagesError::Engine(EngineError::Invalid(sentence)) => (400, sentence.clone()),
            PagesError::Engine(EngineError::Store(cause)) => {
                tracing::error!(
                    error = cause as &dyn std::error::Error,
                    "a page could not be read from the store"
                );
                (503, self.say("store-failed"))
            }
            PagesError::Render(cause) => {
                tracing::error!(
                    error = cause as &dyn std::error::Error,
                    "a page could not be rendered"
                );
                (500, self.say("page-failed"))
            }
        };
        if self.request.target.kind == TargetKind::Fragment {
            // The script shows the sentence; where it is embedded at once, it stands there by itself.
            return PageAnswer::plain(status, &sentence);
        }
        self.notice(status, sentence)
    }

    /// A page of one sentence.
    fn notice(&self, status: u16, sentence: String) -> PageAnswer {
        let notice = Notice {
            status,
            sentence,
            back: self.request.base.clone(),
        };
        self.html(&notice).map_or_else(
            |_| PageAnswer::plain(status, &notice.sentence),
            |html| PageAnswer::document(status, html),
        )
    }
}
