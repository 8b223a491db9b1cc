//! `hostler rdns list`.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use domain::Moment;
use domain::case::ServiceView;
use domain::id::InstallationId;
use domain::record::Service;
use engine::ShownName;
use serde_json::{Value, json};
use store::{NamesSeen, PageRequest, ServiceFilter};

use super::super::Desk;
use super::super::answer::Answer;
use super::super::product::known;

const HEADS: [&str; 6] = ["SERVICE", "ADDRESS", "STATE", "NAME", "SEEN", "REMARK"];

/// The names of one service's addresses.
pub(super) async fn of_one(desk: &Desk, view: &ServiceView, refresh: bool) -> Result<Answer> {
    let service = &view.service;
    if refresh {
        let read = desk.engine.read_names(&service.installation, service.billing_id);
        if let Err(why) = read.await? {
            bail!(
                "the names of {}/{} could not be read: {why}",
                service.installation,
                service.billing_id
            );
        }
    }
    let names = if let Some(names) = desk.engine.shown_names(view).await? {
        names
    } else {
        // Nothing reads them, but they were read once.
        let mut seen = desk.engine.store().names_of(&[service.id].into()).await?;
        stored(seen.remove(&service.id).unwrap_or_default())
    };
    let lines: Vec<(&Service, ShownName)> = names.into_iter().map(|name| (service, name)).collect();
    let nothing = format!(
        "Service {}/{} is not known to have an address.",
        service.installation, service.billing_id
    );
    Ok(listed(&nothing, &lines, desk.engine.clock().now()))
}

/// The names of all services' addresses that were seen once, service by service.
pub(super) async fn of_all(
    desk: &Desk,
    installation: Option<InstallationId>,
    refresh: bool,
    page: &PageRequest,
) -> Result<Answer> {
    if let Some(installation) = &installation {
        known(desk, installation).await?;
    }
    let store = desk.engine.store();
    let filter = ServiceFilter {
        installation,
        ..ServiceFilter::default()
    };
    let found = store.services(&filter, page).await?;
    let ids: BTreeSet<_> = found.items.iter().map(|service| service.id).collect();
    let mut unread = Vec::new();
    if refresh {
        let linked = store.links_of(&ids).await?;
        for service in found.items.iter().filter(|one| linked.contains_key(&one.id)) {
            let (installation, id) = (&service.installation, service.billing_id);
            if let Err(why) = desk.engine.read_names(installation, id).await? {
                unread.push(format!("{installation}/{id} could not be read: {why}"));
            }
        }
    }
    let mut seen = store.names_of(&ids).await?;
    let mut lines = Vec::new();
    for service in &found.items {
        let names = stored(seen.remove(&service.id).unwrap_or_default());
        lines.extend(names.into_iter().map(|name| (service, name)));
    }
    let nothing = "No name of these services was seen yet; read them now: --refresh";
    let mut answer = listed(nothing, &lines, desk.engine.clock().now());
    for line in unread {
        answer.text = format!("{}\n{line}", answer.text);
    }
    if let Some(next) = found.next {
        answer.text = format!("{}\nThere are more: --after {next}", answer.text);
    }
    Ok(answer)
}

/// What is kept of a service's names, in the order of addresses.
fn stored(seen: NamesSeen) -> Vec<ShownName> {
    let name = |(subject, (seen, at))| ShownName {
        subject,
        within: None,
        seen: Some(seen),
        seen_at: Some(at),
        under_way: None,
    };
    seen.into_iter().map(name).collect()
}

fn listed(nothing: &str, lines: &[(&Service, ShownName)], now: Moment) -> Answer {
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|(service, name)| row(service, name, now))
        .collect();
    let items = lines.iter().map(|(service, name)| item(service, name)).collect();
    Answer::listing(nothing, &HEADS, &rows, items)
}

fn row(service: &Service, name: &ShownName, now: Moment) -> Vec<String> {
    let seen = name.seen.as_ref();
    let state = match (seen, name.subject.address()) {
        (Some(seen), _) => seen.state.as_str().replace('_', " "),
        (None, Some(_)) => "not seen yet".to_owned(),
        (None, None) => "a whole prefix".to_owned(),
    };
    let remark = name
        .under_way
        .as_ref()
        .or(seen.and_then(|seen| seen.why.as_ref()));
    vec![
        format!("{}/{}", service.installation, service.billing_id),
        name.subject.to_string(),
        state,
        seen.map(|seen| seen.hosts.join(", ")).unwrap_or_default(),
        name.seen_at.map(|at| age(at, now)).unwrap_or_default(),
        remark.cloned().unwrap_or_default(),
    ]
}

fn item(service: &Service, name: &ShownName) -> Value {
    let seen = name.seen.as_ref();
    let place = seen.and_then(|seen| seen.place.as_ref());
    json!({
        "installation": service.installation,
        "service": service.billing_id,
        "subject": name.subject,
        "within": name.within,
        "state": seen.map(|seen| seen.state),
        "hosts": seen.map(|seen| seen.hosts.as_slice()).unwrap_or_default(),
        "ttl": seen.and_then(|seen| seen.ttl),
        "server": place.map(|place| place.server),
        "zone": place.map(|place| &place.zone),
        "why": seen.and_then(|seen| seen.why.as_ref()),
        "seen_at": name.seen_at.map(|at| at.to_string()),
        "under_way": name.under_way,
    })
}

/// How long ago, in the unit that tells enough.
fn age(at: Moment, now: Moment) -> String {
    let seconds = now.since(at).as_secs();
    match seconds {
        0..=90 => format!("{seconds} s ago"),
        91..=5_400 => format!("{} min ago", seconds / 60),
        5_401..=129_600 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_age_is_told_in_one_unit() {
        let at = Moment::from_seconds(1_795_158_000);
        for (seconds, told) in [
            (0, "0 s ago"),
            (90, "90 s ago"),
            (91, "1 min ago"),
            (5_400, "90 min ago"),
            (5_401, "1 h ago"),
            (129_600, "36 h ago"),
            (129_601, "1 d ago"),
            (864_000, "10 d ago"),
        ] {
            assert_eq!(age(at, at + Duration::from_secs(seconds)), told);
        }
        assert_eq!(
            age(at, at - Duration::from_secs(5)),
            "0 s ago",
            "a clock that was set back"
        );
    }
}
