//! Product policies: what an operator decides per product, kept in the engine.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::InstallationId;
use crate::record::{Module, OperationKind};
use crate::text::text_enum;

text_enum! {
    /// When CreateAccount is answered with success.
    Activation {
        /// When the platform took the order.
        Accepted = "accepted",
        /// When the machine is linked and has an address.
        Created = "created",
        /// When it is built and verified.
        Ready = "ready",
    }
}

/// What an operator decides about one thing that clients may ask for on their page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientRule {
    /// Whether they may not ask for it.
    pub withheld: bool,
    /// How many seconds after one time the next may come; as usual where `None`.
    pub interval_seconds: Option<u32>,
}

text_enum! {
    /// How many more of a product can be sold.
    #[derive(Default)]
    StockPolicy {
        /// What is left beside everything that is promised, wherever the platform puts the machines.
        #[default]
        Joint = "joint",
        /// As if nothing else were sold from the same room.
        Independent = "independent",
    }
}

/// What an operator decides about a product's stock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StockRule {
    /// How it is counted.
    pub policy: StockPolicy,
    /// How many machines may be in use or ordered; without such a bound where `None`. For platforms that do not tell how
    /// much room they have it is the only one.
    pub cap: Option<u64>,
}

impl StockRule {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What an operator decides per product. A versioned document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductPolicy {
    /// The document's version.
    pub version: u32,
    /// When CreateAccount is answered with success; as the module has it where the operator decided nothing.
    pub activation: Option<Activation>,
    /// How long CreateAccount waits for it, in seconds (0 to 120).
    pub wait_seconds: u32,
    /// How long a termination can be taken back, in minutes (0 to 43 200).
    pub undo_minutes: u32,
    /// Whether the platform is asked without effect before a create.
    pub dry_run: bool,
    /// The welcome mail's template; the product's own where `None`.
    pub welcome_template: Option<String>,
    /// What clients may ask for and how often, where it is not as usual.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub clients: BTreeMap<OperationKind, ClientRule>,
    /// How its stock is counted.
    #[serde(skip_serializing_if = "StockRule::is_usual")]
    pub stock: StockRule,
}

impl Default for ProductPolicy {
    fn default() -> Self {
        Self {
            version: 1,
            activation: None,
            wait_seconds: 20,
            undo_minutes: 0,
            dry_run: false,
            welcome_template: None,
            clients: BTreeMap::new(),
            stock: StockRule::default(),
        }
    }
}

/// How many seconds lie between two of a client's wishes of a kind unless the operator decides otherwise: what clients of
/// the module before us are used to, who could rename and sign on as often as they liked.
const fn usual_interval(kind: OperationKind) -> u32 {
    match kind {
        OperationKind::Reinstall => 60,
        OperationKind::ResetPassword | OperationKind::ResetAccountPassword => 30,
        OperationKind::Power => 10,
        OperationKind::Console | OperationKind::SignOn | OperationKind::Rename => 5,
        _ => 0,
    }
}

impl ProductPolicy {
    /// When CreateAccount is answered with success for a service of a module, by the module's name.
    pub fn activation_in(&self, module: &str) -> Activation {
        let usual = || {
            module
                .parse()
                .map_or(Module::VirtFusionDirect.activation(), Module::activation)
        };
        self.activation.unwrap_or_else(usual)
    }

    /// Whether clients may not ask for operations of a kind.
    pub fn withholds(&self, kind: OperationKind) -> bool {
        self.clients.get(&kind).is_some_and(|rule| rule.withheld)
    }

    /// How long after one of a client's wishes of a kind the next may come.
    pub fn interval(&self, kind: OperationKind) -> Duration {
        let rule = self.clients.get(&kind);
        let seconds = rule.and_then(|rule| rule.interval_seconds);
        Duration::from_secs(u64::from(seconds.unwrap_or(usual_interval(kind))))
    }
}

/// A product of an installation and its policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The billing system.
    pub installation: InstallationId,
    /// The product's id there.
    pub product_id: u64,
    /// What the operator decided.
    pub policy: ProductPolicy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kt_044_a_product_is_active_when_its_module_says_so_unless_the_operator_decided() {
        let usual = ProductPolicy::default();
        assert_eq!(usual.activation_in("katapult"), Activation::Accepted);
        assert_eq!(usual.activation_in("VirtFusionDirect"), Activation::Created);
        assert_eq!(usual.activation_in("unheard of"), Activation::Created);
        let decided = ProductPolicy {
            activation: Some(Activation::Ready),
            ..usual
        };
        assert_eq!(decided.activation_in("katapult"), Activation::Ready);
    }

    #[test]
    fn a_policy_of_before_is_read_as_it_was() {
        let stored = r#"{"version":1,"activation":"created","wait_seconds":20}"#;
        let policy: ProductPolicy = serde_json::from_str(stored).expect("readable");
        assert_eq!(policy.activation, Some(Activation::Created));
        // And one in which nothing is decided about clients is read by the program of before.
        let written = serde_json::to_string(&policy).expect("a document");
        assert!(!written.contains("clients"), "{written}");
    }

    #[test]
    fn vf_101_intervals_are_those_of_the_module_before_us_unless_the_operator_decided() {
        let seconds = |policy: &ProductPolicy, kind| policy.interval(kind).as_secs();
        let usual = ProductPolicy::default();
        for (kind, expected) in [
            (OperationKind::Power, 10),
            (OperationKind::Reinstall, 60),
            (OperationKind::ResetPassword, 30),
            (OperationKind::ResetAccountPassword, 30),
            (OperationKind::Console, 5),
            (OperationKind::SignOn, 5),
        ] {
            assert_eq!(seconds(&usual, kind), expected, "{kind}");
            assert!(!usual.withholds(kind), "{kind}");
        }
        let stored = r#"{"clients":{"power":{"interval_seconds":90},"reinstall":{"withheld":true}}}"#;
        let decided: ProductPolicy = serde_json::from_str(stored).expect("readable");
        assert_eq!(seconds(&decided, OperationKind::Power), 90);
        assert!(decided.withholds(OperationKind::Reinstall));
        assert_eq!(seconds(&decided, OperationKind::Reinstall), 60);
    }
}
