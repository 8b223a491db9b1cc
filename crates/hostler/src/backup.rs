//! `hostler backup verify` and `restore`: what is done with the file of a backup. It needs no running engine and opens
//! no database that cannot be opened, because that is when a backup is needed.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use engine::SystemRandom;
use serde_json::json;
use store::{Key, Restored, StoreError, restore_backup, verify_backup};

use crate::clock::ProcessClock;
use crate::commands::Answer;
use crate::commands::backup::{described, shown};
use crate::config::DatabaseSettings;
use crate::{control, wiring};

/// Looks a backup through.
pub async fn verify(file: &Path, settings: &DatabaseSettings) -> Result<Answer> {
    let report = verify_backup(file, &key(settings)?).await?;
    report.refuse_broken(file)?;
    Ok(Answer::new(
        format!("{}\nNothing is wrong with it.", described(file, &report)),
        shown(file, &report),
    ))
}

/// Puts a backup into the place of the database.
pub async fn restore(file: &Path, settings: &DatabaseSettings) -> Result<Answer> {
    refuse_other_user(settings)?;
    let config = wiring::store_config(settings, key(settings)?);
    let named = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let why = format!("restored from the backup {}", named.display());
    let clock = ProcessClock::of_the_system().port();
    let restored = restore_backup(file, &config, &why, clock, Arc::new(SystemRandom))
        .await
        .map_err(refused)?;
    Ok(told(file, &restored))
}

fn told(file: &Path, restored: &Restored) -> Answer {
    let kept = restored.kept.as_ref().map_or_else(String::new, |kept| {
        format!("\nThe former database is kept: {}", kept.display())
    });
    let text = format!(
        "{}\nIt is in place, and in recovery: nothing that makes or disturbs a machine leaves.{kept}\n\
         Start the engine (systemctl start hostler), then see what has to be decided: hostler recover",
        described(file, &restored.report)
    );
    let mut value = shown(file, &restored.report);
    value["kept"] = json!(restored.kept);
    value["epoch"] = json!(restored.recovery.epoch);
    Answer::new(text, value)
}

fn refused(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Locked { path, holder } => anyhow!(
            "{} is in use by {holder}: a database is not replaced under an engine that runs. Stop it first: systemctl \
             stop hostler",
            path.display()
        ),
        other => wiring::named(other),
    }
}

/// The key, which has to be there: a fresh one fits no backup.
fn key(settings: &DatabaseSettings) -> Result<Key> {
    let file = &settings.key_file;
    if !file.exists() {
        bail!(
            "database.key_file = \"{}\": there is no such file. Put the key file there that belongs to the backup.",
            file.display()
        );
    }
    Key::load_or_create(file, &SystemRandom).map_err(wiring::named)
}

/// Refuses a user who would leave files behind that the engine's user cannot use: whoever does what an engine does at
/// its start has to be the database's owner, or that of its folder where there is none.
pub fn refuse_other_user(settings: &DatabaseSettings) -> Result<()> {
    let Some(database) = settings.sqlite_file() else {
        return Ok(());
    };
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    let place = if database.exists() {
        database
    } else {
        folder.unwrap_or_else(|| Path::new("."))
    };
    let owner =
        std::fs::metadata(place).with_context(|| format!("{} cannot be looked at", place.display()))?;
    let own = std::fs::metadata("/proc/self").context("the calling user is not known")?;
    if owner.uid() == own.uid() {
        return Ok(());
    }
    let owner = control::name_of(owner.uid());
    bail!(
        "{} belongs to {owner}, and what is written now would not. Run this as that user: sudo -u {owner} hostler …",
        place.display()
    );
}
