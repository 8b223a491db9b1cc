//! Billing systems, their keys, settings and enrol windows.

use domain::id::{InstallationId, SecretId};
use domain::record::{Installation, InstallationSettings};
use domain::{Actor, Moment, Secret};
use sea_orm::sea_query::LockType;
use sea_orm::{DatabaseTransaction, EntityTrait, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use crate::entity::installation::{ActiveModel, Column, Entity, Model};
use crate::entity::whole;
use crate::error::{StoreError, taken};
use crate::{Store, audit};

/// The purpose under which bridge keys are kept.
pub const BRIDGE_KEY: &str = "bridge_key";

impl Store {
    /// Connects a billing system, with the key that both sides sign with.
    pub async fn add_installation(
        &self,
        installation: &Installation,
        key: &Secret,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        let outcome = async {
            let row = whole::<_, ActiveModel>(Model::from_record(installation)?);
            Entity::insert(row)
                .exec_without_returning(&write.tx)
                .await
                .map_err(|error| {
                    taken(error, |_| {
                        format!("installation {} exists already", installation.id)
                    })
                })?;
            self.put_secret_in(&write.tx, installation.key, BRIDGE_KEY, key, None)
                .await?;
            let line = self.line(
                Some(&installation.id),
                actor,
                "installation.added",
                &installation.id,
                Value::Null,
            );
            audit::append(self, &write.tx, &[line]).await
        }
        .await;
        write.finish(outcome).await
    }

    /// One billing system.
    pub async fn installation(&self, id: &InstallationId) -> Result<Option<Installation>, StoreError> {
        let row = Entity::find_by_id(id.to_string()).one(self.db()).await?;
        row.map(Model::into_record).transpose()
    }

    /// All billing systems, by name.
    pub async fn installations(&self) -> Result<Vec<Installation>, StoreError> {
        let rows = Entity::find().order_by_asc(Column::Id).all(self.db()).await?;
        self.readable(rows, Model::into_record)
    }

    /// The keys that an installation's messages may be signed with: the present one first, then the former one while a
    /// rotation is under way.
    pub async fn bridge_keys(&self, installation: &Installation) -> Result<Vec<Secret>, StoreError> {
        let mut keys = Vec::new();
        for id in [Some(installation.key), installation.previous_key]
            .into_iter()
            .flatten()
        {
            keys.extend(self.read_secret(id, BRIDGE_KEY).await?);
        }
        Ok(keys)
    }

    /// Sets an installation's configuration.
    pub async fn set_installation_settings(
        &self,
        id: &InstallationId,
        settings: InstallationSettings,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let detail = serde_json::to_value(&settings).unwrap_or_default();
        self.change_installation(id, "installation.settings", detail, actor, |installation| {
            installation.settings = settings;
        })
        .await
    }

    /// Opens (or with `None` closes) the window in which proposals over the bridge are approved at once.
    pub async fn set_enrol_window(
        &self,
        id: &InstallationId,
        until: Option<Moment>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let detail = json!({ "until": until.map(|until| until.to_string()) });
        self.change_installation(id, "installation.enrol", detail, actor, |installation| {
            installation.enrol_until = until;
        })
        .await
    }

    /// Begins a key rotation: `fresh` is the key from now on, the present one is accepted until
    /// [`Store::finish_key_rotation`].
    pub async fn rotate_key(
        &self,
        id: &InstallationId,
        fresh: SecretId,
        key: &Secret,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        self.put_secret(fresh, BRIDGE_KEY, key, None).await?;
        self.change_installation(
            id,
            "installation.key_rotated",
            Value::Null,
            actor,
            |installation| {
                installation.previous_key = Some(std::mem::replace(&mut installation.key, fresh));
            },
        )
        .await
    }

    /// Ends a key rotation: the former key is no longer accepted, and wiped.
    pub async fn finish_key_rotation(&self, id: &InstallationId, actor: &Actor) -> Result<(), StoreError> {
        let mut former = None;
        self.change_installation(
            id,
            "installation.key_retired",
            Value::Null,
            actor,
            |installation| {
                former = installation.previous_key.take();
            },
        )
        .await?;
        if let Some(former) = former {
            self.wipe_secret(former).await?;
        }
        Ok(())
    }

    async fn change_installation(
        &self,
        id: &InstallationId,
        action: &str,
        detail: Value,
        actor: &Actor,
        change: impl FnOnce(&mut Installation) + Send,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        let outcome = async {
            let mut installation = locked(&write.tx, id).await?;
            change(&mut installation);
            let row = whole::<_, ActiveModel>(Model::from_record(&installation)?);
            Entity::update(row).exec_without_returning(&write.tx).await?;
            let line = self.line(Some(id), actor, action, &id, detail);
            audit::append(self, &write.tx, &[line]).await
        }
        .await;
        write.finish(outcome).await
    }
}

async fn locked(tx: &DatabaseTransaction, id: &InstallationId) -> Result<Installation, StoreError> {
    Entity::find_by_id(id.to_string())
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?
        .ok_or_else(|| StoreError::missing("installation", &id))?
        .into_record()
}
