//! Orders: accepted when the last of their machines is there, and what follows when they end otherwise.

use domain::ServiceView;
use domain::record::{EffectBody, ServiceStatus};

use super::bodies::{DoneFunction, ModuleDone, OrderEnded};
use super::{Heard, Told, services, stock};
use crate::call::fault;
use crate::problem::Problem;
use crate::rows::ServiceRow;

/// An order was cancelled, marked as fraud or deleted: its machines are suspended now and ended after their grace.
pub async fn ended(told: &Told<'_>, order: &OrderEnded, why: &str) -> Result<Heard, Problem> {
    stock::dropped(told, &order.services).await?;
    for row in order.services.iter().filter(|row| row.is_ours()) {
        services::end(told, row.service, why).await?;
    }
    Ok(Heard::default())
}

/// A function of ours answered `success`.
pub async fn module_done(told: &Told<'_>, done: &ModuleDone) -> Result<Heard, Problem> {
    if !done.service.is_ours() {
        return Ok(Heard::default());
    }
    services::learn(told, &done.service).await?;
    let heard = Heard::of(done.service.service);
    let Some(order) = order_to_accept(done) else {
        return Ok(heard);
    };
    for sibling in done.siblings.iter().filter(|sibling| sibling.is_ours()) {
        if is_pending(sibling) && !has_machine(told, sibling).await? {
            return Ok(heard);
        }
    }
    let view = view(told, done.service.service).await?;
    let body = EffectBody::AcceptOrder {
        order_id: order,
        autosetup: false,
        sendemail: true,
    };
    let service = view.map(|view| (view.service.id, view.service.billing_id));
    told.state
        .engine()
        .tell(&told.admitted.installation.id, service, body)
        .await
        .map_err(|error| fault(&error))?;
    Ok(heard)
}

/// The order that a create may have completed: still pending, and without a service of another module that is not set
/// up. What is only not known to the engine yet is judged after this.
fn order_to_accept(done: &ModuleDone) -> Option<u64> {
    let order = done.order.as_ref().filter(|order| {
        done.function == DoneFunction::Create && order.status.eq_ignore_ascii_case("Pending")
    })?;
    let foreign = done
        .siblings
        .iter()
        .any(|sibling| !sibling.is_ours() && is_pending(sibling));
    (!foreign).then_some(order.order)
}

fn is_pending(row: &ServiceRow) -> bool {
    row.status() == ServiceStatus::Pending
}

/// Two creates that end at the same time must not both wait for each other: a sibling that is linked here is there,
/// though its mapping has not reached the billing side yet.
async fn has_machine(told: &Told<'_>, sibling: &ServiceRow) -> Result<bool, Problem> {
    if sibling.mapped_id.is_some() {
        return Ok(true);
    }
    Ok(view(told, sibling.service)
        .await?
        .is_some_and(|view| view.link.is_some()))
}

async fn view(told: &Told<'_>, service: u64) -> Result<Option<ServiceView>, Problem> {
    told.state
        .engine()
        .view(&told.admitted.installation.id, service)
        .await
        .map_err(|error| fault(&error))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn done(function: &str, order: &Value, siblings: &Value) -> ModuleDone {
        let row = json!({ "service": 501, "client": 77, "product": 3, "server": 2, "order": 9, "order_status": "Pending",
                          "module": "VirtFusionDirect", "domainstatus": "Active", "domain": "", "address": "" });
        let body = json!({ "function": function, "service": row, "order": order, "siblings": siblings });
        serde_json::from_value(body).unwrap()
    }

    fn sibling(module: &str, status: &str) -> Value {
        json!([{ "service": 502, "client": 77, "product": 8, "server": 0, "order": 9, "order_status": "Pending",
                 "module": module, "domainstatus": status, "domain": "", "address": "" }])
    }

    fn pending() -> Value {
        json!({ "order": 9, "status": "Pending" })
    }

    #[test]
    fn vf_168_a_create_may_complete_its_pending_order() {
        assert_eq!(order_to_accept(&done("create", &pending(), &json!([]))), Some(9));
        assert_eq!(order_to_accept(&done("suspend", &pending(), &json!([]))), None);
        assert_eq!(order_to_accept(&done("create", &Value::Null, &json!([]))), None);
    }

    #[test]
    fn vf_169_an_order_that_is_not_pending_is_left_alone() {
        for status in ["Active", "Cancelled", "Fraud", ""] {
            let order = json!({ "order": 9, "status": status });
            assert_eq!(
                order_to_accept(&done("create", &order, &json!([]))),
                None,
                "{status}"
            );
        }
    }

    #[test]
    fn vf_170_a_mixed_order_waits_for_what_other_modules_have_not_set_up() {
        let mixed = |status| order_to_accept(&done("create", &pending(), &sibling("cpanel", status)));
        assert_eq!(mixed("Pending"), None);
        assert_eq!(mixed("Active"), Some(9));
        let manual = order_to_accept(&done("create", &pending(), &sibling("", "Pending")));
        assert_eq!(manual, None);
    }
}
