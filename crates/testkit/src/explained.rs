//! What an explanation of something that is not final must not lack.

use engine::core::Why;

/// The first thing that an explanation lacks; `None` where it says everything: what it is, its cause, its next step, a
/// deadline or who has to act, and for every question how it is answered.
pub fn lacking(why: &Why) -> Option<String> {
    let said = [
        ("a name", why.what.as_str()),
        ("a cause", why.cause.as_str()),
        ("a next step", why.next.as_str()),
    ];
    if let Some((what, _)) = said.iter().find(|(_, text)| text.trim().is_empty()) {
        return Some((*what).to_owned());
    }
    if why.deadline.is_none() && why.awaits.is_none() {
        return Some("a deadline, or who has to act".to_owned());
    }
    if why.evidence.is_empty() != why.evidence_of.is_none() {
        return Some("the operation whose calls are its evidence".to_owned());
    }
    if why.question != why.questions.first().map(|asked| asked.id) {
        return Some("its first question among all".to_owned());
    }
    let unsaid = why
        .questions
        .iter()
        .find(|asked| !why.next.contains(&asked.id.to_string()));
    unsaid.map(|asked| format!("how {} is answered", asked.id))
}
