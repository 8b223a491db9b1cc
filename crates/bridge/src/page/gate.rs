//! The gates of browser requests that are no service action's, and the way to whoever answers.

use domain::ServiceView;
use domain::record::Module;

use super::request::{Message, PageRequest, Principal, PrincipalKind, TargetKind};
use super::{PageAnswer, Tokens, Wire};
use crate::actions::{self, Asked, ServiceId, Stop, is_changing, service_id};
use crate::effects;
use crate::gate::Admitted;
use crate::message;
use crate::problem::{Code, Problem};
use crate::state::BridgeState;

/// The addon's own name, under which its page forwards.
const ADDON: &str = "hostler";

/// The fragment in a product's settings.
const MODULE_SETTINGS: &str = "module-settings";

/// The service that a request is about.
#[derive(Default)]
pub(crate) struct About {
    pub service: Option<u64>,
    pub view: Option<ServiceView>,
}

/// Answers a browser's request.
pub async fn serve(state: &BridgeState, admitted: &Admitted) -> Result<Wire, Problem> {
    let message: Message = message::read(&admitted.body)?;
    message.context.note();
    if message.module != ADDON && message.module.parse::<Module>().is_err() {
        return Err(Problem::new(Code::UnknownModule, "No module of this name."));
    }
    let asked = Asked {
        state,
        admitted,
        message: &message,
    };
    let answer = Box::pin(answer(asked)).await;
    // Whoever may see the service's page brings its effects home; they are applied when the browser has its answer.
    let effects = match (service_id(&message), answer.status) {
        (ServiceId::Number(service), 200) if message.target.kind != TargetKind::Asset => {
            effects::courtesy(state, &admitted.installation.id, Some(service)).await?
        }
        _ => Vec::new(),
    };
    Ok(Wire::new(answer, effects))
}

async fn answer(asked: Asked<'_>) -> PageAnswer {
    let kind = asked.message.target.kind;
    if kind == TargetKind::Action
        && let Some(answer) = actions::answer(asked).await
    {
        return answer;
    }
    let about = match admit(&asked).await {
        Ok(about) => about,
        Err(stop) if kind == TargetKind::Action => return stop.envelope(asked.voice()),
        Err(stop) => return stop.page(asked.voice()),
    };
    let request = request(&asked, about);
    asked.state.pages().serve(request).await
}

/// The gates; the service that the request is about comes out, with what was read of it.
async fn admit(asked: &Asked<'_>) -> Result<About, Stop> {
    let message = asked.message;
    if message.target.kind == TargetKind::Asset {
        return Ok(About::default());
    }
    let principal = principal(asked);
    if !principal.is_signed_in(&message.context) {
        return Err(Stop::new(401, "unauthenticated"));
    }
    if is_changing(&message.method) {
        actions::from_our_pages(message).map_err(|sentence| Stop::new(403, sentence))?;
    }
    let service = match service_id(message) {
        ServiceId::Missing => None,
        ServiceId::Malformed => return Err(Stop::new(400, "The service id is not a number.")),
        ServiceId::Number(id) => Some(id),
    };
    let view = match message.surface {
        PrincipalKind::Client => owns(asked, service).await?,
        PrincipalKind::Admin => {
            may_look(asked, &principal, service)?;
            None
        }
    };
    if is_changing(&message.method) && !actions::token_fits(asked, service) {
        return Err(Stop::said(403, actions::OLD_PAGE));
    }
    Ok(About { service, view })
}

/// A client sees own services only, and only with the permission to.
async fn owns(asked: &Asked<'_>, service: Option<u64>) -> Result<Option<ServiceView>, Stop> {
    let context = &asked.message.context;
    let Some(service) = service else {
        return Ok(None);
    };
    let row = asked
        .message
        .row
        .as_ref()
        .filter(|row| row.service == service && row.is_ours());
    let view = asked
        .state
        .engine()
        .view(&asked.admitted.installation.id, service)
        .await
        .map_err(|error| Stop::fault(&error))?;
    if actions::owned(row, view.as_ref(), context).is_err() {
        return Err(Stop::said(403, actions::FOREIGN));
    }
    if !context.may("products") {
        return Err(Stop::said(403, actions::NOT_PERMITTED));
    }
    Ok(view)
}

/// Operator pages are for listed roles; what is embedded in the billing system's own pages of a service or a product is
/// for every administrator who sees those.
fn may_look(asked: &Asked<'_>, principal: &Principal, service: Option<u64>) -> Result<(), Stop> {
    let target = &asked.message.target;
    let embedded =
        target.kind == TargetKind::Fragment && (service.is_some() || target.name == MODULE_SETTINGS);
    if principal.operator || embedded {
        return Ok(());
    }
    Err(Stop::new(
        403,
        "Your administrator role is not listed for Hostler's pages. Roles are listed on the engine's host.",
    ))
}

fn principal(asked: &Asked<'_>) -> Principal {
    let roles = &asked.admitted.installation.settings.operator_roles;
    Principal::new(asked.message.surface, &asked.message.context, roles)
}

/// The request as whoever makes pages sees it.
pub(crate) fn request(asked: &Asked<'_>, about: About) -> PageRequest {
    let message = asked.message;
    let tokens = Tokens::of(asked.state, asked.admitted, &message.context, about.service);
    PageRequest {
        installation: asked.admitted.installation.id.clone(),
        principal: principal(asked),
        service: about.service,
        view: about.view.map(Box::new),
        target: message.target.clone(),
        method: message.method.clone(),
        query: message.query.clone(),
        form: message.form.clone(),
        origin: message.headers.origin.clone(),
        referer: message.headers.referer.clone(),
        host: message.headers.host.clone(),
        htmx: message.headers.hx_request.is_some(),
        token: tokens.session,
        once: tokens.once,
        base: message.base.clone(),
        language: message.context.language.clone(),
        ip: message.context.ip.clone(),
        system_url: message.context.system_url.clone(),
    }
}
