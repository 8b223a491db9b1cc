//! `hostler service why`.

use anyhow::{Context, Result};
use engine::core::Why;
use engine::{Last, ServiceWhy};
use serde_json::json;

use super::answer::{Answer, fields};
use super::{Desk, ServiceName};

/// Explains a service.
pub(super) async fn explain(desk: &Desk, name: &ServiceName) -> Result<Answer> {
    let service = name.find(desk).await?;
    let why = desk.engine.why(&service.installation, service.billing_id).await?;
    let why = why.with_context(|| format!("service {name} vanished while it was read"))?;
    let known = format!("{}/{}", service.installation, service.billing_id);
    let mut value = json!(why);
    value["service"] = json!(known);
    value["id"] = json!(service.id);
    Ok(Answer::new(text(&known, &why), value))
}

fn text(name: &str, why: &ServiceWhy) -> String {
    let mut parts = vec![standing(name, why)];
    if why.open.is_empty() {
        parts.push("All is final: nothing is under way, and nothing waits for a person.".to_owned());
    }
    parts.extend(why.open.iter().chain(&why.waiting).map(open));
    parts.extend(why.last.as_ref().map(last));
    parts.join("\n\n")
}

fn standing(name: &str, why: &ServiceWhy) -> String {
    let machine = match (&why.machine, why.read_at) {
        (Some(machine), Some(read)) => format!("Its machine is {machine}, last read at {read}."),
        (Some(machine), None) => format!("Its machine is {machine}, which has not been read yet."),
        (None, _) => "It has no machine.".to_owned(),
    };
    format!(
        "Service {name} is {}; the billing system calls it {}. {machine}",
        why.standing, why.status
    )
}

fn open(why: &Why) -> String {
    let evidence: Vec<String> = why.evidence.iter().map(ToString::to_string).collect();
    let about = fields(&[
        (
            "operation",
            why.operation.map(|id| id.to_string()).unwrap_or_default(),
        ),
        (
            "question",
            why.question.map(|id| id.to_string()).unwrap_or_default(),
        ),
        ("cause", why.cause.clone()),
        ("evidence", evidence.join(" ")),
        ("next", why.next.clone()),
        ("by", why.deadline.map(|by| by.to_string()).unwrap_or_default()),
    ]);
    let indented: Vec<String> = about.lines().map(|line| format!("  {line}")).collect();
    format!("{}\n{}", why.what, indented.join("\n"))
}

fn last(last: &Last) -> String {
    let at = last.at.map_or_else(String::new, |at| format!(" at {at}"));
    let reason = if last.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", last.reason)
    };
    format!(
        "The last change that ended, {} {}, {}{at}{reason}",
        last.kind, last.operation, last.state
    )
}
