//! What a client's self-service has used. The credit, the use by period and the money each have an endpoint of their own.

use domain::http::{Outcome, Request};
use domain::observed::{Currency, Observed, Spent, Usage, UsagePeriod};
use domain::record::Notes;
use domain::time::Moment;
use driver::facts::note;
use driver::{Reading, ReadingContext, Verdict};
use serde_json::json;

use super::{client, forgotten};
use crate::requests::{self, ExternalId};
use crate::{answer, facts, wire};

/// The note with what is known so far.
const SO_FAR: &str = "usage";

pub fn credit(
    context: &ReadingContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Reading, Verdict> {
    let month: wire::HourlyStats = answer::data(request, outcome)?;
    let usage = Usage {
        credit: month.credit.value,
        currency: month.currency.and_then(currency),
        month: month.period.filter(|month| !month.is_empty()),
        servers: month.servers,
        total: month.total.map(spent).unwrap_or_default(),
        ..Usage::default()
    };
    Ok(next(requests::read_usage(&client(context)), &usage))
}

pub fn periods(
    context: &ReadingContext<'_>,
    request: &Request,
    outcome: &Outcome,
    notes: &Notes,
) -> Result<Reading, Verdict> {
    let used: wire::Usage = answer::data(request, outcome)?;
    let who = client(context);
    if let (ExternalId::Integer(own), Some(other)) = (&who, used.user.and_then(|user| user.relation))
        && other != own.to_string()
    {
        return Err(Verdict::Unknown(format!(
            "The panel was asked for the usage of client {own} and answered with that of client {other}"
        )));
    }
    let period = |period: wire::UsagePeriod| UsagePeriod {
        start: period.start.as_deref().and_then(Moment::parse),
        end: period.end.as_deref().and_then(Moment::parse),
        current: period.current == Some(true),
        spent: period.servers.map(spent).unwrap_or_default(),
    };
    let usage = Usage {
        periods: used.periods.into_iter().map(period).collect(),
        ..so_far(notes)?
    };
    Ok(next(requests::read_usage_report(&who), &usage))
}

pub fn report(request: &Request, outcome: &Outcome, notes: &Notes) -> Result<Reading, Verdict> {
    let report: wire::Report = answer::data(request, outcome)?;
    let usage = Usage {
        addons: report.usage.addons.map(spent).unwrap_or_default(),
        ..so_far(notes)?
    };
    let observed = Box::new(Observed::Usage(usage));
    Ok(Reading::Seen {
        observed,
        identity: None,
        machine: None,
    })
}

fn next(request: Request, usage: &Usage) -> Reading {
    Reading::Next(request, note(SO_FAR, json!(usage)))
}

fn so_far(notes: &Notes) -> Result<Usage, Verdict> {
    facts::read(notes, SO_FAR).ok_or_else(forgotten)
}

fn spent(spent: wire::Spent) -> Spent {
    Spent {
        hours: spent.hours,
        value: spent.value,
        tokens: spent.tokens,
    }
}

fn currency(currency: wire::Currency) -> Option<Currency> {
    let code = currency.code.filter(|code| !code.is_empty())?;
    Some(Currency {
        code,
        prefix: currency.prefix.unwrap_or_default(),
        suffix: currency.suffix.unwrap_or_default(),
    })
}
