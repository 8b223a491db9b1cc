//! `UsageUpdate`: the usage columns of a server's services, from the store.

use domain::ActorKind;
use engine::EngineError;
use serde::Deserialize;
use serde_json::json;

use super::{Asked, Said, fault, plain};
use crate::problem::{Code, Problem};

/// The parameters of `UsageUpdate`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageParams {
    /// The server record.
    pub serverid: u64,
    /// The service after which the page begins; 0 for the first page.
    pub after: u64,
}

/// A page of columns. No platform is asked: what the daily run of a billing system with thousands of services waits for is
/// one reading of the store per page.
pub async fn answer(asked: &Asked<'_>, params: UsageParams) -> Result<Said, Problem> {
    if asked.context.actor().kind == ActorKind::Client {
        return Err(Problem::new(
            Code::Forbidden,
            "Clients have no part in the daily look at usage.",
        ));
    }
    let installation = &asked.admitted.installation.id;
    let engine = asked.state.engine();
    let page = engine
        .usage(installation, params.serverid, asked.module.as_str(), params.after)
        .await;
    match page {
        Ok(page) => Ok(Said::success().with_data(json!(page))),
        Err(EngineError::NotFound(_)) => Ok(Said::sentence("No platform stands behind this server.")),
        Err(error @ EngineError::Store(_)) => Err(fault(&error)),
        Err(error) => plain(&error).map(Said::sentence),
    }
}
