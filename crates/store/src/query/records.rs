//! Effects, questions, alarms, facts and the audit.

use domain::id::{InstallationId, QuestionId, ServiceId};
use domain::record::{Alarm, AuditLine, Effect, EffectState, FactRecord, Question};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::page::{Cursor, Page, PageRequest};
use crate::Store;
use crate::entity::{alarm, audit, effect, fact, question, whole};
use crate::error::StoreError;

/// Which effects. What is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectFilter {
    /// For this billing system.
    pub installation: Option<InstallationId>,
    /// In this state.
    pub state: Option<EffectState>,
    /// Of this service.
    pub service: Option<ServiceId>,
}

/// Which questions. What is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuestionFilter {
    /// Not answered (or answered).
    pub open: Option<bool>,
    /// Of this service.
    pub service: Option<ServiceId>,
}

/// Which audit lines. What is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// About this.
    pub subject: Option<String>,
}

impl Store {
    /// Effects, newest first.
    pub async fn effects(
        &self,
        filter: &EffectFilter,
        page: &PageRequest,
    ) -> Result<Page<Effect>, StoreError> {
        use effect::{Column, Entity, Model};
        let mut query = Entity::find().order_by_desc(Column::Id);
        if let Some(installation) = &filter.installation {
            query = query.filter(Column::Installation.eq(installation.as_str()));
        }
        if let Some(state) = filter.state {
            query = query.filter(Column::State.eq(state.as_str()));
        }
        if let Some(service) = filter.service {
            query = query.filter(Column::Service.eq(service.to_string()));
        }
        if let Some(after) = &page.after {
            query = query.filter(Column::Id.lt(after.as_str()));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        self.page(rows, page, |row| row.id.clone(), Model::into_record)
    }

    /// Questions, newest first.
    pub async fn questions(
        &self,
        filter: &QuestionFilter,
        page: &PageRequest,
    ) -> Result<Page<Question>, StoreError> {
        use question::{Column, Entity, Model};
        let mut query = Entity::find().order_by_desc(Column::Id);
        if let Some(open) = filter.open {
            query = query.filter(if open {
                Column::AnsweredAt.is_null()
            } else {
                Column::AnsweredAt.is_not_null()
            });
        }
        if let Some(service) = filter.service {
            query = query.filter(Column::Service.eq(service.to_string()));
        }
        if let Some(after) = &page.after {
            query = query.filter(Column::Id.lt(after.as_str()));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        self.page(rows, page, |row| row.id.clone(), Model::into_record)
    }

    /// The newest question about a subject that is neither service nor operation, answered or not.
    pub async fn question_about(&self, subject: &str) -> Result<Option<Question>, StoreError> {
        let row = question::Entity::find()
            .filter(question::Column::Subject.eq(subject))
            .order_by_desc(question::Column::Id)
            .one(self.db())
            .await?;
        row.map(question::Model::into_record).transpose()
    }

    /// One question.
    pub async fn question(&self, id: QuestionId) -> Result<Option<Question>, StoreError> {
        let row = question::Entity::find_by_id(id.to_string())
            .one(self.db())
            .await?;
        row.map(question::Model::into_record).transpose()
    }

    /// Audit lines, newest first.
    pub async fn audit_lines(
        &self,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditLine>, StoreError> {
        use audit::{Column, Entity, Model};
        let mut query = Entity::find()
            .order_by_desc(Column::Entry)
            .order_by_desc(Column::Id);
        if let Some(subject) = &filter.subject {
            query = query.filter(Column::Subject.eq(subject.as_str()));
        }
        if let Some(after) = &page.after {
            query = query.filter(Cursor::parse(after)?.before(Column::Entry, Column::Id));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        self.page(
            rows,
            page,
            |row| Cursor::new(row.entry, row.id.clone()).to_string(),
            Model::into_record,
        )
    }

    /// What was observed of a service.
    pub async fn facts(&self, service: ServiceId) -> Result<Vec<FactRecord>, StoreError> {
        let rows = fact::Entity::find()
            .filter(fact::Column::Service.eq(service.to_string()))
            .order_by_asc(fact::Column::Kind)
            .all(self.db())
            .await?;
        rows.into_iter().map(fact::Model::into_record).collect()
    }

    /// Alarms, the longest raised first.
    pub async fn alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        let rows = alarm::Entity::find()
            .order_by_asc(alarm::Column::RaisedAt)
            .order_by_asc(alarm::Column::Name)
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(Alarm::from).collect())
    }

    /// Whether an alarm stands.
    pub async fn alarm_is_raised(&self, name: &str) -> Result<bool, StoreError> {
        let row = alarm::Entity::find_by_id(name.to_owned()).one(self.db()).await?;
        Ok(row.is_some())
    }

    /// Raises an alarm. Whether it is new; one that stands already stays as it is.
    pub async fn raise_alarm(&self, raised: &Alarm) -> Result<bool, StoreError> {
        let _turn = self.turn().await;
        let inserted = alarm::Entity::insert(whole::<_, alarm::ActiveModel>(alarm::Model::from(raised)))
            .on_conflict(OnConflict::column(alarm::Column::Name).do_nothing().to_owned())
            .exec_without_returning(self.db())
            .await?;
        Ok(inserted == 1)
    }

    /// Clears an alarm. Whether it stood.
    pub async fn clear_alarm(&self, name: &str) -> Result<bool, StoreError> {
        let _turn = self.turn().await;
        let deleted = alarm::Entity::delete_by_id(name.to_owned())
            .exec(self.db())
            .await?;
        Ok(deleted.rows_affected == 1)
    }
}
