//! Where an operation goes from here: what comes next, by when, and who has to act.

use domain::Moment;
use domain::id::{CallId, OperationId};
use domain::record::{Call, Operation, OperationInput, OperationState, Question};

use super::{Awaited, calls_of};

/// An operation and what its course depends on.
pub(super) struct Around<'a> {
    operation: &'a Operation,
    /// The change that comes before it.
    before: Option<&'a Operation>,
    questions: &'a [Question],
    now: Moment,
}

/// Where something goes from here.
pub(super) struct Course {
    pub next: String,
    pub deadline: Option<Moment>,
    pub awaits: Option<Awaited>,
}

impl<'a> Around<'a> {
    pub fn new(
        operation: &'a Operation,
        open: &'a [Operation],
        questions: &'a [Question],
        now: Moment,
    ) -> Self {
        Self {
            operation,
            before: before(operation, open),
            questions,
            now,
        }
    }

    /// The open questions that hold an operation.
    pub fn asked(&self, operation: &Operation) -> Vec<&'a Question> {
        self.questions
            .iter()
            .filter(|question| concerns(question, operation))
            .collect()
    }

    /// Why it is as it is.
    pub fn cause(&self, asked: &[&Question]) -> String {
        let Operation { kind, state, .. } = self.operation;
        if let Some(before) = self.before {
            return match before.state {
                OperationState::Asking => {
                    format!(
                        "{} {} comes first, and waits for a person",
                        before.kind, before.id
                    )
                }
                _ => format!("{} {} is under way and comes first", before.kind, before.id),
            };
        }
        let told = self.told();
        if let Some(by) = self.operation.interrupted_by {
            return format!("ended by {by}, which waits until what was sent is settled: {told}");
        }
        if asked.is_empty() {
            return match (told.is_empty(), state) {
                (true, _) => format!("this {kind} is {state}, and nothing was noted about it"),
                (false, OperationState::Asking) => {
                    format!("it was to wait for a person, and no question about it is open: {told}")
                }
                (false, _) => told,
            };
        }
        let texts: Vec<&str> = asked.iter().map(|question| question.text.as_str()).collect();
        let texts = texts.join(" ");
        if texts.contains(&told) {
            texts
        } else {
            format!("{texts} Last: {told}")
        }
    }

    /// What the operation says of itself, with what its step heard last.
    fn told(&self) -> String {
        let reason = &self.operation.reason;
        let hint = self
            .operation
            .current()
            .map(|index| self.operation.steps[index].hint.as_str())
            .filter(|hint| !hint.is_empty() && !reason.contains(hint));
        match hint {
            None => reason.clone(),
            Some(hint) if reason.is_empty() => hint.to_owned(),
            Some(hint) => format!("{reason} ({hint})"),
        }
    }

    /// What comes next, by when, and by whom.
    pub fn course(&self, asked: &[&Question]) -> Course {
        let deadline = Some(self.operation.deadline);
        if !asked.is_empty() {
            return self.until_answered(asked);
        }
        match self.operation.state {
            OperationState::Queued => self.until_the_one_before(),
            OperationState::Running => match self.by_itself() {
                Some(next) => Course {
                    next,
                    deadline,
                    awaits: None,
                },
                None => self.until_taken_back("nothing has it looked at again", deadline),
            },
            OperationState::Asking => {
                let next = self
                    .by_itself()
                    .unwrap_or_else(|| "nothing goes on by itself".to_owned());
                self.until_taken_back(&next, None)
            }
            OperationState::Succeeded
            | OperationState::Failed
            | OperationState::Cancelled
            | OperationState::Superseded => Course {
                next: "nothing more happens".to_owned(),
                deadline: None,
                awaits: None,
            },
        }
    }

    /// A deadline does not end what waits for a person's answer.
    fn until_answered(&self, asked: &[&Question]) -> Course {
        let looks = self.operation.due_at.map_or_else(String::new, |due| {
            format!("; it is looked at again at {due} and answers itself if that shows the answer")
        });
        Course {
            next: format!("{}{looks}", answers(asked)),
            deadline: None,
            awaits: Some(who_answers(asked)),
        }
    }

    fn until_the_one_before(&self) -> Course {
        let deadline = Some(self.operation.deadline);
        let Some(before) = self.before else {
            return self.until_taken_back("nothing that it waits for is left to begin it", deadline);
        };
        let asked = self.asked(before);
        let first = if asked.is_empty() {
            String::new()
        } else {
            format!("; first {}", answers(&asked))
        };
        let window = self
            .window()
            .map_or_else(String::new, |end| format!("; a create takes it back until {end}"));
        Course {
            next: format!(
                "begins when {} {} has ended{window}{first}",
                before.kind, before.id
            ),
            deadline,
            awaits: (!asked.is_empty()).then(|| who_answers(&asked)),
        }
    }

    /// What has it advanced without a person: a worker, its undo window, or the clock.
    fn by_itself(&self) -> Option<String> {
        if let Some(lease) = self.operation.lease.filter(|lease| lease.until > self.now) {
            return Some(format!(
                "is at work now; if nothing is heard, it is taken up again at {}",
                lease.until
            ));
        }
        let due = self.operation.due_at?;
        Some(match self.window() {
            Some(end) => format!("can be taken back by a create until {end}; then the machine is deleted"),
            None if due > self.now => format!("is tried again at {due}"),
            None => "is due now and taken up as soon as a worker is free".to_owned(),
        })
    }

    /// The end of a termination's undo window that is still open.
    fn window(&self) -> Option<Moment> {
        match self.operation.input {
            OperationInput::Terminate {
                not_before: Some(end),
            } if end > self.now => Some(end),
            _ => None,
        }
    }

    fn until_taken_back(&self, what: &str, deadline: Option<Moment>) -> Course {
        let id = self.operation.id;
        Course {
            next: format!(
                "{what}; `hostler operation cancel {id}` takes it back if nothing was sent for it, otherwise a \
                 termination of its service ends it"
            ),
            deadline,
            awaits: Some(Awaited::Operator),
        }
    }

    /// Its own calls; where it has none because it waits, those of what it waits for.
    pub fn evidence(&self, calls: &[Call]) -> (Vec<CallId>, Option<OperationId>) {
        let candidates = [Some(self.operation), self.before];
        candidates
            .into_iter()
            .flatten()
            .map(|operation| (calls_of(operation.id, calls), Some(operation.id)))
            .find(|(found, _)| !found.is_empty())
            .unwrap_or_default()
    }
}

/// Whether a question has to be answered before an operation goes on.
pub(super) fn concerns(question: &Question, operation: &Operation) -> bool {
    question.operation == Some(operation.id) || operation.held_by == Some(question.id)
}

/// The change that a queued one waits for.
fn before<'a>(operation: &Operation, open: &'a [Operation]) -> Option<&'a Operation> {
    open.iter()
        .filter(|_| operation.state == OperationState::Queued)
        .filter(|other| other.kind.changes() && other.sequence < operation.sequence)
        .min_by_key(|other| other.sequence)
}

/// An operator's word is enough as soon as one of the questions can be answered without the host.
pub(super) fn who_answers(asked: &[&Question]) -> Awaited {
    if asked.iter().all(|question| question.host_only) {
        Awaited::Host
    } else {
        Awaited::Operator
    }
}

pub(super) fn answers(asked: &[&Question]) -> String {
    let each: Vec<String> = asked.iter().map(|question| how_to_answer(question)).collect();
    each.join("; and ")
}

fn how_to_answer(question: &Question) -> String {
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
