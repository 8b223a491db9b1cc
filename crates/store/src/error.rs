//! [`StoreError`]: what can go wrong, by what the caller can do about it.

use std::path::PathBuf;

use domain::change::Refused;
use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

/// Why the store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A commit's fence no longer held, or a rule of uniqueness would have been broken. Nothing of it was applied.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A record that was to be changed or named is not there.
    #[error("there is no {what} {id}")]
    Missing {
        /// The kind of record.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// A record that cannot be stored as it is.
    #[error("{what} cannot be stored: {why}")]
    Invalid {
        /// The field.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// Something stored cannot be read: one row, or the database as a whole. Repeating does not help.
    #[error("{what} is damaged: {why}. The way back is the last backup: hostler backup restore FILE")]
    Damaged {
        /// The row and column, or the database.
        what: String,
        /// Why.
        why: String,
    },
    /// The database did not answer, or could not do it now. Repeating may help.
    #[error("the database is not available: {why}")]
    Unavailable {
        /// What the database said.
        why: String,
    },
    /// The transaction lost against others that wrote the same rows. Nothing of it was applied; repeating may help.
    #[error("the transaction lost against others that wrote the same rows")]
    Conflict,
    /// Another process holds the `SQLite` database.
    #[error("{} is in use by {holder}. Stop that process, or use PostgreSQL for several nodes", path.display())]
    Locked {
        /// The database file.
        path: PathBuf,
        /// The process that holds it, as it wrote itself down.
        holder: String,
    },
    /// The database was written by a later version of this program.
    #[error(
        "the database has the schema {found}, and this program knows schemas up to {newest}. Start the version that wrote it, or restore a backup"
    )]
    UnknownVersion {
        /// What the database says.
        found: String,
        /// The newest that this program knows.
        newest: String,
    },
    /// A setting that cannot be used.
    #[error("{setting} = \"{value}\": {problem}. {remedy}")]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: String,
    },
}

impl StoreError {
    /// A record that is not there.
    pub(crate) fn missing(what: &'static str, id: &impl ToString) -> Self {
        Self::Missing {
            what,
            id: id.to_string(),
        }
    }

    /// The same failure for another one who shared what failed.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Damaged { what, why } => Self::Damaged {
                what: what.clone(),
                why: why.clone(),
            },
            Self::Conflict => Self::Conflict,
            other => Self::Unavailable {
                why: other.to_string(),
            },
        }
    }

    /// Whether repeating the same thing later may succeed.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Conflict)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let code = sql_code(&error);
        match code.as_deref() {
            // SQLite: 11 is a corrupt file, 26 a file that is no database. PostgreSQL: class XX, and index corruption.
            Some("11" | "26" | "267" | "523" | "779" | "XX001" | "XX002") => Self::Damaged {
                what: "the database".to_owned(),
                why: error.to_string(),
            },
            // PostgreSQL: serialisation failure and deadlock.
            Some("40001" | "40P01") => Self::Conflict,
            _ => Self::Unavailable {
                why: error.to_string(),
            },
        }
    }
}

/// The database's own code of an error.
fn sql_code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))
    | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return None;
    };
    match &**cause {
        SqlxError::Database(cause) => cause.code().map(std::borrow::Cow::into_owned),
        _ => None,
    }
}

/// Turns a broken rule of uniqueness into a refusal. The sentence is built from the database's message, which names
/// the columns (`SQLite`) or the index (PostgreSQL).
pub(crate) fn taken(error: DbErr, sentence: impl FnOnce(&str) -> String) -> StoreError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(message)) => Refused::Taken(sentence(&message)).into(),
        Some(SqlErr::ForeignKeyConstraintViolation(message)) => StoreError::Missing {
            what: "record that is named by another",
            id: format!("({message})"),
        },
        _ => error.into(),
    }
}
