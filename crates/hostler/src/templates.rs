//! `hostler templates`: the operator's own templates, stylesheets and messages. Needs no engine.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::cli::TemplatesTask;
use crate::commands::Answer;
use crate::config::Settings;
use crate::terminal;

/// Does it.
pub fn carry_out(task: TemplatesTask, settings: &Settings, json: bool) -> Result<ExitCode> {
    let folder = |given: Option<PathBuf>| {
        given
            .or_else(|| settings.pages.overrides.clone())
            .context("name a folder, or set pages.overrides in the configuration")
    };
    match task {
        TemplatesTask::Check { folder: given } => check(&folder(given)?, json),
        TemplatesTask::Export { folder: given, only } => export(&folder(given)?, &only, json),
    }
}

fn check(folder: &Path, json: bool) -> Result<ExitCode> {
    ensure!(
        folder.is_dir(),
        "there is no folder {}: nothing in it can be checked",
        folder.display()
    );
    let flaws = web::check(folder).context("the built-in messages are broken")?;
    let lines: Vec<String> = flaws
        .iter()
        .map(|flaw| format!("{}: {}", flaw.file, flaw.problem))
        .collect();
    let text = if lines.is_empty() {
        format!("Everything below {} is in order.", folder.display())
    } else {
        lines.join("\n")
    };
    let value = flaws
        .iter()
        .map(|flaw| json!({ "file": flaw.file, "problem": flaw.problem }))
        .collect::<Vec<_>>();
    terminal::show(&Answer::new(text, json!(value)), json);
    Ok(if flaws.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn export(folder: &Path, only: &[String], json: bool) -> Result<ExitCode> {
    let exported =
        web::export(folder, only).with_context(|| format!("{} cannot be written to", folder.display()))?;
    let (written, kept) = (exported.written.len(), exported.kept.len());
    let text = format!("{written} files were written; {kept} were there already and stay as they are.");
    let value = json!({ "written": exported.written, "kept": exported.kept });
    terminal::show(&Answer::new(text, value), json);
    Ok(ExitCode::SUCCESS)
}
