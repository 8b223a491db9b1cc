//! What the panel sends for a client's eyes. What makes an answer the one that was asked for is required, so that an
//! answer to another request is not taken for one that says nothing.

use serde::Deserialize;

use crate::loose;

/// What a server has transferred.
#[derive(Debug, Deserialize)]
pub struct Traffic {
    /// Month by month.
    #[serde(deserialize_with = "loose::list")]
    pub monthly: Vec<TrafficMonth>,
}

/// A month of traffic.
#[derive(Debug, Deserialize)]
pub struct TrafficMonth {
    /// Its number, from the server's first.
    #[serde(default, deserialize_with = "loose::amount")]
    pub month: Option<u64>,
    /// Its first moment.
    #[serde(default, deserialize_with = "loose::text")]
    pub start: Option<String>,
    /// Its last.
    #[serde(default, deserialize_with = "loose::text")]
    pub end: Option<String>,
    /// Bytes.
    #[serde(default, rename = "rx", deserialize_with = "loose::amount")]
    pub received: Option<u64>,
    /// Bytes.
    #[serde(default, rename = "tx", deserialize_with = "loose::amount")]
    pub sent: Option<u64>,
    /// Bytes of both.
    #[serde(default, deserialize_with = "loose::amount")]
    pub total: Option<u64>,
    /// GB; 0 is unmetered.
    #[serde(default, deserialize_with = "loose::amount")]
    pub limit: Option<u64>,
}

/// A backup. Its flags are read as text, since a job's progress may stand where a flag is expected.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// Its id.
    #[serde(deserialize_with = "loose::id")]
    pub id: u64,
    /// The server's.
    #[serde(rename = "serverId", deserialize_with = "loose::id")]
    pub server: u64,
    /// Where it lies.
    #[serde(default, deserialize_with = "loose::object")]
    pub storage: Option<BackupStorage>,
    /// Whether it is being removed.
    #[serde(default, deserialize_with = "loose::text")]
    pub deleting: Option<String>,
    /// Whether the server is being made from it.
    #[serde(default, deserialize_with = "loose::text")]
    pub restoring: Option<String>,
    /// Whether it is being made.
    #[serde(default, deserialize_with = "loose::text")]
    pub progress: Option<String>,
    /// Whether it is whole.
    #[serde(default, deserialize_with = "loose::text")]
    pub complete: Option<String>,
    /// When it is removed.
    #[serde(default, deserialize_with = "loose::text")]
    pub delete_after: Option<String>,
    /// When it was taken.
    #[serde(default, deserialize_with = "loose::text")]
    pub created: Option<String>,
}

/// Where a backup lies.
#[derive(Debug, Deserialize)]
pub struct BackupStorage {
    /// Its name.
    #[serde(default, deserialize_with = "loose::text")]
    pub name: Option<String>,
}

/// A client's self-service in a month.
#[derive(Debug, Deserialize)]
pub struct HourlyStats {
    /// `January 2025`.
    #[serde(default, deserialize_with = "loose::text")]
    pub period: Option<String>,
    /// What it has come to.
    #[serde(default, rename = "monthlyTotal", deserialize_with = "loose::object")]
    pub total: Option<Spent>,
    /// How many servers.
    #[serde(default, deserialize_with = "loose::amount")]
    pub servers: Option<u64>,
    /// What is left.
    pub credit: Credit,
    /// In which money values are.
    #[serde(default, deserialize_with = "loose::object")]
    pub currency: Option<Currency>,
}

/// What is left.
#[derive(Debug, Deserialize)]
pub struct Credit {
    /// A decimal number.
    #[serde(default, deserialize_with = "loose::decimal")]
    pub value: Option<String>,
}

/// A currency.
#[derive(Debug, Deserialize)]
pub struct Currency {
    /// `EUR`.
    #[serde(default, deserialize_with = "loose::text")]
    pub code: Option<String>,
    /// What stands before an amount.
    #[serde(default, deserialize_with = "loose::text")]
    pub prefix: Option<String>,
    /// What stands behind it.
    #[serde(default, deserialize_with = "loose::text")]
    pub suffix: Option<String>,
}

/// What something has come to, in decimal numbers; `false` where it is not counted.
#[derive(Debug, Deserialize)]
pub struct Spent {
    /// Hours.
    #[serde(default, deserialize_with = "loose::decimal")]
    pub hours: Option<String>,
    /// Money.
    #[serde(default, deserialize_with = "loose::decimal")]
    pub value: Option<String>,
    /// Tokens. By period they are called by the singular.
    #[serde(default, alias = "token", deserialize_with = "loose::decimal")]
    pub tokens: Option<String>,
}

/// A client's use, by period.
#[derive(Debug, Deserialize)]
pub struct Usage {
    /// Whose.
    #[serde(default, deserialize_with = "loose::object")]
    pub user: Option<UsageUser>,
    /// The periods.
    #[serde(deserialize_with = "loose::list")]
    pub periods: Vec<UsagePeriod>,
}

/// Whose use it is.
#[derive(Debug, Deserialize)]
pub struct UsageUser {
    /// The integer relation.
    #[serde(default, rename = "relationalId", deserialize_with = "loose::text")]
    pub relation: Option<String>,
}

/// A period of use.
#[derive(Debug, Deserialize)]
pub struct UsagePeriod {
    /// Its first moment.
    #[serde(default, deserialize_with = "loose::text")]
    pub start: Option<String>,
    /// Its last.
    #[serde(default, deserialize_with = "loose::text")]
    pub end: Option<String>,
    /// Whether it is the present one.
    #[serde(default, rename = "currentPeriod", deserialize_with = "loose::flag")]
    pub current: Option<bool>,
    /// What servers came to, as it is charged.
    #[serde(default, rename = "usageServersBillable", deserialize_with = "loose::object")]
    pub servers: Option<Spent>,
}

/// A report on a client's self-service.
#[derive(Debug, Deserialize)]
pub struct Report {
    /// What was used.
    pub usage: ReportedUsage,
}

/// What was used, by a report.
#[derive(Debug, Deserialize)]
pub struct ReportedUsage {
    /// What was ordered beside servers.
    #[serde(default, rename = "addonsTotal", deserialize_with = "loose::object")]
    pub addons: Option<Spent>,
}
