//! Secrets at rest: encrypted under a key from outside the database, bound to their row and purpose.
//!
//! XChaCha20-Poly1305 with a random nonce of 192 bits, so that nonces need no counter. The row's id and the purpose are
//! associated data: a ciphertext that is moved to another row, or asked for under another purpose, does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use domain::id::SecretId;
use domain::{Actor, Moment, Random, Secret};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, UpdateMany,
};
use serde_json::json;

use crate::entity::convert::micros;
use crate::entity::secret::{ActiveModel, Column, Entity, Model};
use crate::entity::whole;
use crate::error::{StoreError, taken};
use crate::key::Key;
use crate::{Store, audit};

/// The cipher under the store's key.
pub(crate) struct Cipher {
    cipher: XChaCha20Poly1305,
    key_id: String,
}

impl Cipher {
    pub(crate) fn new(key: &Key) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&CipherKey::from(key.bytes())),
            key_id: key.id(),
        }
    }

    fn seal(
        &self,
        id: &str,
        purpose: &str,
        secret: &Secret,
        random: &dyn Random,
    ) -> Result<(String, String), StoreError> {
        let mut nonce = [0_u8; 24];
        random.fill(&mut nonce);
        let payload = Payload {
            msg: secret.expose().as_bytes(),
            aad: &associated(id, purpose),
        };
        let ciphertext =
            self.cipher
                .encrypt(&XNonce::from(nonce), payload)
                .map_err(|_| StoreError::Invalid {
                    what: "secret",
                    why: "it is too long to be encrypted".to_owned(),
                })?;
        Ok((hex::encode(ciphertext), hex::encode(nonce)))
    }

    fn open(&self, row: &Model) -> Result<Secret, StoreError> {
        let damaged = |why: &str| StoreError::Damaged {
            what: format!("secret {}", row.id),
            why: why.to_owned(),
        };
        if row.key_id != self.key_id {
            return Err(damaged(&format!("it was encrypted with the key {}", row.key_id)));
        }
        let ciphertext =
            hex::decode(&row.ciphertext).map_err(|_| damaged("its ciphertext is not hexadecimal"))?;
        let mut nonce = [0_u8; 24];
        hex::decode_to_slice(&row.nonce, &mut nonce).map_err(|_| damaged("its nonce is not 24 bytes"))?;
        let payload = Payload {
            msg: &ciphertext,
            aad: &associated(&row.id, &row.purpose),
        };
        let text = self
            .cipher
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| damaged("it does not open: ciphertext, row or purpose were changed"))?;
        String::from_utf8(text)
            .map(Secret::new)
            .map_err(|_| damaged("it is not text"))
    }
}

fn associated(id: &str, purpose: &str) -> Vec<u8> {
    format!("{id}\n{purpose}").into_bytes()
}

impl Store {
    /// Keeps a secret, to be forgotten after `expires`.
    pub async fn put_secret(
        &self,
        id: SecretId,
        purpose: &str,
        secret: &Secret,
        expires: Option<Moment>,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        let outcome = self.put_secret_in(&write.tx, id, purpose, secret, expires).await;
        write.finish(outcome).await
    }

    pub(crate) async fn put_secret_in(
        &self,
        tx: &DatabaseTransaction,
        id: SecretId,
        purpose: &str,
        secret: &Secret,
        expires: Option<Moment>,
    ) -> Result<(), StoreError> {
        let id = id.to_string();
        let cipher = &self.inner.cipher;
        let (ciphertext, nonce) = cipher.seal(&id, purpose, secret, &*self.inner.random)?;
        let row = Model {
            purpose: purpose.to_owned(),
            ciphertext,
            nonce,
            key_id: cipher.key_id.clone(),
            created_at: self.now().as_micros(),
            expires_at: micros(expires),
            revealed_at: None,
            revealed_to: None,
            id,
        };
        let message = format!("{} exists already", row.id);
        Entity::insert(whole::<_, ActiveModel>(row))
            .exec_without_returning(tx)
            .await
            .map_err(|error| taken(error, |_| message))?;
        Ok(())
    }

    /// Reads a secret that the engine itself uses again and again: a credential or a bridge key. `None` when there is
    /// none for this purpose, or it was wiped.
    pub async fn read_secret(&self, id: SecretId, purpose: &str) -> Result<Option<Secret>, StoreError> {
        let row = Entity::find_by_id(id.to_string()).one(self.db()).await?;
        row.filter(|row| row.purpose == purpose && !row.ciphertext.is_empty())
            .map(|row| self.inner.cipher.open(&row))
            .transpose()
    }

    /// Hands a secret to `principal`, once: what is handed out is wiped and audited in the same transaction. `None`
    /// when it was handed out before, has expired, is for something else or never was.
    pub async fn redeem(
        &self,
        id: SecretId,
        purpose: &str,
        principal: &Actor,
        now: Moment,
    ) -> Result<Option<Secret>, StoreError> {
        let write = self.write().await?;
        let outcome = self.redeem_in(&write.tx, id, purpose, principal, now).await;
        write.finish(outcome).await
    }

    async fn redeem_in(
        &self,
        tx: &DatabaseTransaction,
        id: SecretId,
        purpose: &str,
        principal: &Actor,
        now: Moment,
    ) -> Result<Option<Secret>, StoreError> {
        let row = Entity::find_by_id(id.to_string())
            .lock(LockType::Update)
            .one(tx)
            .await?;
        let Some(mut row) = row.filter(|row| {
            row.purpose == purpose
                && row.revealed_at.is_none()
                && !row.ciphertext.is_empty()
                && row.expires_at.is_none_or(|expires| expires > now.as_micros())
        }) else {
            return Ok(None);
        };
        let secret = self.inner.cipher.open(&row)?;
        row.ciphertext.clear();
        row.nonce.clear();
        row.revealed_at = Some(now.as_micros());
        row.revealed_to = Some(format!("{} {}", principal.kind, principal.id));
        Entity::update(whole::<_, ActiveModel>(row))
            .exec_without_returning(tx)
            .await?;
        let line = self.line(
            None,
            principal,
            "secret.revealed",
            &id,
            json!({ "purpose": purpose }),
        );
        audit::append(self, tx, &[line]).await?;
        Ok(Some(secret))
    }

    /// Wipes one secret that is not needed any more. Whether there was one.
    pub async fn wipe_secret(&self, id: SecretId) -> Result<bool, StoreError> {
        Ok(self.wipe(one(id)).await? == 1)
    }

    /// Wipes what has expired; how many.
    pub async fn wipe_expired(&self, now: Moment) -> Result<u64, StoreError> {
        self.wipe(Condition::all().add(Column::ExpiresAt.lte(now.as_micros())))
            .await
    }

    async fn wipe(&self, which: Condition) -> Result<u64, StoreError> {
        let _turn = self.turn().await;
        Ok(wiping(which).exec(self.db()).await?.rows_affected)
    }
}

/// Wipes one secret in a transaction.
pub(crate) async fn wipe_in(tx: &DatabaseTransaction, id: SecretId) -> Result<(), StoreError> {
    wiping(one(id)).exec(tx).await?;
    Ok(())
}

fn one(id: SecretId) -> Condition {
    Condition::all().add(Column::Id.eq(id.to_string()))
}

fn wiping(which: Condition) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::Ciphertext, Expr::value(""))
        .col_expr(Column::Nonce, Expr::value(""))
        .filter(which)
        .filter(Column::Ciphertext.ne(""))
}
