//! One change after another.

use domain::Change;
use domain::change::Refused;
use domain::record::{
    AuditLine, Call, Effect, FactRecord, Lease, Link, Operation, OperationKind, Question, Service,
};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

use super::lock::Locked;
use crate::Store;
use crate::entity::convert::{micros, text_some};
use crate::entity::{
    alarm, call, effect, effect_queue, fact, link, operation, question, replacing, service, whole,
};
use crate::error::{StoreError, taken};

type Done = Result<(), StoreError>;

/// The version of a service that was just inserted.
const FIRST_VERSION: i64 = 1;

/// Applies one change. Audit lines are handed back, to be written together at the end.
pub(super) async fn apply(
    store: &Store,
    tx: &DatabaseTransaction,
    locked: &mut Locked,
    change: &Change,
) -> Result<Option<AuditLine>, StoreError> {
    match change {
        Change::InsertService(service) => insert_service(tx, locked, service).await?,
        Change::PutService(service) => put_service(tx, locked, service).await?,
        Change::InsertOperation(operation) => insert_operation(tx, locked, operation).await?,
        Change::PutOperation(operation) => put_operation(tx, locked, operation).await?,
        Change::PutCall(call) => put_call(tx, call).await?,
        Change::PutFact(fact) => put_fact(tx, fact).await?,
        Change::PutLink(link) => put_link(tx, locked, link).await?,
        Change::InsertEffect(effect) => insert_effect(tx, effect).await?,
        Change::PutEffect(effect) => put_effect(tx, effect).await?,
        Change::PutQuestion(question) => put_question(tx, question).await?,
        Change::Audit(line) => return Ok(Some(line.clone())),
        Change::PutSecret {
            id,
            purpose,
            secret,
            expires,
        } => store.put_secret_in(tx, *id, purpose, secret, *expires).await?,
        Change::RaiseAlarm(raised) => {
            alarm::Entity::insert(whole::<_, alarm::ActiveModel>(alarm::Model::from(raised)))
                .on_conflict(OnConflict::column(alarm::Column::Name).do_nothing().to_owned())
                .exec_without_returning(tx)
                .await?;
        }
        Change::ClearAlarm { name } => {
            alarm::Entity::delete_by_id(name.clone()).exec(tx).await?;
        }
    }
    Ok(None)
}

async fn insert_service(tx: &DatabaseTransaction, locked: &mut Locked, record: &Service) -> Done {
    let mut row = service::Model::from_record(record)?;
    row.version = FIRST_VERSION;
    service::Entity::insert(whole::<_, service::ActiveModel>(row))
        .exec_without_returning(tx)
        .await
        .map_err(|error| taken(error, |message| service_taken(record, message)))?;
    locked.inserted(record.id, FIRST_VERSION, record.platform);
    Ok(())
}

fn service_taken(record: &Service, message: &str) -> String {
    if message.contains("billing") {
        format!(
            "service {} of installation {} is known already",
            record.billing_id, record.installation
        )
    } else {
        format!("{} exists already", record.id)
    }
}

async fn put_service(tx: &DatabaseTransaction, locked: &mut Locked, record: &Service) -> Done {
    let (version, moved) = locked.put(record.id, record.version, record.platform)?;
    let mut row = service::Model::from_record(record)?;
    row.version = version;
    service::Entity::update(whole::<_, service::ActiveModel>(row))
        .exec_without_returning(tx)
        .await
        .map_err(|error| taken(error, |message| service_taken(record, message)))?;
    if moved {
        // The exclusive key counts per platform, and the platform is the service's.
        operation::Entity::update_many()
            .col_expr(
                operation::Column::Platform,
                Expr::value(text_some(record.platform)),
            )
            .filter(operation::Column::Service.eq(record.id.to_string()))
            .filter(Expr::col(operation::Column::IsOpen))
            // Names lie where they lie, whatever platform the service is on.
            .filter(operation::Column::Kind.ne(OperationKind::ReverseDns.as_str()))
            .exec(tx)
            .await
            .map_err(|error| {
                taken(error, |_| {
                    "another operation of that platform holds the key".to_owned()
                })
            })?;
    }
    Ok(())
}

async fn insert_operation(tx: &DatabaseTransaction, locked: &mut Locked, record: &Operation) -> Done {
    let platform = record.platform(locked.raises(record.service)?);
    operation::Entity::insert(whole::<_, operation::ActiveModel>(operation::Model::from_record(
        record, platform,
    )?))
    .exec_without_returning(tx)
    .await
    .map_err(|error| taken(error, |message| operation_taken(record, message)))?;
    Ok(())
}

fn operation_taken(record: &Operation, message: &str) -> String {
    match &record.exclusive {
        Some(key) if message.contains("exclusive") => {
            format!("another open operation of the platform holds \"{key}\"")
        }
        _ => format!("{} exists already", record.id),
    }
}

async fn put_operation(tx: &DatabaseTransaction, locked: &mut Locked, record: &Operation) -> Done {
    let platform = record.platform(locked.raises(record.service)?);
    let stored = operation::Entity::find_by_id(record.id.to_string())
        .one(tx)
        .await?
        .ok_or_else(|| StoreError::missing("operation", &record.id))?;
    let own = locked.own_lease(record.id);
    let lease = own.and_then(|own| kept_lease(own, record.lease));
    let mut row = operation::Model::from_record(record, platform)?;
    row.lease_worker = text_some(lease.map(|lease| lease.worker));
    row.lease_until = micros(lease.map(|lease| lease.until));
    operation::Entity::update(row.replacing(&stored, own.is_some()))
        .exec_without_returning(tx)
        .await
        .map_err(|error| taken(error, |message| operation_taken(record, message)))?;
    Ok(())
}

/// The lease after its holder's put: given back where the record has none, otherwise kept and at most prolonged.
fn kept_lease(own: Lease, wanted: Option<Lease>) -> Option<Lease> {
    wanted.map(|wanted| Lease {
        worker: own.worker,
        until: if wanted.worker == own.worker {
            own.until.max(wanted.until)
        } else {
            own.until
        },
    })
}

async fn put_call(tx: &DatabaseTransaction, record: &Call) -> Done {
    call::Entity::insert(whole::<_, call::ActiveModel>(call::Model::from_record(record)?))
        .on_conflict(replacing::<call::Entity>([call::Column::Id]))
        .exec_without_returning(tx)
        .await
        .map_err(|error| named(error, "operation", &record.operation))?;
    Ok(())
}

async fn put_fact(tx: &DatabaseTransaction, record: &FactRecord) -> Done {
    fact::Entity::insert(whole::<_, fact::ActiveModel>(fact::Model::from_record(record)?))
        .on_conflict(replacing::<fact::Entity>([
            fact::Column::Service,
            fact::Column::Kind,
        ]))
        .exec_without_returning(tx)
        .await
        .map_err(|error| named(error, "service", &record.service))?;
    Ok(())
}

async fn put_link(tx: &DatabaseTransaction, locked: &mut Locked, record: &Link) -> Done {
    locked.raises(record.service)?;
    link::Entity::insert(whole::<_, link::ActiveModel>(link::Model::from(record)))
        .on_conflict(replacing::<link::Entity>([link::Column::Id]))
        .exec_without_returning(tx)
        .await
        .map_err(|error| {
            taken(error, |message| {
                if message.contains("upstream_id") {
                    format!(
                        "{} {} of {} belongs to another service",
                        record.resource, record.identity.id, record.platform
                    )
                } else {
                    format!(
                        "{} has another primary resource in generation {}",
                        record.service, record.generation
                    )
                }
            })
        })?;
    Ok(())
}

async fn insert_effect(tx: &DatabaseTransaction, record: &Effect) -> Done {
    let mut row = effect::Model::from_record(record)?;
    let queue = effect_queue::ActiveModel {
        queue: Set(row.queue.clone()),
        sequence: Set(1),
    };
    let next = Expr::col((effect_queue::Entity, effect_queue::Column::Sequence)).add(1);
    row.sequence = effect_queue::Entity::insert(queue)
        .on_conflict(
            OnConflict::column(effect_queue::Column::Queue)
                .value(effect_queue::Column::Sequence, next)
                .to_owned(),
        )
        .exec_with_returning(tx)
        .await?
        .sequence;
    effect::Entity::insert(whole::<_, effect::ActiveModel>(row))
        .exec_without_returning(tx)
        .await
        .map_err(|error| taken(error, |_| format!("{} exists already", record.id)))?;
    Ok(())
}

async fn put_effect(tx: &DatabaseTransaction, record: &Effect) -> Done {
    let mut row: effect::ActiveModel = whole(effect::Model::from_record(record)?);
    // Its place in the queue was given by the store and stays.
    row.queue = NotSet;
    row.sequence = NotSet;
    let updated = effect::Entity::update(row).exec_without_returning(tx).await;
    match updated {
        Ok(result) if result.rows_affected == 0 => Err(StoreError::missing("effect", &record.id)),
        Err(DbErr::RecordNotUpdated) => Err(StoreError::missing("effect", &record.id)),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

async fn put_question(tx: &DatabaseTransaction, record: &Question) -> Done {
    question::Entity::insert(whole::<_, question::ActiveModel>(question::Model::from_record(
        record,
    )?))
    .on_conflict(replacing::<question::Entity>([question::Column::Id]))
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// A record that names another one which is not there.
fn named(error: DbErr, what: &'static str, id: &impl ToString) -> StoreError {
    match taken(error, ToOwned::to_owned) {
        StoreError::Missing { .. } => StoreError::missing(what, id),
        // The keys of these records are replaced, never taken.
        StoreError::Refused(Refused::Taken(message)) => StoreError::Unavailable { why: message },
        other => other,
    }
}
