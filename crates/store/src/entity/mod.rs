//! One module per table: the row, and its conversion to and from the domain's record. Nothing outside this crate sees
//! them.

pub(crate) mod alarm;
pub(crate) mod archive;
pub(crate) mod attachment;
pub(crate) mod audit;
pub(crate) mod audit_head;
pub(crate) mod call;
pub(crate) mod convert;
pub(crate) mod effect;
pub(crate) mod effect_queue;
pub(crate) mod fact;
pub(crate) mod installation;
pub(crate) mod link;
pub(crate) mod meta;
pub(crate) mod nonce;
pub(crate) mod operation;
pub(crate) mod platform;
pub(crate) mod product;
pub(crate) mod question;
pub(crate) mod rate;
pub(crate) mod secret;
pub(crate) mod service;

use sea_orm::sea_query::{Expr, IntoColumnRef, OnConflict};
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel, Iterable, ModelTrait};

/// Every column of a row as one to be written.
pub(crate) fn whole<M, A>(model: M) -> A
where
    M: ModelTrait + IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior,
{
    model.into_active_model().reset_all()
}

/// What replaces the whole row when its key exists.
pub(crate) fn replacing<E: EntityTrait>(key: impl IntoIterator<Item = E::Column>) -> OnConflict {
    OnConflict::columns(key)
        .update_columns(E::Column::iter())
        .to_owned()
}

/// `column = 'word'` with the word in the text of the query, so that the engines recognise a partial index by it.
pub(crate) fn is_word(column: impl IntoColumnRef, word: &'static str) -> Expr {
    use sea_orm::sea_query::ExprTrait;
    Expr::col(column).eq(Expr::cust(format!("'{word}'")))
}
