//! Why something is as it is: cause, evidence, next step and deadline of everything about a service that is not final.
//!
//! An explanation never stands without an end: it names a deadline, or whoever has to act before it goes on.

mod course;

use domain::Moment;
use domain::case::ServiceView;
use domain::id::{CallId, OperationId, QuestionId};
use domain::record::{
    Call, CallState, Effect, EffectState, Operation, OperationKind, OperationState, Question, QuestionKind,
};
use serde::Serialize;

use course::{Around, answers, concerns, who_answers};

/// How many calls are named as evidence.
const EVIDENCE: usize = 5;

/// Who has to act before something goes on that nothing ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// An operator, by a button of the pages or on the command line.
    Operator,
    /// Somebody at the command line of the engine's host.
    Host,
    /// The billing system, which fetches its effects by itself.
    Billing,
}

impl Awaited {
    /// The form in which it is serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Host => "host",
            Self::Billing => "billing",
        }
    }
}

/// An open question, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Which.
    pub id: QuestionId,
    /// What it is about.
    pub kind: QuestionKind,
    /// Whether only the command line on the engine's host answers it.
    pub host_only: bool,
}

/// One thing that is not final, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The operation, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// What the operation intends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<OperationKind>,
    /// Where the operation stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<OperationState>,
    /// The question that a person has to answer, where one is open; the first of `questions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<QuestionId>,
    /// Every open question about it, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Asked>,
    /// What it is (`create`, `question`), and its state.
    pub what: String,
    /// Why it is so, in plain sentences.
    pub cause: String,
    /// The calls that show it: those without a known answer first, then the newest.
    pub evidence: Vec<CallId>,
    /// The operation that made these calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_of: Option<OperationId>,
    /// What happens next, by itself or by a person's hand.
    pub next: String,
    /// When it is looked at again by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Moment>,
    /// When it becomes a question, or ends, if nothing happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Moment>,
    /// Who has to act, where it does not go on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaits: Option<Awaited>,
}

/// Explains a service. `calls` are those of its open operations, of what its questions are about, and of its last
/// reading, in any order.
pub fn explain(view: &ServiceView, calls: &[Call], now: Moment) -> Vec<Why> {
    let operations = view
        .open
        .iter()
        .map(|operation| explain_operation(operation, &view.open, &view.questions, calls, now));
    let alone = view
        .questions
        .iter()
        .filter(|question| !view.open.iter().any(|operation| concerns(question, operation)))
        .map(|question| explain_question(question, calls));
    operations.chain(alone).collect()
}

/// Explains one operation. `open` are the service's operations that have not ended, `questions` its open questions.
pub fn explain_operation(
    operation: &Operation,
    open: &[Operation],
    questions: &[Question],
    calls: &[Call],
    now: Moment,
) -> Why {
    let around = Around::new(operation, open, questions, now);
    let asked = around.asked(operation);
    let course = around.course(&asked);
    let (evidence, evidence_of) = around.evidence(calls);
    Why {
        operation: Some(operation.id),
        kind: Some(operation.kind),
        state: Some(operation.state),
        question: asked.first().map(|question| question.id),
        questions: in_short(&asked),
        what: format!("{} ({})", operation.kind, operation.state),
        cause: around.cause(&asked),
        evidence,
        evidence_of,
        next: course.next,
        again_at: operation.due_at.filter(|due| *due > now),
        deadline: course.deadline,
        awaits: course.awaits,
    }
}

/// Explains the effects of a service that its billing system has not settled; `None` when there are none.
pub fn explain_effects(effects: &[Effect], now: Moment) -> Option<Why> {
    let waiting = effects
        .iter()
        .filter(|effect| effect.state == EffectState::Waiting);
    let count = waiting.clone().count();
    // They leave in their order, so that the first holds the others up.
    let first = waiting.min_by_key(|effect| effect.sequence)?;
    let tried = match (first.tries, &first.reason) {
        (0, _) => String::new(),
        (tries, None) => format!("; it was handed out {tries} times and is not settled"),
        (tries, Some(reason)) => format!("; it was handed out {tries} times, and last: {reason}"),
    };
    let again = first.due_at > now;
    Some(Why {
        operation: None,
        kind: None,
        state: None,
        question: None,
        questions: Vec::new(),
        what: format!("effects ({count} waiting)"),
        cause: format!(
            "{count} effects wait for the billing system; the first is {} ({}){tried}",
            first.body.kind(),
            first.id
        ),
        evidence: Vec::new(),
        evidence_of: None,
        next: if again {
            format!(
                "is handed out again from {} on, when the billing system asks",
                first.due_at
            )
        } else {
            "is handed out as soon as the billing system asks, which it does at its cron run at the latest"
                .to_owned()
        },
        again_at: again.then_some(first.due_at),
        deadline: None,
        awaits: Some(Awaited::Billing),
    })
}

/// A question that no open operation waits for.
fn explain_question(question: &Question, calls: &[Call]) -> Why {
    let of = question.operation.or_else(|| reading(question, calls));
    let evidence = of.map_or_else(Vec::new, |operation| calls_of(operation, calls));
    Why {
        operation: question.operation,
        kind: None,
        state: None,
        question: Some(question.id),
        questions: in_short(&[question]),
        what: format!("question ({})", question.kind),
        cause: question.text.clone(),
        evidence_of: of.filter(|_| !evidence.is_empty()),
        evidence,
        next: answers(&[question]),
        again_at: None,
        deadline: None,
        awaits: Some(who_answers(&[question])),
    }
}

fn in_short(asked: &[&Question]) -> Vec<Asked> {
    let short = asked.iter().map(|question| Asked {
        id: question.id,
        kind: question.kind,
        host_only: question.host_only,
    });
    short.collect()
}

/// What showed that a machine is gone or is not as it should be, where no operation asked: the last call before the
/// question.
fn reading(question: &Question, calls: &[Call]) -> Option<OperationId> {
    let about_a_machine = matches!(question.kind, QuestionKind::Vanished | QuestionKind::Drifted);
    calls
        .iter()
        .filter(|call| about_a_machine && call.sent_at <= question.opened_at)
        .max_by_key(|call| call.sent_at)
        .map(|call| call.operation)
}

fn calls_of(operation: OperationId, calls: &[Call]) -> Vec<CallId> {
    let mut own: Vec<&Call> = calls.iter().filter(|call| call.operation == operation).collect();
    // What is unknown or under way says most; then the newest.
    own.sort_by_key(|call| {
        let open = matches!(call.state, CallState::Unknown | CallState::Sending);
        (std::cmp::Reverse(open), std::cmp::Reverse(call.sent_at))
    });
    own.into_iter().take(EVIDENCE).map(|call| call.id).collect()
}
