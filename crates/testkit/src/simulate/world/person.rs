//! People: who answers questions, and who works in the panel.

use std::time::Duration;

use domain::id::EffectId;
use domain::record::{OperationKind, Question, QuestionKind};
use domain::{Actor, Random};
use engine::core::answer;

use super::super::rules::Held;
use super::cron::SURE;
use super::{Event, World};

impl World {
    /// A person looks at the open questions and answers those of which they can be sure.
    pub(super) fn person(&mut self) -> Result<(), Held> {
        self.after(300_000, Event::Person);
        let Some(slot) = self.somebody() else {
            return Ok(());
        };
        let tables = &self.vault.memory().tables;
        let mut open: Vec<Question> = tables.open_questions().cloned().collect();
        open.retain(|question| self.now >= question.opened_at + Self::patience_with(question));
        for question in open {
            let word = self.word(&question)?;
            let case = match (question.operation, question.service) {
                (Some(operation), _) => self.vault.case(operation)?,
                (None, Some(service)) => self.newest_case(service)?,
                (None, None) => None,
            };
            let actor = Actor::host("person");
            let commit = answer(&question, case.as_ref(), &word, &actor, self.surroundings(slot))
                .map_err(|error| Held::of("answers-are-taken", format!("{error}: {}", question.text)))?;
            // What the engine did meanwhile decides: the question is looked at again later.
            if self.commit(commit)?.is_err() {
                continue;
            }
            self.statistics.count("questions answered by a person");
            self.tell(format_args!("a person answers {word}: {}", question.text));
            if let Some(operation) = question.operation {
                self.checker.asked(operation);
            }
            self.repeat_effect(slot, &word)?;
        }
        Ok(())
    }

    const fn patience_with(question: &Question) -> Duration {
        match question.kind {
            QuestionKind::UnsettledCreate | QuestionKind::UnsettledChange | QuestionKind::BuildFailed => SURE,
            _ => Duration::from_secs(600),
        }
    }

    fn newest_case(&mut self, service: domain::id::ServiceId) -> Result<Option<domain::Case>, Held> {
        let billing_id = self.vault.memory().tables.services.get(&service);
        let Some(billing_id) = billing_id.map(|service| service.billing_id) else {
            return Ok(None);
        };
        let view = self.vault.view(billing_id)?;
        match view.and_then(|view| view.recent.first().map(|operation| operation.id)) {
            Some(operation) => self.vault.case(operation),
            None => Ok(None),
        }
    }

    /// What a person says who looks at the panel first.
    fn word(&self, question: &Question) -> Result<String, Held> {
        let offered = |word: &str| question.choices.iter().any(|(choice, _)| choice == word);
        let made = self
            .stage
            .made
            .iter()
            .find(|(_, made)| Some(made.operation) == question.operation && made.exists)
            .map(|(id, _)| *id);
        let robbed = question
            .service
            .and_then(|service| self.vault.memory().tables.services.get(&service))
            .and_then(|service| self.billing.accounts.get(&service.billing_id))
            .is_some_and(|account| account.robbed);
        let word = match question.kind {
            _ if robbed && offered("give-up") => "give-up".to_owned(),
            QuestionKind::UnsettledCreate if made.is_some() => "keep-watching".to_owned(),
            QuestionKind::UnsettledCreate | QuestionKind::UnsettledChange | QuestionKind::BuildFailed => {
                "send-again".to_owned()
            }
            QuestionKind::Ambiguous => {
                let ours = made.map(|id| format!("adopt:{id}")).filter(|word| offered(word));
                ours.unwrap_or_else(|| {
                    let look = "look-again";
                    if offered(look) { look } else { "give-up" }.to_owned()
                })
            }
            // A guest may ignore a button for ever; whoever pressed it presses again.
            QuestionKind::Overdue if self.is_power(question) => "give-up".to_owned(),
            QuestionKind::Overdue => "go-on".to_owned(),
            QuestionKind::SuspensionBroken => "hold".to_owned(),
            // False 404s and stale reads may agree twice, now and then.
            QuestionKind::Vanished | QuestionKind::IdentityMismatch => "look-again".to_owned(),
            QuestionKind::EffectFailed => self.word_on_effect(question),
            _ => {
                return Err(Held::of(
                    "nobody-is-asked-needlessly",
                    format!("nobody should have to be asked: {}", question.text),
                ));
            }
        };
        Ok(word)
    }

    fn is_power(&self, question: &Question) -> bool {
        let operations = &self.vault.memory().tables.operations;
        let operation = question.operation.and_then(|id| operations.get(&id));
        operation.is_some_and(|operation| operation.kind == OperationKind::Power)
    }

    /// A person looks whether it was done after all.
    fn word_on_effect(&self, question: &Question) -> String {
        let repeat = question.choices.iter().find_map(|(word, _)| {
            let id: EffectId = word.strip_prefix("repeat:")?.parse().ok()?;
            let done = self.billing.desk.carried_out.contains_key(&id);
            (!done).then(|| word.clone())
        });
        repeat.unwrap_or_else(|| "leave".to_owned())
    }

    /// An effect that is done once more is a new one.
    fn repeat_effect(&mut self, slot: usize, word: &str) -> Result<(), Held> {
        let id = word.strip_prefix("repeat:").and_then(|id| id.parse().ok());
        let Some(id) = id else { return Ok(()) };
        let Some(mut effect) = self.vault.effect(id)? else {
            return Ok(());
        };
        effect.id = EffectId::at(self.worker(slot).clock(self.now), &self.random);
        effect.state = domain::record::EffectState::Waiting;
        (effect.tries, effect.finished_at, effect.reason) = (0, None, None);
        (effect.due_at, effect.created_at) = (self.now, self.now);
        self.commit_unfenced(domain::Commit {
            changes: vec![domain::Change::InsertEffect(effect)],
            ..domain::Commit::default()
        })
    }

    pub(super) fn make_by_hand(&mut self, client: u64) {
        let number = self.random.below(1_000_000);
        self.stage.make_by_hand(self.now, client, number);
        self.statistics.count("machines made by hand");
    }

    /// A machine of ours is deleted in the panel, and somebody else gets its id. `false` where none may be taken: while
    /// something of ours may still take effect, no program could keep it off the stranger.
    pub(super) fn steal(&mut self) -> bool {
        let frozen = self.workers.iter().any(|worker| worker.frozen.is_some());
        if frozen || self.stage.panel.effects_to_come() > 0 {
            return false;
        }
        let tables = &self.vault.memory().tables;
        let idle = tables.links.values().filter(|link| link.closed_at.is_none());
        let victim = idle
            .filter(|link| tables.open_of(link.service).next().is_none())
            .filter_map(|link| {
                let billing_id = tables.services.get(&link.service)?.billing_id;
                Some((billing_id, link.identity.id.parse::<u64>().ok()?))
            })
            .find(|(billing_id, _)| self.billing.accounts[billing_id].unheard.is_empty());
        let Some((billing_id, machine)) = victim else {
            return false;
        };
        if self.stage.panel.hand(self.now).delete(machine).is_err() {
            return false;
        }
        let number = 1_000 + self.random.below(1_000_000);
        let stranger = self.stage.add_stranger(self.now, number, true);
        self.stage.made.remove(&machine);
        self.stage.stirred = true;
        if let Some(account) = self.billing.accounts.get_mut(&billing_id) {
            account.robbed = true;
        }
        self.statistics.count("machines deleted in the panel");
        self.tell(format_args!(
            "machine {machine} of service {billing_id} is deleted in the panel, and {stranger:?} is a stranger's"
        ));
        true
    }
}
