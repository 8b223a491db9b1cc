//! Commands: what becomes of a wish. Ownership, standing, capability and policy are judged here, whatever the caller
//! says it has checked.

use std::time::Duration;

use domain::case::{Pace, ServiceView};
use domain::given::{MachineName, Reinstall};
use domain::id::{AuditId, OperationId, ServiceId};
use domain::machine::{Identity, Power, PowerAction};
use domain::record::{
    Attachment, Installation, Operation, OperationInput, OperationKind, OperationState, Platform,
    PlatformState, Question, QuestionKind, Service, ServiceStatus, Standing,
};
use domain::{Actor, ActorKind, Change, Commit, Fence, Moment, Order};

use super::draft::fresh_operation;
use super::{World, suspension};

mod budget;
mod clients;
mod ending;
mod overtake;
mod refusal;
mod rules;

pub use refusal::{Refusal, RefusalCode};

use ending::{take_back, terminate};
use rules::{Judgement, judge};

/// What a message says of the service it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The owning client; for a client's own action the client of the session.
    pub client_id: u64,
    /// The product.
    pub product_id: u64,
    /// The module's name.
    pub module: String,
    /// The billing system's word for the service.
    pub status: ServiceStatus,
    /// The hostname there.
    pub hostname: Option<String>,
    /// The id in an old module's table.
    pub mapped_id: Option<String>,
    /// Whether the engine had this function called again, so that the billing system hears how its wish stands. Such a
    /// call begins nothing: what was wished since counts.
    pub called_again: bool,
}

/// What is wished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Make, build and deliver.
    Create(Order),
    /// Hold.
    Suspend {
        /// Why, as the billing system says.
        reason: String,
    },
    /// Let go.
    Unsuspend,
    /// End.
    Terminate {
        /// How long it can be taken back; the product's undo window where `None`.
        window: Option<Duration>,
    },
    /// Other resources.
    ChangePackage(Order),
    /// Boot, shut down, restart, power off.
    Power(PowerAction),
    /// Read.
    Refresh {
        /// Whether the machine's host is asked too. Without it the billing system is told anew what was read.
        live: bool,
    },
    /// Ask whether an order would be taken.
    Validate(Order),
    /// A one-time address of the platform's panel.
    SignOn,
    /// Another name for the machine.
    Rename(MachineName),
    /// A new password for the machine's administrator.
    ResetPassword,
    /// A new password for the client's account on the platform.
    ResetAccountPassword,
    /// The machine installed anew.
    Reinstall(Reinstall),
    /// The machine's console.
    Console {
        /// Whether it is opened; closed otherwise.
        open: bool,
    },
    /// Link an existing machine. Only from the engine's host or an enrol window; the caller has checked that.
    Adopt(Identity),
}

impl Intent {
    /// The operation it becomes.
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Create(_) => OperationKind::Create,
            Self::Suspend { .. } => OperationKind::Suspend,
            Self::Unsuspend => OperationKind::Unsuspend,
            Self::Terminate { .. } => OperationKind::Terminate,
            Self::ChangePackage(_) => OperationKind::ChangePackage,
            Self::Power(_) => OperationKind::Power,
            Self::Refresh { .. } => OperationKind::Refresh,
            Self::Validate(_) => OperationKind::Validate,
            Self::SignOn => OperationKind::SignOn,
            Self::Rename(_) => OperationKind::Rename,
            Self::ResetPassword => OperationKind::ResetPassword,
            Self::ResetAccountPassword => OperationKind::ResetAccountPassword,
            Self::Reinstall(_) => OperationKind::Reinstall,
            Self::Console { .. } => OperationKind::Console,
            Self::Adopt(_) => OperationKind::Adopt,
        }
    }

    pub(super) fn input(&self) -> OperationInput {
        match self {
            Self::Create(order) | Self::ChangePackage(order) | Self::Validate(order) => {
                OperationInput::Order(order.clone())
            }
            Self::Suspend { reason } => OperationInput::Suspend {
                reason: reason.clone(),
            },
            Self::Terminate { .. } => OperationInput::Terminate { not_before: None },
            Self::Power(action) => OperationInput::Power { action: *action },
            Self::Adopt(identity) => OperationInput::Resource {
                identity: identity.clone(),
            },
            Self::Rename(name) => OperationInput::Rename { name: name.clone() },
            Self::Reinstall(how) => OperationInput::Reinstall(how.clone()),
            Self::Console { open } => OperationInput::Console { open: *open },
            Self::Refresh { live: false } => OperationInput::Stored,
            Self::Unsuspend
            | Self::Refresh { live: true }
            | Self::SignOn
            | Self::ResetPassword
            | Self::ResetAccountPassword => OperationInput::Nothing,
        }
    }
}

/// A wish, with who has it and what is known around it.
#[derive(Debug, Clone)]
pub struct Command {
    /// The billing system.
    pub installation: Installation,
    /// The service's id there.
    pub billing_id: u64,
    /// What the message says of the service.
    pub told: Told,
    /// What is wished.
    pub intent: Intent,
    /// Who wishes it.
    pub actor: Actor,
    /// The platform behind the billing system's server record; for a service that has none yet.
    pub placement: Option<(Platform, Attachment)>,
    /// Terminations and reinstallations over the bridge in the last hour, and how many are allowed; asked for where the
    /// wish is one of them.
    pub budget: Option<(u64, u64)>,
    /// When the client last wished for the same; asked for where the wish has a pace, behind the service's own reading, so
    /// that whoever wishes at once is seen here or has changed the service.
    pub last_wished: Option<Moment>,
}

impl Command {
    /// What keeps the wish waiting: clients wait between two of a kind; what anybody else asked for does not count.
    pub fn pace(&self, view: Option<&ServiceView>) -> Option<Pace> {
        let kind = self.intent.kind();
        let service = view?.service.id;
        let paced = self.actor.kind == ActorKind::Client && kind.is_for_clients();
        // Opening a console and closing it are two things: who has closed one may open the next.
        let input = (kind == OperationKind::Console).then(|| self.intent.input());
        paced.then_some(Pace { service, kind, input })
    }
}

/// What becomes of a command.
#[derive(Debug)]
pub enum Decision {
    /// An operation, once the commit is applied.
    Accepted {
        /// To be applied.
        commit: Box<Commit>,
        /// The operation whose course answers the command.
        operation: OperationId,
    },
    /// An operation of before answers the command.
    Joined(OperationId),
    /// The wish is fulfilled already, and no operation is left to tell of it.
    Fulfilled,
    /// No.
    Refused(Refusal),
}

/// Decides a command. `view` is the service as it is, `None` when it was never seen.
pub fn accept(view: Option<&ServiceView>, command: &Command, world: World<'_>) -> Decision {
    if let Some(no) = not_owner(view, command) {
        return Decision::Refused(no);
    }
    match judge(view, command, world) {
        Judgement::Refuse(code, sentence) => Decision::Refused(Refusal::new(code, sentence)),
        Judgement::TooSoon(again_in) => Decision::Refused(Refusal::too_soon(again_in)),
        Judgement::Join(operation) => Decision::Joined(operation),
        Judgement::Fulfilled => Decision::Fulfilled,
        Judgement::TakeBack(terminate) => take_back(view, &terminate, command, world),
        Judgement::Anew(lost) => go(view, command, Some(&lost), world),
        Judgement::Go => go(view, command, None, world),
    }
}

/// Whether a client may wish for something on its own page, whatever is under way and however often it was wished.
pub fn permitted(view: Option<&ServiceView>, command: &Command, world: World<'_>) -> Result<(), Refusal> {
    if let Some(no) = not_owner(view, command) {
        return Err(no);
    }
    match rules::denied(view, command, world) {
        Some((code, sentence)) => Err(Refusal::new(code, sentence)),
        None => Ok(()),
    }
}

fn not_owner(view: Option<&ServiceView>, command: &Command) -> Option<Refusal> {
    let client = view?.service.client_id;
    let is_anothers = command.actor.kind == ActorKind::Client && command.told.client_id != client;
    is_anothers.then(|| Refusal::new(RefusalCode::NotOwner, "This service belongs to another client."))
}

/// The service as the command finds or makes it, with what the billing system may tell about it.
fn service_of(view: Option<&ServiceView>, command: &Command, world: World<'_>) -> Service {
    let told = &command.told;
    let mut service = view.map_or_else(
        || Service {
            client_id: told.client_id,
            product_id: told.product_id,
            module: told.module.clone(),
            status: told.status,
            hostname: told.hostname.clone(),
            mapped_id: told.mapped_id.clone(),
            ..Service::vacant(
                ServiceId::at(world.now, world.random),
                command.installation.id.clone(),
                command.billing_id,
                world.now,
            )
        },
        |view| view.service.clone(),
    );
    // A client's session tells nothing about the service; the billing system's own words are taken over.
    if command.actor.kind != ActorKind::Client {
        service.status = told.status;
        service.product_id = told.product_id;
        if told.hostname.is_some() {
            service.hostname.clone_from(&told.hostname);
        }
    }
    if service.platform.is_none() {
        service.platform = command.placement.as_ref().map(|(platform, _)| platform.id);
    }
    service
}

struct Builder<'a> {
    command: &'a Command,
    world: World<'a>,
    service: Service,
    existed: bool,
    sequence: i64,
    changes: Vec<Change>,
}

impl<'a> Builder<'a> {
    fn new(view: Option<&ServiceView>, command: &'a Command, world: World<'a>) -> Self {
        let sequence = view.map_or(0, ServiceView::last_sequence);
        let service = service_of(view, command, world);
        Self {
            command,
            world,
            service,
            existed: view.is_some(),
            sequence,
            changes: Vec::new(),
        }
    }

    fn operation(&mut self, kind: OperationKind, input: OperationInput, actor: Actor) -> Operation {
        self.sequence += 1;
        fresh_operation(&self.service, kind, input, actor, self.sequence, self.world)
    }

    fn insert(&mut self, operation: Operation) {
        self.audit("operation.accepted", &operation.id.to_string(), serde_json::json!({
            "kind": operation.kind.as_str(), "service": self.service.id, "state": operation.state.as_str(),
        }));
        self.changes.push(Change::InsertOperation(operation));
    }

    fn audit(&mut self, action: &str, subject: &str, detail: serde_json::Value) {
        self.changes.push(Change::Audit(domain::record::AuditLine {
            id: AuditId::at(self.world.now, self.world.random),
            installation: Some(self.service.installation.clone()),
            at: self.world.now,
            actor: self.command.actor.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
        }));
    }

    /// What is wished now answers a question.
    fn settle(&mut self, question: &Question) {
        let mut settled = question.clone();
        settled.answered_at = Some(self.world.now);
        settled.answer = Some("settled".to_owned());
        settled.answered_by = Some(Actor::engine("settled by a later wish"));
        self.changes.push(Change::PutQuestion(settled));
    }

    fn accepted(mut self, operation: OperationId) -> Decision {
        let fence = if self.existed {
            let version = self.service.version;
            self.changes.insert(0, Change::PutService(self.service.clone()));
            Fence::service(self.service.id, version)
        } else {
            self.changes
                .insert(0, Change::InsertService(self.service.clone()));
            Fence::default()
        };
        Decision::Accepted {
            commit: Box::new(Commit {
                fence,
                changes: self.changes,
            }),
            operation,
        }
    }
}

/// Begins what is wished, in the place of `lost` where that is given.
fn go(view: Option<&ServiceView>, command: &Command, lost: Option<&Operation>, world: World<'_>) -> Decision {
    let mut builder = Builder::new(view, command, world);
    propose_ownership(view, command, &mut builder);
    if matches!(command.intent, Intent::Suspend { .. } | Intent::Terminate { .. }) {
        settle_drift(view, &mut builder);
    }
    match &command.intent {
        Intent::Create(_) => builder.service.standing = Standing::Building,
        Intent::Suspend { .. } => {
            builder.service.standing = Standing::Suspended;
            if view.is_some_and(|view| suspension::awaits_first_run(view, world.now)) {
                builder.service.power_before_suspend = Some(Power::On);
            }
        }
        Intent::Terminate { window } => return terminate(view, command, *window, builder),
        _ => {}
    }
    if let Intent::Create(order) = &command.intent
        && order.hostname.is_some()
    {
        builder.service.hostname.clone_from(&order.hostname);
    }
    let kind = command.intent.kind();
    let mut operation = builder.operation(kind, command.intent.input(), command.actor.clone());
    if let (Some(lost), Some(view)) = (lost, view) {
        replace(view, lost, &mut builder);
    }
    let front = view.and_then(|view| front(view, lost));
    let interrupts = kind == OperationKind::Suspend && overtake::suspend(view, &operation, &mut builder);
    if interrupts || kind.changes() && front.is_some_and(|front| waits_behind(kind, front)) {
        queue(&mut operation);
    }
    if kind == OperationKind::Reinstall {
        budget::within(view, command, &mut operation, &mut builder);
    }
    let id = operation.id;
    builder.insert(operation);
    builder.accepted(id)
}

/// Ends an operation that nobody waits for any more, and what was asked about it.
fn replace(view: &ServiceView, lost: &Operation, builder: &mut Builder<'_>) {
    let now = builder.world.now;
    let mut ended = lost.clone();
    ended.state = OperationState::Superseded;
    ended.due_at = None;
    ended.finished_at = Some(now);
    ended.updated_at = now;
    "its answer was lost, and it was asked for anew".clone_into(&mut ended.reason);
    builder.changes.push(Change::PutOperation(ended));
    let about_it = |question: &&Question| question.operation == Some(lost.id);
    for question in view.questions.iter().filter(about_it) {
        builder.settle(question);
    }
}

/// The changing operation at the head of the service's line, but for one that is replaced.
fn front<'a>(view: &'a ServiceView, replaced: Option<&Operation>) -> Option<&'a Operation> {
    let others = view
        .line()
        .filter(|operation| replaced.is_none_or(|replaced| replaced.id != operation.id));
    others.min_by_key(|operation| operation.sequence)
}

/// A question holds the line, except for suspend and terminate. A create is finished before its machine is suspended:
/// a platform does not build a suspended machine, and until then nobody has it.
fn waits_behind(kind: OperationKind, front: &Operation) -> bool {
    front.kind == OperationKind::Create
        || front.state != OperationState::Asking
        || !matches!(kind, OperationKind::Suspend | OperationKind::Terminate)
}

fn queue(operation: &mut Operation) {
    operation.state = OperationState::Queued;
    operation.due_at = None;
    "waits for the operation before it".clone_into(&mut operation.reason);
}

/// The billing system wants the machine held or gone: whether to release it is no question any more.
fn settle_drift(view: Option<&ServiceView>, builder: &mut Builder<'_>) {
    let questions = view.into_iter().flat_map(|view| &view.questions);
    let releases = |question: &&Question| {
        let mut words = question.choices.iter().map(|(word, _)| word);
        question.kind == QuestionKind::Drifted && words.any(|word| word == "restore")
    };
    for question in questions.filter(releases) {
        builder.settle(question);
    }
}

/// A message that names another client than ours changes nothing; a person may accept it.
fn propose_ownership(view: Option<&ServiceView>, command: &Command, builder: &mut Builder<'_>) {
    let proposal =
        view.and_then(|view| super::learn::ownership_proposal(view, command.told.client_id, builder.world));
    if let Some(question) = proposal {
        builder.changes.push(Change::PutQuestion(question));
    }
}

/// Whether a platform may be used, in words.
fn platform_refusal(view: Option<&ServiceView>, command: &Command) -> Option<(RefusalCode, String)> {
    let platform = view
        .and_then(|view| view.platform.as_ref())
        .or_else(|| command.placement.as_ref().map(|(platform, _)| platform));
    match platform {
        None => Some((
            RefusalCode::NoPlatform,
            "No platform stands behind this server. Press Test Connection in its settings to propose one."
                .to_owned(),
        )),
        Some(platform) if platform.state != PlatformState::Approved => Some((
            RefusalCode::PlatformNotApproved,
            format!(
                "Platform {} is not approved. Run `hostler platform approve {}` on the engine's host.",
                platform.name, platform.id
            ),
        )),
        Some(_) => None,
    }
}
