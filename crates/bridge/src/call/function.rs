//! The functions of a provisioning module, a closed list.

use std::str::FromStr;

use domain::machine::PowerAction;
use domain::record::{Module, RerunFunction};

use crate::problem::{Code, Problem};

/// The functions, a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// The button beside the server's type.
    TestConnection,
    /// Make.
    CreateAccount,
    /// Hold.
    SuspendAccount,
    /// Let go.
    UnsuspendAccount,
    /// End.
    TerminateAccount,
    /// Other resources.
    ChangePackage,
    /// The button that reads the machine.
    UpdateServerObject,
    /// The button that asks whether an order would be taken.
    ValidateServerConfig,
    /// The rows of the admin's product page.
    AdminServicesTabFields,
    /// Those rows, saved.
    AdminServicesTabFieldsSave,
    /// The client's way into the platform's panel.
    ServiceSingleSignOn,
    /// The client's product page.
    ClientArea,
    /// Switch on.
    StartVm,
    /// Cut the power.
    StopVm,
    /// Ask the guest to stop.
    ShutdownVm,
    /// Stop and start.
    ResetVm,
    /// What is known of the machine, for listeners.
    DescribeVm,
    /// The usage columns of a server's services.
    UsageUpdate,
}

impl FromStr for Function {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "TestConnection" => Self::TestConnection,
            "CreateAccount" => Self::CreateAccount,
            "SuspendAccount" => Self::SuspendAccount,
            "UnsuspendAccount" => Self::UnsuspendAccount,
            "TerminateAccount" => Self::TerminateAccount,
            "ChangePackage" => Self::ChangePackage,
            "updateServerObject" => Self::UpdateServerObject,
            "validateServerConfig" => Self::ValidateServerConfig,
            "AdminServicesTabFields" => Self::AdminServicesTabFields,
            "AdminServicesTabFieldsSave" => Self::AdminServicesTabFieldsSave,
            "ServiceSingleSignOn" => Self::ServiceSingleSignOn,
            "ClientArea" => Self::ClientArea,
            "StartVm" => Self::StartVm,
            "StopVm" => Self::StopVm,
            "ShutdownVm" => Self::ShutdownVm,
            "ResetVm" => Self::ResetVm,
            "DescribeVm" => Self::DescribeVm,
            "UsageUpdate" => Self::UsageUpdate,
            _ => return Err(unknown()),
        })
    }
}

fn unknown() -> Problem {
    Problem::new(Code::UnknownFunction, "No function of this name.")
}

impl Function {
    /// A function of a module by its name.
    pub(super) fn of(module: Module, name: &str) -> Result<Self, Problem> {
        let function: Self = name.parse()?;
        let strange = match module {
            Module::VirtFusionDirect => function.is_power() || function == Self::DescribeVm,
            Module::Katapult => matches!(
                function,
                Self::UpdateServerObject | Self::ValidateServerConfig | Self::UsageUpdate
            ),
        };
        if strange { Err(unknown()) } else { Ok(function) }
    }

    /// Whether it switches the machine at a person's wish.
    pub(super) fn is_power(self) -> bool {
        self.power().is_some()
    }

    /// How it switches the machine.
    pub(super) const fn power(self) -> Option<PowerAction> {
        match self {
            Self::StartVm => Some(PowerAction::Boot),
            Self::StopVm => Some(PowerAction::PowerOff),
            Self::ShutdownVm => Some(PowerAction::Shutdown),
            Self::ResetVm => Some(PowerAction::Restart),
            _ => None,
        }
    }

    /// The functions that the billing system may be made to call again.
    pub(super) const fn rerun(self) -> Option<RerunFunction> {
        match self {
            Self::CreateAccount => Some(RerunFunction::CreateAccount),
            Self::SuspendAccount => Some(RerunFunction::SuspendAccount),
            Self::UnsuspendAccount => Some(RerunFunction::UnsuspendAccount),
            Self::TerminateAccount => Some(RerunFunction::TerminateAccount),
            Self::ChangePackage => Some(RerunFunction::ChangePackage),
            _ => None,
        }
    }
}
