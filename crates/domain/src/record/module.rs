//! The modules by which a billing system knows us: the one table of what tells them apart.

use crate::record::{Activation, PlatformKind};
use crate::text::text_enum;

text_enum! {
    /// A provisioning module by the name that WHMCS knows it by.
    Module {
        /// VirtFusion.
        VirtFusionDirect = "VirtFusionDirect",
        /// Katapult.
        Katapult = "katapult",
    }
}

/// What tells a module from the others.
struct Traits {
    platform: PlatformKind,
    settings: usize,
    activation: Activation,
    has_default_account: bool,
    has_generated_options: bool,
}

impl Module {
    const fn traits(self) -> Traits {
        match self {
            Self::VirtFusionDirect => Traits {
                platform: PlatformKind::VirtFusion,
                settings: 7,
                activation: Activation::Created,
                has_default_account: false,
                has_generated_options: false,
            },
            Self::Katapult => Traits {
                platform: PlatformKind::Katapult,
                settings: 1,
                activation: Activation::Accepted,
                has_default_account: true,
                has_generated_options: true,
            },
        }
    }

    /// The platforms that it serves.
    pub const fn platform(self) -> PlatformKind {
        self.traits().platform
    }

    /// How many settings a product of it has.
    pub const fn settings(self) -> usize {
        self.traits().settings
    }

    /// When CreateAccount is answered with success unless the operator decided otherwise: as the original module did it.
    pub const fn activation(self) -> Activation {
        self.traits().activation
    }

    /// Whether one account serves all its products, whatever server record they have: it is attached to
    /// [`Module::DEFAULT_SERVER`], and its settings are typed into the billing system.
    pub const fn has_default_account(self) -> bool {
        self.traits().has_default_account
    }

    /// The module of this name, where it has a default account.
    pub fn with_default_account(name: &str) -> Option<Self> {
        let module = name.parse::<Self>().ok();
        module.filter(|module| module.has_default_account())
    }

    /// Whether the options of its products follow from what the platform offers.
    pub const fn has_generated_options(self) -> bool {
        self.traits().has_generated_options
    }

    /// The number that no server record has, and to which a module's default account is attached.
    pub const DEFAULT_SERVER: u64 = 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kt_001_a_module_is_known_by_its_name_alone() {
        assert_eq!("katapult".parse(), Ok(Module::Katapult));
        assert_eq!("VirtFusionDirect".parse(), Ok(Module::VirtFusionDirect));
        for name in ["Katapult", "virtfusiondirect", "contabo", "", "katapult "] {
            assert!(name.parse::<Module>().is_err(), "{name}");
        }
        assert_eq!(Module::Katapult.platform(), PlatformKind::Katapult);
        assert_eq!(Module::Katapult.settings(), 1);
        assert_eq!(Module::with_default_account("katapult"), Some(Module::Katapult));
        for name in ["VirtFusionDirect", "Katapult", ""] {
            assert_eq!(Module::with_default_account(name), None, "{name}");
        }
    }
}
