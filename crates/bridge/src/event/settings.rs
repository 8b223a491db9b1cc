//! Settings of a module that are kept in the engine, those of a name server that an addon has kept, and what the billing
//! system is told for its own pages of products: options and packages. All of it is answered from the store.

use std::time::Duration;

use domain::ActorKind;
use domain::record::{Module, PlatformKind, PlatformState};
use engine::{EnteredNameServer, TypedSettings};
use serde_json::json;

use super::bodies::{ModuleSettings, NameServer, Packages};
use super::{Heard, Told};
use crate::call::fault;
use crate::gate::unavailable;
use crate::problem::{Code, Problem};
use crate::rows::ProductRow;

/// How often a product brings the options along, and how often the same failure is logged.
const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);

/// Settings were saved with a product. What was typed is a proposal; a re-sync of what is approved is done at once.
pub async fn saved(told: &Told<'_>, body: ModuleSettings) -> Result<Heard, Problem> {
    let kind = known(&body.module)?;
    if told.context.actor().kind != ActorKind::Admin {
        return Err(Problem::new(
            Code::Forbidden,
            "Only an administrator saves settings.",
        ));
    }
    let engine = told.state.engine();
    let installation = told.admitted.installation.id.clone();
    // A field that stands as the page had shown it was not typed, though its setting may have changed since.
    let typed = body
        .organization
        .filter(|now| body.organization_shown.as_ref().map(|shown| shown.trim()) != Some(now.trim()));
    let settled = engine
        .take_settings(TypedSettings {
            installation: installation.clone(),
            kind,
            endpoint: told.state.config().katapult_api.clone(),
            key: body.key,
            account: typed,
            actor: told.context.actor(),
        })
        .await
        .map_err(|error| fault(&error))?;
    let platform = match settled {
        Ok(settled) => settled.platform,
        Err(sentence) => {
            engine
                .log_for(&[installation], kind, &format!("Error: {sentence}"))
                .await
                .map_err(|error| fault(&error))?;
            return Ok(Heard::said(sentence));
        }
    };
    if let Some(platform) = platform.filter(|_| body.resync) {
        engine
            .log_for(&[installation], kind, "Attempting to sync config options")
            .await
            .map_err(|error| fault(&error))?;
        engine
            .want_catalogue(platform.id)
            .await
            .map_err(|error| fault(&error))?;
    }
    Ok(Heard::default())
}

/// An addon's settings of a name server are a proposal, too. What became of it, for the person who entered them.
pub async fn name_server(told: &Told<'_>, kept: NameServer) -> Result<Option<String>, Problem> {
    let actor = told.context.actor();
    if actor.kind == ActorKind::Client {
        return Err(Problem::new(Code::Forbidden, "Clients propose no name servers."));
    }
    let entered = EnteredNameServer {
        enabled: kept.enabled,
        endpoint: kept.endpoint,
        key: kept.key,
        key_decrypted: kept.key_decrypted,
        server_id: kept.server_id,
        ttl: kept.ttl,
        cache: kept.cache,
    };
    let taken = told
        .state
        .engine()
        .take_over_name_server(&told.admitted.installation.id, entered, actor)
        .await;
    taken.map_err(|error| fault(&error))
}

/// The packages of a module's product settings, or a hint why there are none.
pub async fn packages(told: &Told<'_>, body: &Packages) -> Result<Heard, Problem> {
    let kind = known(&body.module)?;
    let engine = told.state.engine();
    let installation = &told.admitted.installation.id;
    let known = engine.catalogues(installation, kind).await;
    let known = known.map_err(|error| fault(&error))?;
    if let Some(catalogue) = known.iter().find_map(|(_, state)| state.catalogue.as_ref()) {
        let options: Vec<_> = catalogue
            .packages
            .iter()
            .map(|package| json!({ "value": package.key, "label": package.name }))
            .collect();
        return Ok(Heard::data(json!({ "options": options, "error": null })));
    }
    let why = why_unknown(told, kind).await?;
    let store = engine.store();
    let rate = format!("packages:{installation}:{kind}");
    if store
        .take_rate(&rate, told.state.now(), MINUTE)
        .await
        .map_err(|error| unavailable(&error))?
    {
        engine
            .log_for(std::slice::from_ref(installation), kind, &format!("Error: {why}"))
            .await
            .map_err(|error| fault(&error))?;
    }
    let hint = format!(
        "The packages could not be read: {why}. The API key is set on the product's 'Other' tab, once the product was \
         saved with this module."
    );
    Ok(Heard::data(json!({ "options": [], "error": hint })))
}

/// Why nothing is known of what a module's platform offers.
async fn why_unknown(told: &Told<'_>, kind: PlatformKind) -> Result<String, Problem> {
    let settings = told
        .state
        .engine()
        .module_settings(&told.admitted.installation.id, kind)
        .await
        .map_err(|error| fault(&error))?;
    Ok(match (settings.platform, settings.catalogue.trouble) {
        (None, _) => "no API key is set".to_owned(),
        (Some(_), Some(trouble)) => trouble,
        (Some(platform), None) if platform.state == PlatformState::Approved => {
            "nothing was read from there yet".to_owned()
        }
        (Some(platform), None) => format!("the platform {} is {}", platform.id, platform.state),
    })
}

/// A product of a module with generated options is linked to them. Once a day is enough; the daily reading repeats it.
pub async fn product(told: &Told<'_>, row: &ProductRow) -> Result<(), Problem> {
    let module = row.module.parse::<Module>().ok();
    let Some(module) = module.filter(|module| module.has_generated_options()) else {
        return Ok(());
    };
    let engine = told.state.engine();
    let installation = &told.admitted.installation.id;
    let key = format!("options:{installation}:{}", row.product);
    let due = engine.store().take_rate(&key, told.state.now(), DAY).await;
    if due.map_err(|error| unavailable(&error))? {
        engine
            .offer_options(installation, module.platform())
            .await
            .map_err(|error| fault(&error))?;
    }
    Ok(())
}

/// The billing system's day: what is on offer is read anew.
pub async fn daily(told: &Told<'_>) -> Result<(), Problem> {
    let wanted = told
        .state
        .engine()
        .want_catalogues(&told.admitted.installation.id)
        .await;
    wanted.map_err(|error| fault(&error))
}

fn known(name: &str) -> Result<PlatformKind, Problem> {
    Module::with_default_account(name)
        .map(Module::platform)
        .ok_or_else(|| Problem::new(Code::UnknownModule, "No module of this name has settings here."))
}
