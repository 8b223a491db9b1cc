//! TestConnection: proposes a platform, and tests one that is approved.
//!
//! What is typed into WHMCS is a proposal. It stays inert, without any outgoing call, until a person on the engine's
//! host approves it or while that person holds an enrol window open. What is approved never changes over the bridge.

use domain::id::InstallationId;
use domain::record::{Attachment, Platform, PlatformState, Relation};
use domain::{ActorKind, Secret};
use engine::Proposal;

use super::{Asked, Said, ServerParams, fault, plain};
use crate::problem::{Code, Problem};
use crate::vocabulary::{Home, Vocabulary};

const BOTH: &str = "Hostname and password are both required: the panel's host and an API token.";

/// Proposes or tests the platform behind a server record.
pub async fn answer(asked: &Asked<'_>, params: ServerParams) -> Result<Said, Problem> {
    if asked.context.actor().kind == ActorKind::Client {
        return Err(Problem::new(Code::Forbidden, "Clients cannot test connections."));
    }
    if let Some(home) = &Vocabulary::of(asked.module).home {
        return at_home(asked, home, params).await;
    }
    if params.serverusername.is_some() {
        return Err(Problem::new(
            Code::BadRequest,
            "There is an unknown field in \"params\".",
        ));
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
    let typed = Typed {
        server: params.serverid,
        endpoint: hostname.clone(),
        account: String::new(),
        token: params.serverpassword,
        name: hostname,
    };
    propose(asked, typed).await
}

/// A platform that is at one place for everybody. The original never read its server records, so that they hold anything:
/// one counts only where it names an account and its token. Every other is answered by the account that serves it.
async fn at_home(asked: &Asked<'_>, home: &Home, params: ServerParams) -> Result<Said, Problem> {
    let account = params.serverusername.unwrap_or_default().trim().to_owned();
    let own = attached(asked, params.serverid).await?;
    let names_one = (home.is_account)(&account) && !params.serverpassword.expose().trim().is_empty();
    let new = own.is_none_or(|own| own.state != PlatformState::Approved);
    if names_one && new {
        let address = host(&params.serverhostname);
        let endpoint = if (home.is_own)(&address) {
            address
        } else {
            asked.state.config().katapult_api.clone()
        };
        let typed = Typed {
            server: params.serverid,
            name: format!("{endpoint} {account}"),
            endpoint,
            account,
            token: params.serverpassword,
        };
        return propose(asked, typed).await;
    }
    let engine = asked.state.engine();
    let server = (params.serverid > 0).then_some(params.serverid);
    let placement = engine.placement(&asked.admitted.installation.id, server, asked.module.as_str());
    let placement = placement.await.map_err(|error| fault(&error))?;
    let Some((platform, _)) = placement else {
        return Ok(Said::sentence(home.unknown));
    };
    if names_one && platform.account != account {
        return Ok(Said::sentence(format!(
            "This server stands for the platform {} and its account {}. That is changed on the engine's host, not here; \
             add another server for another account.",
            platform.name, platform.account
        )));
    }
    match platform.state {
        PlatformState::Approved => test(asked, &platform).await,
        PlatformState::Proposed => Ok(Said::sentence(proposed(&platform))),
        PlatformState::Disabled => Ok(Said::sentence(disabled(&platform))),
    }
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
    let engine = asked.state.engine();
    let tested = match engine.test_platform(platform.id).await {
        Ok(Ok(())) => engine.test_name_servers().await,
        other => other,
    };
    match tested {
        Ok(Ok(())) => Ok(Said::success()),
        Ok(Err(sentence)) => Ok(Said::sentence(sentence)),
        Err(error) => plain(&error).map(Said::sentence),
    }
}

/// An account as somebody typed it into a server record.
struct Typed {
    server: u64,
    endpoint: String,
    account: String,
    token: Secret,
    name: String,
}

async fn propose(asked: &Asked<'_>, typed: Typed) -> Result<Said, Problem> {
    let engine = asked.state.engine();
    let installation = &asked.admitted.installation.id;
    let server = (typed.server > 0).then(|| (installation.clone(), typed.server));
    let proposal = Proposal {
        server: server.clone(),
        kind: asked.module.platform(),
        endpoint: typed.endpoint,
        account: typed.account,
        token: typed.token,
        name: typed.name,
        actor: asked.context.actor(),
    };
    let platform = match engine.propose_platform(proposal).await {
        Ok(platform) => platform,
        Err(error) => return plain(&error).map(Said::sentence),
    };
    if platform.state == PlatformState::Disabled {
        return Ok(Said::sentence(disabled(&platform)));
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
    Ok(Said::sentence(proposed(&platform)))
}

fn proposed(platform: &Platform) -> String {
    let id = platform.id;
    format!(
        "Proposed as {id}. Nothing was sent to it. Approve it on the engine's host: hostler platform approve {id}"
    )
}

fn disabled(platform: &Platform) -> String {
    format!(
        "The platform {} was taken out of use on the engine's host.",
        platform.name
    )
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
