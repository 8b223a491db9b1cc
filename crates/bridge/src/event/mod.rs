//! `POST /bridge/v1/event`: something happened in the billing system: section 7 of the protocol.
//!
//! A closed list of kinds, each with a body of its own. What an event says is learnt; it never changes who owns a
//! machine, and it ends none but through the grace of a vanished or cancelled service.

mod bodies;
mod cart;
mod kind;
mod mail;
mod orders;
mod runs;
mod services;
mod settings;
mod snapshot;
mod stock;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::context::{Context, SPOKEN};
use crate::effects;
use crate::gate::{Admitted, unavailable};
use crate::message;
use crate::problem::{Code, Problem};
use crate::sign;
use crate::state::BridgeState;

use kind::Kind;
pub use runs::SnapshotRuns;

/// How long an event's id is known: stored events are sent again by the billing side's next good cron runs.
const REMEMBERED: Duration = Duration::from_hours(14 * 24);

#[derive(Deserialize)]
struct Message {
    event_id: String,
    kind: String,
    #[serde(rename = "occurred_at")]
    _occurred_at: i64,
    body: Box<RawValue>,
    context: Context,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Answer {
    result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    effects: Vec<Value>,
}

/// An event with what every kind needs.
pub(crate) struct Told<'a> {
    pub state: &'a BridgeState,
    pub admitted: &'a Admitted,
    pub context: &'a Context,
}

/// What an event answers, and the service whose effects leave with it.
#[derive(Default)]
pub(crate) struct Heard {
    pub data: Option<Value>,
    pub service: Option<u64>,
    /// What the person who caused it is told; `ok` where there is nothing to say.
    pub sentence: Option<String>,
}

impl Heard {
    pub fn data(data: Value) -> Self {
        Self {
            data: Some(data),
            ..Self::default()
        }
    }

    pub fn of(service: u64) -> Self {
        Self {
            service: Some(service),
            ..Self::default()
        }
    }

    pub fn said(sentence: String) -> Self {
        Self {
            sentence: Some(sentence),
            ..Self::default()
        }
    }
}

/// Answers an event.
pub async fn serve(state: &BridgeState, admitted: &Admitted) -> Result<Answer, Problem> {
    let message: Message = message::read(&admitted.body)?;
    message.context.note();
    let kind = Kind::read(&message.kind)?;
    if !sign::is_nonce(&message.event_id) {
        return Err(Problem::new(
            Code::BadRequest,
            "The field \"event_id\" is malformed.",
        ));
    }
    let told = Told {
        state,
        admitted,
        context: &message.context,
    };
    let body = Body(&message.body);
    if kind.counts_once() && !is_new(state, admitted, &message.event_id).await? {
        return Ok(answer(Heard::default(), Vec::new()));
    }
    let heard = Box::pin(hear(&told, kind, &body)).await?;
    let effects = if heard.service.is_some() || kind.is_leisurely() {
        effects::courtesy(state, &admitted.installation.id, heard.service).await?
    } else {
        Vec::new()
    };
    Ok(answer(heard, effects))
}

fn answer(heard: Heard, effects: Vec<Value>) -> Answer {
    Answer {
        result: heard.sentence.unwrap_or_else(|| "ok".to_owned()),
        data: heard.data,
        effects,
    }
}

/// Takes an event's id. It is taken before the event is heard: what is lost to a fault between the two is brought by
/// the next snapshot, while an old word repeated after a newer one would be believed.
async fn is_new(state: &BridgeState, admitted: &Admitted, event_id: &str) -> Result<bool, Problem> {
    let key = format!("event:{}:{event_id}", admitted.installation.id);
    let taken = state
        .engine()
        .store()
        .take_rate(&key, state.now(), REMEMBERED)
        .await;
    taken.map_err(|error| unavailable(&error))
}

/// The body of an event, read as its kind wants.
struct Body<'a>(&'a RawValue);

impl Body<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        message::parse(self.0.get().as_bytes())
    }
}

async fn hear(told: &Told<'_>, kind: Kind, body: &Body<'_>) -> Result<Heard, Problem> {
    match kind {
        Kind::OrderPaid => {
            let services = body.read::<bodies::OrderPaid>()?.services;
            stock::paid(told, &services).await?;
            services::learn_all(told, &services).await
        }
        Kind::OrderAccepted => services::learn_all(told, &body.read::<bodies::OrderEnded>()?.services).await,
        Kind::CheckoutDone => {
            let services = body.read::<bodies::CheckoutDone>()?.services;
            stock::ordered(told, &services).await?;
            services::learn_all(told, &services).await
        }
        Kind::OrderCancelled => orders::ended(told, &body.read()?, "its order was cancelled").await,
        Kind::OrderFraud => orders::ended(told, &body.read()?, "its order was marked as fraud").await,
        Kind::OrderDeleted => orders::ended(told, &body.read()?, "its order was deleted").await,
        Kind::ModuleDone => orders::module_done(told, &body.read()?).await,
        Kind::ServiceEdited => services::edited(told, &body.read::<bodies::OneService>()?.service).await,
        Kind::CancellationRequested => {
            services::edited(told, &body.read::<bodies::Cancellation>()?.service).await
        }
        Kind::UpgradeDone => services::edited(told, &body.read::<bodies::UpgradeDone>()?.service).await,
        Kind::ServiceDeleted => services::deleted(told, &body.read()?).await,
        Kind::ProductEdited => {
            let product = body.read::<bodies::OneProduct>()?.product;
            settings::product(told, &product).await?;
            services::product(told, &product).await
        }
        Kind::UpgradeValidate => objections(body.read::<bodies::UpgradeValidate>().map(drop)),
        Kind::CheckoutValidate => cart::validate(told, &body.read()?).await,
        Kind::CartPage => stock::places(told, &body.read()?).await,
        Kind::UserLogout => {
            let left: bodies::UserLogout = body.read()?;
            let installation = &told.admitted.installation.id;
            told.state
                .engine()
                .close_consoles_of_user(installation, left.user);
            Ok(Heard::default())
        }
        Kind::MailPreSend => mail::pre_send(told, &body.read()?).await,
        Kind::Cron => {
            let cron: bodies::Cron = body.read()?;
            #[expect(clippy::cast_precision_loss, reason = "a gauge of at most a few thousand")]
            metrics::gauge!("hostler_bridge_events_undelivered", "installation" => told.admitted.installation.id.to_string())
                .set(cron.waiting as f64);
            let wanted = wants_snapshot(told).await;
            let wanted = wanted.map_err(|error| crate::call::fault(&error))?;
            Ok(Heard::data(json!({ "snapshot": wanted })))
        }
        Kind::Daily => {
            body.read::<bodies::Nothing>()?;
            settings::daily(told).await?;
            Ok(Heard::data(json!({ "snapshot": true })))
        }
        Kind::SettingsSaved => {
            let saved: bodies::SettingsSaved = body.read()?;
            let mut data = about(told);
            if let Some(kept) = saved.name_server {
                data["name_server"] = json!(settings::name_server(told, kept).await?);
            }
            Ok(Heard::data(data))
        }
        Kind::Snapshot => snapshot::hear(told, body.read()?).await,
        Kind::Adoption => snapshot::adoption(told, body.read()?).await,
        Kind::ModuleSettings => settings::saved(told, body.read()?).await,
        Kind::Packages => settings::packages(told, &body.read()?).await,
    }
}

/// Whether there is something that is not left to the daily snapshot: a recovery waits for the billing side's copies, and
/// no stock can be kept before products are known.
async fn wants_snapshot(told: &Told<'_>) -> Result<bool, engine::EngineError> {
    let (engine, installation) = (told.state.engine(), &told.admitted.installation.id);
    Ok(engine.wants_copies(installation).await? || !engine.knows_products(installation).await?)
}

/// The engine has no objection yet: what may be ordered is checked by the platform.
fn objections(read: Result<(), Problem>) -> Result<Heard, Problem> {
    read.map(|()| Heard::data(json!({ "errors": [] })))
}

/// Who answers: the connection check.
fn about(told: &Told<'_>) -> Value {
    let installation = &told.admitted.installation;
    let now = told.state.now();
    json!({
        "engine_version": env!("CARGO_PKG_VERSION"),
        "installation": installation.id,
        "protocols": SPOKEN.collect::<Vec<u32>>(),
        "now": now.as_seconds(),
        "enrol_open": installation.enrol_until.is_some_and(|until| now < until),
    })
}
