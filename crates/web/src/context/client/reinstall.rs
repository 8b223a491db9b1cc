//! Another operating system: the gallery, the client's keys, a hostname.

use domain::observed::{SshKey, Template, TemplateGroup};
use domain::record::OperationKind;
use serde::Serialize;

use super::panels::{Around, revision};
use crate::context::When;
use crate::context::amount::brand;

/// How many systems are on the page at most.
const SYSTEMS: usize = 300;
/// How many keys.
const KEYS: usize = 100;

/// An operating system in the gallery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SystemCard {
    /// The platform's id, which is posted.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Version and variant.
    pub version: String,
    /// What there is to say about it.
    pub description: String,
    /// Whether its maker has ended it.
    pub ended: bool,
    /// The brand that its colour is of: the end of a class.
    pub brand: &'static str,
    /// What its tile shows.
    pub letter: String,
    /// What a search looks in.
    pub search: String,
}

/// A group of the gallery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SystemGroup {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub systems: Vec<SystemCard>,
}

/// A key of the client's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyChoice {
    /// The platform's id, which is posted.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReinstallPanel {
    /// Whether it is known what can be installed.
    pub known: bool,
    /// When that was read.
    pub as_of: Option<When>,
    /// The gallery; empty where nothing is offered, or nothing is known of it.
    pub groups: Vec<SystemGroup>,
    /// Keys of the account.
    pub keys: Vec<KeyChoice>,
    /// Whether it can be begun now.
    pub enabled: bool,
    /// Why not: the end of the message's key.
    pub note: Option<&'static str>,
    /// Names the content.
    pub rev: String,
    /// Whether whoever asks has this content already.
    pub same: bool,
}

impl ReinstallPanel {
    /// The panel; none where it is not offered.
    pub(super) fn new(around: &Around<'_>) -> Option<Self> {
        if !around.offered(OperationKind::Reinstall) {
            return None;
        }
        let sight = around.seen.templates.as_ref();
        let mut room = SYSTEMS;
        let groups: Vec<SystemGroup> = sight
            .map_or(&[][..], |sight| sight.value.groups.as_slice())
            .iter()
            .map(|group| shown(group, &mut room))
            .filter(|group| !group.systems.is_empty())
            .collect();
        let keys = around.seen.keys.as_ref();
        let keys: Vec<KeyChoice> = keys
            .map_or(&[][..], |sight| sight.value.keys.as_slice())
            .iter()
            .filter(|key| key.enabled)
            .take(KEYS)
            .map(choice)
            .collect();
        let note = around.note();
        Some(Self {
            known: sight.is_some(),
            as_of: sight.map(|sight| When::new(around.now, sight.at)),
            // Not the age, which is sent beside the content: a list that was read again is mostly the same.
            rev: revision(&(sight.is_some(), &groups, &keys)),
            enabled: note.is_none() && !groups.is_empty(),
            groups,
            keys,
            note,
            same: false,
        })
    }
}

fn choice(key: &SshKey) -> KeyChoice {
    KeyChoice {
        id: key.id.clone(),
        name: key.name.clone(),
    }
}

fn shown(group: &TemplateGroup, room: &mut usize) -> SystemGroup {
    let systems: Vec<_> = group.templates.iter().take(*room).map(card).collect();
    *room -= systems.len();
    SystemGroup {
        name: group.name.clone(),
        systems,
    }
}

fn card(template: &Template) -> SystemCard {
    let version = [template.version.trim(), template.variant.trim()];
    let version = version.into_iter().filter(|word| !word.is_empty());
    let version = version.collect::<Vec<_>>().join(" ");
    let letter = template.name.chars().find(|letter| letter.is_alphanumeric());
    SystemCard {
        id: template.id.clone(),
        search: format!("{} {version}", template.name).to_lowercase(),
        letter: letter.map_or_else(|| "?".to_owned(), |letter| letter.to_uppercase().collect()),
        brand: brand(&template.name),
        name: template.name.clone(),
        version,
        description: template.description.clone(),
        ended: template.ended,
    }
}
