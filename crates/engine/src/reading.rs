//! Reading one fact of one service's machine now, for its client's eyes.
//!
//! This is the reading alone: when one is due, and how long it holds, is for whoever asks ([`crate::core::due`]). A reading
//! takes its turn at the platform's gate like everything else and is bounded in requests and in time, so that a page never
//! costs a platform more than it was given.

use std::time::Duration;

use domain::ServiceView;
use domain::change::Refused;
use domain::http::{Failure, FailureKind, Lane, Outcome};
use domain::id::{InstallationId, LinkId};
use domain::machine::{Identity, Machine};
use domain::observed::{FactKind, Observed};
use domain::record::{FactRecord, Notes, Service};
use driver::Reading;
use store::StoreError;

use crate::core::{Kept, Readable, Went, World, keep_fact, keep_glance, reachable, readable};
use crate::engine::{DECISIONS, Engine};
use crate::error::EngineError;

/// No reading needs more requests.
const MOST_REQUESTS: usize = 10;

/// After this time no further request of a reading is made.
const WITHIN: Duration = Duration::from_secs(60);

/// The status of something in between that waited in vain for whoever knows.
const GATEWAY_TIMEOUT: u16 = 504;

/// A reading that was made, and how it went for whoever paces readings.
#[derive(Debug)]
pub(crate) struct Made {
    /// What is kept now, or why nothing is.
    pub kept: Result<FactRecord, String>,
    /// Whether all that was seen of the machine is stored now.
    pub is_settled: bool,
    /// Whether the platform answered.
    pub went: Went,
    /// Which machine was behind the linked id.
    pub identity: Option<Identity>,
}

impl Made {
    /// What cannot be read at present; nobody was asked.
    const fn not(why: String) -> Self {
        Self {
            kept: Err(why),
            is_settled: false,
            went: Went::NotAsked,
            identity: None,
        }
    }
}

/// What an answer brought.
enum Brought {
    Fact {
        observed: Box<Observed>,
        identity: Option<Identity>,
        machine: Option<Box<Machine>>,
    },
    Machine(Box<Machine>),
}

impl Brought {
    fn keep(&self, view: &ServiceView, link: LinkId, world: World<'_>) -> Result<Kept, String> {
        match self {
            Self::Fact {
                observed,
                identity,
                machine,
            } => keep_fact(
                view,
                link,
                observed,
                (identity.as_ref(), machine.as_deref()),
                world,
            ),
            Self::Machine(machine) => keep_glance(view, link, machine, world),
        }
    }

    fn identity(&self) -> Option<Identity> {
        match self {
            Self::Fact { identity, .. } => identity.clone(),
            Self::Machine(machine) => Some(machine.identity.clone()),
        }
    }
}

impl Engine {
    /// Reads one fact of a service's machine now, and keeps it. The inner error says in one sentence why it could not be
    /// read; what was known before then stays as it is.
    pub async fn read_fact(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        kind: FactKind,
        lane: Lane,
    ) -> Result<Result<FactRecord, String>, EngineError> {
        let made = self.read_seen(installation, billing_id, kind, lane, None).await?;
        Ok(made.kept)
    }

    /// The same, where something has just shown which machine is behind the linked id.
    pub(crate) async fn read_seen(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        kind: FactKind,
        lane: Lane,
        seen: Option<&Identity>,
    ) -> Result<Made, EngineError> {
        let view = self.viewed(installation, billing_id).await?;
        let mut readable = match readable(&view, kind, self.world_about(&view)) {
            Ok(readable) => readable,
            Err(why) => return Ok(Made::not(why)),
        };
        readable.context.seen = seen;
        let link = readable.context.link.id;
        let (brought, went) = self.make_reading(readable, lane).await?;
        self.keep(view, link, brought, went).await
    }

    /// Looks shortly at a service's machine, without asking its hypervisor, and keeps what is seen.
    pub(crate) async fn glance_at(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        lane: Lane,
    ) -> Result<Made, EngineError> {
        let view = self.viewed(installation, billing_id).await?;
        let readable = match reachable(&view, FactKind::Live, self.world_about(&view)) {
            Ok(readable) => readable,
            Err(why) => return Ok(Made::not(why)),
        };
        let Readable {
            context,
            platform,
            driver,
        } = readable;
        let Some(request) = driver.glance(&context) else {
            return Ok(Made::not(format!(
                "machines of {} are not looked at so",
                platform.kind
            )));
        };
        let outcome = self.read(platform, &request, lane).await?;
        let machine = driver.read_glance(&context, &request, &outcome);
        let link = context.link.id;
        self.keep(view, link, machine.map(Brought::Machine), went(&outcome))
            .await
    }

    fn world_about(&self, view: &ServiceView) -> World<'_> {
        let platform = view.platform.as_ref();
        World {
            driver: platform.and_then(|platform| self.drivers().of(platform.kind)),
            ..self.world()
        }
    }

    /// Keeps what was brought, decided anew as long as others are faster than whoever loaded `view`.
    async fn keep(
        &self,
        mut view: ServiceView,
        link: LinkId,
        brought: Result<Brought, String>,
        went: Went,
    ) -> Result<Made, EngineError> {
        let in_vain = |why| Made {
            kept: Err(why),
            is_settled: false,
            went,
            identity: None,
        };
        let brought = match brought {
            Ok(brought) => brought,
            Err(why) => return Ok(in_vain(why)),
        };
        let now = self.now();
        let naming = self.naming();
        for _ in 0..DECISIONS {
            let world = World {
                now,
                naming: naming.as_deref(),
                ..self.world()
            };
            let kept = match brought.keep(&view, link, world) {
                Ok(kept) => kept,
                Err(why) => return Ok(in_vain(why)),
            };
            match self.store().commit(kept.commit).await {
                Ok(_) => {
                    return Ok(Made {
                        kept: Ok(kept.record),
                        is_settled: kept.is_settled,
                        went,
                        identity: brought.identity(),
                    });
                }
                // Somebody else was faster: what is true now decides.
                Err(StoreError::Refused(Refused::ServiceChanged(_))) => {
                    let Service {
                        installation,
                        billing_id,
                        ..
                    } = &view.service;
                    view = self.viewed(installation, *billing_id).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::Invalid(format!(
            "service {} changes too fast; try again",
            view.service.billing_id
        )))
    }

    async fn viewed(
        &self,
        installation: &InstallationId,
        billing_id: u64,
    ) -> Result<ServiceView, EngineError> {
        let view = self.view(installation, billing_id).await?;
        view.ok_or_else(|| EngineError::NotFound(format!("service {billing_id}")))
    }

    /// Asks for as long as the driver names a further request. With how the last one went.
    async fn make_reading(
        &self,
        readable: Readable<'_>,
        lane: Lane,
    ) -> Result<(Result<Brought, String>, Went), EngineError> {
        let Readable {
            context,
            platform,
            driver,
        } = readable;
        let latest = self.now() + WITHIN;
        let mut notes = Notes::new();
        let mut request = match driver.reading(&context) {
            Ok(request) => request,
            Err(why) => return Ok((Err(why), Went::NotAsked)),
        };
        for _ in 0..MOST_REQUESTS {
            let outcome = self.read(platform, &request, lane).await?;
            let went = went(&outcome);
            match driver.read_fact(&context, &request, &outcome, &notes) {
                Reading::Seen {
                    observed,
                    identity,
                    machine,
                } => {
                    let brought = Brought::Fact {
                        observed,
                        identity,
                        machine,
                    };
                    return Ok((Ok(brought), went));
                }
                Reading::Failed(why) => return Ok((Err(why), went)),
                Reading::Next(next, known) => (request, notes) = (next, known),
            }
            if self.now() >= latest {
                break;
            }
        }
        let why = format!("reading {} took too long", context.kind);
        Ok((Err(why), Went::Answered))
    }
}

/// Whether the platform answered by itself.
fn went(outcome: &Outcome) -> Went {
    match outcome {
        Outcome::Answered(response) if response.status == GATEWAY_TIMEOUT => Went::Silent,
        Outcome::Answered(_) => Went::Answered,
        Outcome::Failed(Failure {
            kind: FailureKind::NotSent,
            ..
        }) => Went::NotSent,
        Outcome::Failed(_) => Went::Silent,
    }
}
