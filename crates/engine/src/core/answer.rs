//! A person's answer to a question.

use domain::case::Case;
use domain::http::RetryClass;
use domain::machine::Power;
use domain::record::{
    ActOutcome, Operation, OperationInput, OperationKind, OperationState, Question, QuestionKind, Standing,
    StepPhase,
};
use domain::{Actor, ActorKind, Change, Commit, Moment};

use super::draft::{Draft, Move, fresh_operation};
use super::{World, deadline, finish};

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The question was answered before, by a person or by what was observed.
    #[error("this question is answered already: {0}")]
    Answered(String),
    /// The word is none of the choices.
    #[error("\"{given}\" is not one of the answers; they are: {choices}")]
    NoSuchChoice {
        /// What was given.
        given: String,
        /// What may be given.
        choices: String,
    },
    /// Only the engine's host may answer.
    #[error("this question is answered by `hostler operation answer` on the engine's host only")]
    HostOnly,
}

/// Checks an answer and turns it into a commit. `case` is the question's operation, where it has one.
pub fn answer(
    question: &Question,
    case: Option<&Case>,
    word: &str,
    actor: &Actor,
    world: World<'_>,
) -> Result<Commit, AnswerError> {
    if let Some(given) = &question.answer {
        return Err(AnswerError::Answered(given.clone()));
    }
    if question.host_only && actor.kind != ActorKind::Host {
        return Err(AnswerError::HostOnly);
    }
    if !question.choices.iter().any(|(choice, _)| choice == word) {
        let choices = question
            .choices
            .iter()
            .map(|(choice, _)| choice.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        return Err(AnswerError::NoSuchChoice {
            given: word.chars().take(80).collect(),
            choices,
        });
    }
    let mut closed = question.clone();
    closed.answered_at = Some(world.now);
    closed.answer = Some(word.to_owned());
    closed.answered_by = Some(actor.clone());
    let mut commit = case.map_or_else(Commit::default, |case| {
        apply(case, question.kind, word, actor, world).commit
    });
    // Who answers holds no lease and takes none away: a call that is on its way is ended by the worker that sent it,
    // who notices by the service's version that it decides anew.
    commit.fence.lease = None;
    commit.changes.push(Change::PutQuestion(closed));
    commit.changes.push(Change::Audit(domain::record::AuditLine {
        id: domain::id::AuditId::at(world.now, world.random),
        installation: case.map(|case| case.installation.id.clone()),
        at: world.now,
        actor: actor.clone(),
        action: "question.answered".to_owned(),
        subject: question.id.to_string(),
        detail: serde_json::json!({ "kind": question.kind.as_str(), "answer": word }),
    }));
    Ok(commit)
}

/// What the answer does to the operation, or for a question without one to the service, whose newest operation the
/// case then shows.
fn apply(case: &Case, kind: QuestionKind, word: &str, actor: &Actor, world: World<'_>) -> Move {
    let mut draft = Draft::new(case, world);
    let now = world.now;
    match (kind, word) {
        (QuestionKind::SuspensionBroken, "hold") => {
            draft.service.holds.clear();
            hold(&mut draft, actor);
            draft.rest()
        }
        (QuestionKind::OwnershipProposal, word) => {
            if let Some(client) = word.strip_prefix("client:").and_then(|id| id.parse().ok()) {
                draft.service.client_id = client;
            }
            draft.rest()
        }
        (QuestionKind::Drifted, "restore") => {
            release(&mut draft, actor);
            draft.rest()
        }
        (QuestionKind::Vanished, "ended") => {
            gone_for_good(&mut draft);
            draft.rest()
        }
        (
            QuestionKind::EffectFailed
            | QuestionKind::SuspensionBroken
            | QuestionKind::Drifted
            | QuestionKind::Orphan,
            _,
        ) => draft.rest(),
        _ if draft.operation.state.is_final() => draft.rest(),
        (QuestionKind::DestructiveBudget, "allow") => {
            resume(&mut draft.operation, now);
            if let OperationInput::Terminate {
                not_before: Some(moment),
            } = &draft.operation.input
            {
                draft.operation.due_at = Some(now.max(*moment));
            }
            if case
                .others
                .iter()
                .any(|other| other.kind.changes() && other.sequence < draft.operation.sequence)
            {
                draft.operation.state = OperationState::Queued;
                draft.operation.due_at = None;
            }
            draft.rest()
        }
        (QuestionKind::DestructiveBudget, _) => {
            if draft.operation.kind == OperationKind::Terminate {
                draft.service.standing = if case.link.is_some() {
                    Standing::Live
                } else {
                    Standing::Vacant
                };
            }
            finish::given_up(draft, "it was refused on the engine's host")
        }
        (_, "give-up" | "refuse") => finish::given_up(draft, "given up by a person"),
        (_, "send-again") => {
            send_again(&mut draft);
            resume(&mut draft.operation, now);
            draft.rest()
        }
        (_, word) => {
            if let Some(id) = word.strip_prefix("adopt:") {
                choose(&mut draft, id);
            }
            resume(&mut draft.operation, now);
            draft.rest()
        }
    }
}

fn resume(operation: &mut Operation, now: Moment) {
    operation.state = OperationState::Running;
    operation.held_by = None;
    operation.due_at = Some(now);
    operation.deadline = deadline(operation.kind, now);
    "goes on after a person's answer".clone_into(&mut operation.reason);
}

/// A person made sure that nothing came of the act: it is as if it had not been sent. A step that only looks waits for
/// what the act before it began, so that act is the one to send.
fn send_again(draft: &mut Draft<'_>) {
    let Some(current) = draft.operation.current() else {
        return;
    };
    let acts = |index: &usize| draft.operation.steps[*index].class != RetryClass::Read;
    let Some(index) = (0..=current).rev().find(acts) else {
        return;
    };
    for later in &mut draft.operation.steps[index..=current] {
        later.phase = StepPhase::Waiting;
        later.failures = 0;
    }
    let step = draft.step(index);
    step.phase = StepPhase::Act;
    step.act_outcome = Some(ActOutcome::Void);
    step.acted_at = None;
    // What is ordered anew has its own time.
    step.told_late = false;
}

/// A person chose among candidates: the choice stands since the beginning of time.
fn choose(draft: &mut Draft<'_>, id: &str) {
    if let Some(index) = draft.operation.current() {
        draft.step(index).candidate = Some((id.to_owned(), Moment::EPOCH));
    }
}

fn hold(draft: &mut Draft<'_>, actor: &Actor) {
    let input = OperationInput::Suspend {
        reason: "held again by a person's answer".to_owned(),
    };
    begin(draft, OperationKind::Suspend, input, actor);
}

/// The platform holds the machine of a service in use, and a person says that it shall run. A service that has been
/// suspended or ended since it was asked about stays so.
fn release(draft: &mut Draft<'_>, actor: &Actor) {
    if draft.service.standing != Standing::Live {
        return;
    }
    draft.service.power_before_suspend = Some(Power::On);
    begin(draft, OperationKind::Unsuspend, OperationInput::Nothing, actor);
}

/// The machine is gone and a person says that it will not come back: the next create begins anew.
fn gone_for_good(draft: &mut Draft<'_>) {
    finish::life_ended(draft, "a person says that it is gone");
    draft.service.standing = Standing::Vacant;
}

/// Begins an operation of the service, unless a change is under way: then what is wished is judged anew when that has
/// ended.
fn begin(draft: &mut Draft<'_>, kind: OperationKind, input: OperationInput, actor: &Actor) {
    let under_way = |operation: &Operation| operation.kind.changes() && !operation.state.is_final();
    if under_way(&draft.operation) || draft.case.others.iter().any(under_way) {
        return;
    }
    let sequence = draft.operation.sequence + 1;
    let operation = fresh_operation(&draft.service, kind, input, actor.clone(), sequence, draft.world);
    draft.push(Change::InsertOperation(operation));
}
