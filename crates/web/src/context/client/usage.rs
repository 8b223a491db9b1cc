//! What the client's self-service has used. Amounts are the decimal numbers that the platform wrote: nothing is rounded, and
//! money has its cents.

use domain::observed::{Currency, Spent, UsagePeriod};
use serde::Serialize;

use super::panels::Around;
use crate::context::When;
use crate::context::amount::{cents, stamp};

/// How many periods are shown.
const PERIODS: usize = 60;

/// An amount of money. Where its sign stands is the language's to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Money {
    /// The amount, with a point and at least two decimals.
    pub amount: String,
    /// The currency's sign, where it has one that stands for itself: `€`.
    pub sign: Option<String>,
    /// Its code otherwise: `EUR`. Neither where the currency is not known.
    pub code: Option<String>,
}

impl Money {
    fn new(written: &str, currency: Option<&Currency>) -> Self {
        let sign = currency.and_then(sign);
        let code = currency.map(|currency| currency.code.clone());
        Self {
            amount: cents(written),
            code: code.filter(|_| sign.is_none()),
            sign,
        }
    }
}

/// What the platform writes before or behind an amount. Of what it writes on both sides neither is enough: `$` and `USD`.
fn sign(currency: &Currency) -> Option<String> {
    match (currency.prefix.trim(), currency.suffix.trim()) {
        ("", sign) | (sign, "") if !sign.is_empty() => Some(sign.to_owned()),
        _ => None,
    }
}

/// What something has come to, as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SpentRow {
    /// Hours.
    pub hours: Option<String>,
    /// Money.
    pub value: Option<Money>,
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
    /// The panel; none where there is nothing to be shown: nothing was read, or it is not for the client to see.
    pub(super) fn new(around: &Around<'_>) -> Option<Self> {
        let sight = around.seen.usage.as_ref()?;
        let usage = &sight.value;
        let money = |amount: &String| Money::new(amount, usage.currency.as_ref());
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
            credit: usage.credit.as_deref().map(cents),
            month: usage.month.clone(),
            servers: usage.servers,
            total: row(&usage.total),
            addons: row(&usage.addons),
            periods: usage.periods.iter().take(PERIODS).map(period).collect(),
        })
    }
}
