//! What users' self-service has used: nothing, on a panel that sells nothing by the hour.

use domain::Moment;
use serde_json::{Value, json};

use super::problem::Problem;
use super::render;
use super::route::{Ask, Handled, shown};
use super::state::State;
use super::users;

/// The lengths of periods that may be asked for.
const RANGES: [&str; 5] = ["d", "w", "2w", "3w", "m"];

fn nothing() -> Value {
    json!({ "hours": 0, "token": 0, "tokenReal": 0 })
}

fn range(ask: &Ask<'_>) -> Result<(), Problem> {
    match ask.incoming.query_value("range") {
        Some(range) if !RANGES.contains(&range) => {
            Err(Problem::invalid("range", "The selected range is invalid."))
        }
        _ => Ok(()),
    }
}

/// The first and the last moment of the present period.
fn period(now: Moment) -> (Moment, Moment) {
    let (_, start, end) = render::periods(now, now)[0];
    (start, end)
}

/// `GET /selfService/hourlyStats/byUserExtRelationId/{ext}`.
pub fn hourly_stats(state: &mut State, ask: &Ask<'_>) -> Handled {
    range(ask)?;
    users::find(state, ask)?;
    let data = json!({
        "periodId": 0,
        "period": ask.dates.month(state.now),
        "monthlyTotal": { "hours": 0, "value": "0.00", "tokens": false },
        "servers": 0,
        "credit": { "value": 0 },
        "currency": { "code": "", "prefix": "", "suffix": "", "value": 0, "currentValue": 0 },
    });
    shown(200, &json!({ "data": data }))
}

/// `GET /selfService/usage/byUserExtRelationId/{ext}`.
pub fn usage(state: &mut State, ask: &Ask<'_>) -> Handled {
    range(ask)?;
    let user = users::find(state, ask)?;
    let user = state.users.get(user).map(|user| {
        json!({
            "id": user.id,
            "relationalId": user.relation,
            "currency": null,
            "timezone": "Europe/London",
            "name": user.name,
            "email": user.email,
        })
    });
    let (start, end) = period(state.now);
    let period = json!({
        "period": ask.dates.day(start),
        "range": "month",
        "start": ask.dates.iso(start),
        "end": ask.dates.iso(end),
        "timezone": "UTC",
        "currentPeriod": true,
        "hoursInMonthPeriod": 720,
        "monthToHourRate": 730,
        "monthToHourRateType": 1,
        "days": 30,
        "hours": 720,
        "minutes": 43_200,
        "seconds": 2_592_000,
        "usageServers": nothing(),
        "usageServersBillable": nothing(),
        "usageAddons": nothing(),
        "usageAddonsBillable": nothing(),
        "servers": [],
    });
    let data = json!({
        "user": user,
        "usageServers": nothing(),
        "usageServersBillable": nothing(),
        "usageAddons": nothing(),
        "usageAddonsBillable": nothing(),
        "periods": [period],
    });
    shown(200, &json!({ "data": data }))
}

/// `GET /selfService/report/byUserExtRelationId/{ext}`.
pub fn report(state: &mut State, ask: &Ask<'_>) -> Handled {
    ask.number("period", 0, 24)?;
    users::find(state, ask)?;
    let (start, end) = period(state.now);
    let nothing = json!({ "hours": false, "value": false, "tokens": false });
    let usage = json!({
        "servers": [],
        "serversTotal": nothing,
        "hourConversionRate": false,
        "monthlyTotal": nothing,
        "addonsTotal": { "hours": 0, "value": 0, "tokens": false },
        "taxStatus": 3,
        "success": false,
        "history": "0",
        "breakdown": true,
        "term": ask.dates.month(state.now),
        "period": { "ymd": ask.dates.day(start), "start": ask.dates.iso(start), "end": ask.dates.iso(end) },
        "showHourlyRate": false,
        "showMonthlyRate": false,
    });
    let money = json!({ "prefix": "", "suffix": "", "code": "" });
    let data = json!({
        "usage": usage,
        "currency": {
            "prefix": "", "suffix": "", "code": "", "currentValue": 0, "value": 0, "default": money,
        },
        "limits": { "success": true, "packs": [] },
    });
    shown(200, &json!({ "data": data }))
}
