//! What may go wrong at the engine's door.

use crate::core::{AnswerError, Refusal};

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A rule says no; the sentence may be shown.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An answer to a question is not taken.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// There is no such thing.
    #[error("there is no {0}")]
    NotFound(String),
    /// What was given cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] store::StoreError),
}
