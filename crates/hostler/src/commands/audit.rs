//! `hostler audit`: verify.

use anyhow::{Result, bail};
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Desk;
use super::answer::Answer;

/// What can be asked about the audit.
#[derive(Debug, Clone, Copy, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditCommand {
    /// Follows its chain of hashes from the first line to the last, and says where it is broken.
    Verify,
}

impl AuditCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::Verify => verify(desk).await,
        }
    }
}

async fn verify(desk: &Desk) -> Result<Answer> {
    let proof = desk.engine.store().verify_audit().await?;
    let lines = proof.lines;
    if let Some(broken) = proof.broken {
        bail!(
            "the audit is broken after line {lines}: {broken}. Somebody wrote to the database beside the engine; \
             compare it with a backup"
        );
    }
    Ok(Answer::new(
        format!("The audit is whole: {lines} lines, each following from the one before."),
        json!({ "ok": true, "lines": lines }),
    ))
}
