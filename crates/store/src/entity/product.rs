//! What operators decide per product.

use domain::record::Product;
use sea_orm::entity::prelude::*;

use super::convert::{Place, document, number};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub installation: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: i64,
    pub policy: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_record(product: &Product) -> Result<Self, StoreError> {
        Ok(Self {
            installation: product.installation.to_string(),
            product_id: number("product.product_id", product.product_id)?,
            policy: document("product.policy", &product.policy)?,
        })
    }

    pub(crate) fn into_record(self) -> Result<Product, StoreError> {
        let place = Place::new("product of", &self.installation);
        Ok(Product {
            installation: place.parse("installation", &self.installation)?,
            product_id: place.number("product_id", self.product_id)?,
            policy: place.document("policy", &self.policy)?,
        })
    }
}
