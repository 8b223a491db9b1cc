//! Platforms: proposed over the bridge or the command line, approved on the engine's host, tested by the driver.

use domain::http::{Lane, Outcome, Request, RetryClass};
use domain::id::{CallId, InstallationId, PlatformId, SecretId};
use domain::record::{Attachment, Platform, PlatformKind, PlatformProfile, PlatformState, Relation};
use domain::{Actor, ActorKind, Secret};
use outbound::{Endpoint, PlainHttp};
use store::Proposal as Stored;

use crate::engine::Engine;
use crate::error::EngineError;

/// A platform that somebody wants to use.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The billing system and its server record that shall mean this platform; `None` from the command line.
    pub server: Option<(InstallationId, u64)>,
    /// Which kind.
    pub kind: PlatformKind,
    /// `https://host[:port]`, or a bare host.
    pub endpoint: String,
    /// The account at the platform that is meant, where one credential reaches several: Katapult's organization, by its
    /// id. Empty where the credential says it.
    pub account: String,
    /// The credential.
    pub token: Secret,
    /// A name for people; the endpoint's host when empty.
    pub name: String,
    /// Who proposes.
    pub actor: Actor,
}

impl Engine {
    /// Keeps a proposal. It stays inert until it is approved; proposing a known platform again changes nothing about
    /// its endpoint or credential, and attaches the server record only where that needs no approval: on the engine's
    /// host or inside an enrol window.
    pub async fn propose_platform(&self, proposal: Proposal) -> Result<Platform, EngineError> {
        let installation = proposal.server.as_ref().map(|(id, _)| id.clone());
        self.propose_for(installation.as_ref(), proposal).await
    }

    /// The same for a billing system whose enrol window counts, also where none of its server records is to mean the platform.
    pub(crate) async fn propose_for(
        &self,
        installation: Option<&InstallationId>,
        proposal: Proposal,
    ) -> Result<Platform, EngineError> {
        let endpoint = if proposal.endpoint.contains("://") {
            proposal.endpoint.clone()
        } else {
            format!("https://{}", proposal.endpoint)
        };
        let endpoint = Endpoint::canonical_base(&endpoint, PlainHttp::OnLoopback)
            .map_err(|error| EngineError::Invalid(error.to_string()))?;
        let now = self.now();
        let random = self.random().as_ref();
        let name = if proposal.name.is_empty() {
            endpoint.split("://").last().unwrap_or_default().to_owned()
        } else {
            proposal.name
        };
        let platform = Platform {
            id: PlatformId::at(now, random),
            kind: proposal.kind,
            name,
            endpoint,
            account: proposal.account,
            state: PlatformState::Proposed,
            credential: SecretId::at(now, random),
            profile: PlatformProfile::default(),
            created_at: now,
            updated_at: now,
        };
        let attachment = match &proposal.server {
            Some((installation, server_id)) => {
                Some(self.attachment_for(installation, *server_id, &platform).await?)
            }
            None => None,
        };
        let trusted = self.may_enrol(installation, &proposal.actor).await?;
        let stored = self
            .store()
            .propose_platform(&platform, &proposal.token, attachment.as_ref(), &proposal.actor)
            .await?;
        if let (Stored::Known(_), Some(attachment), ActorKind::Host) =
            (&stored, &attachment, proposal.actor.kind)
        {
            // What is new came with its attachment; over the bridge the caller decides who may have it.
            self.store().attach(attachment, &proposal.actor).await?;
        }
        match stored {
            Stored::Kept(platform) | Stored::Known(platform) if trusted => {
                self.approve_platform(platform.id, &proposal.actor).await
            }
            Stored::Kept(platform) | Stored::Known(platform) => Ok(platform),
        }
    }

    /// How an installation's clients are named on a platform: as they are already; else by the integer relation, which
    /// only the first installation has.
    pub(crate) async fn attachment_for(
        &self,
        installation: &InstallationId,
        server_id: u64,
        platform: &Platform,
    ) -> Result<Attachment, EngineError> {
        let known = self
            .store()
            .platform_by_account(platform.kind, &platform.endpoint, &platform.account)
            .await?;
        let others = match &known {
            Some(known) => self.store().attachments(Some(known.id)).await?,
            None => Vec::new(),
        };
        let own = others.iter().find(|other| other.installation == *installation);
        let taken = others.iter().any(|other| other.relation == Relation::Integer);
        let relation = match own {
            Some(own) => own.relation,
            None if taken => Relation::Text,
            None => Relation::Integer,
        };
        Ok(Attachment {
            installation: installation.clone(),
            server_id,
            platform: known.map_or(platform.id, |known| known.id),
            relation,
        })
    }

    /// Whether whoever asks may approve: a person at the engine's host, or anybody inside an enrol window.
    pub async fn may_enrol(
        &self,
        installation: Option<&InstallationId>,
        actor: &Actor,
    ) -> Result<bool, EngineError> {
        if actor.kind == ActorKind::Host {
            // A person at the host approves by a command of its own, so that proposing stays without effect.
            return Ok(false);
        }
        let Some(id) = installation else { return Ok(false) };
        let installation = self.store().installation(id).await?;
        let until = installation.and_then(|installation| installation.enrol_until);
        Ok(until.is_some_and(|until| self.now() < until))
    }

    /// Approves a platform for use.
    pub async fn approve_platform(&self, id: PlatformId, actor: &Actor) -> Result<Platform, EngineError> {
        let platform = self
            .store()
            .set_platform_state(id, PlatformState::Approved, actor)
            .await?;
        if platform.kind == PlatformKind::PowerDns {
            self.look_for_name_servers().await?;
        }
        if self.has_catalogue(&platform) {
            self.want_catalogue(id).await?;
        }
        self.wake();
        Ok(platform)
    }

    /// Makes the driver's probes. The inner error is a sentence that names what is wrong and what to do.
    pub async fn test_platform(&self, id: PlatformId) -> Result<Result<(), String>, EngineError> {
        let platform = self
            .store()
            .platform(id)
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("platform {id}")))?;
        if platform.state != PlatformState::Approved {
            return Ok(Err(format!(
                "platform {} is not approved, so nothing was sent. Run `hostler platform approve {id}` on the \
                 engine's host",
                platform.name
            )));
        }
        let driver = self
            .drivers()
            .of(platform.kind)
            .ok_or_else(|| EngineError::NotFound(format!("driver for {}", platform.kind)))?;
        for probe in driver.probes(&platform.account) {
            let outcome = self.read(&platform, &probe, Lane::Click).await?;
            if let Err(sentence) = driver.interpret_probe(&probe, &outcome) {
                return Ok(Err(sentence));
            }
        }
        Ok(Ok(()))
    }

    /// One read outside any operation. Only reads leave this way: what changes something is an operation's call.
    pub(crate) async fn read(
        &self,
        platform: &Platform,
        request: &Request,
        lane: Lane,
    ) -> Result<Outcome, EngineError> {
        if request.class != RetryClass::Read {
            return Err(EngineError::Invalid(format!(
                "{} changes something and is no probe",
                request.name
            )));
        }
        let endpoint = self.endpoint(platform).await?;
        let call = CallId::at(self.now(), self.random().as_ref());
        let latest = self.now() + std::time::Duration::from_secs(40);
        Ok(self.outbound().send(&endpoint, call, request, lane, latest).await)
    }
}
