//! What the machine has transferred, month by month.

use domain::machine::Machine;
use domain::observed::{Traffic, TrafficMonth, traffic_limit};
use serde::Serialize;

use super::panels::Around;
use super::seen::Sight;
use crate::context::When;
use crate::context::amount::{bytes, gigabytes, in_gigabytes, number, year_and_month};

/// How many months are shown.
const MONTHS: usize = 12;

/// A month of traffic. Its label is a month's name, with the year where the months shown span two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthRow {
    /// 1 to 12, the end of the key of the month's name.
    pub month: Option<u8>,
    /// The year in two digits.
    pub year: Option<String>,
    /// Bytes received, for the chart.
    pub received: Option<u64>,
    /// Bytes sent, for the chart.
    pub sent: Option<u64>,
    /// The same for people.
    pub received_text: Option<String>,
    /// The same for people.
    pub sent_text: Option<String>,
}

/// The traffic panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrafficPanel {
    /// Whether it was read.
    pub known: bool,
    /// When.
    pub as_of: Option<When>,
    /// The months, oldest first.
    pub months: Vec<MonthRow>,
    /// What the present month has used.
    pub used: Option<String>,
    /// What it has.
    pub limit: Option<String>,
    /// Whether nothing is counted.
    pub unmetered: bool,
    /// What is left.
    pub remaining: Option<String>,
}

impl TrafficPanel {
    /// The panel; none where the months are known and there are none.
    pub(super) fn new(around: &Around<'_>, machine: Option<&Machine>) -> Option<Self> {
        let Some(Sight { value, at }) = &around.seen.traffic else {
            return Some(Self {
                known: false,
                as_of: None,
                months: Vec::new(),
                used: None,
                limit: None,
                unmetered: false,
                remaining: None,
            });
        };
        let present = value.present()?;
        let limit = traffic_limit(Some(present), machine);
        let metered = limit.filter(|limit| *limit > 0);
        let used = present.used();
        let remaining = metered.zip(used).map(|(limit, used)| {
            let left = number(limit) - in_gigabytes(used);
            gigabytes(left.max(0.0))
        });
        Some(Self {
            known: true,
            as_of: Some(When::new(around.now, *at)),
            months: rows(value),
            used: used.map(|used| gigabytes(in_gigabytes(used))),
            limit: metered.map(|limit| gigabytes(number(limit))),
            unmetered: limit == Some(0),
            remaining,
        })
    }
}

fn rows(traffic: &Traffic) -> Vec<MonthRow> {
    let shown: Vec<&TrafficMonth> = traffic.months.iter().take(MONTHS).collect();
    let written: Vec<String> = shown
        .iter()
        .map(|month| month.start.map(|start| start.to_string()).unwrap_or_default())
        .collect();
    let dates: Vec<Option<(&str, u8)>> = written.iter().map(|text| year_and_month(text)).collect();
    let mut years = dates.iter().flatten().map(|(year, _)| year);
    let first = years.next();
    let spans = years.any(|year| Some(year) != first);
    let text = |count: Option<u64>| count.map(|count| bytes(number(count)));
    let row = |(month, date): (&&TrafficMonth, &Option<(&str, u8)>)| MonthRow {
        month: date.map(|(_, month)| month),
        year: date
            .filter(|_| spans)
            .map(|(year, _)| year.chars().skip(2).collect()),
        received: month.received,
        sent: month.sent,
        received_text: text(month.received),
        sent_text: text(month.sent),
    };
    shown.iter().zip(&dates).rev().map(row).collect()
}
