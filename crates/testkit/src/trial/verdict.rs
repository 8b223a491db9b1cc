//! How a trial ended.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use domain::id::OperationId;
use domain::record::{OperationState, Question, QuestionKind, Standing};

use super::bench::Bench;
use super::site::Made;

/// How an operation was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It succeeded, and nobody was asked.
    Itself,
    /// A person was asked, and answered.
    Answered(QuestionKind),
    /// A person was asked, and what was observed answered before he did.
    Observed(QuestionKind),
    /// It ended with a no, and nobody was asked.
    Refused,
}

impl Settled {
    /// The order from good to bad, for cells that hold several trials.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Itself => 0,
            Self::Observed(_) => 1,
            Self::Answered(_) => 2,
            Self::Refused => 3,
        }
    }

    /// What was asked.
    pub const fn question(self) -> Option<QuestionKind> {
        match self {
            Self::Answered(kind) | Self::Observed(kind) => Some(kind),
            Self::Itself | Self::Refused => None,
        }
    }
}

/// The end of a trial.
#[derive(Debug, Clone)]
pub struct End {
    /// How the operation ended.
    pub state: OperationState,
    /// Why, in words.
    pub reason: String,
    /// How it was settled.
    pub settled: Settled,
    /// How long it took, until its end.
    pub after: Duration,
    /// How long it took until a person was asked.
    pub asked_after: Option<Duration>,
    /// Where the service stands.
    pub standing: Standing,
    /// The service's life.
    pub generation: u32,
    /// The machine that the service is linked to.
    pub linked: Option<String>,
    /// The machines on the platform that belong to the trial.
    pub machines: Vec<Made>,
    /// Welcome mails by generation.
    pub mails: BTreeMap<u32, u64>,
    /// The names of all requests of the trial until the operation's end, in order.
    pub requests: Vec<String>,
    /// Which of them a fault of the scene itself struck.
    pub given: Vec<usize>,
    /// The steps of the operation, and whether each may be sent again at will.
    pub steps: Vec<(String, bool)>,
    /// Commits until the operation's end.
    pub commits: usize,
    /// Whether the disturbance has happened.
    pub struck: bool,
}

/// What two trials of one scene must have in common, however they were disturbed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    state: OperationState,
    standing: Standing,
    generation: u32,
    is_linked: bool,
    machines: Vec<Made>,
    mails: BTreeMap<u32, u64>,
}

impl End {
    /// What must be the same in every trial of the scene.
    pub fn likeness(&self) -> Likeness {
        // The ids differ between trials that made their machines in another order.
        let machines = self.machines.iter().map(|made| Made {
            id: String::new(),
            ..made.clone()
        });
        Likeness {
            state: self.state,
            standing: self.standing,
            generation: self.generation,
            is_linked: self.linked.is_some(),
            machines: machines.collect(),
            mails: self.mails.clone(),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} after {} s: {}",
            self.state,
            self.after.as_secs(),
            self.reason
        )
    }
}

/// The end of the trial's operation.
pub fn end(bench: &Bench, id: OperationId) -> End {
    let operation = bench.operation(id);
    let finished = operation.finished_at.unwrap_or(bench.now);
    let view = bench.store.view(bench.billing_id);
    let service = view.as_ref().map(|view| &view.service);
    let asked = asked(bench, id);
    let settled = match (asked, operation.state) {
        (Some(question), _) => match question.answer.as_deref() {
            Some("settled") => Settled::Observed(question.kind),
            _ => Settled::Answered(question.kind),
        },
        (None, OperationState::Succeeded) => Settled::Itself,
        (None, _) => Settled::Refused,
    };
    let requests = bench.sent.iter().filter(|sent| sent.at <= finished);
    let at_will = |class| {
        matches!(
            class,
            domain::http::RetryClass::Convergent | domain::http::RetryClass::Lagging
        )
    };
    End {
        state: operation.state,
        reason: operation.reason.clone(),
        settled,
        after: finished.since(bench.began),
        asked_after: asked.map(|question| question.opened_at.since(bench.began)),
        standing: service.map_or(Standing::Vacant, |service| service.standing),
        generation: service.map_or(1, |service| service.generation),
        linked: view
            .as_ref()
            .and_then(|view| Some(view.link.as_ref()?.identity.id.clone())),
        machines: bench.machines(),
        mails: bench.mails.clone(),
        requests: requests.map(|sent| sent.name.clone()).collect(),
        given: bench.trouble().given_to().to_vec(),
        steps: operation
            .steps
            .iter()
            .map(|step| (step.name.clone(), at_will(step.class)))
            .collect(),
        commits: bench.trouble().commits(finished),
        struck: bench.trouble().struck,
    }
}

/// The question that tells most about the trial: one that a person had to answer before one that answered itself.
fn asked(bench: &Bench, id: OperationId) -> Option<&Question> {
    let asked = bench.store.tables.questions.values();
    asked
        .filter(|question| question.opened_at >= bench.began)
        .min_by_key(|question| {
            let itself = question.answer.as_deref() == Some("settled");
            (itself, question.operation != Some(id), question.opened_at)
        })
}
