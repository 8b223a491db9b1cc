//! Templates, and what they see of the books.

use axum::response::Html;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Value, json};

use crate::books::{Books, CallNote, Service, Status};
use crate::shop::Shop;

/// How many entries of each record a page shows.
const SHOWN: usize = 40;

/// The templates. Their names end in `.html`, so everything they print is escaped unless they say otherwise.
pub struct Views(Environment<'static>);

const TEMPLATES: &[(&str, &str)] = &[
    ("base.html", include_str!("../../templates/base.html")),
    ("front.html", include_str!("../../templates/front.html")),
    ("order.html", include_str!("../../templates/order.html")),
    ("service.html", include_str!("../../templates/service.html")),
    ("live.html", include_str!("../../templates/live.html")),
    ("faults.html", include_str!("../../templates/faults.html")),
    ("message.html", include_str!("../../templates/message.html")),
];

impl Views {
    /// All templates, compiled.
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            environment
                .add_template(name, source)
                .expect("the built-in templates compile, which every test that makes a shop proves");
        }
        Self(environment)
    }

    /// A template with its own values and those of every page.
    pub fn page(&self, name: &str, shop: &Shop, values: &Value) -> Html<String> {
        let mut all = json!({ "operator_url": shop.config.operator_url, "has_sim": shop.sim.is_some() });
        if let (Some(all), Some(values)) = (all.as_object_mut(), values.as_object()) {
            all.extend(values.clone());
        }
        let rendered = self
            .0
            .get_template(name)
            .and_then(|template| template.render(minijinja::Value::from(Serde(all))));
        Html(rendered.unwrap_or_else(|error| {
            tracing::error!(template = name, %error, "a page was not rendered");
            "<!doctype html><title>Error</title><p>This page cannot be shown.</p>".to_owned()
        }))
    }
}

/// A service in lists and at the top of its page.
pub fn service(shop: &Shop, books: &Books, service: &Service) -> Value {
    let product = shop
        .product(service.product)
        .map_or("", |product| product.name.as_str());
    json!({
        "id": service.id,
        "domain": service.domain,
        "product": product,
        "product_id": service.product,
        "status": service.status.word(),
        "address": service.dedicatedip,
        "more_addresses": service.assignedips,
        "order_status": books.order_status(service.order),
        "machine": service.link.as_ref().filter(|link| !link.closed).map(|link| link.upstream_id.clone()),
        "running": service.running,
        "last": service.calls.last().map(call),
        "welcomed": books.mails.iter().any(|mail| mail.service == service.id),
    })
}

/// What may be done with a service, by its status: the buttons of its page.
pub const fn buttons(status: Status) -> &'static [(&'static str, &'static str)] {
    match status {
        Status::Pending => &[("create", "Set it up now"), ("terminate", "End it")],
        Status::Active => &[("suspend", "Suspend it"), ("terminate", "End it")],
        Status::Suspended => &[("unsuspend", "Unsuspend it"), ("terminate", "End it")],
        Status::Terminated => &[],
    }
}

/// The records of one service, newest first.
pub fn records(books: &Books, id: u64) -> Value {
    let effects = books
        .ledger
        .all()
        .rev()
        .filter(|record| record.service == Some(id))
        .take(SHOWN)
        .map(|record| {
            json!({
                "at": time(record.at),
                "id": record.id,
                "kind": record.kind,
                "seen": record.seen,
                "outcome": record.outcome.map_or("begun", crate::books::Outcome::word),
                "reason": record.reason,
            })
        });
    let mails = books.mails.iter().rev().filter(|mail| mail.service == id).take(SHOWN).map(
        |mail| json!({ "at": time(mail.at), "to": mail.to, "template": mail.template, "text": mail.text }),
    );
    let lines = books
        .activity
        .iter()
        .rev()
        .filter(|line| line.service == Some(id))
        .take(SHOWN);
    let lines = lines.map(|line| json!({ "at": time(line.at), "message": line.message }));
    let calls = books
        .services
        .get(&id)
        .into_iter()
        .flat_map(|service| service.calls.iter().rev())
        .take(SHOWN);
    json!({
        "effects": effects.collect::<Vec<Value>>(),
        "mails": mails.collect::<Vec<Value>>(),
        "activity": lines.collect::<Vec<Value>>(),
        "calls": calls.map(call).collect::<Vec<Value>>(),
    })
}

fn call(note: &CallNote) -> Value {
    json!({
        "at": time(note.at),
        "function": note.function,
        "result": note.result,
        "ok": note.result == "success",
        "again": note.applying.is_some(),
        "operation": note.operation,
    })
}

/// `07:31:05`, in UTC.
fn time(at: domain::Moment) -> String {
    at.to_string().get(11..19).unwrap_or_default().to_owned()
}
