//! The operator's page of one service and of one operation.

use domain::Moment;
use domain::record::{OperationKind, OperationState, Standing};
use serde::Serialize;

use super::{
    AuditRow, CallRow, EffectRow, FactRow, LinkRow, OperationRow, PlatformRow, QuestionRow, ServiceRow,
    StepRow, WhyRow, samples,
};
use crate::context::{Context, sample};

/// One service with everything around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServicePage {
    /// The service.
    pub service: ServiceRow,
    /// Its platform.
    pub platform: Option<PlatformRow>,
    /// Its links, open and closed.
    pub links: Vec<LinkRow>,
    /// Everything that is not final, explained.
    pub why: Vec<WhyRow>,
    /// Open questions.
    pub questions: Vec<QuestionRow>,
    /// Its operations, newest first.
    pub operations: Vec<OperationRow>,
    /// Where the next page of operations begins.
    pub next: Option<String>,
    /// What was observed.
    pub facts: Vec<FactRow>,
    /// Its newest effects.
    pub effects: Vec<EffectRow>,
    /// The newest lines of the audit.
    pub audit: Vec<AuditRow>,
}

impl Context for ServicePage {
    const TEMPLATE: &'static str = "operator/service.html";

    fn samples(now: Moment) -> Vec<Self> {
        let bare = Self {
            service: ServiceRow::new(&sample::service(Standing::Vacant, now), now),
            platform: None,
            links: Vec::new(),
            why: Vec::new(),
            questions: Vec::new(),
            operations: Vec::new(),
            next: None,
            facts: Vec::new(),
            effects: Vec::new(),
            audit: Vec::new(),
        };
        let full = Self {
            platform: samples::platforms(now).into_iter().next(),
            links: samples::links(now),
            why: samples::why(now),
            questions: samples::questions(now),
            operations: samples::operations(now),
            next: Some("next".to_owned()),
            facts: samples::facts(now),
            effects: samples::effects(now),
            audit: samples::audit(now),
            ..bare.clone()
        };
        vec![bare, full]
    }
}

/// One operation with its steps, calls, facts, effects and audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperationPage {
    /// The operation.
    pub operation: OperationRow,
    /// Its input, masked.
    pub input: String,
    /// The driver's own facts, masked.
    pub notes: String,
    /// Its steps.
    pub steps: Vec<StepRow>,
    /// Whether it may still be taken back: nothing was sent that acts.
    pub cancellable: bool,
    /// Why it has not ended; nothing when it has.
    pub why: Vec<WhyRow>,
    /// Its questions.
    pub questions: Vec<QuestionRow>,
    /// Its calls, newest first.
    pub calls: Vec<CallRow>,
    /// Where the next page of calls begins.
    pub next: Option<String>,
    /// What is known of the service.
    pub facts: Vec<FactRow>,
    /// What the billing system was told to do.
    pub effects: Vec<EffectRow>,
    /// The audit's lines.
    pub audit: Vec<AuditRow>,
    /// When to fetch again, in milliseconds; 0 for never.
    pub every: u32,
}

impl Context for OperationPage {
    const TEMPLATE: &'static str = "operator/operation.html";

    fn samples(now: Moment) -> Vec<Self> {
        let running = sample::operation(OperationKind::Create, OperationState::Asking, now);
        let ended = sample::operation(OperationKind::Terminate, OperationState::Failed, now);
        let service = sample::service(Standing::Live, now);
        vec![
            Self {
                operation: OperationRow::new(&running, Some(&service), now),
                input: sample::TEXT.to_owned(),
                notes: sample::TEXT.to_owned(),
                steps: running.steps.iter().map(StepRow::new).collect(),
                cancellable: true,
                why: samples::why(now),
                questions: samples::questions(now),
                calls: sample::calls(now)
                    .iter()
                    .map(|call| CallRow::new(call, now))
                    .collect(),
                next: Some("next".to_owned()),
                facts: samples::facts(now),
                effects: samples::effects(now),
                audit: samples::audit(now),
                every: 2_000,
            },
            Self {
                operation: OperationRow::new(&ended, None, now),
                input: String::new(),
                notes: String::new(),
                steps: Vec::new(),
                cancellable: false,
                why: Vec::new(),
                questions: Vec::new(),
                calls: Vec::new(),
                next: None,
                facts: Vec::new(),
                effects: Vec::new(),
                audit: Vec::new(),
                every: 0,
            },
        ]
    }
}
