//! Guards: what must still be so when an effect is applied.

use super::Halt;
use super::body::Body;
use crate::bridge::effect::{Effect, Guard};
use crate::shop::Shop;

impl Shop {
    /// Whether the shop still is in the state in which the effect makes sense.
    pub(super) fn check_guard(&self, effect: &Effect, body: &Body) -> Result<(), Halt> {
        let Some(guard) = &effect.guard else { return Ok(()) };
        let books = self.books();
        let service = effect.service.and_then(|service| books.services.get(&service));
        let order = match body {
            Body::AcceptOrder { order, .. } => *order,
            _ => service.map_or(0, |service| service.order),
        };
        let status = service.map_or("", |service| service.status.word());
        holds(guard, books.order_status(order), status)
    }
}

fn holds(guard: &Guard, order_status: &str, domainstatus: &str) -> Result<(), Halt> {
    let listed =
        |words: &[String], present: &str| words.iter().any(|word| word.eq_ignore_ascii_case(present));
    let no = |what: &str, present: &str| Err(Halt::Refused(format!("The {what} is \"{present}\".")));
    if guard
        .order_status
        .as_ref()
        .is_some_and(|words| !listed(words, order_status))
        || guard
            .order_status_not
            .as_ref()
            .is_some_and(|words| listed(words, order_status))
    {
        return no("order's status", order_status);
    }
    if guard
        .domainstatus
        .as_ref()
        .is_some_and(|words| !listed(words, domainstatus))
    {
        return no("service's status", domainstatus);
    }
    Ok(())
}
