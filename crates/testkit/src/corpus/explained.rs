//! Whether `why` says everything about a database at work.

use domain::id::QuestionId;
use domain::record::{EffectState, Operation, Service};
use engine::{Engine, ServiceWhy};
use store::{EffectFilter, OperationFilter, PageRequest, QuestionFilter, ServiceFilter, Store};

use super::finish::Replay;
use crate::explained::lacking;

/// How many services, operations and questions a database of the corpus has at most.
const ALL: PageRequest = PageRequest::first(store::HARD_LIMIT);

/// What was looked at.
#[derive(Debug, Default)]
pub struct Explained {
    /// Explanations of operations, questions and waiting effects that say everything.
    pub whole: usize,
    /// What is not explained, or not wholly, in sentences.
    pub lacking: Vec<String>,
}

/// Asks `why` about every service of a database, and holds the answer against the records.
pub async fn explained(replay: &Replay) -> Explained {
    let engine = replay.engine();
    let services = replay.store.services(&ServiceFilter::default(), &ALL).await;
    let mut found = Explained::default();
    for service in services.expect("services can be read").items {
        let why = engine.why(&service.installation, service.billing_id).await;
        let why = why.expect("a service can be explained").expect("it is known");
        let before = found.lacking.len();
        whole(&mut found, &why);
        nothing_left_out(&mut found, &engine, &service, &why).await;
        for sentence in &mut found.lacking[before..] {
            *sentence = format!("service {}: {sentence}", service.billing_id);
        }
    }
    found
}

fn whole(found: &mut Explained, why: &ServiceWhy) {
    for one in why.open.iter().chain(&why.waiting) {
        match lacking(one) {
            None => found.whole += 1,
            Some(what) => found.lacking.push(format!("{} lacks {what}", one.what)),
        }
    }
}

/// Each operation that has not ended, each open question and each waiting effect is in the explanation, with the calls
/// that the journal has of it.
async fn nothing_left_out(found: &mut Explained, engine: &Engine, service: &Service, why: &ServiceWhy) {
    let store = engine.store();
    for operation in unfinished(store, service).await {
        let Some(one) = why.open.iter().find(|one| one.operation == Some(operation.id)) else {
            found.lacking.push(format!("{} is left out", operation.kind));
            continue;
        };
        let calls = store.calls(operation.id, &PageRequest::first(1)).await;
        let journalled = !calls.expect("calls can be read").items.is_empty();
        if journalled && one.evidence.is_empty() {
            found
                .lacking
                .push(format!("{} has calls and names none", one.what));
        }
    }
    for question in asked(store, service).await {
        let mut named = why.open.iter().flat_map(|one| &one.questions);
        if !named.any(|asked| asked.id == question) {
            found.lacking.push(format!("question {question} is left out"));
        }
    }
    let filter = EffectFilter {
        state: Some(EffectState::Waiting),
        service: Some(service.id),
        ..EffectFilter::default()
    };
    let waiting = store.effects(&filter, &PageRequest::first(1)).await;
    if waiting.expect("effects can be read").items.is_empty() != why.waiting.is_none() {
        found.lacking.push("its effects are left out".to_owned());
    }
}

async fn unfinished(store: &Store, service: &Service) -> Vec<Operation> {
    let filter = OperationFilter {
        open: Some(true),
        service: Some(service.id),
        ..OperationFilter::default()
    };
    let page = store.operations(&filter, &ALL).await;
    page.expect("operations can be read").items
}

async fn asked(store: &Store, service: &Service) -> Vec<QuestionId> {
    let filter = QuestionFilter {
        open: Some(true),
        service: Some(service.id),
    };
    let page = store.questions(&filter, &ALL).await;
    let open = page.expect("questions can be read").items;
    open.iter().map(|question| question.id).collect()
}
