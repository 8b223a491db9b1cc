//! New passwords, what they were shown as, and backups.

use domain::observed::{Backup, BackupState};
use domain::record::{Operation, OperationKind};
use serde::Serialize;

use super::panels::Around;
use crate::context::When;
use crate::context::amount::stamp;

/// How many backups are shown at once.
const FIRST: usize = 10;
/// How many there are on the page at all.
const MOST: usize = 200;

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupRow {
    /// The end of the message's key.
    pub state: &'static str,
    /// Whether it can be used.
    pub good: bool,
    /// When it was taken.
    pub taken: Option<String>,
    /// How long ago that is.
    pub age: Option<When>,
    /// Until when it is kept.
    pub kept_until: Option<String>,
    /// Where it lies.
    pub storage: Option<String>,
}

impl BackupRow {
    fn new(backup: &Backup, now: domain::Moment) -> Self {
        Self {
            state: backup.state.as_str(),
            good: backup.state == BackupState::Complete,
            taken: backup.taken.map(stamp),
            age: backup.taken.map(|taken| When::calendar(now, taken)),
            kept_until: backup.kept_until.map(stamp),
            storage: backup.storage.clone(),
        }
    }
}

/// What is managed beside power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManagePanel {
    /// A new password for the machine's administrator, where there is that: whether it can be asked for now.
    pub machine_password: Option<bool>,
    /// The same for the client's account on the platform.
    pub account_password: Option<bool>,
    /// The newest backups.
    pub backups: Vec<BackupRow>,
    /// The others.
    pub older: Vec<BackupRow>,
    /// When they were read.
    pub as_of: Option<When>,
    /// Why nothing can be asked for: the end of the message's key.
    pub note: Option<&'static str>,
}

impl ManagePanel {
    /// The panel; none where there is nothing to manage.
    pub(super) fn new(around: &Around<'_>) -> Option<Self> {
        let now = around.now;
        let password = |kind| around.offered(kind).then(|| around.may_begin());
        let (machine_password, account_password) = (
            password(OperationKind::ResetPassword),
            password(OperationKind::ResetAccountPassword),
        );
        let sight = around.seen.backups.as_ref();
        let backups = sight.map_or(&[][..], |sight| sight.value.backups.as_slice());
        let mut rows = backups
            .iter()
            .take(MOST)
            .map(|backup| BackupRow::new(backup, now));
        let first: Vec<_> = rows.by_ref().take(FIRST).collect();
        if machine_password.is_none() && account_password.is_none() && first.is_empty() {
            return None;
        }
        Some(Self {
            machine_password,
            account_password,
            as_of: sight
                .filter(|_| !first.is_empty())
                .map(|sight| When::new(now, sight.at)),
            backups: first,
            older: rows.collect(),
            note: around.note().filter(|_| !around.may_begin()),
        })
    }
}

/// A new password that waits to be shown, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretOffer {
    /// The operation that brought it.
    pub operation: String,
    /// The end of the operation's title key.
    pub title: String,
    /// Since when it waits.
    pub since: When,
}

impl SecretOffer {
    pub(crate) fn new(operation: &Operation, now: domain::Moment) -> Self {
        Self {
            operation: operation.id.to_string(),
            title: crate::context::progress::title(operation),
            since: When::new(now, operation.finished_at.unwrap_or(operation.created_at)),
        }
    }
}
