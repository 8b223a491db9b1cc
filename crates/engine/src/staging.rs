//! The proof that a platform's owner change works: one smallest machine is created in a staging account, handed over,
//! built and deleted, through the same operations as any other. Only then may the staging protocol be used.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::PlatformId;
use domain::record::{CreateProtocol, OperationState, Platform, ServiceStatus};
use domain::{Actor, Customer, Order};

use crate::core::{Intent, PROOF_SERVICE, Told};
use crate::engine::{Engine, Submitted, Wish};
use crate::error::EngineError;
use crate::goal::Goal;

/// The client that the proof's machine is handed over to. Panels take external ids of 32 bits, and no billing system
/// numbers its clients this high.
const PROOF_CLIENT: u64 = 4_000_000_000;

/// How long each half of the proof may take.
const HALF: Duration = Duration::from_secs(30 * 60);

/// What the proof orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagingProof {
    /// The domain of the accounts' addresses; mail to it is never sent.
    pub domain: String,
    /// The location or hypervisor group.
    pub group: String,
    /// The smallest package.
    pub package: String,
    /// An operating-system image that fits it.
    pub image: String,
}

impl Engine {
    /// Makes the proof and switches the platform to the staging protocol. Returns what was done, line by line.
    pub async fn prove_staging(
        &self,
        platform: PlatformId,
        proof: &StagingProof,
        actor: &Actor,
    ) -> Result<Vec<String>, EngineError> {
        let platform = self
            .store()
            .platform(platform)
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("platform {platform}")))?;
        let attachment = self
            .store()
            .attachments(Some(platform.id))
            .await?
            .into_iter()
            .next()
            .ok_or_else(|| {
                EngineError::Invalid(format!(
                    "platform {} stands behind no server record yet; attach one first",
                    platform.name
                ))
            })?;
        let with_domain = self.with_domain(&platform, proof, actor).await?;
        let mut done = Vec::new();
        let wish = |intent: Intent| Wish {
            installation: attachment.installation.clone(),
            billing_id: PROOF_SERVICE,
            server_id: Some(attachment.server_id),
            told: Told {
                client_id: PROOF_CLIENT,
                product_id: 0,
                module: String::new(),
                status: ServiceStatus::Pending,
                hostname: Some(format!("staging-proof.{}", proof.domain)),
                mapped_id: None,
                called_again: false,
            },
            intent,
            actor: actor.clone(),
        };
        for (intent, what) in [
            (
                Intent::Create(order(proof)),
                "created in a staging account, handed over and built",
            ),
            (Intent::Terminate { window: None }, "deleted"),
        ] {
            let Submitted::Operation(operation) = self.submit(wish(intent)).await? else {
                continue;
            };
            let progress = self.wait(operation, Goal::Final, HALF).await?;
            if progress.operation.state != OperationState::Succeeded {
                return Err(EngineError::Invalid(format!(
                    "the proof stopped: {} (operation {operation})",
                    progress.operation.reason
                )));
            }
            done.push(format!("one smallest machine was {what} ({operation})"));
        }
        let mut profile = with_domain.profile;
        profile.create_protocol = CreateProtocol::Staging;
        self.store()
            .set_platform_profile(platform.id, profile, actor)
            .await?;
        done.push(format!(
            "platform {} uses the staging protocol from now on",
            platform.name
        ));
        Ok(done)
    }

    async fn with_domain(
        &self,
        platform: &Platform,
        proof: &StagingProof,
        actor: &Actor,
    ) -> Result<Platform, EngineError> {
        let mut profile = platform.profile.clone();
        profile.staging_domain = Some(proof.domain.clone());
        Ok(self
            .store()
            .set_platform_profile(platform.id, profile, actor)
            .await?)
    }
}

fn order(proof: &StagingProof) -> Order {
    let settings = [("package", &proof.package), ("group", &proof.group)];
    let mut settings: BTreeMap<String, String> = settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).clone()))
        .collect();
    settings.insert("ipv4".to_owned(), "1".to_owned());
    Order {
        customer: Customer {
            client_id: PROOF_CLIENT,
            name: "Staging Proof".to_owned(),
            email: format!("staging-proof@{}", proof.domain),
        },
        hostname: Some(format!("staging-proof.{}", proof.domain)),
        image: Some(proof.image.clone()),
        ssh_key: None,
        settings,
        options: BTreeMap::new(),
    }
}
