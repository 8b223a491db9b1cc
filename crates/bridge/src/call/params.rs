//! The parameters of `VirtFusionDirect`: exactly the listed fields, so that no password slips in by accident.

use std::collections::BTreeMap;

use domain::Secret;
use serde::Deserialize;

use super::Function;
use crate::problem::{Code, Problem};

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
    /// The hypervisor group.
    pub configoption1: String,
    /// The package.
    pub configoption2: String,
    /// The number of IPv4 addresses.
    pub configoption3: String,
    /// The self-service mode, `1` or `1|Hourly`.
    pub configoption4: String,
    /// The automatic top-off, which comes with usage accounting.
    #[serde(rename = "configoption5")]
    _configoption5: String,
    /// Its amount.
    #[serde(rename = "configoption6")]
    _configoption6: String,
    /// The stock's safety margin, which comes with stock control.
    #[serde(rename = "configoption7")]
    _configoption7: String,
    /// The client's choices: label → value.
    pub configoptions: BTreeMap<String, String>,
    /// The operator's labels: key → label.
    pub option_mapping: BTreeMap<String, String>,
    /// The product's custom fields: name → value.
    pub customfields: BTreeMap<String, String>,
    /// Who the client is.
    pub clientsdetails: ClientDetails,
    /// The id in the original module's table.
    #[serde(default)]
    pub mapped_id: Option<u64>,
    /// Why it is suspended.
    #[serde(default)]
    pub suspendreason: Option<String>,
    /// The saved fields of the admin's product page.
    #[serde(default)]
    pub modulefields: Option<Vec<String>>,
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
    /// The two fields that only one function each has.
    pub(super) fn check(&self, function: Function) -> Result<(), Problem> {
        let strange = (self.suspendreason.is_some() && function != Function::SuspendAccount)
            || (self.modulefields.is_some() && function != Function::AdminServicesTabFieldsSave);
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
    /// The panel's token: used for this proposal or test, never logged.
    pub serverpassword: Secret,
}
