//! Waiting for the engine to finish what it began, and telling why it did not.

use super::steps::{LOOK, Run};
use crate::books::Outcome;
use crate::function::Function;

/// What the protocol's sentences say of an operation that goes on without anybody.
const UNDER_WAY: &str = "It finishes by itself";

impl Run {
    /// What else may explain a failure: the last unsuccessful answer, and effects that did not come to their end.
    pub fn trouble(&self) -> String {
        let mut text = String::new();
        let last = self
            .with_service(|service| service.calls.last().cloned())
            .flatten();
        if let Some(call) = last.filter(|call| call.result != "success") {
            text = format!("; {} last said: {}", call.function, call.result);
        }
        let books = self.shop().books();
        for record in books
            .ledger
            .all()
            .filter(|record| record.service == Some(self.service) && record.outcome != Some(Outcome::Applied))
        {
            let outcome = record.outcome.map_or("begun", Outcome::word);
            text = format!("{text}; effect {} {outcome}: {}", record.kind, record.reason);
        }
        text
    }

    /// A sentence that says so finishes by itself; any other is the end.
    pub(super) fn settle_or(&self, function: Function, answer: &str) -> Result<(), String> {
        if answer == "success" {
            Ok(())
        } else {
            self.check(function)
        }
    }

    pub(super) fn check(&self, function: Function) -> Result<(), String> {
        let call = self
            .with_service(|service| service.last_call(function.name()).cloned())
            .flatten();
        let goes_on = |sentence: &str| sentence == "success" || sentence.contains(UNDER_WAY);
        match call {
            Some(call) if !goes_on(&call.result) => Err(call.result),
            _ => Ok(()),
        }
    }

    /// Waits until the function was answered with success, by the effect that makes the shop call it again.
    pub(super) async fn succeeded(&self, function: Function) -> Result<(), String> {
        loop {
            let call = self
                .with_service(|service| service.last_call(function.name()).cloned())
                .flatten();
            if call.is_some_and(|call| call.result == "success") {
                return Ok(());
            }
            self.check(function)?;
            tokio::time::sleep(LOOK).await;
        }
    }
}
