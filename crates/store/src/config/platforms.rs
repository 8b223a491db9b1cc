//! Platforms: proposed, approved, attached to billing servers.

use domain::change::Refused;
use domain::id::{InstallationId, PlatformId, SecretId};
use domain::record::{Attachment, Platform, PlatformKind, PlatformProfile, PlatformState, Relation};
use domain::{Actor, Secret};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use crate::entity::convert::number;
use crate::entity::platform::{ActiveModel, Column, Entity, Model};
use crate::entity::{attachment, replacing, whole};
use crate::error::{StoreError, taken};
use crate::{Store, audit, secrets};

/// The purpose under which platform credentials are kept.
pub const PLATFORM_CREDENTIAL: &str = "platform_credential";

/// What became of a proposed platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal {
    /// It is new and was kept as proposed, with its attachment.
    Kept(Platform),
    /// The account is known; nothing was changed, not even its credential.
    Known(Platform),
}

impl Store {
    /// Keeps a new platform with its credential and, where it came with one, its attachment. A known account
    /// (kind, endpoint, account) is left exactly as it is.
    pub async fn propose_platform(
        &self,
        platform: &Platform,
        credential: &Secret,
        attachment: Option<&Attachment>,
        actor: &Actor,
    ) -> Result<Proposal, StoreError> {
        if let Some(known) = self
            .platform_by_account(platform.kind, &platform.endpoint, &platform.account)
            .await?
        {
            return Ok(Proposal::Known(known));
        }
        let write = self.write().await?;
        let outcome = async {
            let row = whole::<_, ActiveModel>(Model::from_record(platform)?);
            Entity::insert(row)
                .exec_without_returning(&write.tx)
                .await
                .map_err(|error| {
                    taken(error, |_| {
                        format!("the account at {} is known already", platform.endpoint)
                    })
                })?;
            self.put_secret_in(
                &write.tx,
                platform.credential,
                PLATFORM_CREDENTIAL,
                credential,
                None,
            )
            .await?;
            if let Some(attachment) = attachment {
                attach_in(&write.tx, attachment).await?;
            }
            let detail =
                json!({ "kind": platform.kind, "endpoint": platform.endpoint, "state": platform.state });
            let proposer = attachment.map(|attachment| &attachment.installation);
            let line = self.line(proposer, actor, "platform.proposed", &platform.id, detail);
            audit::append(self, &write.tx, &[line]).await?;
            Ok(Proposal::Kept(platform.clone()))
        }
        .await;
        match write.finish(outcome).await {
            // Somebody else proposed the same account between our look and our insert.
            Err(StoreError::Refused(refused)) => self
                .platform_by_account(platform.kind, &platform.endpoint, &platform.account)
                .await?
                .map(Proposal::Known)
                .ok_or(StoreError::Refused(refused)),
            result => result,
        }
    }

    /// One platform.
    pub async fn platform(&self, id: PlatformId) -> Result<Option<Platform>, StoreError> {
        let row = Entity::find_by_id(id.to_string()).one(self.db()).await?;
        row.map(Model::into_record).transpose()
    }

    /// The platform of an account.
    pub async fn platform_by_account(
        &self,
        kind: PlatformKind,
        endpoint: &str,
        account: &str,
    ) -> Result<Option<Platform>, StoreError> {
        let row = Entity::find()
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(Column::Endpoint.eq(endpoint))
            .filter(Column::Account.eq(account))
            .one(self.db())
            .await?;
        row.map(Model::into_record).transpose()
    }

    /// All platforms, oldest first.
    pub async fn platforms(&self) -> Result<Vec<Platform>, StoreError> {
        let rows = Entity::find().order_by_asc(Column::Id).all(self.db()).await?;
        self.readable(rows, Model::into_record)
    }

    /// A platform's credential.
    pub async fn platform_credential(&self, platform: &Platform) -> Result<Option<Secret>, StoreError> {
        self.read_secret(platform.credential, PLATFORM_CREDENTIAL).await
    }

    /// Approves a platform, or takes it out of use.
    pub async fn set_platform_state(
        &self,
        id: PlatformId,
        state: PlatformState,
        actor: &Actor,
    ) -> Result<Platform, StoreError> {
        self.change_platform(id, &format!("platform.{state}"), Value::Null, actor, |platform| {
            platform.state = state;
        })
        .await
    }

    /// Sets a platform's configuration.
    pub async fn set_platform_profile(
        &self,
        id: PlatformId,
        profile: PlatformProfile,
        actor: &Actor,
    ) -> Result<Platform, StoreError> {
        let detail = serde_json::to_value(&profile).unwrap_or_default();
        self.change_platform(id, "platform.profile", detail, actor, |platform| {
            platform.profile = profile;
        })
        .await
    }

    /// Remembers what names the account upstream, where nobody has named it. Whether it was remembered.
    pub async fn note_platform_account(
        &self,
        id: PlatformId,
        account: &str,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let outcome = async {
            let platform = locked(&write.tx, id).await?;
            if !platform.account.is_empty() {
                return Ok(false);
            }
            self.put_account(&write.tx, platform, account, actor).await?;
            Ok(true)
        }
        .await;
        write.finish(outcome).await
    }

    /// Names the account of a platform whose row is locked.
    pub(super) async fn put_account(
        &self,
        tx: &DatabaseTransaction,
        mut platform: Platform,
        account: &str,
        actor: &Actor,
    ) -> Result<Platform, StoreError> {
        account.clone_into(&mut platform.account);
        let detail = json!({ "account": account, "name": platform.name });
        self.put_platform(tx, platform, "platform.account", detail, actor)
            .await
    }

    /// Replaces a platform's credential; the former one is wiped.
    pub async fn set_platform_credential(
        &self,
        id: PlatformId,
        fresh: SecretId,
        credential: &Secret,
        actor: &Actor,
    ) -> Result<Platform, StoreError> {
        let write = self.write().await?;
        let outcome = async {
            self.put_secret_in(&write.tx, fresh, PLATFORM_CREDENTIAL, credential, None)
                .await?;
            self.put_credential(&write.tx, id, fresh, actor).await
        }
        .await;
        write.finish(outcome).await
    }

    /// Lets a platform use a kept credential; its former one is wiped.
    pub(super) async fn put_credential(
        &self,
        tx: &DatabaseTransaction,
        id: PlatformId,
        credential: SecretId,
        actor: &Actor,
    ) -> Result<Platform, StoreError> {
        let mut platform = locked(tx, id).await?;
        let former = std::mem::replace(&mut platform.credential, credential);
        let platform = self
            .put_platform(tx, platform, "platform.credential", Value::Null, actor)
            .await?;
        secrets::wipe_in(tx, former).await?;
        Ok(platform)
    }

    pub(crate) async fn change_platform(
        &self,
        id: PlatformId,
        action: &str,
        detail: Value,
        actor: &Actor,
        change: impl FnOnce(&mut Platform) + Send,
    ) -> Result<Platform, StoreError> {
        let write = self.write().await?;
        let outcome = async {
            let mut platform = locked(&write.tx, id).await?;
            change(&mut platform);
            self.put_platform(&write.tx, platform, action, detail, actor)
                .await
        }
        .await;
        write.finish(outcome).await
    }

    /// Writes a changed platform, whose row is locked, and the line of the audit about it.
    async fn put_platform(
        &self,
        tx: &DatabaseTransaction,
        mut platform: Platform,
        action: &str,
        detail: Value,
        actor: &Actor,
    ) -> Result<Platform, StoreError> {
        platform.updated_at = self.now();
        let row = whole::<_, ActiveModel>(Model::from_record(&platform)?);
        Entity::update(row)
            .exec_without_returning(tx)
            .await
            .map_err(|error| taken(error, |_| "another platform names the same account".to_owned()))?;
        let line = self.line(None, actor, action, &platform.id, detail);
        audit::append(self, tx, &[line]).await?;
        Ok(platform)
    }

    /// Says which platform stands behind a billing server; replaces what was said before. Refused when another
    /// installation already names its clients there by bare integers and this one would too.
    pub async fn attach(&self, attachment: &Attachment, actor: &Actor) -> Result<(), StoreError> {
        let write = self.write().await?;
        let outcome = async {
            attach_in(&write.tx, attachment).await?;
            let detail = json!({ "installation": attachment.installation, "server_id": attachment.server_id,
                "relation": attachment.relation });
            let owner = Some(&attachment.installation);
            let line = self.line(owner, actor, "platform.attached", &attachment.platform, detail);
            audit::append(self, &write.tx, &[line]).await
        }
        .await;
        write.finish(outcome).await
    }

    /// Takes an attachment back. Whether there was one.
    pub async fn detach(
        &self,
        installation: &InstallationId,
        server_id: u64,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let key = (installation.to_string(), number("server id", server_id)?);
        let write = self.write().await?;
        let outcome = async {
            let deleted = attachment::Entity::delete_by_id(key).exec(&write.tx).await?;
            if deleted.rows_affected == 0 {
                return Ok(false);
            }
            let line = self.line(
                Some(installation),
                actor,
                "platform.detached",
                installation,
                json!({ "server_id": server_id }),
            );
            audit::append(self, &write.tx, &[line]).await?;
            Ok(true)
        }
        .await;
        write.finish(outcome).await
    }

    /// The attachment of a billing server.
    pub async fn attachment(
        &self,
        installation: &InstallationId,
        server_id: u64,
    ) -> Result<Option<Attachment>, StoreError> {
        let key = (installation.to_string(), number("server id", server_id)?);
        let row = attachment::Entity::find_by_id(key).one(self.db()).await?;
        row.map(attachment::Model::into_record).transpose()
    }

    /// All attachments, of one platform where it is named.
    pub async fn attachments(&self, platform: Option<PlatformId>) -> Result<Vec<Attachment>, StoreError> {
        let mut query = attachment::Entity::find()
            .order_by_asc(attachment::Column::Installation)
            .order_by_asc(attachment::Column::ServerId);
        if let Some(platform) = platform {
            query = query.filter(attachment::Column::Platform.eq(platform.to_string()));
        }
        let rows = query.all(self.db()).await?;
        rows.into_iter().map(attachment::Model::into_record).collect()
    }
}

pub(super) async fn locked(tx: &DatabaseTransaction, id: PlatformId) -> Result<Platform, StoreError> {
    Entity::find_by_id(id.to_string())
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?
        .ok_or_else(|| StoreError::missing("platform", &id))?
        .into_record()
}

async fn attach_in(tx: &DatabaseTransaction, wanted: &Attachment) -> Result<(), StoreError> {
    // The lock keeps two installations from both being the first.
    locked(tx, wanted.platform).await?;
    if wanted.relation == Relation::Integer {
        let other = attachment::Entity::find()
            .filter(attachment::Column::Platform.eq(wanted.platform.to_string()))
            .filter(attachment::Column::Relation.eq(Relation::Integer.as_str()))
            .filter(attachment::Column::Installation.ne(wanted.installation.as_str()))
            .one(tx)
            .await?;
        if let Some(other) = other {
            return Err(Refused::Taken(format!(
                "installation {} already names its clients on {} by bare numbers",
                other.installation, wanted.platform
            ))
            .into());
        }
    }
    let key = [attachment::Column::Installation, attachment::Column::ServerId];
    attachment::Entity::insert(whole::<_, attachment::ActiveModel>(
        attachment::Model::from_record(wanted)?,
    ))
    .on_conflict(replacing::<attachment::Entity>(key))
    .exec_without_returning(tx)
    .await
    .map_err(|error| taken(error, ToOwned::to_owned))?;
    Ok(())
}
