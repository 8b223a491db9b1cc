//! `hostler backup create`, and what is said of a backup. Verifying and restoring need no engine: [`crate::backup`].

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use store::BackupReport;

use super::Desk;
use super::answer::{Answer, fields};

/// Writes a backup and looks it through.
pub(super) async fn create(desk: &Desk, file: &Path) -> Result<Answer> {
    let report = desk.engine.store().backup(file).await?;
    let text = format!(
        "{}\nKeep it apart from the key file: who has both has every credential, and without the key nobody can use it.",
        described(file, &report)
    );
    Ok(Answer::new(text, shown(file, &report)))
}

/// A backup for people.
pub fn described(file: &Path, report: &BackupReport) -> String {
    let taken = report.taken_at.map_or_else(
        || "unknown: it does not say so, as a copy made by other means".to_owned(),
        |taken| taken.to_string(),
    );
    fields(&[
        ("backup", file.display().to_string()),
        ("taken at", taken),
        ("schema", report.schema.clone().unwrap_or_default()),
        ("services", report.services.to_string()),
        ("operations", report.operations.to_string()),
        ("links", report.links.to_string()),
        ("audit lines", report.audit_lines.to_string()),
    ])
}

/// A backup for programs.
pub fn shown(file: &Path, report: &BackupReport) -> Value {
    json!({
        "backup": file,
        "taken_at": report.taken_at.map(|taken| taken.to_string()),
        "schema": report.schema,
        "services": report.services,
        "operations": report.operations,
        "links": report.links,
        "audit_lines": report.audit_lines,
    })
}
