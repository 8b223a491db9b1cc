//! Parts of the billing system's own page of a service, for administrators.

use domain::case::ServiceView;
use domain::machine::Machine;
use domain::record::{ServiceStatus, Standing};
use domain::{Fact, Moment};
use serde::Serialize;

use super::OperationRow;
use crate::context::{Context, StateWord, When, sample};

/// A machine as rows of a table, for the tab of a service in the billing system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Specs {
    /// Keys of labels with their values.
    pub rows: Vec<(&'static str, String)>,
}

impl Specs {
    /// From the last reading. What is not known is a dash.
    pub fn new(machine: &Machine) -> Self {
        let text = |value: Option<&str>| value.filter(|text| !text.is_empty()).unwrap_or("-").to_owned();
        let number = |value: Option<u64>, unit: &str| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value} {unit}"))
        };
        let list = |values: &[String]| text(Some(values.join(", ").as_str()));
        let power = match machine.power {
            Fact::Known(power) => power.as_str(),
            Fact::Absent | Fact::Unknown => "-",
        };
        let traffic = match machine.traffic_gb {
            Some(0) => "Unmetered".to_owned(),
            other => number(other, "GB"),
        };
        Self {
            rows: vec![
                ("name", text(Some(&machine.name))),
                ("hostname", text(machine.hostname.as_deref())),
                ("state", machine.status.to_string()),
                ("power", power.to_owned()),
                ("memory", number(machine.memory_mb, "MB")),
                ("cpu", number(machine.cores, "Core(s)")),
                ("ipv4", list(&machine.ipv4)),
                ("ipv6", list(&machine.ipv6)),
                ("storage", number(machine.storage_gb, "GB")),
                ("traffic", traffic),
            ],
        }
    }
}

/// The platform's own word for the machine's state, by which the buttons beside it are guarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminState {
    /// The word.
    pub state: StateWord,
}

impl Context for AdminState {
    const TEMPLATE: &'static str = "admin/state.html";

    fn samples(_: Moment) -> Vec<Self> {
        ["started", "shutting_down", sample::TEXT]
            .map(|word| Self {
                state: StateWord::new(word),
            })
            .into()
    }
}

/// "Server Info": the machine as last seen, and what is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminInfo {
    /// Our own word for the service.
    pub standing: &'static str,
    /// The machine, where it is known.
    pub specs: Option<Specs>,
    /// Whether the platform said that it is gone.
    pub absent: bool,
    /// When it was seen.
    pub as_of: Option<When>,
    /// Operations that are not final.
    pub operations: Vec<OperationRow>,
}

impl AdminInfo {
    /// Of a service that the engine has never heard of.
    pub fn unseen() -> Self {
        Self {
            standing: Standing::Vacant.as_str(),
            specs: None,
            absent: false,
            as_of: None,
            operations: Vec::new(),
        }
    }

    /// From what is known.
    pub fn new(view: &ServiceView, now: Moment) -> Self {
        Self {
            standing: view.service.standing.as_str(),
            specs: view.reading().as_ref().map(Specs::new),
            absent: view.machine.as_ref().is_some_and(|fact| fact.value.is_absent()),
            as_of: view.machine.as_ref().map(|fact| When::new(now, fact.observed_at)),
            operations: view
                .open
                .iter()
                .map(|operation| OperationRow::new(operation, None, now))
                .collect(),
        }
    }
}

impl Context for AdminInfo {
    const TEMPLATE: &'static str = "admin/info.html";

    fn samples(now: Moment) -> Vec<Self> {
        let mut unseen = sample::live(now);
        unseen.machine = None;
        let mut views = sample::views(now);
        views.push(unseen);
        views.iter().map(|view| Self::new(view, now)).collect()
    }
}

/// "Server Object": what the platform answered last, secrets masked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AdminObject {
    /// JSON; empty when nothing is known.
    pub text: String,
}

impl AdminObject {
    /// From what is known.
    pub fn new(view: &ServiceView) -> Self {
        Self {
            text: view
                .reading()
                .map(|machine| super::calls::shown(&machine.raw))
                .unwrap_or_default(),
        }
    }
}

impl Context for AdminObject {
    const TEMPLATE: &'static str = "admin/object.html";

    fn samples(now: Moment) -> Vec<Self> {
        let text = |text: &str| Self {
            text: text.to_owned(),
        };
        vec![text(""), text(sample::TEXT), Self::new(&sample::live(now))]
    }
}

/// Whether the service is terminated, so that nothing is offered of it any more.
pub(crate) fn is_over(view: &ServiceView) -> bool {
    view.service.status == ServiceStatus::Terminated || view.service.standing == Standing::Ended
}

/// "Options": where to go from here. Hidden once the service is terminated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminOptions {
    /// Our id of the service.
    pub service: String,
    /// The machine's id upstream, where one is linked.
    pub machine: String,
    /// How many questions are open.
    pub questions: usize,
}

impl AdminOptions {
    /// From what is known; `None` once the service is terminated.
    pub fn new(view: &ServiceView) -> Option<Self> {
        (!is_over(view)).then(|| Self {
            service: view.service.id.to_string(),
            machine: view
                .link
                .as_ref()
                .map(|link| link.identity.id.clone())
                .unwrap_or_default(),
            questions: view.questions.len(),
        })
    }
}

impl Context for AdminOptions {
    const TEMPLATE: &'static str = "admin/options.html";

    fn samples(now: Moment) -> Vec<Self> {
        sample::views(now).iter().filter_map(Self::new).collect()
    }
}
