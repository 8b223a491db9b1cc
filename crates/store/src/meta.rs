//! Named values about the database itself: the key's id, the recovery, the last start.

use domain::Moment;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{meta, replacing};
use crate::error::StoreError;
use crate::{Page, PageRequest, Replacement, Store};

impl Store {
    /// A named value.
    pub async fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = meta::Entity::find_by_id(name.to_owned()).one(self.db()).await?;
        Ok(row.map(|row| row.value))
    }

    /// Sets a named value.
    pub async fn set_meta(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        meta::Entity::insert(active(name, value))
            .on_conflict(replacing::<meta::Entity>([meta::Column::Name]))
            .exec_without_returning(self.db())
            .await?;
        Ok(())
    }

    /// Replaces a named value where it is still what it was. Whether it was.
    pub async fn replace_meta(&self, value: &Replacement) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let outcome = exchange(&write.tx, value).await;
        write.finish(outcome).await
    }

    /// The named values whose names begin with `prefix`, by name.
    pub async fn metas(
        &self,
        prefix: &str,
        page: &PageRequest,
    ) -> Result<Page<(String, String)>, StoreError> {
        let mut query = meta::Entity::find()
            .filter(meta::Column::Name.starts_with(prefix))
            .order_by_asc(meta::Column::Name);
        if let Some(after) = &page.after {
            query = query.filter(meta::Column::Name.gt(after.as_str()));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        let mut found = self.page(
            rows,
            page,
            |row| row.name.clone(),
            |row| Ok((row.name, row.value)),
        )?;
        // A pattern takes more than it says: an underscore is any letter there, and one database reads capitals as small.
        found.items.retain(|(name, _)| name.starts_with(prefix));
        Ok(found)
    }

    /// Writes down that the engine starts now. Messages stamped before this moment are refused, because the nonces of
    /// what was answered just before a crash may not have been remembered.
    pub async fn note_start(&self) -> Result<Moment, StoreError> {
        let now = self.now();
        self.set_meta("last_start", &now.as_micros().to_string()).await?;
        Ok(now)
    }

    /// The last start that was written down.
    pub async fn last_start(&self) -> Result<Option<Moment>, StoreError> {
        Ok(self.number("last_start").await?.map(Moment::from_micros))
    }

    /// The stored value of `name`; `value` becomes it where there is none.
    pub(crate) async fn meta_or_set(&self, name: &str, value: &str) -> Result<String, StoreError> {
        let turn = self.turn().await;
        meta::Entity::insert(active(name, value))
            .on_conflict(OnConflict::column(meta::Column::Name).do_nothing().to_owned())
            .exec_without_returning(self.db())
            .await?;
        drop(turn);
        self.meta(name)
            .await?
            .ok_or_else(|| StoreError::missing("value", &name))
    }

    pub(crate) async fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.meta(name)
            .await?
            .map(|text| {
                text.parse().map_err(|_| StoreError::Damaged {
                    what: format!("meta {name}"),
                    why: format!("\"{text}\" is not a number"),
                })
            })
            .transpose()
    }
}

/// Sets a named value in a transaction.
pub(crate) async fn put(tx: &DatabaseTransaction, name: &str, value: &str) -> Result<(), StoreError> {
    meta::Entity::insert(active(name, value))
        .on_conflict(replacing::<meta::Entity>([meta::Column::Name]))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Replaces a named value in a transaction, where it is still what it was. Whether it was.
pub(crate) async fn exchange(tx: &DatabaseTransaction, value: &Replacement) -> Result<bool, StoreError> {
    let changed = match value.former.as_deref() {
        Some(former) => {
            let changed = meta::Entity::update_many()
                .col_expr(meta::Column::Value, Expr::value(value.text.as_str()))
                .filter(meta::Column::Name.eq(value.name.as_str()))
                .filter(meta::Column::Value.eq(former))
                .exec(tx)
                .await?;
            changed.rows_affected
        }
        None => {
            meta::Entity::insert(active(&value.name, &value.text))
                .on_conflict(OnConflict::column(meta::Column::Name).do_nothing().to_owned())
                .exec_without_returning(tx)
                .await?
        }
    };
    Ok(changed == 1)
}

fn active(name: &str, value: &str) -> meta::ActiveModel {
    meta::ActiveModel {
        name: Set(name.to_owned()),
        value: Set(value.to_owned()),
    }
}
