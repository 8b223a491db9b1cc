//! Which platform stands behind a product.

use std::collections::BTreeMap;

use domain::id::{InstallationId, PlatformId};
use domain::record::{Attachment, Module, Platform, PlatformState};

use super::SoldProduct;
use crate::engine::Engine;
use crate::error::EngineError;

/// The approved platforms, and the server records behind which they stand.
pub(super) struct Houses {
    /// By billing system and server record.
    attachments: Vec<Attachment>,
    platforms: BTreeMap<PlatformId, Platform>,
}

impl Houses {
    /// On which platform a product's machines are made: the first that stands behind a server record of its own, as the
    /// billing system's choice among them is not known before an order.
    pub(super) fn of(&self, installation: &InstallationId, product: &SoldProduct) -> Option<&Platform> {
        let module = product.module.parse::<Module>().ok()?;
        let own = |attachment: &&Attachment| attachment.installation == *installation;
        let of_kind = |attachment: &Attachment| {
            let platform = self.platforms.get(&attachment.platform)?;
            (platform.kind == module.platform()).then_some(platform)
        };
        let named = product.servers.iter().find_map(|server| {
            let mut attached = self.attachments.iter().filter(own);
            attached
                .find(|attachment| attachment.server_id == *server)
                .and_then(of_kind)
        });
        let any = || self.attachments.iter().filter(own).find_map(of_kind);
        match named {
            None if product.servers.is_empty() || module.has_default_account() => any(),
            named => named,
        }
    }
}

impl Engine {
    /// What stands behind each server record at present.
    pub(super) async fn houses(&self) -> Result<Houses, EngineError> {
        let store = self.store();
        let approved = store.platforms().await?.into_iter();
        let approved = approved.filter(|platform| platform.state == PlatformState::Approved);
        Ok(Houses {
            attachments: store.attachments(None).await?,
            platforms: approved.map(|platform| (platform.id, platform)).collect(),
        })
    }
}
