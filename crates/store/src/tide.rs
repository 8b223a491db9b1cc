//! The tide mark: how a database that was restored behind our back is recognised.
//!
//! A random text is written into the database, and into a small file outside it, at each start and then each minute. A
//! database whose mark the file does not know is older than the file. The file is told of a new mark before the
//! database has it, and forgets the former one afterwards: whichever write a crash comes before, the database's mark is
//! in the file. A copy that was taken since the last mark looks like the database itself, unless it is one of
//! [`Store::backup`], which knows what it is.
//!
//! On PostgreSQL the file also keeps the server's identity and timeline, which change when another server takes over.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::recovery::TAKEN_AT;
use crate::{Store, durable};

const VERSION: u32 = 1;
/// The one mark of a `SQLite` database. On PostgreSQL each node has its own, named after its file.
const MARK: &str = "tide";

/// How a database stands to the file beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tide {
    /// It is the one that was marked last.
    Same,
    /// Neither has a mark: it is new.
    Fresh,
    /// It is older than the file, or another one.
    Behind {
        /// What tells so, in a sentence for a person.
        why: String,
    },
}

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TideFile {
    version: u32,
    /// Whose file it is, among several nodes.
    node: String,
    /// The mark that the database has; and, before it, the former one until it surely has the new one. An empty one is
    /// that of a database before its first mark.
    marks: Vec<String>,
    server: Option<Server>,
}

/// A PostgreSQL server as it names itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Server {
    system: String,
    timeline: i64,
}

impl TideFile {
    fn behind(why: &str) -> Tide {
        Tide::Behind { why: why.to_owned() }
    }

    /// What the server's identity tells, where both are known.
    fn compare(&self, server: Option<&Server>) -> Tide {
        match (&self.server, server) {
            (Some(before), Some(now)) if before.system != now.system => {
                Self::behind("the database is on another PostgreSQL server than before")
            }
            (Some(before), Some(now)) if before.timeline != now.timeline => Tide::Behind {
                why: format!(
                    "the PostgreSQL server went from timeline {} to {}: it was restored, or a standby took over",
                    before.timeline, now.timeline
                ),
            },
            _ => Tide::Same,
        }
    }
}

impl Store {
    /// Compares the database with the file, before the first mark after opening.
    pub async fn check_tide(&self, file: &Path) -> Result<Tide, StoreError> {
        if let Some(taken) = self.number::<i64>(TAKEN_AT).await? {
            let taken = domain::Moment::from_micros(taken);
            let why = format!("the database is a backup that was taken at {taken}");
            return Ok(Tide::Behind { why });
        }
        let Ok(marks) = read(file).await? else {
            return Ok(TideFile::behind(
                "the file with the database's last mark cannot be read",
            ));
        };
        let Some(marks) = marks else {
            // A node that is new to a shared database has no mark in it either.
            let marked = !self.is_shared() && self.meta(MARK).await?.is_some();
            return Ok(if marked {
                TideFile::behind(
                    "the file with the database's last mark is not there: the database came from elsewhere",
                )
            } else {
                Tide::Fresh
            });
        };
        Ok(match self.meta(&self.mark_name(&marks)).await? {
            None if marks.marks.iter().any(String::is_empty) => Tide::Fresh,
            None => TideFile::behind("the database has no mark, and a marked one was here before"),
            Some(mark) if marks.marks.contains(&mark) => marks.compare(self.server().await.as_ref()),
            Some(_) => {
                TideFile::behind("the database is older than its last mark: it was restored from a copy")
            }
        })
    }

    /// Gives the database a new mark. At each start, after [`Store::check_tide`], and then each minute.
    pub async fn mark_tide(&self, file: &Path) -> Result<(), StoreError> {
        let marks = self.announce_tide(file).await?;
        self.raise_tide(&marks).await?;
        settle_tide(file, marks).await
    }

    /// The first write: the file knows the present mark and the next one.
    async fn announce_tide(&self, file: &Path) -> Result<TideFile, StoreError> {
        let former = read(file).await?.ok().flatten();
        let node = former.map_or_else(|| self.word(), |marks| marks.node);
        let mut marks = TideFile {
            version: VERSION,
            node,
            marks: Vec::new(),
            server: self.server().await,
        };
        let present = self.meta(&self.mark_name(&marks)).await?;
        marks.marks = vec![present.unwrap_or_default(), self.word()];
        write(file, &marks).await?;
        Ok(marks)
    }

    /// The second write: the database has the next mark.
    async fn raise_tide(&self, marks: &TideFile) -> Result<(), StoreError> {
        let mark = marks.marks.last().map(String::as_str).unwrap_or_default();
        self.set_meta(&self.mark_name(marks), mark).await
    }

    fn mark_name(&self, marks: &TideFile) -> String {
        if self.is_shared() {
            format!("{MARK}:{}", marks.node)
        } else {
            MARK.to_owned()
        }
    }

    /// Thirty-two random digits.
    fn word(&self) -> String {
        let mut bytes = [0_u8; 16];
        self.inner.random.fill(&mut bytes);
        hex::encode(bytes)
    }

    /// The PostgreSQL server's identity and timeline, where it tells them to this user.
    async fn server(&self) -> Option<Server> {
        const ASK: &str = "SELECT system_identifier::text, timeline_id::bigint \
                           FROM pg_control_system(), pg_control_checkpoint()";
        if !self.is_shared() {
            return None;
        }
        let row = self
            .db()
            .query_one_raw(Statement::from_string(DatabaseBackend::Postgres, ASK))
            .await
            .inspect_err(|error| tracing::debug!(%error, "the server does not tell which one it is"))
            .ok()??;
        Some(Server {
            system: row.try_get_by_index(0).ok()?,
            timeline: row.try_get_by_index(1).ok()?,
        })
    }
}

/// The third write: the file forgets the former mark, so that a copy from before it is recognised.
async fn settle_tide(file: &Path, mut marks: TideFile) -> Result<(), StoreError> {
    let settled = marks.marks.len().saturating_sub(1);
    marks.marks.drain(..settled);
    write(file, &marks).await
}

/// The file; `None` where there is none, and inside an error where it is not one of ours.
async fn read(file: &Path) -> Result<Result<Option<TideFile>, serde_json::Error>, StoreError> {
    let path = file.to_owned();
    match on_disk(file, move || fs::read(path)).await {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).map(Some)),
        Err((ErrorKind::NotFound, _)) => Ok(Ok(None)),
        Err((_, error)) => Err(error),
    }
}

async fn write(file: &Path, marks: &TideFile) -> Result<(), StoreError> {
    let content = serde_json::to_vec(marks).map_err(|error| StoreError::Invalid {
        what: "tide mark",
        why: error.to_string(),
    })?;
    let path: PathBuf = file.to_owned();
    on_disk(file, move || durable::replace(&path, &content))
        .await
        .map_err(|(_, error)| error)
}

/// Does something with the file without holding up other work.
async fn on_disk<T: Send + 'static>(
    file: &Path,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, (ErrorKind, StoreError)> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(std::io::Error::other(error)))
        .map_err(|error| {
            let refused = StoreError::Setting {
                setting: "tide mark",
                value: file.display().to_string(),
                problem: format!("the file cannot be used ({error})"),
                remedy: "Make it and its folder writable for the engine's user".to_owned(),
            };
            (error.kind(), refused)
        })
}

#[cfg(test)]
mod tests;
