//! The doors: the bridge with the pages behind it, the operator's pages on loopback, the relay of consoles, and the
//! probes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use bridge::{BridgeConfig, BridgeState};
use domain::console::Console;
use engine::Engine;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use web::{PagesConfig, Probes, Relay, RelayLimits, RouterConfig};

use crate::commands::fresh_key;
use crate::config::{ConsoleSettings, Settings, relay_address};

/// What is served, by door.
pub struct Doors {
    /// For billing systems.
    pub bridge: Router,
    /// For the operator on this host.
    pub operator: Router,
    /// For browsers that look at consoles.
    pub relay: Relay,
    /// For machines that watch the engine.
    pub probes: Router,
}

/// Builds them.
pub fn open(
    engine: &Engine,
    settings: &Settings,
    readings: PrometheusHandle,
    stop: &CancellationToken,
) -> Result<Doors> {
    let config = PagesConfig {
        overrides: settings.pages.overrides.clone(),
        consoles: limits(&settings.console),
    };
    let pages = web::Pages::new(engine.clone(), &config).context("the pages cannot be made")?;
    if settings.pages.overrides.is_some() {
        warn_of_broken(&pages);
    }
    let config = BridgeConfig {
        waiting: settings.bridge.waiting_calls as usize,
        katapult_api: settings.katapult.api_host.clone(),
        relay: settings.console.public_origin.as_deref().and_then(relay_address),
        ..BridgeConfig::default()
    };
    let bridge = bridge::router(BridgeState::new(
        engine.clone(),
        Arc::new(Behind(pages.clone())),
        config,
    ));
    let token_key = fresh_key(engine.random().as_ref());
    let operator = web::router(RouterConfig { pages, token_key });
    let stopping = stop.clone();
    let probes = Probes {
        engine: engine.clone(),
        taking_work: Arc::new(move || !stopping.is_cancelled()),
        metrics: Arc::new(move || readings.render()),
    };
    Ok(Doors {
        bridge,
        operator,
        relay: Relay::new(engine.clone(), limits(&settings.console), stop.clone()),
        probes: probes.router(),
    })
}

fn limits(settings: &ConsoleSettings) -> RelayLimits {
    let minutes = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
    RelayLimits {
        most: settings.at_once as usize,
        idle: minutes(settings.idle_minutes),
        total: minutes(settings.total_hours * 60),
        ..RelayLimits::default()
    }
}

/// Tries the operator's own templates; the built-in ones were tried when this program was tested.
fn warn_of_broken(pages: &web::Pages) {
    for broken in pages.check() {
        let problem = broken.problem.lines().next().unwrap_or_default();
        tracing::warn!(
            template = broken.template,
            problem,
            "this template does not render; the built-in one is used"
        );
    }
}

/// The pages behind the bridge: its words on one side, the room's on the other.
struct Behind(web::Pages);

impl bridge::Pages for Behind {
    fn serve(&self, request: bridge::PageRequest) -> bridge::BoxFuture<'_, bridge::PageAnswer> {
        Box::pin(async move { answered(self.0.serve(translated(request)).await) })
    }

    fn console(
        &self,
        request: bridge::PageRequest,
        console: Console,
    ) -> bridge::BoxFuture<'_, bridge::PageAnswer> {
        Box::pin(async move { answered(self.0.console(&translated(request), &console)) })
    }

    fn say(&self, language: &str, key: &str, arguments: &[(&str, &str)]) -> Option<String> {
        self.0.say(language, key, arguments)
    }

    fn sections(&self, language: &str) -> Vec<(&'static str, String)> {
        self.0.sections(language)
    }
}

fn answered(answer: web::PageAnswer) -> bridge::PageAnswer {
    bridge::PageAnswer {
        status: answer.status,
        headers: answer
            .headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        body: answer.body.into_bytes(),
        fill: None,
    }
}

fn translated(request: bridge::PageRequest) -> web::PageRequest {
    let principal = match request.principal.kind {
        bridge::PrincipalKind::Client => web::Principal::Client {
            installation: request.installation,
            client_id: request.principal.client_id.unwrap_or_default(),
            permissions: request.principal.permissions,
        },
        bridge::PrincipalKind::Admin => web::Principal::Admin {
            installation: Some(request.installation),
            operator: request.principal.operator,
        },
    };
    let kind = match request.target.kind {
        bridge::TargetKind::Page => web::TargetKind::Page,
        bridge::TargetKind::Fragment => web::TargetKind::Fragment,
        bridge::TargetKind::Action => web::TargetKind::Action,
        bridge::TargetKind::Asset => web::TargetKind::Asset,
    };
    web::PageRequest {
        principal,
        actor: request.principal.actor,
        service: request.service,
        view: request.view,
        target: web::Target::new(kind, &request.target.name),
        method: request.method,
        query: request.query,
        form: request.form,
        token: request.token.unwrap_or_default(),
        once: request.once.unwrap_or_default(),
        base: request.base,
        language: request.language.unwrap_or_default(),
    }
}
