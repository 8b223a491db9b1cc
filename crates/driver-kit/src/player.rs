//! The engine's part, as simply as can be: look, act if needed, look again.

use std::time::Duration;

use domain::http::{Outcome, Request, RetryClass};
use domain::machine::Identity;
use domain::record::OperationKind;
use domain::{Fact, Moment};
use driver::{Answered, Driver, Findings, Phase, Prepared, RefusalClass, Standing, StepSpec, Verdict};

use crate::scene::Scene;
use crate::wire::Wire;

/// No step of any driver needs more looks or requests than this; a run that does is caught in a loop.
const MOST: usize = 2_000;

/// How long after an act its effect may be unseen before a convergent act is repeated, or a resendable one sent anew.
const SHOWN_WITHIN: Duration = Duration::from_mins(1);

/// How long an unsettled act is searched for before it is sent anew or asked about.
const SEARCHED_FOR: Duration = Duration::from_mins(10);

/// How long one candidate must stand alone.
const ALONE_FOR: Duration = Duration::from_secs(30);

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Every step is done.
    Done,
    /// Something said no for good, in words.
    Refused(Answered),
    /// A person must settle it.
    Asks(String),
    /// The machine that was read is not the linked one; nothing was done to it.
    Another(String),
    /// It was stopped before it acted again.
    Stopped,
    /// It waited for longer than anybody wanted to.
    Waits(String),
}

/// One request of a run: the moment at which it was made, and what became of it.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The moment.
    pub scene: Scene,
    /// The request.
    pub request: Request,
    /// What became of it.
    pub outcome: Outcome,
}

/// Plays one operation.
pub struct Player<'d, D: ?Sized, W> {
    driver: &'d D,
    wire: W,
    /// The operation as it stands.
    pub scene: Scene,
    /// Every request of the run.
    pub heard: Vec<Heard>,
    /// What steps found beside their standing: secrets, strays, remarks.
    pub found: Vec<Findings>,
    twice: bool,
    /// After how many requests nothing is done any more.
    most_requests: usize,
    /// When a step that waits is given up.
    latest: Option<Moment>,
}

/// What is known of a step's last act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    None,
    Void,
    Accepted,
    Lost,
}

impl<'d, D: Driver + ?Sized, W: Wire> Player<'d, D, W> {
    /// A run of the scene's operation.
    pub const fn new(driver: &'d D, wire: W, scene: Scene) -> Self {
        Self {
            driver,
            wire,
            scene,
            heard: Vec::new(),
            found: Vec::new(),
            twice: false,
            most_requests: usize::MAX,
            latest: None,
        }
    }

    /// Does nothing any more after so many requests: what was sent is settled by looks, no step begins and no act leaves.
    #[must_use]
    pub const fn stopping_after(mut self, requests: usize) -> Self {
        self.most_requests = requests;
        self
    }

    /// Waits no longer than for a time.
    #[must_use]
    pub fn for_at_most(mut self, time: Duration) -> Self {
        self.latest = Some(self.scene.now + time);
        self
    }

    /// Does every step twice: convergent acts are sent a second time, all others looked at again.
    #[must_use]
    pub const fn twice(mut self) -> Self {
        self.twice = true;
        self
    }

    /// The names of the changing requests, in order.
    pub fn changes(&self) -> Vec<&str> {
        let changing = self.heard.iter().filter(|heard| heard.request.changes());
        changing.map(|heard| heard.request.name.as_str()).collect()
    }

    /// The request of this name that was sent last.
    pub fn last(&self, name: &str) -> Option<&Request> {
        let named = self.heard.iter().rev().find(|heard| heard.request.name == name);
        named.map(|heard| &heard.request)
    }

    /// Plays the whole operation.
    pub fn run(&mut self) -> Ended {
        let plan = match self.driver.plan(&self.scene.plan_input()) {
            Ok(plan) => plan,
            Err(refused) => return Ended::Refused(refused),
        };
        for spec in &plan.steps {
            if self.is_stopped() {
                return Ended::Stopped;
            }
            if let Err(ended) = self.step(spec) {
                return ended;
            }
            if self.twice
                && let Err(ended) = self.again(spec)
            {
                return ended;
            }
        }
        Ended::Done
    }

    const fn is_stopped(&self) -> bool {
        self.heard.len() >= self.most_requests
    }

    fn enter(&mut self, spec: &StepSpec) {
        spec.name.clone_into(&mut self.scene.step);
        self.scene.marker.attempt = 1;
        self.scene.acted_at = None;
    }

    /// Plays one step to its end.
    fn step(&mut self, spec: &StepSpec) -> Result<(), Ended> {
        self.enter(spec);
        let mut progress = Progress::default();
        for _ in 0..MOST {
            let standing = match self.look()? {
                Some(findings) => self.keep(findings)?,
                None => continue,
            };
            match standing {
                Standing::Reached if spec.insists && progress.acts == 0 => self.act(spec, &mut progress)?,
                Standing::Reached => return Ok(()),
                Standing::Pending { hint, .. }
                    if self.latest.is_some_and(|latest| self.scene.now >= latest) =>
                {
                    return Err(Ended::Waits(hint));
                }
                Standing::Pending { after, .. } => self.wait(after.unwrap_or(Duration::from_secs(2))),
                Standing::Broken(text) => return Err(Ended::Asks(text)),
                Standing::Missing => self.missing(spec, &mut progress)?,
                Standing::Candidates(machines) => {
                    let known = self.scene.known.linked.clone();
                    let mut free: Vec<Identity> =
                        machines.into_iter().map(|machine| machine.identity).collect();
                    free.retain(|identity| !known.contains(&identity.id));
                    match free.as_slice() {
                        [] => self.missing(spec, &mut progress)?,
                        [one] if progress.candidate.as_ref() == Some(one) => {
                            self.scene.open_link(one.clone());
                            return Ok(());
                        }
                        [one] => {
                            progress.candidate = Some(one.clone());
                            self.wait(ALONE_FOR);
                        }
                        several => return Err(Ended::Asks(format!("{} candidates", several.len()))),
                    }
                }
            }
        }
        panic!("the step {} did not end in {MOST} looks", spec.name);
    }

    /// The goal is not there: act, wait, act anew, or ask.
    fn missing(&mut self, spec: &StepSpec, progress: &mut Progress) -> Result<(), Ended> {
        if let Some(refused) = progress.refused.take() {
            return Err(Ended::Refused(refused));
        }
        let since = self
            .scene
            .acted_at
            .map_or(Duration::MAX, |acted| self.scene.now.since(acted));
        let settles = matches!(spec.class, RetryClass::Creating | RetryClass::Disruptive);
        match progress.act {
            Act::None | Act::Void => self.act(spec, progress),
            Act::Lost if !settles => self.act(spec, progress),
            Act::Accepted if !settles && since >= SHOWN_WITHIN => self.act(spec, progress),
            Act::Lost | Act::Accepted if settles && since >= SEARCHED_FOR => {
                if spec.resendable {
                    self.act(spec, progress)
                } else {
                    Err(Ended::Asks(format!("what {} did cannot be found out", spec.name)))
                }
            }
            Act::Lost | Act::Accepted => {
                self.wait(Duration::from_secs(15));
                Ok(())
            }
        }
    }

    /// Looks once. `None` when the look has to be made again.
    fn look(&mut self) -> Result<Option<Findings>, Ended> {
        self.scene.phase = Phase::Look;
        let request = match self.driver.prepare(&self.scene.context()) {
            Prepared::Known(findings) => return Ok(Some(*findings)),
            Prepared::Refused(refused) => return Err(Ended::Refused(refused)),
            Prepared::Send(request) => request,
        };
        match self.chain(request) {
            Verdict::Done(findings) => Ok(Some(*findings)),
            Verdict::Wait { not_before, .. } => {
                self.wait(not_before);
                Ok(None)
            }
            Verdict::Refused(refused) => self.refused_for_now(refused).map(|()| None),
            Verdict::Unknown(_) => {
                self.wait(Duration::from_secs(10));
                Ok(None)
            }
            Verdict::Next(..) => unreachable!("a chain ends with another verdict"),
        }
    }

    fn act(&mut self, spec: &StepSpec, progress: &mut Progress) -> Result<(), Ended> {
        assert_ne!(spec.class, RetryClass::Read, "the step {} only looks", spec.name);
        if self.is_stopped() {
            return Err(Ended::Stopped);
        }
        self.scene.phase = Phase::Act;
        progress.acts += 1;
        self.scene.marker.attempt = progress.acts;
        let request = match self.driver.prepare(&self.scene.context()) {
            Prepared::Send(request) => request,
            Prepared::Known(findings) => {
                self.keep(*findings)?;
                return Ok(());
            }
            Prepared::Refused(refused) => return Err(Ended::Refused(refused)),
        };
        self.scene.acted_at = Some(self.scene.now);
        progress.act = match self.chain(request) {
            Verdict::Done(findings) => {
                self.keep(*findings)?;
                Act::Accepted
            }
            Verdict::Wait { not_before, .. } => {
                self.wait(not_before);
                Act::Accepted
            }
            Verdict::Refused(refused) if refused.class == RefusalClass::Permanent => {
                progress.refused = Some(refused);
                Act::Void
            }
            Verdict::Refused(refused) => {
                self.refused_for_now(refused)?;
                Act::Void
            }
            Verdict::Unknown(_) => Act::Lost,
            Verdict::Next(..) => unreachable!("a chain ends with another verdict"),
        };
        Ok(())
    }

    fn refused_for_now(&mut self, refused: Answered) -> Result<(), Ended> {
        match refused.class {
            RefusalClass::Busy | RefusalClass::Throttled => {
                self.wait(refused.retry_after.unwrap_or(Duration::from_secs(5)));
                Ok(())
            }
            _ => Err(Ended::Refused(refused)),
        }
    }

    /// Sends a request and what follows it, until a verdict ends the chain.
    fn chain(&mut self, mut request: Request) -> Verdict {
        for _ in 0..MOST {
            let (outcome, took) = self.wire.exchange(self.scene.now, &request);
            self.heard.push(Heard {
                scene: self.scene.clone(),
                request: request.clone(),
                outcome: outcome.clone(),
            });
            self.wait(took);
            match self.driver.interpret(&self.scene.context(), &request, &outcome) {
                Verdict::Next(next, notes) => {
                    self.note(notes);
                    request = next;
                }
                verdict => return verdict,
            }
        }
        panic!("the step {} did not end in {MOST} requests", self.scene.step);
    }

    /// Does a finished step once more.
    fn again(&mut self, spec: &StepSpec) -> Result<(), Ended> {
        if spec.class == RetryClass::Convergent {
            let mut progress = Progress {
                acts: self.scene.marker.attempt,
                ..Progress::default()
            };
            self.act(spec, &mut progress)?;
            // A refusal of what is done already is as good as any other answer: the look decides.
        }
        let mut last = None;
        for _ in 0..MOST {
            let Some(findings) = self.look()? else {
                continue;
            };
            match self.keep(findings)? {
                Standing::Reached => return Ok(()),
                Standing::Broken(text) => return Err(Ended::Asks(text)),
                other => last = Some(other),
            }
            self.wait(Duration::from_secs(2));
        }
        panic!("the step {} was reached and then stayed {last:?}", spec.name);
    }

    /// Keeps what was found. Like the engine it does nothing to a machine that is not the linked one.
    fn keep(&mut self, findings: Findings) -> Result<Standing, Ended> {
        self.note(findings.notes.clone());
        if let (Some(link), Fact::Known(machine)) = (&self.scene.link, &findings.machine)
            && self.scene.kind != OperationKind::Create
            && link.identity != machine.identity
        {
            return Err(Ended::Another(format!("{:?}", machine.identity)));
        }
        if let Some(identity) = &findings.link {
            self.scene.open_link(identity.clone());
        }
        let standing = findings.standing.clone();
        self.found.push(findings);
        Ok(standing)
    }

    fn note(&mut self, notes: domain::record::Notes) {
        for (key, value) in notes {
            if value.is_null() {
                self.scene.notes.remove(&key);
            } else {
                self.scene.notes.insert(key, value);
            }
        }
    }

    fn wait(&mut self, wait: Duration) {
        self.scene.now = self.scene.now + wait;
    }
}

/// What happened in a step so far.
#[derive(Debug)]
struct Progress {
    act: Act,
    acts: u32,
    refused: Option<Answered>,
    candidate: Option<Identity>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            act: Act::None,
            acts: 0,
            refused: None,
            candidate: None,
        }
    }
}
