//! Moving finished operations into the archive.
//!
//! The sweep follows finished operations in the order of their end, each once. Coming to one it moves whatever of that
//! operation's service is old enough and not among the newest: an operation that stayed because it was among them is
//! moved when the sweep comes to a later one of its service.

use std::collections::BTreeSet;

use domain::Moment;
use domain::record::OperationKind;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::Store;
use crate::case::RECENT;
use crate::entity::operation::{Column, Entity, Model};
use crate::entity::{archive, call, question, whole};
use crate::error::StoreError;
use crate::query::Cursor;

/// How far the sweep came.
const CURSOR: &str = "archive_cursor";
/// Ends followed at once.
const AHEAD: u64 = 500;
/// Operations moved in one transaction: few enough that writers hardly notice it.
const PORTION: u64 = 50;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// Operations moved.
    pub moved: u64,
    /// Whether nothing is left to do; otherwise the next call goes on.
    pub done: bool,
}

/// An operation that the sweep came to.
struct End {
    service: String,
    place: Cursor,
}

impl Store {
    /// Moves operations that finished before a moment into the archive, at most `limit` (at least one) at
    /// once.
    pub async fn archive(&self, before: Moment, limit: u64) -> Result<Swept, StoreError> {
        let limit = Ord::max(limit, 1);
        let ends = self.ends(before).await?;
        let done = (ends.len() as u64) < AHEAD;
        let (mut moved, mut seen, mut came_to) = (0, BTreeSet::new(), None);
        for end in ends {
            while !seen.contains(&end.service) {
                if moved >= limit {
                    self.came_to(came_to).await?;
                    return Ok(Swept { moved, done: false });
                }
                let portion = Ord::min(PORTION, limit - moved);
                let some = self.archive_some(&end.service, before, portion).await?;
                moved += some;
                if some < portion {
                    seen.insert(end.service.clone());
                }
            }
            came_to = Some(end.place);
        }
        self.came_to(came_to).await?;
        Ok(Swept { moved, done })
    }

    /// The next operations in the order of their end.
    async fn ends(&self, before: Moment) -> Result<Vec<End>, StoreError> {
        let mut query = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Service, Column::FinishedAt])
            .filter(Column::FinishedAt.lt(before.as_micros()))
            .order_by_asc(Column::FinishedAt)
            .order_by_asc(Column::Id)
            .limit(AHEAD);
        if let Some(text) = self.meta(CURSOR).await? {
            query = query.filter(Cursor::parse(&text)?.behind(Column::FinishedAt, Column::Id));
        }
        let rows = query.into_tuple::<(String, String, i64)>().all(self.db()).await?;
        Ok(rows
            .into_iter()
            .map(|(id, service, finished_at)| End {
                service,
                place: Cursor::new(finished_at, id),
            })
            .collect())
    }

    async fn came_to(&self, place: Option<Cursor>) -> Result<(), StoreError> {
        match place {
            Some(place) => self.set_meta(CURSOR, &place.to_string()).await,
            None => Ok(()),
        }
    }

    async fn archive_some(&self, service: &str, before: Moment, portion: u64) -> Result<u64, StoreError> {
        let write = self.write().await?;
        let outcome = archive_in(&write.tx, service, before, portion).await;
        write.finish(outcome).await
    }
}

/// Moves the oldest of a service's operations that may go; how many.
async fn archive_in(
    tx: &DatabaseTransaction,
    service: &str,
    before: Moment,
    portion: u64,
) -> Result<u64, StoreError> {
    let Some(stays) = last_that_stays(tx, service).await? else {
        return Ok(0);
    };
    let asked = Query::select()
        .expr(Expr::val(1))
        .from(question::Entity)
        .and_where(Expr::col((question::Entity, question::Column::Operation)).equals((Entity, Column::Id)))
        .and_where(question::Column::AnsweredAt.is_null())
        .to_owned();
    let rows = Entity::find()
        .filter(Column::Service.eq(service))
        .filter(Column::Kind.ne(OperationKind::Refresh.as_str()))
        .filter(Column::Kind.is_not_in(OperationKind::ORDERS.map(OperationKind::as_str)))
        .filter(Expr::col(Column::IsOpen).not())
        .filter(Column::FinishedAt.lt(before.as_micros()))
        .filter(stays.before(Column::Sequence, Column::Id))
        .filter(Expr::exists(asked).not())
        .order_by_asc(Column::Sequence)
        .order_by_asc(Column::Id)
        .limit(portion)
        .lock(LockType::Update)
        .all(tx)
        .await?;
    let moved = rows.len() as u64;
    if moved > 0 {
        shift(tx, rows).await?;
    }
    Ok(moved)
}

/// The oldest of the newest operations of a service that its view shows; `None` where it has no more than those.
async fn last_that_stays(tx: &DatabaseTransaction, service: &str) -> Result<Option<Cursor>, StoreError> {
    let row: Option<(i64, String)> = Entity::find()
        .select_only()
        .columns([Column::Sequence, Column::Id])
        .filter(Column::Service.eq(service))
        .filter(Column::Kind.ne(OperationKind::Refresh.as_str()))
        .order_by_desc(Column::Sequence)
        .order_by_desc(Column::Id)
        .offset(RECENT - 1)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(row.map(|(sequence, id)| Cursor::new(sequence, id)))
}

async fn shift(tx: &DatabaseTransaction, rows: Vec<Model>) -> Result<(), StoreError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let calls = call::Entity::find()
        .filter(call::Column::Operation.is_in(&ids))
        .order_by_asc(call::Column::Id)
        .all(tx)
        .await?;
    let questions = question::Entity::find()
        .filter(question::Column::Operation.is_in(&ids))
        .order_by_asc(question::Column::Id)
        .all(tx)
        .await?;
    let mut documents = Vec::with_capacity(rows.len());
    for row in rows {
        let its_calls = calls
            .iter()
            .filter(|call| call.operation == row.id)
            .cloned()
            .collect();
        let its_questions = questions
            .iter()
            .filter(|question| question.operation.as_ref() == Some(&row.id))
            .cloned()
            .collect();
        documents.push(archive::Model::new(row, its_calls, its_questions)?);
    }
    archive::Entity::insert_many(documents.into_iter().map(whole::<_, archive::ActiveModel>))
        .exec_without_returning(tx)
        .await?;
    question::Entity::delete_many()
        .filter(question::Column::Operation.is_in(&ids))
        .exec(tx)
        .await?;
    // Their calls go with them.
    Entity::delete_many()
        .filter(Column::Id.is_in(&ids))
        .exec(tx)
        .await?;
    Ok(())
}
