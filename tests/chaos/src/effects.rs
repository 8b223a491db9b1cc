//! Applying effects, each once, by the rule of its class: a *row* with its outcome under one lock; a *guarded* one
//! behind its claim and guard; a *telling* one only when no claim of it stands without an outcome.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::billing::Billing;
use crate::books::{Books, Function, LinkCopy, MODULE, Outcome};

/// How long fetching and acknowledging may take.
const BUDGET: Duration = Duration::from_secs(5);
/// How long nothing is fetched after nothing came.
const PAUSE: Duration = Duration::from_millis(200);
/// Of so many acknowledgements one gets lost, and its effect comes again.
const ACKS_PER_LOSS: u64 = 100;

impl Billing {
    /// Fetches, applies and acknowledges effects, and delivers what is stored, until told to stop.
    pub async fn run_effects(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            self.deliver().await;
            if self.apply_waiting().await == 0 {
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
    }

    /// One round; how many effects it acknowledged.
    pub async fn apply_waiting(&self) -> usize {
        let Ok(page) = self.caller().effects(BUDGET).await else {
            return 0;
        };
        let mut queues: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for effect in page["effects"].as_array().into_iter().flatten() {
            let service = effect["service"].as_u64().unwrap_or(0);
            queues.entry(service).or_default().push(effect.clone());
        }
        let mut applying = JoinSet::new();
        for (service, queue) in queues {
            let billing = self.clone();
            applying.spawn(async move { billing.apply_queue(service, &queue).await });
        }
        let acks: Vec<Value> = applying.join_all().await.into_iter().flatten().collect();
        let kept: Vec<&Value> = acks.iter().filter(|_| self.below(ACKS_PER_LOSS) != 0).collect();
        let message = json!({ "acks": kept, "context": self.context("system", None) });
        let acked = self
            .caller()
            .post("/bridge/v1/effects/ack", &message, BUDGET)
            .await;
        if acked.is_ok() { kept.len() } else { 0 }
    }

    /// Applies the effects of one service while holding its lock; nothing when somebody else holds it.
    async fn apply_queue(&self, service: u64, queue: &[Value]) -> Vec<Value> {
        if !self.books().locked.insert(service) {
            return Vec::new();
        }
        let mut acks = Vec::new();
        for effect in queue {
            let id = effect["id"].as_str().unwrap_or_default();
            let (outcome, reason) = self.apply(id, effect).await;
            acks.push(json!({ "id": id, "outcome": outcome.word(), "reason": reason }));
            if service != 0 && outcome == Outcome::Failed {
                break;
            }
        }
        self.books().locked.remove(&service);
        acks
    }

    async fn apply(&self, id: &str, effect: &Value) -> (Outcome, String) {
        let class = effect["class"].as_str().unwrap_or_default();
        {
            let mut books = self.books();
            match (books.ledger.get(id).copied(), class) {
                (Some(Some(outcome)), _) => return (outcome, String::new()),
                (Some(None), "telling") => {
                    books.ledger.insert(id.to_owned(), Some(Outcome::Unknown));
                    return (Outcome::Unknown, "It was begun before.".to_owned());
                }
                (_, "row") => {
                    let outcome = write(&mut books, effect);
                    return conclude(&mut books, id, outcome, String::new());
                }
                _ => {
                    books.ledger.insert(id.to_owned(), None);
                }
            }
        }
        let (outcome, reason) = self.act(id, effect).await;
        conclude(&mut self.books(), id, outcome, reason)
    }

    /// Guarded and telling effects.
    async fn act(&self, id: &str, effect: &Value) -> (Outcome, String) {
        let service = effect["service"].as_u64().unwrap_or(0);
        if !guard_holds(&self.books(), service, &effect["guard"]) {
            return (Outcome::Refused, "The guard does not hold.".to_owned());
        }
        match effect["kind"].as_str().unwrap_or_default() {
            "accept_order" => {
                if let Some(service) = self.books().services.get_mut(&service) {
                    "Active".clone_into(&mut service.order_status);
                }
                let row = self.books().service(service).map(|service| service.row());
                let body = json!({ "order": service, "services": [row] });
                self.tell("order_accepted", &body).await;
                (Outcome::Applied, String::new())
            }
            "rerun" => {
                let word = effect["body"]["function"].as_str().unwrap_or_default();
                let Some(function) = Function::of_word(word) else {
                    return (Outcome::Refused, "This function is never run again.".to_owned());
                };
                match self.perform(service, function, Some(id)).await {
                    Ok(result) if result == "success" => (Outcome::Applied, String::new()),
                    Ok(sentence) => (Outcome::Failed, sentence),
                    Err(error) => (Outcome::Failed, format!("{error:?}")),
                }
            }
            "send_mail" if self.mail(service, Some(id)).await => (Outcome::Applied, String::new()),
            "send_mail" => (Outcome::Failed, "The mail was held back.".to_owned()),
            "log_activity" | "log_module_call" | "run_hook" | "open_ticket" => {
                (Outcome::Applied, String::new())
            }
            kind => (
                Outcome::Refused,
                format!("The effect \"{kind}\" is not known here."),
            ),
        }
    }
}

fn conclude(books: &mut Books, id: &str, outcome: Outcome, reason: String) -> (Outcome, String) {
    let ended = (outcome != Outcome::Failed).then_some(outcome);
    if ended.is_some() {
        books.ledger.insert(id.to_owned(), ended);
    } else {
        books.ledger.remove(id);
    }
    if outcome == Outcome::Applied {
        books.applied += 1;
    }
    (outcome, reason)
}

/// State that is set, whatever it was before.
fn write(books: &mut Books, effect: &Value) -> Outcome {
    if effect["module"] != MODULE {
        return Outcome::Refused;
    }
    let body = &effect["body"];
    let service = effect["service"]
        .as_u64()
        .and_then(|service| books.services.get_mut(&service));
    match (effect["kind"].as_str().unwrap_or_default(), service) {
        ("set_hosting", Some(service)) => {
            if let Some(address) = body["dedicatedip"].as_str() {
                address.clone_into(&mut service.address);
            }
        }
        ("set_link", Some(service)) => {
            service.link = Some(LinkCopy {
                generation: body["generation"].as_u64().unwrap_or(0),
                upstream_id: body["upstream_id"].as_str().unwrap_or_default().to_owned(),
                closed: body["closed"].as_bool().unwrap_or(true),
            });
        }
        ("set_custom_field" | "set_usage", Some(_)) | ("ensure_custom_field" | "todo" | "set_stock", _) => {}
        _ => return Outcome::Refused,
    }
    Outcome::Applied
}

/// Whether the billing system still is in the state in which the effect makes sense.
fn guard_holds(books: &Books, service: u64, guard: &Value) -> bool {
    let Some(service) = books.services.get(&service) else {
        return false;
    };
    let listed = |words: &Value, present: &str| {
        let words = words.as_array();
        words.map(|words| {
            words.iter().any(|word| {
                word.as_str()
                    .is_some_and(|word| word.eq_ignore_ascii_case(present))
            })
        })
    };
    listed(&guard["order_status"], &service.order_status) != Some(false)
        && listed(&guard["order_status_not"], &service.order_status) != Some(true)
        && listed(&guard["domainstatus"], service.status.word()) != Some(false)
}
