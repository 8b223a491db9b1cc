//! The functions of a provisioning module, a closed list.

use std::str::FromStr;

use domain::record::RerunFunction;

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
            _ => return Err(Problem::new(Code::UnknownFunction, "No function of this name.")),
        })
    }
}

impl Function {
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
