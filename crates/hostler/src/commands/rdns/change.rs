//! `hostler rdns set`.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Result, bail};
use domain::record::Service;
use engine::{Goal, Hostname, NameEdit, NameRefusal};
use serde_json::json;

use super::super::answer::Answer;
use super::super::{Desk, operation};
use super::{NO_SERVER, need_engine};

/// How long a name is waited for. The operation has longer: servers that answer for the zone may be behind.
const WITHIN: Duration = Duration::from_secs(120);

/// Has one name set or removed, and waits for it.
pub(super) async fn set(
    desk: &Desk,
    service: &Service,
    address: IpAddr,
    host: Option<Hostname>,
) -> Result<Answer> {
    need_engine(desk)?;
    let edit = NameEdit {
        installation: service.installation.clone(),
        billing_id: service.billing_id,
        client_id: service.client_id,
        address,
        host,
        actor: desk.actor.clone(),
    };
    let begun = match desk.engine.edit_name(&edit).await? {
        Ok(begun) => begun,
        Err(NameRefusal::Off) => bail!("{NO_SERVER}"),
        Err(no) => bail!("{no}"),
    };
    let progress = desk.engine.wait(begun, Goal::Final, WITHIN).await?;
    let reason = &progress.operation.reason;
    if progress.failed {
        bail!("the name of {address} was not changed: {reason} (hostler operation show {begun})");
    }
    let text = match (progress.met, &edit.host) {
        (true, Some(host)) => format!("{address} is called {host}."),
        (true, None) => format!("{address} has no name."),
        (false, _) => format!("It is not done yet: {reason}\nIt goes on: hostler operation show {begun}"),
    };
    let mut value = operation::summary(&progress.operation);
    value["address"] = json!(address);
    value["host"] = json!(edit.host);
    Ok(Answer::new(text, value))
}
