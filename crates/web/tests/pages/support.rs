//! Requests as the bridge makes them, and a service in the store.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::InstallationId;
use domain::{Actor, ActorKind};
use testkit::rig::{CLIENT, Rig, RigOptions};
use web::{PageAnswer, PageRequest, Pages, PagesConfig, Principal, Target, TargetKind};

/// The entry file of the tests.
pub const BASE: &str = "/modules/servers/VirtFusionDirect/client.php";

/// A rig whose engine does not run: pages read the store, whoever works.
pub async fn resting() -> (Rig, Pages) {
    let rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    let pages = pages(&rig);
    (rig, pages)
}

/// A rig with a machine that is up.
pub async fn with_machine(billing_id: u64) -> (Rig, Pages) {
    let rig = Rig::start().await;
    rig.ready(billing_id).await;
    let pages = pages(&rig);
    (rig, pages)
}

pub fn pages<P>(rig: &Rig<P>) -> Pages {
    Pages::new(rig.engine.clone(), &PagesConfig::default()).expect("the built-in words are sound")
}

/// A client's fragment.
pub fn client(rig: &Rig, client_id: u64, service: u64, fragment: &str) -> PageRequest {
    client_of(rig.installation_id(), client_id, service, fragment)
}

/// The same of any billing system.
pub fn client_of(installation: &InstallationId, client_id: u64, service: u64, fragment: &str) -> PageRequest {
    let principal = Principal::Client {
        installation: installation.clone(),
        client_id,
        permissions: vec!["*".to_owned()],
    };
    let actor = ActorKind::Client;
    request(principal, actor, Some(service), TargetKind::Fragment, fragment)
}

/// The owner's live part.
pub fn live(rig: &Rig, service: u64) -> PageRequest {
    client(rig, CLIENT, service, "live")
}

/// An operator's page; of one billing system, or of all.
pub fn operator(installation: Option<&InstallationId>, page: &str) -> PageRequest {
    let principal = Principal::Admin {
        installation: installation.cloned(),
        operator: true,
    };
    request(principal, ActorKind::Admin, None, TargetKind::Page, page)
}

fn request(
    principal: Principal,
    kind: ActorKind,
    service: Option<u64>,
    target: TargetKind,
    name: &str,
) -> PageRequest {
    let (name, query) = name.split_once('?').unwrap_or((name, ""));
    let query: BTreeMap<_, _> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    PageRequest {
        principal,
        actor: Actor {
            kind,
            id: "test".to_owned(),
            ip: None,
            correlation: None,
        },
        service,
        view: None,
        target: Target::new(target, name),
        method: "GET".to_owned(),
        query,
        form: BTreeMap::new(),
        token: "t0ken".to_owned(),
        once: "0nce".to_owned(),
        base: BASE.to_owned(),
        language: "english".to_owned(),
    }
}

/// The request as a posted form.
pub fn posting(mut request: PageRequest, action: &str, fields: &[(&str, &str)]) -> PageRequest {
    request.target = Target::new(TargetKind::Action, action);
    "POST".clone_into(&mut request.method);
    request.form = fields
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    request
}

/// The text of markup: tags gone, white space collapsed.
pub fn text(answer: &PageAnswer) -> String {
    let mut text = String::new();
    for piece in answer.body.split('<') {
        text.push(' ');
        text.push_str(piece.split_once('>').map_or(piece, |(_, rest)| rest));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Virtual time that a short operation may take.
pub const SHORT: Duration = Duration::from_mins(2);
