//! The store as it lies on the disk, read beside the engine or after its death, and never written.
//!
//! The file is opened read-only: the journal that a killed engine left stays where it is, so that the next start has
//! the same recovery before it as if nobody had looked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::Moment;
use domain::http::RetryClass;
use domain::record::{ActOutcome, StepPhase, StepRecord};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

/// The kinds of operations that change something for a client.
pub const CHANGING: &str = "('create', 'suspend', 'unsuspend', 'terminate', 'change_package', 'power')";

/// What a kill hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hit {
    /// Operations that a worker held in a begun step.
    pub open_steps: u64,
    /// Changing requests of this very process whose answer was not committed.
    pub sending_changes: u64,
    /// The same for reads.
    pub sending_reads: u64,
    /// From the start of the process to the first request that it committed for an operation it had claimed.
    pub first_work: Option<Duration>,
}

/// A link that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLink {
    /// The machine's id.
    pub upstream_id: String,
    /// What never changes about it.
    pub unchangeable: String,
}

/// A service as the engine has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The engine's id.
    pub id: String,
    /// The engine's word for where its life stands.
    pub standing: String,
    /// Its open links; more than one is a fault.
    pub links: Vec<OpenLink>,
}

/// What is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Remaining {
    /// Changing operations that are not final.
    pub changing: i64,
    /// Effects that wait to be settled.
    pub effects: i64,
    /// Requests on their way.
    pub sending: i64,
    /// When the next of it is due, late machines included.
    pub next_due: Option<Moment>,
}

/// The store, to be read.
#[derive(Debug)]
pub struct View(SqliteConnection);

impl View {
    /// Opens the file for reading.
    pub async fn open(database: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .read_only(true)
            .busy_timeout(Duration::from_secs(10))
            .disable_statement_logging();
        let connection = SqliteConnection::connect_with(&options).await;
        Ok(Self(connection.with_context(|| {
            format!("{} cannot be read", database.display())
        })?))
    }

    /// Lets go of the file.
    pub async fn close(self) -> Result<()> {
        Ok(self.0.close().await?)
    }

    /// What the kill of a process hit that was started at `started` and killed at `killed`.
    pub async fn hit(&mut self, started: Moment, killed: Moment) -> Result<Hit> {
        let held: Vec<(String,)> = sqlx::query_as(
            "SELECT steps FROM operations WHERE is_open AND state = 'running' AND lease_until > ?",
        )
        .bind(killed.as_micros())
        .fetch_all(&mut self.0)
        .await?;
        let mut hit = Hit::default();
        for (steps,) in held {
            let steps: Vec<StepRecord> = serde_json::from_str(&steps).context("steps that cannot be read")?;
            let begun = |step: &StepRecord| matches!(step.phase, StepPhase::Look | StepPhase::Act);
            hit.open_steps += u64::from(steps.iter().any(begun));
        }
        let sending: Vec<(String,)> =
            sqlx::query_as("SELECT request FROM calls WHERE state = 'sending' AND sent_at >= ?")
                .bind(started.as_micros())
                .fetch_all(&mut self.0)
                .await?;
        for (request,) in sending {
            let request: Value = serde_json::from_str(&request).context("a request that cannot be read")?;
            if request["class"] == "read" {
                hit.sending_reads += 1;
            } else {
                hit.sending_changes += 1;
            }
        }
        let first: (Option<i64>,) =
            sqlx::query_as("SELECT MIN(sent_at) FROM calls WHERE id >= ? AND sent_at >= ?")
                .bind(call_id_from(started))
                .bind(started.as_micros())
                .fetch_one(&mut self.0)
                .await?;
        hit.first_work = first.0.map(|at| Moment::from_micros(at).since(started));
        Ok(hit)
    }

    /// What is still to come.
    pub async fn remaining(&mut self) -> Result<Remaining> {
        let changing = format!("SELECT COUNT(*) FROM operations WHERE is_open AND kind IN {CHANGING}");
        let (changing,): (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(changing))
            .fetch_one(&mut self.0)
            .await?;
        let (effects,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM effects WHERE state = 'waiting'")
            .fetch_one(&mut self.0)
            .await?;
        let (sending,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM calls WHERE state = 'sending'")
            .fetch_one(&mut self.0)
            .await?;
        let (due,): (Option<i64>,) = sqlx::query_as(
            // Of each queue only the head is handed out; those behind it have been due all along.
            "SELECT MIN(due) FROM (SELECT MIN(due_at) AS due FROM operations WHERE is_open AND kind <> 'close_accounts' \
             UNION ALL SELECT MIN(due_at) FROM effects WHERE state = 'waiting' AND NOT EXISTS (SELECT 1 FROM effects \
             AS first WHERE first.queue = effects.queue AND first.state = 'waiting' \
             AND first.sequence < effects.sequence))",
        )
        .fetch_one(&mut self.0)
        .await?;
        Ok(Remaining {
            changing,
            effects,
            sending,
            next_due: due.map(Moment::from_micros),
        })
    }

    /// The billing ids of services whose machine is being changed.
    pub async fn busy(&mut self) -> Result<BTreeSet<u64>> {
        let busy = format!(
            "SELECT DISTINCT services.billing_id FROM operations JOIN services ON services.id = operations.service \
             WHERE operations.is_open AND operations.kind IN {CHANGING}"
        );
        let rows: Vec<(i64,)> = sqlx::query_as(sqlx::AssertSqlSafe(busy))
            .fetch_all(&mut self.0)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(id,)| u64::try_from(id).unwrap_or(0))
            .collect())
    }

    /// The billing ids of services whose create waits for what became of a lost request, or for another create that
    /// does. That takes ten minutes and more where nothing became of it.
    pub async fn unsettled(&mut self) -> Result<BTreeSet<u64>> {
        let rows: Vec<(i64, String, String)> = sqlx::query_as(
            "SELECT services.billing_id, operations.steps, operations.reason FROM operations \
             JOIN services ON services.id = operations.service \
             WHERE operations.is_open AND operations.kind IN ('create', 'power')",
        )
        .fetch_all(&mut self.0)
        .await?;
        let mut unsettled = BTreeSet::new();
        for (service, steps, reason) in rows {
            let steps: Vec<StepRecord> = serde_json::from_str(&steps).context("steps that cannot be read")?;
            let lost = |step: &StepRecord| {
                step.phase == StepPhase::Look
                    && step.act_outcome == Some(ActOutcome::Lost)
                    && matches!(step.class, RetryClass::Creating | RetryClass::Disruptive)
            };
            if steps.iter().any(lost) || reason.starts_with("waits: another create") {
                unsettled.insert(u64::try_from(service).unwrap_or(0));
            }
        }
        Ok(unsettled)
    }

    /// How many operations ended, by kind and state.
    pub async fn finished(&mut self) -> Result<BTreeMap<String, BTreeMap<String, i64>>> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT kind, state, COUNT(*) FROM operations WHERE NOT is_open GROUP BY kind, state",
        )
        .fetch_all(&mut self.0)
        .await?;
        let mut finished: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for (kind, state, count) in rows {
            finished.entry(kind).or_default().insert(state, count);
        }
        Ok(finished)
    }

    /// How many questions were asked, by kind and answer (`open` without one).
    pub async fn questions(&mut self) -> Result<BTreeMap<String, BTreeMap<String, i64>>> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT kind, COALESCE(answer, 'open'), COUNT(*) FROM questions GROUP BY 1, 2")
                .fetch_all(&mut self.0)
                .await?;
        let mut questions: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for (kind, answer, count) in rows {
            questions.entry(kind).or_default().insert(answer, count);
        }
        Ok(questions)
    }

    /// The states of operations by id: kind and state.
    pub async fn operations(&mut self) -> Result<BTreeMap<String, (String, String)>> {
        let rows: Vec<(String, String, String)> = sqlx::query_as("SELECT id, kind, state FROM operations")
            .fetch_all(&mut self.0)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(id, kind, state)| (id, (kind, state)))
            .collect())
    }

    /// The operations of a service that change something, the oldest first.
    pub async fn operations_of(&mut self, service: &str) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT id FROM operations WHERE service = ? AND kind <> 'refresh' ORDER BY sequence",
        )
        .bind(service)
        .fetch_all(&mut self.0)
        .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Every service by its billing id.
    pub async fn services(&mut self) -> Result<BTreeMap<u64, Held>> {
        let rows: Vec<(String, i64, String)> =
            sqlx::query_as("SELECT id, billing_id, standing FROM services")
                .fetch_all(&mut self.0)
                .await?;
        let links: Vec<(String, String, String)> =
            sqlx::query_as("SELECT service, upstream_id, unchangeable FROM links WHERE closed_at IS NULL")
                .fetch_all(&mut self.0)
                .await?;
        let mut by_service: BTreeMap<String, Vec<OpenLink>> = BTreeMap::new();
        for (service, upstream_id, unchangeable) in links {
            by_service.entry(service).or_default().push(OpenLink {
                upstream_id,
                unchangeable,
            });
        }
        Ok(rows
            .into_iter()
            .map(|(id, billing_id, standing)| {
                let links = by_service.remove(&id).unwrap_or_default();
                let held = Held { id, standing, links };
                (u64::try_from(billing_id).unwrap_or(0), held)
            })
            .collect())
    }

    /// How many restarts were accepted for the services of each machine that ever was one's: by server record and
    /// machine.
    pub async fn restarts(&mut self) -> Result<BTreeMap<(String, u64), i64>> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT links.platform, links.upstream_id, COUNT(operations.id) FROM links \
             JOIN operations ON operations.service = links.service AND operations.kind = 'power' \
             AND operations.input LIKE '%restart%' GROUP BY links.platform, links.upstream_id",
        )
        .fetch_all(&mut self.0)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(platform, machine, count)| ((platform, machine.parse().unwrap_or(0)), count))
            .collect())
    }

    /// The kind of an operation and the billing id of its service.
    pub async fn operation(&mut self, id: &str) -> Result<Option<(String, u64)>> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT operations.kind, services.billing_id FROM operations JOIN services ON services.id = operations.service \
             WHERE operations.id = ?",
        )
        .bind(id)
        .fetch_optional(&mut self.0)
        .await?;
        Ok(row.map(|(kind, billing)| (kind, u64::try_from(billing).unwrap_or(0))))
    }
}

/// The smallest id that a call of this moment can have: ids begin with their time, so that the journal need not be
/// read from its beginning.
fn call_id_from(moment: Moment) -> String {
    let milliseconds = u64::try_from(moment.as_micros() / 1000).unwrap_or(0);
    format!("call_{milliseconds:012x}")
}
