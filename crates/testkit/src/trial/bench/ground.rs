//! What a trial begins with, and the commands that scenes give.

use std::time::Duration;

use domain::given::Reinstall;
use domain::id::{OperationId, PlatformId, SecretId};
use domain::machine::Identity;
use domain::record::{
    Attachment, Installation, InstallationSettings, Platform, PlatformState, ProductPolicy, Relation,
    ServiceStatus, Standing,
};
use domain::{Actor, ActorKind, Moment, Order, Random};
use engine::core::{Command, Decision, Intent, Told, accept};

use super::{Bench, Made, Site, Subject, Variant, Whose};
use crate::memory::MemoryStore;
use crate::trial::Broken;

/// The strangers' machines, as they are before anything happens.
pub(super) fn strangers(site: &dyn Site, now: Moment) -> Vec<Made> {
    let all = site.machines(now).into_iter();
    all.filter(|made| made.whose == Whose::Stranger).collect()
}

/// An empty store for one billing system and one platform.
pub(super) fn store(
    subject: &dyn Subject,
    variant: Variant,
    now: Moment,
    random: &dyn Random,
) -> MemoryStore {
    let id = "trial".parse().expect("a valid installation name");
    let installation = Installation {
        id,
        key: SecretId::at(now, random),
        previous_key: None,
        enrol_until: None,
        settings: InstallationSettings::default(),
        created_at: now,
    };
    let platform = Platform {
        id: PlatformId::at(now, random),
        kind: subject.driver().kind(),
        name: "panel".to_owned(),
        endpoint: "https://cp.example.test".to_owned(),
        account: subject.account(variant).to_owned(),
        state: PlatformState::Approved,
        credential: SecretId::at(now, random),
        profile: subject.profile(variant),
        created_at: now,
        updated_at: now,
    };
    let attachment = Attachment {
        installation: installation.id.clone(),
        server_id: 1,
        platform: platform.id,
        relation: Relation::Integer,
    };
    let policy = ProductPolicy {
        dry_run: variant.full,
        ..ProductPolicy::default()
    };
    let mut store = MemoryStore::new(installation, platform, attachment);
    store.policies.insert(1, policy);
    store
}

impl Bench {
    /// Gives a command about the service under trial, as the billing system would at this moment; it must be taken.
    pub fn submit(&mut self, intent: Intent) -> Result<OperationId, Broken> {
        self.submit_as(ActorKind::System, intent, (0, u64::MAX))
    }

    /// The same, from whom, with how many terminations were used of how many allowed.
    pub fn submit_as(
        &mut self,
        kind: ActorKind,
        intent: Intent,
        budget: (u64, u64),
    ) -> Result<OperationId, Broken> {
        let view = self.store.view(self.billing_id);
        let status = match view.as_ref().map(|view| view.service.standing) {
            None | Some(Standing::Vacant | Standing::Building) => ServiceStatus::Pending,
            Some(Standing::Live) => ServiceStatus::Active,
            Some(Standing::Suspended) => ServiceStatus::Suspended,
            Some(Standing::Ending | Standing::Ended) => ServiceStatus::Terminated,
        };
        let mut command = Command {
            installation: self.store.installation.clone(),
            billing_id: self.billing_id,
            told: Told {
                client_id: self.client,
                product_id: 1,
                module: self.subject.module().to_owned(),
                status,
                hostname: Some(format!("vps{}.example.test", self.billing_id)),
                mapped_id: None,
                called_again: false,
            },
            intent,
            actor: Actor {
                kind,
                id: format!("{kind}"),
                ip: None,
                correlation: None,
            },
            placement: Some((self.store.platform.clone(), self.store.attachment.clone())),
            budget: Some(budget),
            last_wished: None,
        };
        let pace = command.pace(view.as_ref());
        command.last_wished = pace.and_then(|pace| self.store.last_wished(&pace));
        match accept(view.as_ref(), &command, self.world()) {
            Decision::Accepted { commit, operation } => {
                self.commit(*commit).map_err(|refused| refused.to_string())?;
                Ok(operation)
            }
            Decision::Joined(operation) => Ok(operation),
            Decision::Fulfilled => Err("the command was fulfilled already".to_owned()),
            Decision::Refused(refusal) => Err(format!("the command was refused: {refusal}")),
        }
    }

    /// What the service's client orders.
    pub fn order(&self) -> Order {
        let mut order = self.subject.order(self.variant);
        order.customer.client_id = self.client;
        order.customer.email = format!("client{}@example.test", self.client);
        order
    }

    /// The service gets a machine, built and in use.
    pub fn live(&mut self) -> Result<(), Broken> {
        let order = self.order();
        let create = self.submit(Intent::Create(order))?;
        self.finish(create)
    }

    /// The service gets a machine and is suspended.
    pub fn suspended(&mut self) -> Result<(), Broken> {
        self.live()?;
        let suspend = self.submit(suspension())?;
        self.finish(suspend)
    }

    /// The service had a machine and was ended.
    pub fn ended(&mut self) -> Result<(), Broken> {
        self.live()?;
        let terminate = self.submit(Intent::Terminate { window: None })?;
        self.finish(terminate)
    }

    /// The service is held inside the undo window of its termination.
    pub fn in_undo_window(&mut self) -> Result<(), Broken> {
        self.live()?;
        let window = Some(Duration::from_secs(6 * 3_600));
        self.submit(Intent::Terminate { window })?;
        self.run_until("the machine is held", |bench| {
            let machines = bench.machines();
            machines.iter().any(Made::is_held) && bench.open(domain::record::OperationKind::Suspend).is_none()
        })
    }

    /// The identity of the machine that the service is linked to.
    pub fn linked(&self) -> Option<Identity> {
        let view = self.store.view(self.billing_id)?;
        view.link.map(|link| link.identity)
    }
}

/// A reinstallation with another system and nothing else.
pub fn another_system() -> Reinstall {
    Reinstall {
        image: "46".to_owned(),
        hostname: None,
        keys: Vec::new(),
        new_key: None,
    }
}

/// What a billing system says when an invoice is overdue.
pub fn suspension() -> Intent {
    Intent::Suspend {
        reason: "overdue".to_owned(),
    }
}
