//! `hostler operation`: list, show, retry, cancel, answer.

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use domain::id::{OperationId, QuestionId};
use domain::record::{Call, Operation, OperationKind, OperationState, Question};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Archived, OperationFilter, PageRequest, QuestionFilter};

use super::answer::{Answer, fields, table};
use super::{Desk, ServiceName};

/// What can be asked about operations.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationCommand {
    /// Lists operations, the newest first.
    List {
        /// Only those in this state: queued, running, asking, succeeded, failed, cancelled or superseded.
        #[arg(long)]
        state: Option<OperationState>,
        /// Only those of this kind: create, suspend, terminate, …
        #[arg(long)]
        kind: Option<OperationKind>,
        /// Only those of this service (`svc_…` or INSTALLATION/ID).
        #[arg(long)]
        service: Option<ServiceName>,
        /// Finished ones too.
        #[arg(long)]
        all: bool,
        /// Only what ended long ago and went to the archive, of one service.
        #[arg(long, requires = "service", conflicts_with_all = ["state", "kind", "all"])]
        archived: bool,
        /// How many, at most 500.
        #[arg(long, default_value_t = 50)]
        limit: u64,
        /// Continues a listing that was cut.
        #[arg(long)]
        after: Option<String>,
    },
    /// Shows one operation with its steps, platform requests and questions.
    Show {
        /// Which one.
        operation: OperationId,
    },
    /// Tries a waiting operation again now.
    Retry {
        /// Which one.
        operation: OperationId,
    },
    /// Takes an operation back, before it has changed anything.
    Cancel {
        /// Which one.
        operation: OperationId,
    },
    /// Answers a question; without a question lists those that are open.
    Answer {
        /// Which question (`qst_…`).
        question: Option<QuestionId>,
        /// The answer's word; without one the choices are shown.
        word: Option<String>,
    },
}

impl OperationCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::List {
                state,
                kind,
                service,
                all,
                archived,
                limit,
                after,
            } => {
                let service = match service {
                    Some(name) => Some(name.find(desk).await?.id),
                    None => None,
                };
                let filter = OperationFilter {
                    states: state.into_iter().collect(),
                    open: (!all && state.is_none()).then_some(true),
                    service,
                    platform: None,
                    kind,
                };
                let page = after.map_or(PageRequest::first(limit), |cursor| {
                    PageRequest::after(cursor, limit)
                });
                list(desk, &filter, archived, &page).await
            }
            Self::Show { operation } => show(desk, operation).await,
            Self::Retry { operation } => {
                desk.engine.retry(operation, &desk.actor).await?;
                Ok(Answer::new(
                    "It is tried again now.",
                    json!({ "operation": operation }),
                ))
            }
            Self::Cancel { operation } => {
                desk.engine.cancel(operation, &desk.actor).await?;
                Ok(Answer::new(
                    "It is cancelled; nothing was changed.",
                    json!({ "operation": operation }),
                ))
            }
            Self::Answer { question: None, .. } => questions(desk).await,
            Self::Answer {
                question: Some(question),
                word: None,
            } => ask(desk, question).await,
            Self::Answer {
                question: Some(question),
                word: Some(word),
            } => {
                desk.engine.answer(question, &word, &desk.actor).await?;
                Ok(Answer::new(
                    format!("Answered: {word}."),
                    json!({ "question": question, "answer": word }),
                ))
            }
        }
    }
}

async fn list(desk: &Desk, filter: &OperationFilter, archived: bool, page: &PageRequest) -> Result<Answer> {
    let store = desk.engine.store();
    let found = match filter.service {
        Some(service) if archived => store.archived_operations(service, page).await?,
        _ => store.operations(filter, page).await?,
    };
    let rows: Vec<Vec<String>> = found.items.iter().map(row).collect();
    let items = found.items.iter().map(summary).collect();
    let mut answer = Answer::listing("There is no such operation.", &HEADS, &rows, items);
    if let Some(next) = found.next {
        answer.text = format!("{}\nThere are more: --after {next}", answer.text);
    }
    Ok(answer)
}

const HEADS: [&str; 6] = ["ID", "KIND", "STATE", "STEP", "SINCE", "REASON"];

/// One operation in a table.
pub(super) fn row(operation: &Operation) -> Vec<String> {
    let step = operation.current().and_then(|index| operation.steps.get(index));
    vec![
        operation.id.to_string(),
        operation.kind.to_string(),
        operation.state.to_string(),
        step.map_or_else(|| "-".to_owned(), |step| step.name.clone()),
        operation.created_at.to_string(),
        operation.reason.clone(),
    ]
}

/// Several operations as a table.
pub(super) fn rows(operations: &[Operation]) -> String {
    table(&HEADS, &operations.iter().map(row).collect::<Vec<_>>())
}

/// One operation for a program, without its documents.
pub(super) fn summary(operation: &Operation) -> Value {
    json!({
        "id": operation.id,
        "service": operation.service,
        "generation": operation.generation,
        "kind": operation.kind,
        "state": operation.state,
        "milestone": operation.milestone,
        "step": operation.current().and_then(|index| operation.steps.get(index)).map(|step| &step.name),
        "reason": operation.reason,
        "actor": operation.actor,
        "due_at": operation.due_at.map(|at| at.to_string()),
        "deadline": operation.deadline.to_string(),
        "created_at": operation.created_at.to_string(),
        "finished_at": operation.finished_at.map(|at| at.to_string()),
    })
}

async fn show(desk: &Desk, id: OperationId) -> Result<Answer> {
    let Archived {
        operation,
        calls,
        questions,
    } = found(desk, id).await?;
    let mut text = described(&operation);
    if !operation.steps.is_empty() {
        text = format!("{text}\n\n{}", steps(&operation));
    }
    if !calls.is_empty() {
        let rows: Vec<Vec<String>> = calls.iter().map(call).collect();
        text = format!(
            "{text}\n\n{}",
            table(&["REQUEST", "STEP", "ATTEMPT OF", "CAME TO"], &rows)
        );
    }
    for question in &questions {
        text = format!("{text}\n\n{}", asked(question));
    }
    let mut value = summary(&operation);
    value["steps"] = json!(operation.steps);
    value["notes"] = json!(operation.notes);
    value["calls"] = calls.iter().rev().map(|call| json!(call)).collect();
    value["questions"] = json!(questions);
    Ok(Answer::new(text, value))
}

/// An operation with its requests, oldest first, and the open questions of its service: from the archive, where it ended
/// long ago.
async fn found(desk: &Desk, id: OperationId) -> Result<Archived> {
    let store = desk.engine.store();
    let Some(operation) = store.operation(id).await? else {
        let archived = store.archived(id).await?;
        return archived.with_context(|| {
            format!("there is no operation {id}; `hostler operation list --all` names them")
        });
    };
    let calls = store.calls(id, &PageRequest::first(store::HARD_LIMIT)).await?;
    let filter = QuestionFilter {
        open: Some(true),
        service: Some(operation.service),
    };
    let questions = store.questions(&filter, &PageRequest::default()).await?;
    Ok(Archived {
        operation,
        calls: calls.items.into_iter().rev().collect(),
        questions: questions.items,
    })
}

fn described(operation: &Operation) -> String {
    fields(&[
        ("operation", operation.id.to_string()),
        ("service", operation.service.to_string()),
        ("kind", operation.kind.to_string()),
        ("state", operation.state.to_string()),
        ("reason", operation.reason.clone()),
        (
            "asked by",
            format!("{} {}", operation.actor.kind, operation.actor.id),
        ),
        ("since", operation.created_at.to_string()),
        (
            "next look",
            operation.due_at.map(|at| at.to_string()).unwrap_or_default(),
        ),
        ("deadline", operation.deadline.to_string()),
        (
            "ended",
            operation.finished_at.map(|at| at.to_string()).unwrap_or_default(),
        ),
    ])
}

fn steps(operation: &Operation) -> String {
    let rows: Vec<Vec<String>> = operation
        .steps
        .iter()
        .map(|step| {
            let hint = step.refusal.clone().unwrap_or_else(|| step.hint.clone());
            vec![
                step.name.clone(),
                step.phase.to_string(),
                step.attempt.to_string(),
                step.looks.to_string(),
                hint,
            ]
        })
        .collect();
    table(&["STEP", "PHASE", "ACTS", "LOOKS", "REMARK"], &rows)
}

fn call(call: &Call) -> Vec<String> {
    let came_to = call
        .outcome
        .as_ref()
        .map_or_else(|| call.state.to_string(), domain::http::Outcome::summary);
    vec![
        call.id.to_string(),
        call.step.clone(),
        call.request.name.clone(),
        came_to,
    ]
}

fn asked(question: &Question) -> String {
    let mut lines = vec![format!("Question {}: {}", question.id, question.text)];
    if let Some(answer) = &question.answer {
        lines.push(format!("It was answered: {answer}"));
        return lines.join("\n");
    }
    for (word, meaning) in &question.choices {
        lines.push(format!("  {word}: {meaning}"));
    }
    lines.push(format!(
        "Answer it: hostler operation answer {} WORD",
        question.id
    ));
    lines.join("\n")
}

async fn questions(desk: &Desk) -> Result<Answer> {
    let filter = QuestionFilter {
        open: Some(true),
        service: None,
    };
    let open = desk
        .engine
        .store()
        .questions(&filter, &PageRequest::first(store::HARD_LIMIT))
        .await?
        .items;
    let text = open.iter().map(asked).collect::<Vec<_>>().join("\n\n");
    let text = if open.is_empty() {
        "No question is open.".to_owned()
    } else {
        text
    };
    Ok(Answer::new(text, json!(open)))
}

async fn ask(desk: &Desk, id: QuestionId) -> Result<Answer> {
    let question = desk.engine.store().question(id).await?;
    let question = question.with_context(|| {
        format!("there is no question {id}; `hostler operation answer` lists the open ones")
    })?;
    if let Some(answer) = &question.answer {
        bail!("question {id} was answered already: {answer}");
    }
    Ok(Answer::new(asked(&question), json!(question)))
}
