//! Finished operations of long ago, each with its calls and questions as one document.
//!
//! The document holds rows and not records, so that what a program of another version wrote comes out of the archive
//! as it would come out of its table.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::convert::{Place, document};
use super::{call, operation, question};
use crate::error::StoreError;

/// The version of the documents that this program writes.
const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operations_archive")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub service: String,
    pub sequence: i64,
    pub finished_at: i64,
    pub document: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is kept of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    version: u32,
    pub(crate) operation: operation::Model,
    pub(crate) calls: Vec<call::Model>,
    pub(crate) questions: Vec<question::Model>,
}

impl Model {
    /// The row of a finished operation.
    pub(crate) fn new(
        operation: operation::Model,
        calls: Vec<call::Model>,
        questions: Vec<question::Model>,
    ) -> Result<Self, StoreError> {
        let kept = Kept {
            version: VERSION,
            operation,
            calls,
            questions,
        };
        Ok(Self {
            id: kept.operation.id.clone(),
            service: kept.operation.service.clone(),
            sequence: kept.operation.sequence,
            finished_at: kept.operation.finished_at.unwrap_or(kept.operation.updated_at),
            document: document("archive.document", &kept)?,
        })
    }

    /// What is kept.
    pub(crate) fn read(&self) -> Result<Kept, StoreError> {
        Place::new("archived operation", &self.id).document("document", &self.document)
    }
}
