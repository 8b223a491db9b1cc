//! The archive: finished operations of long ago, so that what is worked with does not grow with history.
//!
//! [`Store::archive`] moves finished operations with their calls and questions into one document each. The newest of
//! each service stay, as many as [`Store::service_view`] shows, and its orders, which say what it is, so that no
//! decision can tell the difference: not the next operation's number, not a repeated message that meets what it caused
//! before. Links, facts and the audit stay whole. What is neither wanted nor a part of an operation goes by age ([`Store::prune_settled`]), and so do archived
//! operations ([`Store::prune_archive`]). Alarms leave nothing behind when they are cleared.
//!
//! Everything goes in portions of one short transaction each, and nothing that stays is looked at again and again: the
//! sweep remembers how far it came.

mod prune;
mod sweep;

use domain::id::{OperationId, ServiceId};
use domain::record::{Call, Operation, Question};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub use self::sweep::Swept;
use crate::Store;
use crate::entity::archive::{Column, Entity, Model};
use crate::entity::{call, operation, question};
use crate::error::StoreError;
use crate::query::{Cursor, Page, PageRequest};

/// A finished operation of long ago with everything that was kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// The operation.
    pub operation: Operation,
    /// Its calls, oldest first.
    pub calls: Vec<Call>,
    /// Its questions, oldest first.
    pub questions: Vec<Question>,
}

impl Store {
    /// An archived operation; `None` where it is not archived, or was dropped.
    pub async fn archived(&self, id: OperationId) -> Result<Option<Archived>, StoreError> {
        let Some(row) = Entity::find_by_id(id.to_string()).one(self.db()).await? else {
            return Ok(None);
        };
        let kept = row.read()?;
        let questions = kept.questions.into_iter().map(question::Model::into_record);
        Ok(Some(Archived {
            operation: kept.operation.into_record()?,
            calls: kept
                .calls
                .into_iter()
                .map(call::Model::into_record)
                .collect::<Result<_, _>>()?,
            questions: questions.collect::<Result<_, _>>()?,
        }))
    }

    /// The archived operations of a service, newest first.
    pub async fn archived_operations(
        &self,
        service: ServiceId,
        page: &PageRequest,
    ) -> Result<Page<Operation>, StoreError> {
        let mut query = Entity::find()
            .filter(Column::Service.eq(service.to_string()))
            .order_by_desc(Column::Sequence)
            .order_by_desc(Column::Id);
        if let Some(after) = &page.after {
            query = query.filter(Cursor::parse(after)?.before(Column::Sequence, Column::Id));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        let cursor = |row: &Model| Cursor::new(row.sequence, row.id.clone()).to_string();
        self.page(rows, page, cursor, |row| {
            row.read()
                .map(|kept| kept.operation)
                .and_then(operation::Model::into_record)
        })
    }
}
