//! Promises broken.

use domain::Moment;
use domain::record::Alarm;
use sea_orm::entity::prelude::*;

use super::convert::plain;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alarms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub text: String,
    pub raised_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Alarm> for Model {
    fn from(alarm: &Alarm) -> Self {
        Self {
            name: plain(&alarm.name),
            text: plain(&alarm.text),
            raised_at: alarm.raised_at.as_micros(),
        }
    }
}

impl From<Model> for Alarm {
    fn from(row: Model) -> Self {
        Self {
            name: row.name,
            text: row.text,
            raised_at: Moment::from_micros(row.raised_at),
        }
    }
}
