//! What people typed for a platform into a billing system and is not in force: a document among the named values, which
//! may name a key. The document and the keys change together, so that no key is kept that nothing names.

use domain::id::{PlatformId, SecretId};
use domain::{Actor, Secret};

use super::platforms::{PLATFORM_CREDENTIAL, locked};
use crate::error::StoreError;
use crate::{Store, meta, secrets};

/// A document, and the one that takes its place.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The document's name.
    pub name: String,
    /// What it is as far as its reader knows; `None` where there is none.
    pub former: Option<String>,
    /// What it becomes.
    pub text: String,
}

impl Store {
    /// Replaces a document, keeps the key that it names from now on, and wipes the one that it does not name any more.
    /// Whether it was done: not where the document has become another one meanwhile.
    pub async fn replace_typed(
        &self,
        document: &Replacement,
        fresh: Option<(SecretId, &Secret)>,
        outdated: Option<SecretId>,
    ) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let outcome = async {
            if !meta::exchange(&write.tx, document).await? {
                return Ok(false);
            }
            if let Some((id, key)) = fresh {
                self.put_secret_in(&write.tx, id, PLATFORM_CREDENTIAL, key, None)
                    .await?;
            }
            if let Some(outdated) = outdated {
                secrets::wipe_in(&write.tx, outdated).await?;
            }
            Ok(true)
        }
        .await;
        write.finish(outcome).await
    }

    /// Lets a platform use what was typed for it, account and key, and replaces the document that named them. Whether it
    /// was done: not where the document has become another one meanwhile. Refused where another platform names the account.
    pub async fn take_over_typed(
        &self,
        id: PlatformId,
        document: &Replacement,
        typed: (Option<&str>, Option<SecretId>),
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let (account, key) = typed;
        let write = self.write().await?;
        let outcome = async {
            if !meta::exchange(&write.tx, document).await? {
                return Ok(false);
            }
            if let Some(account) = account {
                let platform = locked(&write.tx, id).await?;
                self.put_account(&write.tx, platform, account, actor).await?;
            }
            if let Some(key) = key {
                self.put_credential(&write.tx, id, key, actor).await?;
            }
            Ok(true)
        }
        .await;
        write.finish(outcome).await
    }
}
