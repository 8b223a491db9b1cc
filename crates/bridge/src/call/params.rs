//! The parameters of module functions: exactly the listed fields, so that no password slips in by accident.

use std::collections::BTreeMap;

use domain::Secret;
use domain::record::{Module, PlatformKind};
use serde::Deserialize;

use super::Function;
use crate::problem::{Code, Problem};
use crate::rows;

/// The parameters of a function of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceParams {
    /// The service.
    pub serviceid: u64,
    /// The **client** account.
    pub userid: u64,
    /// The product.
    pub pid: u64,
    /// The server record; 0 when none.
    pub serverid: u64,
    /// The order; 0 when none.
    #[serde(rename = "orderid")]
    _orderid: u64,
    /// The hostname that the client chose.
    pub domain: String,
    configoption1: String,
    #[serde(default)]
    configoption2: Option<String>,
    #[serde(default)]
    configoption3: Option<String>,
    #[serde(default)]
    configoption4: Option<String>,
    #[serde(default)]
    configoption5: Option<String>,
    #[serde(default)]
    configoption6: Option<String>,
    #[serde(default)]
    configoption7: Option<String>,
    /// The client's choices: label → value.
    pub configoptions: BTreeMap<String, String>,
    /// The operator's labels: key → label.
    pub option_mapping: BTreeMap<String, String>,
    /// The product's custom fields: name → value.
    pub customfields: BTreeMap<String, String>,
    /// Who the client is.
    pub clientsdetails: ClientDetails,
    /// The id in the original module's table.
    #[serde(default, deserialize_with = "rows::mapped")]
    mapped_id: Option<String>,
    /// The build in the original module's table, where it has no machine yet.
    #[serde(default)]
    mapped_build: Option<String>,
    /// Why it is suspended.
    #[serde(default)]
    pub suspendreason: Option<String>,
    /// The saved fields of the admin's product page.
    #[serde(default)]
    pub modulefields: Option<Vec<String>>,
    /// The one-time token of the form that was posted.
    #[serde(default)]
    pub token: Option<String>,
}

/// Who the client is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientDetails {
    /// First name.
    pub firstname: String,
    /// Last name.
    pub lastname: String,
    /// Company.
    pub companyname: String,
    /// Address for mail.
    pub email: String,
    /// Country, two letters.
    #[serde(rename = "country")]
    _country: String,
    /// Language.
    #[serde(rename = "language")]
    _language: String,
}

impl ServiceParams {
    /// The product's settings, by position.
    pub fn settings(&self) -> Vec<&str> {
        let further = [
            &self.configoption2,
            &self.configoption3,
            &self.configoption4,
            &self.configoption5,
            &self.configoption6,
            &self.configoption7,
        ];
        let further = further.into_iter().map_while(|setting| setting.as_deref());
        std::iter::once(self.configoption1.as_str())
            .chain(further)
            .map(str::trim)
            .collect()
    }

    /// What the original module's table names: the machine, or the build that makes it.
    pub fn mapped(&self) -> Option<String> {
        let build = || self.mapped_build.clone().filter(|build| !build.is_empty());
        self.mapped_id.clone().or_else(build)
    }

    /// As many settings as the module has, and the fields that only some functions have.
    pub(super) fn check(&self, module: Module, function: Function) -> Result<(), Problem> {
        let settings = self.settings().len();
        if settings != module.settings() {
            return Err(Problem::new(
                Code::BadRequest,
                format!(
                    "There are {settings} settings in \"params\", and {module} has {}.",
                    module.settings()
                ),
            ));
        }
        let numbered = module.platform() == PlatformKind::VirtFusion;
        let strange = (self.suspendreason.is_some() && function != Function::SuspendAccount)
            || (self.modulefields.is_some() && function != Function::AdminServicesTabFieldsSave)
            || (self.token.is_some() && !function.is_power())
            || (self.mapped_build.is_some() && numbered);
        if strange {
            return Err(Problem::new(
                Code::BadRequest,
                "There is an unknown field in \"params\".",
            ));
        }
        Ok(())
    }
}

/// The parameters of `TestConnection`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerParams {
    /// The server record; 0 when it is not saved yet.
    pub serverid: u64,
    /// The panel's host, perhaps with a port.
    pub serverhostname: String,
    /// The account's name; only of modules whose platforms have several accounts.
    #[serde(default)]
    pub serverusername: Option<String>,
    /// The panel's token: used for this proposal or test, never logged.
    pub serverpassword: Secret,
}
