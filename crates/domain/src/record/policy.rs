//! Product policies: what an operator decides per product, kept in the engine.

use serde::{Deserialize, Serialize};

use crate::id::InstallationId;
use crate::record::Module;
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
        }
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
    }
}
