//! What a decision needs, loaded from one snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::id::{InstallationId, OperationId, PlatformId};
use domain::record::{
    Attachment, Call, CallState, FactRecord, Installation, Link, LinkRole, Operation, OperationKind,
    Platform, ProductPolicy, Question, Service,
};
use domain::{Case, ServiceView};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::Store;
use crate::entity::convert::number;
use crate::entity::{
    attachment, call, fact, installation, is_word, link, operation, platform, product, question, service,
};
use crate::error::StoreError;

/// How many operations of a service are loaded with it beside the open ones.
pub(crate) const RECENT: u64 = 20;

impl Store {
    /// Loads an operation with everything that a decision about it needs; `None` where there is none.
    pub async fn case(&self, id: OperationId) -> Result<Option<Case>, StoreError> {
        let tx = self.read().await?;
        let Some(row) = operation::Entity::find_by_id(id.to_string()).one(&tx).await? else {
            return Ok(None);
        };
        let unknown_version = row.unknown_version();
        let operation = row.into_record()?;
        let service = service::Entity::find_by_id(operation.service.to_string())
            .one(&tx)
            .await?
            .ok_or_else(|| StoreError::missing("service", &operation.service))?
            .into_record()?;
        let mut others = open_operations(&tx, &service).await?;
        others.retain(|other| other.id != id);
        let case = Case {
            unknown_version,
            installation: installation_of(&tx, &service.installation).await?,
            platform: platform_at(&tx, operation.platform(service.platform)).await?,
            attachment: attachment_of(&tx, &service).await?,
            link: open_link(&tx, &service).await?,
            policy: policy(&tx, &service.installation, service.product_id).await?,
            sending: sending(&tx, id).await?,
            questions: open_questions(&tx, &service).await?,
            others,
            linked: linked(&tx, &service).await?,
            machine: machine(&tx, &service).await?,
            operation,
            service,
        };
        tx.commit().await?;
        Ok(Some(case))
    }

    /// Loads a service by its id in the billing system; `None` where there is none.
    pub async fn service_view(
        &self,
        installation: &InstallationId,
        billing_id: u64,
    ) -> Result<Option<ServiceView>, StoreError> {
        let tx = self.read().await?;
        let row = service::Entity::find()
            .filter(service::Column::Installation.eq(installation.as_str()))
            .filter(service::Column::BillingId.eq(number("billing id", billing_id)?))
            .one(&tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let service = row.into_record()?;
        let view = ServiceView {
            installation: installation_of(&tx, &service.installation).await?,
            platform: platform_at(&tx, service.platform).await?,
            attachment: attachment_of(&tx, &service).await?,
            link: open_link(&tx, &service).await?,
            policy: policy(&tx, &service.installation, service.product_id).await?,
            open: open_operations(&tx, &service).await?,
            recent: recent_operations(&tx, &service).await?,
            questions: open_questions(&tx, &service).await?,
            machine: machine(&tx, &service).await?,
            service,
        };
        tx.commit().await?;
        Ok(Some(view))
    }

    /// The platform behind a billing server, and how the installation is attached to it.
    pub async fn placement(
        &self,
        installation: &InstallationId,
        server_id: u64,
    ) -> Result<Option<(Platform, Attachment)>, StoreError> {
        let Some(attachment) = self.attachment(installation, server_id).await? else {
            return Ok(None);
        };
        let platform = self.platform(attachment.platform).await?;
        Ok(platform.map(|platform| (platform, attachment)))
    }
}

async fn open_link(tx: &DatabaseTransaction, service: &Service) -> Result<Option<Link>, StoreError> {
    let row = link::Entity::find()
        .filter(link::Column::Service.eq(service.id.to_string()))
        .filter(link::Column::Generation.eq(i64::from(service.generation)))
        .filter(link::Column::Role.eq(LinkRole::Primary.as_str()))
        .filter(link::Column::ClosedAt.is_null())
        .one(tx)
        .await?;
    row.map(link::Model::into_record).transpose()
}

async fn installation_of(tx: &DatabaseTransaction, id: &InstallationId) -> Result<Installation, StoreError> {
    installation::Entity::find_by_id(id.to_string())
        .one(tx)
        .await?
        .ok_or_else(|| StoreError::missing("installation", &id))?
        .into_record()
}

async fn platform_at(
    tx: &DatabaseTransaction,
    platform: Option<PlatformId>,
) -> Result<Option<Platform>, StoreError> {
    let Some(id) = platform else {
        return Ok(None);
    };
    let row = platform::Entity::find_by_id(id.to_string()).one(tx).await?;
    row.map(platform::Model::into_record).transpose()
}

async fn attachment_of(
    tx: &DatabaseTransaction,
    service: &Service,
) -> Result<Option<Attachment>, StoreError> {
    let Some(id) = service.platform else {
        return Ok(None);
    };
    let row = attachment::Entity::find()
        .filter(attachment::Column::Installation.eq(service.installation.as_str()))
        .filter(attachment::Column::Platform.eq(id.to_string()))
        .order_by_asc(attachment::Column::ServerId)
        .one(tx)
        .await?;
    row.map(attachment::Model::into_record).transpose()
}

/// The policy of a product; the default one where the operator decided nothing.
pub(crate) async fn policy(
    db: &impl ConnectionTrait,
    installation: &InstallationId,
    product_id: u64,
) -> Result<ProductPolicy, StoreError> {
    let key = (installation.to_string(), number("product id", product_id)?);
    let row = product::Entity::find_by_id(key).one(db).await?;
    row.map_or_else(
        || Ok(ProductPolicy::default()),
        |row| row.into_record().map(|product| product.policy),
    )
}

async fn sending(tx: &DatabaseTransaction, id: OperationId) -> Result<Vec<Call>, StoreError> {
    let rows = call::Entity::find()
        .filter(call::Column::Operation.eq(id.to_string()))
        .filter(call::Column::State.eq(CallState::Sending.as_str()))
        .order_by_asc(call::Column::SentAt)
        .order_by_asc(call::Column::Id)
        .all(tx)
        .await?;
    rows.into_iter().map(call::Model::into_record).collect()
}

async fn open_questions(tx: &DatabaseTransaction, service: &Service) -> Result<Vec<Question>, StoreError> {
    let rows = question::Entity::find()
        .filter(question::Column::Service.eq(service.id.to_string()))
        .filter(question::Column::AnsweredAt.is_null())
        .order_by_asc(question::Column::Id)
        .all(tx)
        .await?;
    rows.into_iter().map(question::Model::into_record).collect()
}

async fn open_operations(tx: &DatabaseTransaction, service: &Service) -> Result<Vec<Operation>, StoreError> {
    let rows = operation::Entity::find()
        .filter(operation::Column::Service.eq(service.id.to_string()))
        .filter(Expr::col(operation::Column::IsOpen))
        .order_by_asc(operation::Column::Sequence)
        .order_by_asc(operation::Column::Id)
        .all(tx)
        .await?;
    rows.into_iter().map(operation::Model::into_record).collect()
}

async fn recent_operations(
    tx: &DatabaseTransaction,
    service: &Service,
) -> Result<Vec<Operation>, StoreError> {
    let rows = operation::Entity::find()
        .filter(operation::Column::Service.eq(service.id.to_string()))
        .filter(operation::Column::Kind.ne(OperationKind::Refresh.as_str()))
        .order_by_desc(operation::Column::Sequence)
        .order_by_desc(operation::Column::Id)
        .limit(RECENT)
        .all(tx)
        .await?;
    rows.into_iter().map(operation::Model::into_record).collect()
}

async fn machine(tx: &DatabaseTransaction, service: &Service) -> Result<Option<Arc<FactRecord>>, StoreError> {
    let key = (service.id.to_string(), FactRecord::MACHINE.to_owned());
    let row = fact::Entity::find_by_id(key).one(tx).await?;
    row.map(|row| row.into_record().map(Arc::new)).transpose()
}

/// Upstream ids on the service's platform that belong to its client: openly linked, or mapped by an old module.
async fn linked(tx: &DatabaseTransaction, service: &Service) -> Result<BTreeSet<String>, StoreError> {
    let Some(platform) = service.platform.map(|id| id.to_string()) else {
        return Ok(BTreeSet::new());
    };
    let of_client = Condition::all()
        .add(service::Column::Installation.eq(service.installation.as_str()))
        .add(service::Column::ClientId.eq(number("client id", service.client_id)?));
    let siblings = Query::select()
        .column(service::Column::Id)
        .from(service::Entity)
        .cond_where(of_client.clone())
        .to_owned();
    // The platform is compared here and not in the query: a client has few links, a platform all of them.
    let linked = link::Entity::find()
        .select_only()
        .columns([link::Column::UpstreamId, link::Column::Platform])
        .filter(link::Column::Service.in_subquery(siblings))
        .filter(link::Column::ClosedAt.is_null())
        .filter(is_word(
            link::Column::Role.as_column_ref(),
            LinkRole::Primary.as_str(),
        ))
        .into_tuple::<(String, String)>()
        .all(tx)
        .await?;
    let linked = linked
        .into_iter()
        .filter(|(_, other)| *other == platform)
        .map(|(upstream_id, _)| upstream_id)
        .collect::<Vec<_>>();
    // A mapping without a platform may be one on this platform: knowing too much never adopts a stranger's machine.
    let mapped = service::Entity::find()
        .select_only()
        .column(service::Column::MappedId)
        .filter(of_client)
        .filter(service::Column::MappedId.is_not_null())
        .filter(
            Condition::any()
                .add(service::Column::Platform.is_null())
                .add(service::Column::Platform.eq(platform)),
        )
        .into_tuple::<String>()
        .all(tx)
        .await?;
    Ok(linked.into_iter().chain(mapped).collect())
}
