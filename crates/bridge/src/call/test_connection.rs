//! TestConnection: proposes a platform, and tests one that is approved.
//!
//! What is typed into WHMCS is a proposal. It stays inert, without any outgoing call, until a person on the engine's
//! host approves it or while that person holds an enrol window open. What is approved never changes over the bridge.

use domain::ActorKind;
use domain::id::InstallationId;
use domain::record::{Attachment, Platform, PlatformState, Relation};
use engine::Proposal;

use super::{Asked, Said, ServerParams, fault, plain};
use crate::problem::{Code, Problem};

const BOTH: &str = "Hostname and password are both required: the panel's host and an API token.";

/// Proposes or tests the platform behind a server record.
pub async fn answer(asked: &Asked<'_>, params: ServerParams) -> Result<Said, Problem> {
    if asked.context.actor().kind == ActorKind::Client {
        return Err(Problem::new(Code::Forbidden, "Clients cannot test connections."));
    }
    let hostname = host(&params.serverhostname);
    if hostname.is_empty() {
        return Ok(Said::sentence(BOTH));
    }
    let known = attached(asked, params.serverid).await?;
    if let Some(platform) = known.filter(|platform| platform.state == PlatformState::Approved) {
        return approved(asked, &platform, &hostname).await;
    }
    if params.serverpassword.expose().trim().is_empty() {
        return Ok(Said::sentence(BOTH));
    }
    propose(asked, params, hostname).await
}

/// The host, as people type it: perhaps as a whole address. Whether plain HTTP is allowed there is the engine's rule.
fn host(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("https://").unwrap_or(&text);
    text.trim_end_matches('/').to_owned()
}

async fn attached(asked: &Asked<'_>, server: u64) -> Result<Option<Platform>, Problem> {
    if server == 0 {
        return Ok(None);
    }
    let store = asked.state.engine().store();
    let placement = store.placement(&asked.admitted.installation.id, server).await;
    let placement = placement.map_err(|error| fault(&error.into()))?;
    Ok(placement.map(|(platform, _)| platform))
}

/// Tests what is approved with the credential that was approved, whatever is typed beside it.
async fn approved(asked: &Asked<'_>, platform: &Platform, hostname: &str) -> Result<Said, Problem> {
    if host(&platform.endpoint) != hostname {
        return Ok(Said::sentence(format!(
            "This server stands for the platform {} at {}. Its address is changed on the engine's host, not here; add \
             another server for another panel.",
            platform.name, platform.endpoint
        )));
    }
    test(asked, platform).await
}

async fn test(asked: &Asked<'_>, platform: &Platform) -> Result<Said, Problem> {
    match asked.state.engine().test_platform(platform.id).await {
        Ok(Ok(())) => Ok(Said::success()),
        Ok(Err(sentence)) => Ok(Said::sentence(sentence)),
        Err(error) => plain(&error).map(Said::sentence),
    }
}

async fn propose(asked: &Asked<'_>, params: ServerParams, hostname: String) -> Result<Said, Problem> {
    let engine = asked.state.engine();
    let installation = &asked.admitted.installation.id;
    let server = (params.serverid > 0).then(|| (installation.clone(), params.serverid));
    let proposal = Proposal {
        server: server.clone(),
        kind: asked.module.platform(),
        endpoint: hostname.clone(),
        account: String::new(),
        token: params.serverpassword,
        name: hostname,
        actor: asked.context.actor(),
    };
    let platform = match engine.propose_platform(proposal).await {
        Ok(platform) => platform,
        Err(error) => return plain(&error).map(Said::sentence),
    };
    if platform.state == PlatformState::Disabled {
        return Ok(Said::sentence(format!(
            "The platform {} was taken out of use on the engine's host.",
            platform.name
        )));
    }
    if let Some((_, server)) = server
        && !attach(asked, &platform, server).await?
    {
        return Ok(Said::sentence(format!(
            "The panel is known here as platform {}, but not to this installation. Nothing was sent to it. On the \
             engine's host run: hostler installation enrol {installation} --minutes 15. Then test again.",
            platform.id
        )));
    }
    if platform.state == PlatformState::Approved {
        return test(asked, &platform).await;
    }
    Ok(Said::sentence(format!(
        "Proposed as {}. Nothing was sent to it. Approve it on the engine's host: hostler platform approve {}",
        platform.id, platform.id
    )))
}

/// Lets the server record stand for the platform, where that gives nobody anything new: the platform is still
/// inert, or this installation uses it already, or a person on the engine's host holds the enrol window open.
async fn attach(asked: &Asked<'_>, platform: &Platform, server: u64) -> Result<bool, Problem> {
    let engine = asked.state.engine();
    let installation = &asked.admitted.installation.id;
    let actor = asked.context.actor();
    let known = attached(asked, server).await?;
    if known.is_some_and(|known| known.id == platform.id) {
        return Ok(true);
    }
    let others = engine.store().attachments(Some(platform.id)).await;
    let others = others.map_err(|error| fault(&error.into()))?;
    let enrolling = engine
        .may_enrol(Some(installation), &actor)
        .await
        .map_err(|error| fault(&error))?;
    let uses_it = others.iter().any(|other| other.installation == *installation);
    if platform.state == PlatformState::Approved && !uses_it && !enrolling {
        return Ok(false);
    }
    let attachment = Attachment {
        installation: installation.clone(),
        server_id: server,
        platform: platform.id,
        relation: relation(&others, installation),
    };
    let attached = engine.store().attach(&attachment, &actor).await;
    attached.map_err(|error| fault(&error.into()))?;
    Ok(true)
}

/// How this installation's clients are named on a platform: as they are already, or by bare numbers where nobody else's
/// are.
fn relation(attachments: &[Attachment], installation: &InstallationId) -> Relation {
    let own = attachments
        .iter()
        .find(|attachment| attachment.installation == *installation);
    let taken = attachments
        .iter()
        .any(|attachment| attachment.relation == Relation::Integer);
    match own {
        Some(own) => own.relation,
        None if taken => Relation::Text,
        None => Relation::Integer,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts_are_compared_as_people_type_them() {
        for typed in [
            "panel.example.test",
            " https://Panel.example.test/ ",
            "PANEL.EXAMPLE.TEST",
        ] {
            assert_eq!(super::host(typed), "panel.example.test", "{typed}");
        }
        assert_eq!(super::host("panel.example.test:8443"), "panel.example.test:8443");
        assert_eq!(super::host("  "), "");
    }
}
