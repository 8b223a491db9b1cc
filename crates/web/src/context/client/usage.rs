//! What the client's self-service has used. Amounts stay as the platform wrote them.

use domain::observed::{Spent, UsagePeriod};
use domain::record::OperationKind;
use serde::Serialize;

use super::panels::Around;
use crate::context::When;
use crate::context::amount::stamp;

/// How many periods are shown.
const PERIODS: usize = 60;

/// What something has come to, as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SpentRow {
    /// Hours.
    pub hours: Option<String>,
    /// Money, with its currency.
    pub value: Option<String>,
    /// Tokens.
    pub tokens: Option<String>,
}

/// A period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeriodRow {
    /// From when.
    pub start: Option<String>,
    /// Until when.
    pub end: Option<String>,
    /// Whether it is the present one.
    pub current: bool,
    /// What it has come to.
    pub spent: SpentRow,
}

/// The panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsagePanel {
    /// When it was read.
    pub as_of: When,
    /// The credit that is left.
    pub credit: Option<String>,
    /// The present month in the platform's words.
    pub month: Option<String>,
    /// How many machines are paid for by it.
    pub servers: Option<u64>,
    /// What the month has come to.
    pub total: SpentRow,
    /// The same for what was ordered beside machines.
    pub addons: SpentRow,
    /// Period by period.
    pub periods: Vec<PeriodRow>,
}

impl UsagePanel {
    /// The panel; none where the product has no self-service, or nothing was read.
    pub(super) fn new(around: &Around<'_>) -> Option<Self> {
        let sight = around.seen.usage.as_ref().filter(|_| !is_without(around))?;
        let usage = &sight.value;
        let currency = usage.currency.clone().unwrap_or_default();
        let money = |amount: &String| format!("{}{amount}{}", currency.prefix, currency.suffix);
        let row = |spent: &Spent| SpentRow {
            hours: spent.hours.clone(),
            value: spent.value.as_ref().map(money),
            tokens: spent.tokens.clone(),
        };
        let period = |period: &UsagePeriod| PeriodRow {
            start: period.start.map(stamp),
            end: period.end.map(stamp),
            current: period.current,
            spent: row(&period.spent),
        };
        Some(Self {
            as_of: When::new(around.now, sight.at),
            credit: usage.credit.clone(),
            month: usage.month.clone(),
            servers: usage.servers,
            total: row(&usage.total),
            addons: row(&usage.addons),
            periods: usage.periods.iter().take(PERIODS).map(period).collect(),
        })
    }
}

/// Whether the newest order of the service that is remembered is of a product without self-service.
fn is_without(around: &Around<'_>) -> bool {
    let orders = around.view.open.iter().chain(&around.view.recent);
    let newest = orders
        .filter(|operation| {
            matches!(
                operation.kind,
                OperationKind::Create | OperationKind::ChangePackage
            )
        })
        .max_by_key(|operation| operation.sequence);
    let mode = newest.and_then(|operation| operation.input.order()?.settings.get("self_service"));
    mode.is_some_and(|mode| mode.trim_start().starts_with('0') || mode.trim().is_empty())
}
