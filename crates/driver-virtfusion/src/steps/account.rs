//! `account`: the client's own user on the panel, found by the external relation and made when there is none. The
//! relation is unique upstream, so sending it twice cannot make two.

use domain::http::{Outcome, Request};
use domain::order::Order;
use driver::facts::foreign;
use driver::{Answered, Phase, Prepared, StepContext, Verdict};
use serde_json::{Map, Value, json};

use crate::answer;
use crate::facts::{self, accepted, done, known, missing, ordered, reached};
use crate::requests::{self, ExternalId};
use crate::wire::User;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let who = facts::external_id(context);
    match context.phase {
        Phase::Look if facts::owner(context).is_ok() => Ok(known(reached())),
        Phase::Look => Ok(Prepared::Send(requests::read_user(&who))),
        Phase::Act => body(ordered(context)?, &who).map(|body| Prepared::Send(requests::create_user(body))),
    }
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_user" => match found(&facts::external_id(context), request, outcome)? {
            Some(user) => Ok(done(reached().note("owner", user.id))),
            None => Ok(done(missing())),
        },
        "create_user" => match answer::success(request, outcome) {
            Ok(_) => Ok(done(accepted(context, "reading the new account back"))),
            // Another order of the same client was faster: its account is there, and is shown in a moment.
            Err(_) if refuses(facts::external_id(context).field().0, outcome) => {
                Ok(done(accepted(context, "the account was made just now")))
            }
            Err(verdict) => Err(verdict),
        },
        _ => Err(foreign(context, request)),
    }
}

/// The user that was found; `None` when there is none. A user with another relation would be another client's.
pub fn found(who: &ExternalId, request: &Request, outcome: &Outcome) -> Result<Option<User>, Verdict> {
    if answer::is_plain_404(outcome) {
        return Ok(None);
    }
    let user: User = answer::data(request, outcome)?;
    let another = match (who, user.relation.as_deref().map(str::trim)) {
        (ExternalId::Integer(wanted), Some(shown)) => shown != wanted.to_string(),
        // Users with a text relation have no integer one.
        (ExternalId::Text(_), Some(shown)) => !matches!(shown, "" | "0"),
        (ExternalId::Integer(_), None) => true,
        (ExternalId::Text(_), None) => false,
    };
    if another {
        return Err(Verdict::Unknown(format!(
            "The panel was asked for the user of {who} and answered with user {}, who is somebody else's",
            user.id
        )));
    }
    Ok(Some(user))
}

/// Whether the panel refuses the account because of this field: the relation or the address has one already.
pub fn refuses(field: &str, outcome: &Outcome) -> bool {
    let named = format!("{field}:");
    matches!(outcome, Outcome::Answered(response) if response.status == 422
        && answer::sentences(&response.body).iter().any(|text| text.starts_with(&named)))
}

fn body(order: &Order, who: &ExternalId) -> Result<Map<String, Value>, Answered> {
    let customer = &order.customer;
    if customer.name.trim().is_empty() || customer.email.trim().is_empty() {
        return Err(Answered::permanent(format!(
            "Client {} has no name or no e-mail address in the billing system, so no account can be made on the panel",
            customer.client_id
        )));
    }
    let (field, value) = who.field();
    let mut body = Map::new();
    body.insert("name".to_owned(), json!(customer.name.trim()));
    body.insert("email".to_owned(), json!(customer.email.trim()));
    body.insert(field.to_owned(), value);
    let mode = order.self_service();
    if mode > 0 {
        body.insert("selfService".to_owned(), json!(mode));
        body.insert("selfServiceHourlyCredit".to_owned(), json!(matches!(mode, 1 | 3)));
    }
    Ok(body)
}
