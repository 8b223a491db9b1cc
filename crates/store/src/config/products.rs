//! What operators decide per product.

use domain::Actor;
use domain::id::InstallationId;
use domain::record::{Product, ProductPolicy};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::product::{ActiveModel, Column, Entity, Model};
use crate::entity::{replacing, whole};
use crate::error::{StoreError, taken};
use crate::{Store, audit, case};

impl Store {
    /// The policy of a product; the default one where the operator decided nothing.
    pub async fn product_policy(
        &self,
        installation: &InstallationId,
        product_id: u64,
    ) -> Result<ProductPolicy, StoreError> {
        case::policy(self.db(), installation, product_id).await
    }

    /// Sets the policy of a product.
    pub async fn set_product_policy(&self, product: &Product, actor: &Actor) -> Result<(), StoreError> {
        let write = self.write().await?;
        let outcome = async {
            let row = whole::<_, ActiveModel>(Model::from_record(product)?);
            Entity::insert(row)
                .on_conflict(replacing::<Entity>([Column::Installation, Column::ProductId]))
                .exec_without_returning(&write.tx)
                .await
                .map_err(|error| taken(error, ToOwned::to_owned))?;
            let subject = format!("product {} of {}", product.product_id, product.installation);
            let detail = serde_json::to_value(&product.policy).unwrap_or_default();
            let owner = Some(&product.installation);
            let line = self.line(owner, actor, "product.policy", &subject, detail);
            audit::append(self, &write.tx, &[line]).await
        }
        .await;
        write.finish(outcome).await
    }

    /// The products that the operator decided something about.
    pub async fn products(&self, installation: &InstallationId) -> Result<Vec<Product>, StoreError> {
        let rows = Entity::find()
            .filter(Column::Installation.eq(installation.as_str()))
            .order_by_asc(Column::ProductId)
            .all(self.db())
            .await?;
        rows.into_iter().map(Model::into_record).collect()
    }
}
