//! Which resource belongs to which service.

use domain::Moment;
use domain::machine::Identity;
use domain::record::Link;
use sea_orm::entity::prelude::*;

use super::convert::{Place, micros, moment, plain, plain_some};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub service: String,
    pub generation: i64,
    pub platform: String,
    pub role: String,
    pub resource: String,
    pub upstream_id: String,
    pub unchangeable: String,
    pub owner: String,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
    pub close_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Link> for Model {
    fn from(link: &Link) -> Self {
        Self {
            id: link.id.to_string(),
            service: link.service.to_string(),
            generation: i64::from(link.generation),
            platform: link.platform.to_string(),
            role: link.role.to_string(),
            resource: plain(&link.resource),
            upstream_id: plain(&link.identity.id),
            unchangeable: plain(&link.identity.unchangeable),
            owner: plain(&link.identity.owner),
            opened_at: link.opened_at.as_micros(),
            closed_at: micros(link.closed_at),
            close_reason: plain_some(link.close_reason.as_ref()),
        }
    }
}

impl Model {
    pub(crate) fn into_record(self) -> Result<Link, StoreError> {
        let place = Place::new("link", &self.id);
        Ok(Link {
            id: place.parse("id", &self.id)?,
            service: place.parse("service", &self.service)?,
            generation: place.number("generation", self.generation)?,
            platform: place.parse("platform", &self.platform)?,
            role: place.parse("role", &self.role)?,
            resource: self.resource,
            identity: Identity {
                id: self.upstream_id,
                unchangeable: self.unchangeable,
                owner: self.owner,
            },
            opened_at: Moment::from_micros(self.opened_at),
            closed_at: moment(self.closed_at),
            close_reason: self.close_reason,
        })
    }
}
