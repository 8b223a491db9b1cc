//! What clients bought.

use domain::Moment;
use domain::record::Service;
use sea_orm::entity::prelude::*;

use super::convert::{Place, document, micros, moment, number, plain, plain_some, text_some};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "services")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub installation: String,
    pub billing_id: i64,
    pub client_id: i64,
    pub product_id: i64,
    pub module: String,
    pub platform: Option<String>,
    pub generation: i64,
    pub status: String,
    pub standing: String,
    pub hostname: Option<String>,
    pub mapped_id: Option<String>,
    pub power_before_suspend: Option<String>,
    pub watch_due: Option<i64>,
    pub unsettled_until: Option<i64>,
    pub holds: String,
    pub welcomed_generation: i64,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_record(service: &Service) -> Result<Self, StoreError> {
        Ok(Self {
            id: service.id.to_string(),
            installation: service.installation.to_string(),
            billing_id: number("service.billing_id", service.billing_id)?,
            client_id: number("service.client_id", service.client_id)?,
            product_id: number("service.product_id", service.product_id)?,
            module: plain(&service.module),
            platform: text_some(service.platform),
            generation: i64::from(service.generation),
            status: service.status.to_string(),
            standing: service.standing.to_string(),
            hostname: plain_some(service.hostname.as_ref()),
            mapped_id: plain_some(service.mapped_id.as_ref()),
            power_before_suspend: text_some(service.power_before_suspend),
            watch_due: micros(service.watch_due),
            unsettled_until: micros(service.unsettled_until),
            holds: document("service.holds", &service.holds)?,
            welcomed_generation: i64::from(service.welcomed_generation),
            version: service.version,
            created_at: service.created_at.as_micros(),
            updated_at: service.updated_at.as_micros(),
        })
    }

    pub(crate) fn into_record(self) -> Result<Service, StoreError> {
        let place = Place::new("service", &self.id);
        Ok(Service {
            id: place.parse("id", &self.id)?,
            installation: place.parse("installation", &self.installation)?,
            billing_id: place.number("billing_id", self.billing_id)?,
            client_id: place.number("client_id", self.client_id)?,
            product_id: place.number("product_id", self.product_id)?,
            platform: place.parse_some("platform", self.platform.as_ref())?,
            generation: place.number("generation", self.generation)?,
            status: place.parse("status", &self.status)?,
            standing: place.parse("standing", &self.standing)?,
            power_before_suspend: place
                .parse_some("power_before_suspend", self.power_before_suspend.as_ref())?,
            watch_due: moment(self.watch_due),
            unsettled_until: moment(self.unsettled_until),
            holds: place.document("holds", &self.holds)?,
            welcomed_generation: place.number("welcomed_generation", self.welcomed_generation)?,
            version: self.version,
            created_at: Moment::from_micros(self.created_at),
            updated_at: Moment::from_micros(self.updated_at),
            module: self.module,
            hostname: self.hostname,
            mapped_id: self.mapped_id,
        })
    }
}
