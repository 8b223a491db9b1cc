//! The modules of the billing system that are ours.

use std::str::FromStr;

use domain::id::NotA;
use domain::record::PlatformKind;

/// A module by the name that WHMCS knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Module {
    /// VirtFusion.
    VirtFusionDirect,
}

impl Module {
    /// The name that WHMCS knows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VirtFusionDirect => "VirtFusionDirect",
        }
    }

    /// The platforms that it serves.
    pub const fn platform(self) -> PlatformKind {
        match self {
            Self::VirtFusionDirect => PlatformKind::VirtFusion,
        }
    }
}

impl FromStr for Module {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        match text {
            "VirtFusionDirect" => Ok(Self::VirtFusionDirect),
            _ => Err(NotA {
                what: "module",
                text: text.chars().take(80).collect(),
            }),
        }
    }
}
