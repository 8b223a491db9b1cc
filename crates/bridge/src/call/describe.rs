//! `DescribeVm`: what listeners of the billing system's hooks read of a machine.

use std::time::Duration;

use domain::ServiceView;
use domain::machine::{Machine, state_word};
use engine::Goal;
use engine::core::Intent;
use serde_json::{Value, json};

use super::lifecycle::{speaks, submit, view};
use super::{Asked, Said, ServiceParams, fault};
use crate::problem::Problem;

/// A reading that is older is made anew.
const FRESH: Duration = Duration::from_secs(10);
/// How long that is waited for.
const WAIT: Duration = Duration::from_secs(3);

/// Answers with what is known, read anew where that is old and the platform answers in time.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let mut seen = view(asked, params).await?;
    let actor = match speaks(asked, params, seen.as_ref()) {
        Ok(actor) => actor,
        Err(said) => return Ok(said),
    };
    if seen.as_ref().is_some_and(|view| is_old(asked, view))
        && let Ok((engine::Submitted::Operation(id), _)) =
            submit(asked, params, (Intent::Refresh { live: true }, actor), None).await?
    {
        let engine = asked.state.engine();
        let read = engine.wait(id, Goal::Final, asked.wait(WAIT)).await;
        read.map_err(|error| fault(&error))?;
        seen = view(asked, params).await?;
    }
    Ok(Said::success().with_data(described(asked, seen.as_ref())))
}

fn is_old(asked: &Asked<'_>, view: &ServiceView) -> bool {
    let fresh = |at| asked.state.now().since(at) <= FRESH;
    view.link.is_some() && !view.machine.as_ref().is_some_and(|fact| fresh(fact.observed_at))
}

/// The id of a service's machine, where there is one.
pub fn id(view: Option<&ServiceView>) -> Option<&str> {
    Some(&view?.link.as_ref()?.identity.id)
}

/// The word for the state of a service's machine.
pub fn state(view: Option<&ServiceView>) -> String {
    view.map_or_else(|| state_word(None, false).to_owned(), ServiceView::state_word)
}

fn described(asked: &Asked<'_>, view: Option<&ServiceView>) -> Value {
    let build = view
        .map(|view| asked.state.engine().build_of(view))
        .unwrap_or_default();
    let linked = view.filter(|view| view.link.is_some());
    let machine = linked.and_then(ServiceView::reading);
    let observed = linked.and_then(|view| Some(view.machine.as_ref()?.observed_at.as_seconds()));
    json!({
        "vm_id": id(view),
        "vm_build_id": build.id,
        "vm_build_started_at": build.ordered_at.map(domain::Moment::as_seconds),
        "vm_state": state(view),
        "vm": machine.map(|machine| shown(machine, observed)),
    })
}

/// The machine as the platform shows it, with the moment of the reading.
fn shown(machine: Machine, observed: Option<i64>) -> Value {
    let mut raw = machine.raw;
    if let Some(fields) = raw.as_object_mut() {
        fields.insert("observed_at".to_owned(), json!(observed));
    }
    raw
}
