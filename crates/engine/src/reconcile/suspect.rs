//! What a comparison shows, as a person may be asked about it.

use domain::id::ServiceId;
use domain::machine::Machine;
use domain::record::{Platform, QuestionKind};

use crate::core::{Claim, Comparison, Seen, Unclaimed};

/// What one comparison found, as a person may be asked about it.
pub(super) struct Suspect {
    pub subject: String,
    pub service: Option<(ServiceId, u64)>,
    pub kind: QuestionKind,
    pub text: String,
    pub choices: Vec<(&'static str, &'static str)>,
    /// Whether a person has decided about it, and what was decided still holds.
    pub settled: bool,
}

impl Suspect {
    /// Whether it is about the machine of a service.
    pub const fn about_a_service(&self) -> bool {
        self.service.is_some()
    }

    /// Whether it stands for more machines of services than are asked about one by one.
    pub const fn is_about_many(&self) -> bool {
        self.service.is_none() && matches!(self.kind, QuestionKind::Vanished)
    }
}

/// What of a comparison is not as it should be.
pub(super) fn suspects(platform: &Platform, comparison: &Comparison) -> Vec<Suspect> {
    let claims = comparison
        .claims
        .iter()
        .filter_map(|(claim, seen)| suspect(platform, claim, seen));
    let orphans = comparison.unclaimed.iter().map(|one| orphan(platform, one));
    claims.chain(orphans).collect()
}

fn suspect(platform: &Platform, claim: &Claim, seen: &Seen) -> Option<Suspect> {
    let name = claim.billing_id;
    let machine = claim.link.as_ref().map_or("", |link| link.id.as_str());
    let (kind, word, text, choices) = match seen {
        Seen::Vanished if !claim.busy => (
            QuestionKind::Vanished,
            "vanished",
            format!(
                "Machine {machine} of service {name} is not on platform {} any more: not in its list, and not under its \
                 id.",
                platform.name
            ),
            vec![
                (
                    "ended",
                    "it is gone for good; the link is closed and the next create begins anew",
                ),
                ("keep", "leave the link as it is for a week"),
            ],
        ),
        Seen::Differs(how) if !claim.busy => (
            QuestionKind::Drifted,
            "differs",
            format!(
                "Platform {} shows another machine {machine} than the one linked to service {name}: {how}. Nothing is \
                 done to it.",
                platform.name
            ),
            vec![("leave", "leave it as it is for a week")],
        ),
        Seen::HeldUpstream => (
            QuestionKind::Drifted,
            "held",
            format!(
                "Service {name} is in use, and platform {} holds its machine {machine} suspended. It was not us.",
                platform.name
            ),
            vec![
                ("restore", "release it and switch it on"),
                ("leave", "leave it suspended for a week"),
            ],
        ),
        _ => return None,
    };
    Some(Suspect {
        subject: format!("{} {word} {}", platform.id, claim.service),
        service: Some((claim.service, name)),
        kind,
        text,
        choices,
        settled: false,
    })
}

fn orphan(platform: &Platform, one: &Unclaimed) -> Suspect {
    let Machine {
        identity, created, ..
    } = &one.machine;
    let made = created.map_or_else(String::new, |created| format!(", made at {created}"));
    let how = match &one.near {
        Some(near) if one.same_name => format!("bears the hostname of service {near}"),
        Some(near) => format!("stands in the account of service {near}'s client"),
        None => "was made when the store could not know of it".to_owned(),
    };
    Suspect {
        subject: format!("{} orphan {}", platform.id, identity.id),
        service: None,
        kind: QuestionKind::Orphan,
        text: format!(
            "Machine {} on platform {} (owner {}{made}) {how}, and no service claims it. If it came of a create that was \
             given up, delete it on the platform; this question then answers itself.",
            identity.id, platform.name, identity.owner
        ),
        choices: vec![("ignore", "it is none of our business; never ask about it again")],
        settled: false,
    }
}

/// Too many machines of services are gone or different at once for each to be an event of its own.
pub(super) fn many(platform: &Platform, open: usize) -> Suspect {
    Suspect {
        subject: format!("{} many", platform.id),
        service: None,
        kind: QuestionKind::Vanished,
        text: format!(
            "Platform {} shows {open} machines of our services as gone, different or held at once. Nothing is done to \
             them, and none is asked about by itself: was the panel put back from a backup, or is it the right panel? \
             `hostler platform reconcile {}` lists them.",
            platform.name, platform.id
        ),
        choices: vec![
            ("each", "it is true; ask about each of them"),
            ("keep", "leave them as they are for a week"),
        ],
        settled: false,
    }
}
