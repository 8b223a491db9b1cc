//! What each module calls things: the names of its settings and options, and the sentences that its people know. One
//! table per module; nothing else in this room tells modules apart by name.

mod katapult;
mod virtfusion;

use std::collections::BTreeMap;

use domain::record::Module;
use engine::core::RefusalCode;

use crate::actions::Action;
use crate::call::{ClientDetails, Function};

/// A module's words.
pub struct Vocabulary {
    /// The client's choices: our key, and the label that the option has unless it was renamed.
    pub options: &'static [(&'static str, &'static str)],
    /// Which of them says where the machine is put.
    pub place_option: Option<&'static str>,
    /// The custom field that names the operating system.
    pub image_field: Option<&'static str>,
    /// The custom field that holds the client's SSH key.
    pub ssh_key_field: Option<&'static str>,
    /// The product's settings by our keys, from those by position.
    pub settings: fn(&[&str]) -> BTreeMap<String, String>,
    /// How the client is named upstream.
    pub name: fn(&ClientDetails) -> String,
    /// The label of the field with the machine's id, and where among the administrator's rows it stands.
    pub machine_field: (&'static str, usize),
    /// Whether a text can be the id of a machine.
    pub is_machine: fn(&str) -> bool,
    /// What a browser can ask for.
    pub actions: &'static [Action],
    /// Whether what is posted needs a one-time token beside the session's.
    pub one_time: bool,
    /// What stands before the name of a hook about builds.
    pub hooks: &'static str,
    /// A sentence as the module says it: of which function, and after which refusal.
    pub says: fn(Function, Option<RefusalCode>, String) -> String,
    /// How a server record is read where the platform is the same for everybody; `None` where a server record names the
    /// panel.
    pub home: Option<Home>,
}

/// What a server record says where the platform is the same for everybody: its address is configured on the engine's
/// host, and a record can only name another of the platform's own.
pub struct Home {
    /// Whether an address that somebody typed is one of its own.
    pub is_own: fn(&str) -> bool,
    /// Whether a text is the id of an account.
    pub is_account: fn(&str) -> bool,
    /// What is said where no account is known yet.
    pub unknown: &'static str,
}

impl Vocabulary {
    /// The words of a module.
    pub const fn of(module: Module) -> &'static Self {
        match module {
            Module::VirtFusionDirect => &virtfusion::WORDS,
            Module::Katapult => &katapult::WORDS,
        }
    }

    /// The label of an option, which the operator may have named otherwise.
    pub fn label<'a>(&'a self, key: &str, mapping: &'a BTreeMap<String, String>) -> Option<&'a str> {
        let usual = self.options.iter().find(|(own, _)| *own == key);
        let own = mapping.get(key).map(String::as_str);
        own.or(usual.map(|(_, label)| *label))
    }

    /// What a client chose, by our keys, from the choices by their labels.
    pub fn chosen(
        &self,
        by_label: &BTreeMap<String, String>,
        mapping: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let keys = self.options.iter().map(|(key, _)| *key);
        keys.filter_map(|key| {
            let value = by_label.get(self.label(key, mapping)?)?;
            Some((key.to_owned(), value.clone()))
        })
        .collect()
    }

    /// The custom fields that a product of the module has.
    pub fn custom_fields(&self) -> impl Iterator<Item = &'static str> {
        self.image_field.into_iter().chain(self.ssh_key_field)
    }
}

/// First and last name, without a blank at either end.
fn full_name(details: &ClientDetails) -> String {
    let name = format!("{} {}", details.firstname.trim(), details.lastname.trim());
    name.trim().to_owned()
}

fn keyed<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
