//! The operator's lists and the first screen.

use domain::Moment;
use domain::record::{OperationKind, OperationState, Product, Standing};
use serde::Serialize;

use super::{AlarmRow, EffectRow, OperationRow, PlatformRow, ProductRow, QuestionRow, ServiceRow, samples};
use crate::context::{Context, When, sample};

/// The first screen: what needs a person, and how much there is of what should not pile up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverviewPage {
    /// Operations that are not final.
    pub operations_open: u64,
    /// Those that are due and not taken up yet.
    pub operations_due: u64,
    /// Those that wait for a person.
    pub operations_asking: u64,
    /// When the oldest of them was committed.
    pub oldest_operation: Option<When>,
    /// Calls whose answer is not known.
    pub unknown_calls: u64,
    /// Effects that the billing system has not settled.
    pub effects_waiting: u64,
    /// When the oldest of them was committed.
    pub oldest_effect: Option<When>,
    /// Questions without an answer.
    pub questions_open: u64,
    /// Services in use whose machine was not read for 24 hours.
    pub services_unread: u64,
    /// Promises broken.
    pub alarms: Vec<AlarmRow>,
    /// The newest open questions.
    pub questions: Vec<QuestionRow>,
    /// The newest operations that are not final.
    pub operations: Vec<OperationRow>,
}

impl Context for OverviewPage {
    const TEMPLATE: &'static str = "operator/overview.html";

    fn samples(now: Moment) -> Vec<Self> {
        let quiet = Self {
            operations_open: 0,
            operations_due: 0,
            operations_asking: 0,
            oldest_operation: None,
            unknown_calls: 0,
            effects_waiting: 0,
            oldest_effect: None,
            questions_open: 0,
            services_unread: 0,
            alarms: Vec::new(),
            questions: Vec::new(),
            operations: Vec::new(),
        };
        let when = When::new(now, now - std::time::Duration::from_secs(90));
        let busy = Self {
            operations_open: 3,
            oldest_operation: Some(when.clone()),
            unknown_calls: 1,
            services_unread: 2,
            oldest_effect: Some(when.clone()),
            alarms: vec![AlarmRow {
                name: sample::TEXT.to_owned(),
                text: sample::TEXT.to_owned(),
                since: when,
            }],
            questions: samples::questions(now),
            operations: samples::operations(now),
            ..quiet.clone()
        };
        vec![quiet, busy]
    }
}

/// Services, searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServicesPage {
    /// What was searched for.
    pub q: String,
    /// Only in this standing; all when empty.
    pub standing: String,
    /// What the standing may be.
    pub standings: Vec<&'static str>,
    /// Only those that an old module's table names and that are not adopted.
    pub unadopted: bool,
    /// The services.
    pub services: Vec<ServiceRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl Context for ServicesPage {
    const TEMPLATE: &'static str = "operator/services.html";

    fn samples(now: Moment) -> Vec<Self> {
        let page = |services, unadopted| Self {
            q: sample::TEXT.to_owned(),
            standing: "live".to_owned(),
            standings: Standing::ALL.iter().map(|standing| standing.as_str()).collect(),
            unadopted,
            services,
            next: Some(sample::TEXT.to_owned()),
        };
        let services = Standing::ALL
            .iter()
            .map(|standing| ServiceRow::new(&sample::service(*standing, now), now))
            .collect();
        vec![page(Vec::new(), true), page(services, false)]
    }
}

/// Operations, by state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperationsPage {
    /// Only in this state; `open` is every state that is not final, empty is all.
    pub state: String,
    /// What the state may be.
    pub states: Vec<&'static str>,
    /// The operations.
    pub operations: Vec<OperationRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl Context for OperationsPage {
    const TEMPLATE: &'static str = "operator/operations.html";

    fn samples(now: Moment) -> Vec<Self> {
        let page = |operations, next| Self {
            state: "open".to_owned(),
            states: OperationState::ALL.iter().map(|state| state.as_str()).collect(),
            operations,
            next,
        };
        let kinds = OperationKind::ALL
            .iter()
            .map(|kind| OperationRow::new(&sample::operation(*kind, OperationState::Running, now), None, now))
            .collect();
        vec![
            page(samples::operations(now), Some(sample::TEXT.to_owned())),
            page(kinds, None),
            page(Vec::new(), None),
        ]
    }
}

/// Questions, open ones or all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionsPage {
    /// Whether answered ones are shown.
    pub answered: bool,
    /// The questions.
    pub questions: Vec<QuestionRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl Context for QuestionsPage {
    const TEMPLATE: &'static str = "operator/questions.html";

    fn samples(now: Moment) -> Vec<Self> {
        let page = |answered, questions, next| Self {
            answered,
            questions,
            next,
        };
        vec![
            page(false, samples::questions(now), Some("next".to_owned())),
            page(true, Vec::new(), None),
        ]
    }
}

/// Effects, waiting ones or all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectsPage {
    /// Only in this state; all when empty.
    pub state: String,
    /// What the state may be.
    pub states: Vec<&'static str>,
    /// The effects.
    pub effects: Vec<EffectRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl Context for EffectsPage {
    const TEMPLATE: &'static str = "operator/effects.html";

    fn samples(now: Moment) -> Vec<Self> {
        let page = |effects, next| Self {
            state: "waiting".to_owned(),
            states: domain::record::EffectState::ALL
                .iter()
                .map(|state| state.as_str())
                .collect(),
            effects,
            next,
        };
        vec![
            page(samples::effects(now), Some("next".to_owned())),
            page(Vec::new(), None),
        ]
    }
}

/// Platforms and whether they may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlatformsPage {
    /// The platforms.
    pub platforms: Vec<PlatformRow>,
}

impl Context for PlatformsPage {
    const TEMPLATE: &'static str = "operator/platforms.html";

    fn samples(now: Moment) -> Vec<Self> {
        vec![
            Self {
                platforms: Vec::new(),
            },
            Self {
                platforms: samples::platforms(now),
            },
        ]
    }
}

/// What was decided per product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProductsPage {
    /// The products that differ from the defaults.
    pub products: Vec<ProductRow>,
}

impl Context for ProductsPage {
    const TEMPLATE: &'static str = "operator/products.html";

    fn samples(now: Moment) -> Vec<Self> {
        let product = Product {
            installation: sample::installation(now).id,
            product_id: 3,
            policy: domain::record::ProductPolicy {
                welcome_template: Some(sample::TEXT.to_owned()),
                ..Default::default()
            },
        };
        vec![
            Self { products: Vec::new() },
            Self {
                products: vec![ProductRow::new(&product)],
            },
        ]
    }
}
