//! What a shop is made of.

use domain::Secret;

/// A shop.
#[derive(Debug, Clone)]
pub struct ShopConfig {
    /// The bridge's listener, `http://127.0.0.1:8701`.
    pub bridge: String,
    /// The installation's name.
    pub installation: String,
    /// The installation's key.
    pub key: Secret,
    /// Where browsers find this shop, `http://127.0.0.1:8700/`, ending in `/`.
    pub url: String,
    /// The panel that the shop's products are made on.
    pub panel: PanelAccess,
    /// The control endpoint of the simulated panel, `http://127.0.0.1:8702`; `None` when the panel is a real one.
    pub sim_control: Option<String>,
    /// Where the operator's page is, `/operator`.
    pub operator_url: Option<String>,
    /// What is for sale.
    pub products: Vec<Product>,
    /// What may be installed.
    pub operating_systems: Vec<OperatingSystem>,
}

/// The panel, as a WHMCS server row names it.
#[derive(Debug, Clone)]
pub struct PanelAccess {
    /// The id of the server row.
    pub server_id: u64,
    /// The host name, with a port where it is not the usual one.
    pub host: String,
    /// The token for a proposal; `None` once the platform is approved.
    pub token: Option<Secret>,
}

/// Something for sale.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What the client gets, in one line.
    pub description: String,
    /// What it costs, as text.
    pub price: String,
    /// The hypervisor group: the module's first setting.
    pub group: u64,
    /// The package: the second.
    pub package: u64,
    /// How many IPv4 addresses: the third.
    pub ipv4: u32,
}

impl Product {
    /// The module's seven settings by position.
    pub fn settings(&self) -> [String; 7] {
        [
            self.group.to_string(),
            self.package.to_string(),
            self.ipv4.to_string(),
            "0".to_owned(),
            "0".to_owned(),
            "100".to_owned(),
            "10".to_owned(),
        ]
    }
}

/// Something to install.
#[derive(Debug, Clone)]
pub struct OperatingSystem {
    /// The panel's id of the template.
    pub template: u64,
    /// Its name.
    pub name: String,
}
