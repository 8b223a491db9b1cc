//! Settings of a module that people type into the billing system: the platform's key, and the operator's account there.
//!
//! They are proposals. The first ones propose a platform that stays inert until it is approved on the engine's host, or
//! inside an enrol window. Once a platform is approved, nothing typed into the billing system changes it: another key or
//! account is kept beside it, encrypted and without effect, and taken over by `hostler platform approve` on the host.
//!
//! The account that an installation's settings name is attached to [`Module::DEFAULT_SERVER`].

use domain::id::{AuditId, InstallationId, PlatformId, SecretId};
use domain::record::{AuditLine, Module, Platform, PlatformKind, PlatformState};
use domain::{Actor, Secret};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{PLATFORM_CREDENTIAL, Replacement};

use crate::catalogue::CatalogueState;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::platform::Proposal;

/// The version of the stored document.
const VERSION: u32 = 1;

/// The longest name of an account that is taken.
const LONGEST_ACCOUNT: usize = 63;

/// What somebody typed.
#[derive(Debug, Clone)]
pub struct TypedSettings {
    /// The billing system.
    pub installation: InstallationId,
    /// Whose settings they are.
    pub kind: PlatformKind,
    /// Where the platform is: never typed, but configured on the engine's host.
    pub endpoint: String,
    /// The key; empty to leave it as it is.
    pub key: Secret,
    /// The operator's account upstream; empty for the one that the key means, `None` to leave it as it is.
    pub account: Option<String>,
    /// Who typed.
    pub actor: Actor,
}

/// What became of one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was typed, or what is set already.
    Unchanged,
    /// It is used from now on.
    InForce,
    /// It is used once it is approved on the engine's host.
    Waiting,
}

/// What became of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The platform behind the settings, where there is one.
    pub platform: Option<Platform>,
    /// The key.
    pub key: Fate,
    /// The account.
    pub account: Fate,
}

/// A change of a platform that was typed into a billing system and is not in force. A versioned document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProposedChange {
    /// The document's version.
    pub version: u32,
    /// The key, at rest.
    pub credential: Option<SecretId>,
    /// The account; empty for the one that the key means.
    pub account: Option<String>,
}

/// A change as it is kept.
struct Kept {
    name: String,
    text: Option<String>,
    change: ProposedChange,
}

impl Kept {
    fn becomes(&self, change: &ProposedChange) -> Result<Replacement, EngineError> {
        let change = ProposedChange {
            version: VERSION,
            ..change.clone()
        };
        let text = serde_json::to_string(&change).map_err(|error| EngineError::Invalid(error.to_string()))?;
        Ok(Replacement {
            name: self.name.clone(),
            former: self.text.clone(),
            text,
        })
    }
}

impl ProposedChange {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.credential.is_none() && self.account.is_none()
    }
}

/// What the settings of a module are at present.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleSettings {
    /// The platform behind them.
    pub platform: Option<Platform>,
    /// What was typed and waits for approval.
    pub change: ProposedChange,
    /// What is known of the platform's catalogue.
    pub catalogue: CatalogueState,
}

impl Engine {
    /// The settings of a kind's module.
    pub async fn module_settings(
        &self,
        installation: &InstallationId,
        kind: PlatformKind,
    ) -> Result<ModuleSettings, EngineError> {
        let Some(platform) = self.default_account(installation, kind).await? else {
            return Ok(ModuleSettings::default());
        };
        Ok(ModuleSettings {
            change: self.proposed_change(platform.id).await?,
            catalogue: self.catalogue_state(platform.id).await?,
            platform: Some(platform),
        })
    }

    /// The account that a module's settings name.
    async fn default_account(
        &self,
        installation: &InstallationId,
        kind: PlatformKind,
    ) -> Result<Option<Platform>, EngineError> {
        let placement = self
            .store()
            .placement(installation, Module::DEFAULT_SERVER)
            .await?;
        Ok(placement
            .map(|(platform, _)| platform)
            .filter(|platform| platform.kind == kind))
    }

    /// Takes what was typed. The inner error is a sentence for the person who typed it.
    pub async fn take_settings(&self, typed: TypedSettings) -> Result<Result<Settled, String>, EngineError> {
        let typed = TypedSettings {
            key: Secret::new(typed.key.expose().trim()),
            account: typed.account.map(|account| account.trim().to_owned()),
            ..typed
        };
        if let Some(account) = typed.account.as_deref()
            && !is_account(account)
        {
            return Ok(Err(
                "The organization is named by its id or its sub-domain: letters, digits, hyphens and \
                 underscores only."
                    .to_owned(),
            ));
        }
        match self.default_account(&typed.installation, typed.kind).await? {
            None => self.first_settings(typed).await,
            Some(platform) => self.changed_settings(platform, typed).await,
        }
    }

    async fn first_settings(&self, typed: TypedSettings) -> Result<Result<Settled, String>, EngineError> {
        let account = typed.account.clone().filter(|account| !account.is_empty());
        if typed.key.is_empty() {
            return Ok(match account {
                None => Ok(Settled {
                    platform: None,
                    key: Fate::Unchanged,
                    account: Fate::Unchanged,
                }),
                Some(_) => Err("The API key is missing: the organization alone says nothing.".to_owned()),
            });
        }
        let platform = self
            .propose_platform(Proposal {
                server: Some((typed.installation.clone(), Module::DEFAULT_SERVER)),
                kind: typed.kind,
                endpoint: typed.endpoint.clone(),
                account: account.clone().unwrap_or_default(),
                token: typed.key.clone(),
                name: String::new(),
                actor: typed.actor.clone(),
            })
            .await?;
        let attached = self.default_account(&typed.installation, typed.kind).await?;
        if attached.is_none() {
            // Somebody else proposed the account before: with a key of its own, beside which this one is only proposed.
            return if self
                .attach_default(&platform, &typed.installation, &typed.actor)
                .await?
            {
                self.changed_settings(platform, typed).await
            } else {
                Ok(Err(format!(
                    "This account is known to the engine as platform {}, but not to this billing system. Open an enrol \
                     window on the engine's host and save again: hostler installation enrol {} --minutes 15",
                    platform.id, typed.installation
                )))
            };
        }
        let fate = fate(platform.state == PlatformState::Approved);
        let settled = Settled {
            key: fate,
            account: account.as_ref().map_or(Fate::Unchanged, |_| fate),
            platform: Some(platform),
        };
        self.log_settled(&typed.installation, typed.kind, &settled, account.as_deref())
            .await?;
        Ok(Ok(settled))
    }

    /// Lets a known platform stand behind the settings, where that gives nobody anything new: it is inert and nobody
    /// else's, or this installation uses it already, or a person on the engine's host holds the enrol window open.
    async fn attach_default(
        &self,
        platform: &Platform,
        installation: &InstallationId,
        actor: &Actor,
    ) -> Result<bool, EngineError> {
        let users = self.users_of(platform.id).await?;
        let free = users.is_empty() && platform.state == PlatformState::Proposed;
        if !free && !users.contains(installation) && !self.may_enrol(Some(installation), actor).await? {
            return Ok(false);
        }
        let attachment = self
            .attachment_for(installation, Module::DEFAULT_SERVER, platform)
            .await?;
        self.store().attach(&attachment, actor).await?;
        Ok(true)
    }

    async fn changed_settings(
        &self,
        platform: Platform,
        typed: TypedSettings,
    ) -> Result<Result<Settled, String>, EngineError> {
        if platform.state == PlatformState::Disabled {
            return Ok(Err(format!(
                "The platform {} was taken out of use on the engine's host; nothing was changed.",
                platform.name
            )));
        }
        let Some((change, account)) = self.keep_typed(platform.id, &typed).await? else {
            return Ok(Ok(Settled {
                platform: Some(platform),
                key: Fate::Unchanged,
                account: Fate::Unchanged,
            }));
        };
        self.note_change(&typed.installation, platform.id, &change, &typed.actor)
            .await?;
        let enrolling = platform.state == PlatformState::Proposed
            && self.may_enrol(Some(&typed.installation), &typed.actor).await?;
        let platform = if enrolling {
            self.accept_change(platform.id, &typed.actor).await?;
            self.approve_platform(platform.id, &typed.actor).await?
        } else {
            platform
        };
        let settled = Settled {
            key: if typed.key.is_empty() {
                Fate::Unchanged
            } else {
                fate(enrolling)
            },
            // Taking back what was only proposed leaves in force what is.
            account: account
                .as_ref()
                .map_or(Fate::Unchanged, |_| fate(enrolling || change.account.is_none())),
            platform: Some(platform),
        };
        self.log_settled(&typed.installation, typed.kind, &settled, account.as_deref())
            .await?;
        Ok(Ok(settled))
    }

    /// Adds what was typed to what waits; of two keys the later one counts. What waits now, and the account where another
    /// one was typed than before; `None` where nothing new was typed.
    async fn keep_typed(
        &self,
        id: PlatformId,
        typed: &TypedSettings,
    ) -> Result<Option<(ProposedChange, Option<String>)>, EngineError> {
        loop {
            // The document first: what was taken over between the two is in force then, and not still to be.
            let kept = self.kept_change(id).await?;
            let platform = self.store().platform(id).await?;
            let platform = platform.ok_or_else(|| EngineError::NotFound(format!("platform {id}")))?;
            let mut change = kept.change.clone();
            let present = change.account.as_ref().unwrap_or(&platform.account);
            let account = typed.account.clone().filter(|account| account != present);
            if typed.key.is_empty() && account.is_none() {
                return Ok(None);
            }
            if let Some(account) = &account {
                // What is in force already needs no approval.
                change.account = (*account != platform.account).then(|| account.clone());
            }
            let fresh =
                (!typed.key.is_empty()).then(|| SecretId::new(self.clock().as_ref(), self.random().as_ref()));
            let outdated = fresh.and_then(|fresh| change.credential.replace(fresh));
            let key = fresh.map(|fresh| (fresh, &typed.key));
            let document = kept.becomes(&change)?;
            if self.store().replace_typed(&document, key, outdated).await? {
                return Ok(Some((change, account)));
            }
        }
    }

    /// Takes over what was typed into a billing system: a person on the engine's host said so, or the platform is not in
    /// use yet and its enrol window is open. Whether there was anything. What is typed meanwhile is taken over too, or
    /// waits.
    pub async fn accept_change(&self, id: PlatformId, actor: &Actor) -> Result<bool, EngineError> {
        loop {
            let kept = self.kept_change(id).await?;
            let change = &kept.change;
            if change.is_empty() {
                return Ok(false);
            }
            if let Some(typed) = change.credential
                && !self.typed_key_is_there(typed).await?
            {
                // Another one may have been typed between the two reads, and has taken its place.
                if self.kept_change(id).await?.change == *change {
                    return Err(key_is_gone(id));
                }
                continue;
            }
            let typed = (change.account.as_deref(), change.credential);
            let document = kept.becomes(&ProposedChange::default())?;
            if self.store().take_over_typed(id, &document, typed, actor).await? {
                break;
            }
        }
        self.want_catalogue(id).await?;
        Ok(true)
    }

    async fn typed_key_is_there(&self, typed: SecretId) -> Result<bool, EngineError> {
        let key = self.store().read_secret(typed, PLATFORM_CREDENTIAL).await?;
        Ok(key.is_some())
    }

    /// Forgets what was typed: something else was set on the engine's host.
    pub async fn drop_change(&self, id: PlatformId) -> Result<(), EngineError> {
        loop {
            let kept = self.kept_change(id).await?;
            let document = kept.becomes(&ProposedChange::default())?;
            let outdated = kept.change.credential;
            if self.store().replace_typed(&document, None, outdated).await? {
                return Ok(());
            }
        }
    }

    /// What was typed for a platform and is not in force.
    pub async fn proposed_change(&self, id: PlatformId) -> Result<ProposedChange, EngineError> {
        Ok(self.kept_change(id).await?.change)
    }

    async fn kept_change(&self, id: PlatformId) -> Result<Kept, EngineError> {
        let name = format!("proposed_change:{id}");
        let text = self.store().meta(&name).await?;
        let change = text
            .as_deref()
            .and_then(|text| serde_json::from_str::<ProposedChange>(text).ok())
            .filter(|change| change.version == VERSION)
            .unwrap_or_default();
        Ok(Kept { name, text, change })
    }

    async fn note_change(
        &self,
        installation: &InstallationId,
        id: PlatformId,
        change: &ProposedChange,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        let line = AuditLine {
            id: AuditId::new(self.clock().as_ref(), self.random().as_ref()),
            installation: Some(installation.clone()),
            at: self.now(),
            actor: actor.clone(),
            action: "platform.change_proposed".to_owned(),
            subject: id.to_string(),
            detail: json!({ "credential": change.credential.is_some(), "account": change.account }),
        };
        Ok(self.store().audit(line).await?)
    }

    /// Says in the billing system's log what was typed and what became of it; never the key.
    async fn log_settled(
        &self,
        installation: &InstallationId,
        kind: PlatformKind,
        settled: &Settled,
        account: Option<&str>,
    ) -> Result<(), EngineError> {
        let lines = [
            ("Updated API V1 key".to_owned(), settled.key),
            (named(account.unwrap_or_default()), settled.account),
        ];
        for (line, fate) in lines {
            let line = match (fate, &settled.platform) {
                (Fate::Unchanged, _) => continue,
                (Fate::Waiting, Some(platform)) => format!(
                    "{line} (in force once it is approved on the engine's host: hostler platform approve {})",
                    platform.id
                ),
                (Fate::Waiting | Fate::InForce, _) => line,
            };
            self.log_for(std::slice::from_ref(installation), kind, &line)
                .await?;
        }
        Ok(())
    }
}

fn named(account: &str) -> String {
    match account {
        "" => "Cleared parent organization".to_owned(),
        account => format!("Updated parent organization to: {account}"),
    }
}

const fn fate(in_force: bool) -> Fate {
    if in_force { Fate::InForce } else { Fate::Waiting }
}

/// Whether a text may name an account; none may be named.
fn is_account(text: &str) -> bool {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    text.len() <= LONGEST_ACCOUNT && text.chars().all(legal)
}

fn key_is_gone(id: PlatformId) -> EngineError {
    EngineError::Invalid(format!(
        "the key that was typed for platform {id} is not kept any more, so nothing was taken over. Type it again, or give \
         it on the engine's host: hostler platform approve {id} --token-file FILE"
    ))
}
