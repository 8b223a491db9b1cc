//! The rows of the administrator's product page, and what becomes of them when they are saved.
//!
//! The first row is the machine's id upstream. Writing another one proposes a link, emptying it proposes to give the
//! link up; nothing over the bridge changes who owns a machine.

use domain::id::QuestionId;
use domain::record::{Question, QuestionKind, Standing};
use domain::{ActorKind, Change, Commit, ServiceView};
use serde::Deserialize;
use serde_json::json;

use super::client_area::fragment;
use super::lifecycle::view;
use super::{Asked, Said, ServiceParams, fault};
use crate::html::escape;
use crate::page::PrincipalKind;
use crate::problem::{Code, Problem};
use crate::vocabulary::Vocabulary;

/// The fragment that names the further rows.
pub const FRAGMENT: &str = "admin-tab";

/// The word in the second field without which an emptied id changes nothing.
const CONFIRMATION: &str = "unlink";

#[derive(Debug, Deserialize)]
struct Row {
    label: String,
    html: String,
}

/// The rows: the id, and what the pages add.
pub async fn fields(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    staff(asked)?;
    let view = view(asked, params).await?;
    let upstream = view
        .as_ref()
        .and_then(|view| view.link.as_ref())
        .map_or_else(String::new, |link| link.identity.id.clone());
    let (label, place) = Vocabulary::of(asked.module).machine_field;
    let further = fragment(asked, (params, view), PrincipalKind::Admin, FRAGMENT).await;
    let further: Vec<Row> = further
        .and_then(|body| serde_json::from_str(&body).ok())
        .unwrap_or_default();
    let row = |label: &str, html: &str| json!({ "label": label, "html": html });
    let mut rows: Vec<_> = further
        .iter()
        .map(|further| row(&further.label, &further.html))
        .collect();
    rows.insert(place.min(rows.len()), row(label, &id_field(&upstream)));
    Ok(Said::success().with_data(json!({ "fields": rows })))
}

fn id_field(upstream: &str) -> String {
    format!(
        "<input type=\"text\" class=\"form-control input-200\" name=\"modulefields[0]\" value=\"{}\"> \
         <label><input type=\"checkbox\" name=\"modulefields[1]\" value=\"{CONFIRMATION}\"> \
         propose to give up the link when the field is empty</label> \
         <small>A change is only proposed; it is accepted on the engine's host.</small>",
        escape(upstream)
    )
}

/// What an administrator proposes by saving the rows.
#[derive(Debug, PartialEq, Eq)]
enum Proposal {
    Link(String),
    Unlink,
    Nothing,
}

fn proposal(fields: &[String], linked: Option<&str>, is_machine: fn(&str) -> bool) -> Proposal {
    let id = fields.first().map(|field| field.trim()).unwrap_or_default();
    let confirmed = fields.get(1).is_some_and(|field| field == CONFIRMATION);
    match (id, linked) {
        ("", Some(_)) if confirmed => Proposal::Unlink,
        ("", _) => Proposal::Nothing,
        (same, Some(linked)) if same == linked => Proposal::Nothing,
        (id, _) if is_machine(id) => Proposal::Link(id.to_owned()),
        _ => Proposal::Nothing,
    }
}

/// Saves the rows: a change becomes a question for a person on the engine's host.
pub async fn save(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    staff(asked)?;
    let view = view(asked, params).await?;
    let linked = view
        .as_ref()
        .and_then(|view| view.link.as_ref())
        .map(|link| link.identity.id.as_str());
    let fields = params.modulefields.as_deref().unwrap_or_default();
    let (text, choice) = match proposal(fields, linked, Vocabulary::of(asked.module).is_machine) {
        Proposal::Nothing => return Ok(Said::success()),
        Proposal::Link(id) => (
            format!(
                "An administrator proposes machine {id} for service {}, which {}. To link it, run `hostler service \
                 adopt` on the engine's host.",
                params.serviceid,
                linked.map_or_else(|| "has none".to_owned(), |old| format!("has machine {old}"))
            ),
            "leave the service as it is, or after it was adopted",
        ),
        Proposal::Unlink => (
            format!(
                "An administrator proposes that service {} gives up machine {}. The link stays until the service is \
                 terminated or adopted anew on the engine's host.",
                params.serviceid,
                linked.unwrap_or_default()
            ),
            "keep the link",
        ),
    };
    propose(asked, view.as_ref(), text.clone(), choice).await?;
    Ok(Said::sentence(format!("Nothing was changed. {text}")))
}

/// Only administrators see and save these rows.
fn staff(asked: &Asked<'_>) -> Result<(), Problem> {
    if asked.context.actor().kind == ActorKind::Client {
        return Err(Problem::new(
            Code::Forbidden,
            "Clients have no part in the administrator's page.",
        ));
    }
    Ok(())
}

/// Asks once: the same proposal, saved again with the page, stays one question.
async fn propose(
    asked: &Asked<'_>,
    view: Option<&ServiceView>,
    text: String,
    choice: &str,
) -> Result<(), Problem> {
    let open = view.is_some_and(|view| {
        view.questions
            .iter()
            .any(|question| question.kind == QuestionKind::OwnershipProposal && question.text == text)
    });
    let ended = view.is_some_and(|view| view.service.standing == Standing::Ended);
    if open || ended {
        return Ok(());
    }
    let engine = asked.state.engine();
    let question = Question {
        id: QuestionId::new(engine.clock().as_ref(), engine.random().as_ref()),
        service: view.map(|view| view.service.id),
        operation: None,
        kind: QuestionKind::OwnershipProposal,
        subject: None,
        text,
        choices: vec![("dismiss".to_owned(), choice.to_owned())],
        host_only: true,
        opened_at: asked.state.now(),
        answered_at: None,
        answer: None,
        answered_by: None,
    };
    let commit = Commit {
        changes: vec![Change::PutQuestion(question)],
        ..Commit::default()
    };
    match engine.store().commit(commit).await {
        Ok(_) => Ok(()),
        Err(error) => Err(fault(&error.into())),
    }
}

#[cfg(test)]
mod tests {
    use domain::record::Module;

    use super::*;

    fn saved(fields: &[&str], linked: Option<&str>) -> Proposal {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        proposal(
            &fields,
            linked,
            Vocabulary::of(Module::VirtFusionDirect).is_machine,
        )
    }

    #[test]
    fn vf_072_a_saved_id_is_proposed_and_an_empty_one_only_when_confirmed() {
        assert_eq!(saved(&["71"], None), Proposal::Link("71".to_owned()));
        assert_eq!(saved(&[" 71 "], Some("70")), Proposal::Link("71".to_owned()));
        for ignored in ["0", "-3", "abc", "7.5", "70; DROP"] {
            assert_eq!(saved(&[ignored], None), Proposal::Nothing, "{ignored}");
        }
        assert_eq!(saved(&["70"], Some("70")), Proposal::Nothing);
        assert_eq!(saved(&[""], Some("70")), Proposal::Nothing);
        assert_eq!(saved(&["", "on"], Some("70")), Proposal::Nothing);
        assert_eq!(saved(&["", CONFIRMATION], Some("70")), Proposal::Unlink);
        assert_eq!(saved(&["", CONFIRMATION], None), Proposal::Nothing);
        assert_eq!(saved(&[], Some("70")), Proposal::Nothing);
    }

    #[test]
    fn the_id_field_is_quoted() {
        assert!(id_field("\"><script>").contains("value=\"&quot;&gt;&lt;script&gt;\""));
    }
}
