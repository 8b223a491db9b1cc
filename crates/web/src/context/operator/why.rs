//! Why something is not final, as the operator's pages say it.

use domain::Moment;
use engine::core::{Asked, Awaited, Why};
use serde::Serialize;

use crate::context::When;

/// An open question that is answered on the same page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedRow {
    /// Our id.
    pub id: String,
    /// What it is about: the end of a message's key.
    pub kind: String,
    /// Whether only the command line answers.
    pub host_only: bool,
}

impl From<&Asked> for AskedRow {
    fn from(asked: &Asked) -> Self {
        Self {
            id: asked.id.to_string(),
            kind: asked.kind.as_str().replace('_', "-"),
            host_only: asked.host_only,
        }
    }
}

/// One thing that is not final: its cause, what shows it, what comes next, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyRow {
    /// The operation that it is or comes from; empty where there is none.
    pub operation: String,
    /// The title's key.
    pub title: String,
    /// Where the operation stands; empty for what is none.
    pub state: &'static str,
    /// Why it is so.
    pub cause: String,
    /// The ids of the calls that show it.
    pub evidence: Vec<String>,
    /// The operation on whose page they stand.
    pub evidence_of: String,
    /// The questions to be answered.
    pub questions: Vec<AskedRow>,
    /// What happens next where nothing is asked.
    pub next: String,
    /// When it is looked at again.
    pub again: Option<When>,
    /// When it becomes a question, or ends.
    pub deadline: Option<When>,
    /// Who has to act: the end of a message's key; empty for nobody.
    pub awaits: &'static str,
}

impl WhyRow {
    /// From the explanation.
    pub fn new(why: &Why, now: Moment) -> Self {
        let when = |moment| When::new(now, moment);
        let text = |id: Option<domain::id::OperationId>| id.map(|id| id.to_string()).unwrap_or_default();
        Self {
            operation: text(why.operation),
            title: title(why),
            state: why.state.map_or("", domain::record::OperationState::as_str),
            cause: why.cause.clone(),
            evidence: why.evidence.iter().map(ToString::to_string).collect(),
            evidence_of: text(why.evidence_of),
            questions: why.questions.iter().map(AskedRow::from).collect(),
            next: why.next.clone(),
            again: why.again_at.map(when),
            deadline: why.deadline.map(when),
            awaits: why.awaits.map_or("", Awaited::as_str),
        }
    }
}

fn title(why: &Why) -> String {
    match (why.kind, why.questions.first()) {
        (Some(kind), _) => format!("operation-{}", kind.as_str().replace('_', "-")),
        (None, Some(asked)) => format!("question-{}", asked.kind.as_str().replace('_', "-")),
        (None, None) => "nav-effects".to_owned(),
    }
}
