//! Why something is as it is: cause, evidence and next step of everything about a service that is not final.

use domain::Moment;
use domain::case::ServiceView;
use domain::id::{CallId, OperationId, QuestionId};
use domain::record::{Call, CallState, Operation, OperationInput, OperationState, Question};
use serde::Serialize;

/// How many calls are named as evidence.
const EVIDENCE: usize = 5;

/// One thing that is not final, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The operation, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// The question that a person has to answer, where one is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<QuestionId>,
    /// What it is (`create`, `question`), and its state.
    pub what: String,
    /// Why it is so, in one sentence.
    pub cause: String,
    /// The calls that show it, the newest first.
    pub evidence: Vec<CallId>,
    /// What happens next, by itself or by a person's hand.
    pub next: String,
    /// When it becomes a question, or ends, if nothing happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Moment>,
}

/// Explains a service. `calls` are those of its open operations, in any order.
pub fn explain(view: &ServiceView, calls: &[Call], now: Moment) -> Vec<Why> {
    let mut all: Vec<Why> = view
        .open
        .iter()
        .map(|operation| explain_operation(operation, &view.open, &view.questions, calls, now))
        .collect();
    let alone = view.questions.iter().filter(|question| {
        question
            .operation
            .is_none_or(|id| !view.open.iter().any(|operation| operation.id == id))
    });
    all.extend(alone.map(|question| Why {
        operation: question.operation,
        question: Some(question.id),
        what: format!("question ({})", question.kind),
        cause: question.text.clone(),
        evidence: Vec::new(),
        next: answers(question),
        deadline: None,
    }));
    all
}

/// Explains one open operation.
pub fn explain_operation(
    operation: &Operation,
    open: &[Operation],
    questions: &[Question],
    calls: &[Call],
    now: Moment,
) -> Why {
    let question = questions
        .iter()
        .find(|question| question.operation == Some(operation.id) || operation.held_by == Some(question.id));
    Why {
        operation: Some(operation.id),
        question: question.map(|question| question.id),
        what: format!("{} ({})", operation.kind, operation.state),
        cause: cause(operation, open),
        evidence: evidence(operation.id, calls),
        next: next(operation, open, question, now),
        deadline: Some(operation.deadline),
    }
}

fn cause(operation: &Operation, open: &[Operation]) -> String {
    if operation.state == OperationState::Queued
        && let Some(before) = before(operation, open)
    {
        return format!("{} {} is under way and comes first", before.kind, before.id);
    }
    if let Some(by) = operation.interrupted_by {
        return format!(
            "ended by {by}, which waits until what was sent is settled: {}",
            operation.reason
        );
    }
    let hint = operation
        .current()
        .map(|index| &operation.steps[index])
        .filter(|step| !step.hint.is_empty() && !operation.reason.contains(&step.hint))
        .map(|step| format!(" ({})", step.hint));
    format!("{}{}", operation.reason, hint.unwrap_or_default())
}

/// The change that a queued one waits for.
fn before<'a>(operation: &Operation, open: &'a [Operation]) -> Option<&'a Operation> {
    open.iter()
        .filter(|other| other.kind.changes() && other.sequence < operation.sequence)
        .min_by_key(|other| other.sequence)
}

fn evidence(operation: OperationId, calls: &[Call]) -> Vec<CallId> {
    let mut own: Vec<&Call> = calls.iter().filter(|call| call.operation == operation).collect();
    // What is unknown or under way says most; then the newest.
    own.sort_by_key(|call| {
        let open = matches!(call.state, CallState::Unknown | CallState::Sending);
        (std::cmp::Reverse(open), std::cmp::Reverse(call.sent_at))
    });
    own.into_iter().take(EVIDENCE).map(|call| call.id).collect()
}

fn next(operation: &Operation, open: &[Operation], question: Option<&Question>, now: Moment) -> String {
    if let Some(question) = question {
        let looks = operation.due_at.map(|due| {
            format!("; it is looked at again at {due} and answers itself if that shows the answer")
        });
        return format!("{}{}", answers(question), looks.unwrap_or_default());
    }
    if operation.state == OperationState::Queued {
        return before(operation, open).map_or_else(
            || "begins as soon as the engine gets to it".to_owned(),
            |before| format!("begins when {} {} has ended", before.kind, before.id),
        );
    }
    if let Some(lease) = operation.lease {
        return format!(
            "is at work now; if nothing is heard, it is taken up again at {}",
            lease.until
        );
    }
    match (&operation.input, operation.due_at) {
        (
            OperationInput::Terminate {
                not_before: Some(moment),
            },
            _,
        ) if *moment > now => {
            format!("can be taken back by a create until {moment}; then the machine is deleted")
        }
        (_, Some(due)) if due > now => format!("is tried again at {due}"),
        (_, Some(_)) => "is due now and taken up as soon as a worker is free".to_owned(),
        (_, None) => "waits for an event of its service".to_owned(),
    }
}

fn answers(question: &Question) -> String {
    let words: Vec<String> = question
        .choices
        .iter()
        .map(|(word, does)| format!("{word} ({does})"))
        .collect();
    let place = if question.host_only {
        ", on the engine's host only"
    } else {
        ""
    };
    format!(
        "answer with `hostler operation answer {} WORD`{place}: {}",
        question.id,
        words.join("; ")
    )
}
