//! `identify` and `read`: one look at the machine; `sign_on`: a one-time address of the panel's own pages.

use domain::http::{Outcome, Request, Response};
use domain::machine::Identity;
use domain::record::{OperationInput, OperationKind};
use domain::{Fact, Secret};
use driver::facts::foreign;
use driver::{Answered, Prepared, StepContext, Verdict};

use super::{account, watch};
use crate::answer;
use crate::facts::{self, done, note, reached};
use crate::machine::{self, Sight, sight};
use crate::requests;
use crate::wire::{SignOn, Single};

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let watched = watch::accounts(context);
    if !watched.is_empty() {
        return watch::prepare(&watched);
    }
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(match (context.kind, context.input) {
        (OperationKind::Adopt, _) => requests::read_user(&facts::external_id(context)),
        (_, OperationInput::Stored) => requests::read_server(server),
        _ => requests::read_server_live(server),
    }))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        // An existing machine is linked to a client only where the panel says that it is his.
        "read_user" => match account::found(&facts::external_id(context), request, outcome)? {
            Some(user) => {
                let server = facts::required_target(context).map_err(Verdict::Refused)?;
                Ok(Verdict::Next(
                    requests::read_server_live(server),
                    note("owner", user.id),
                ))
            }
            None => Err(Verdict::Refused(Answered::permanent(format!(
                "Client {} has no account on the panel",
                facts::external_id(context)
            )))),
        },
        "read_server" => match sight(request, outcome)? {
            Some(sight) => seen(context, sight),
            None => absent(context),
        },
        _ if !watch::accounts(context).is_empty() => watch::interpret(context, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

fn seen(context: &StepContext<'_>, sight: Sight) -> Result<Verdict, Verdict> {
    let identity = sight.machine.identity.clone();
    if let OperationInput::Resource { identity: meant } = context.input {
        same(meant, &identity, context.kind == OperationKind::RemoveStray)?;
    }
    let owner = machine::owner(&sight.server);
    let mut findings = facts::showing(context, reached(), sight.machine);
    if context.kind == OperationKind::Adopt {
        let client = facts::owner(context).map_err(Verdict::Refused)?;
        match owner {
            Some(owner) if owner == client => findings.link = Some(identity),
            Some(owner) => {
                return Err(Verdict::Refused(Answered::permanent(format!(
                    "Server {} belongs to the panel's user {owner}, the client is user {client}",
                    identity.id
                ))));
            }
            None => {
                return Err(Verdict::Unknown(format!(
                    "The panel does not say to whom server {} belongs",
                    identity.id
                )));
            }
        }
    }
    Ok(done(findings))
}

/// Whether a server is the one that was meant, as far as that is known. What is to be removed must also still lie where
/// it was found: in the hands of a customer it is no stray any more.
fn same(meant: &Identity, seen: &Identity, is_stray: bool) -> Result<(), Verdict> {
    let differs = |meant: &str, seen: &str| !meant.is_empty() && meant != seen;
    let difference = if differs(&meant.unchangeable, &seen.unchangeable) {
        format!("its uuid is {}, not {}", seen.unchangeable, meant.unchangeable)
    } else if is_stray && differs(&meant.owner, &seen.owner) {
        format!(
            "it belongs to the panel's user {}, not to {}",
            seen.owner, meant.owner
        )
    } else {
        return Ok(());
    };
    Err(Verdict::Refused(Answered::permanent(format!(
        "Server {} is not the one that was meant: {difference}",
        seen.id
    ))))
}

/// For an operation that ends the machine its absence is no fault: the steps that follow prove it. For every other it
/// is one observation, and the operation has nothing to act on.
fn absent(context: &StepContext<'_>) -> Result<Verdict, Verdict> {
    if matches!(
        context.kind,
        OperationKind::Terminate | OperationKind::RemoveStray
    ) {
        let mut findings = reached();
        findings.machine = Fact::Absent;
        return Ok(done(findings));
    }
    Err(answer::gone())
}

pub fn prepare_sign_on(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(requests::sign_on(
        &facts::external_id(context),
        server,
    )))
}

pub fn interpret_sign_on(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let response = match outcome {
        Outcome::Answered(response @ Response { status: 200, .. }) => response,
        Outcome::Answered(response) if response.is_success() => {
            return Err(Verdict::Unknown(format!(
                "HTTP {} to sign_on where only 200 carries an address",
                response.status
            )));
        }
        _ => answer::success(request, outcome)?,
    };
    let path = answer::body::<Single<SignOn>>(request, response)?
        .data
        .authentication
        .endpoint_complete;
    if !is_path(&path) {
        return Err(Verdict::Refused(Answered::permanent(
            "The panel answered a sign-on address that does not lie on the panel",
        )));
    }
    let mut findings = reached();
    findings.secret = Some(Secret::new(format!(
        "{}{path}",
        context.endpoint.trim_end_matches('/')
    )));
    Ok(done(findings))
}

/// Whether a text continues the panel's address without leaving its host. It is joined directly behind the host, so it
/// has to begin with exactly one slash; a backslash counts as a slash in browsers.
pub(super) fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::is_path;

    #[test]
    fn vf_075_a_sign_on_address_never_leaves_the_panels_host() {
        assert!(is_path("/token_authenticate/?1=a&2=b"));
        for elsewhere in [
            ".evil.com/",
            "@evil.com/",
            "//evil.com/",
            "/\\evil.com",
            "https://evil.com/",
            "",
            ":80/",
            "/ x",
        ] {
            assert!(!is_path(elsewhere), "{elsewhere}");
        }
    }
}
