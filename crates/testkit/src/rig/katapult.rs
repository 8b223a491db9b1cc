//! A rig that stands on Katapult.

use std::sync::Arc;
use std::time::Duration;

use domain::record::{Module, PlatformKind, PlatformProfile, ProductPolicy};
use domain::{Clock, Customer, Order};
use driver::Driver;
use driver_katapult::Katapult as KatapultDriver;
use sim::katapult::{Act, Annotations, Config, Katapult};

use super::stand::{Program, Stand, quick, unhurried};
use super::{CLIENT, Rig};

/// How a rig on Katapult differs from the usual one.
pub struct KatapultOptions {
    /// The platform.
    pub platform: Config,
    /// The operator's account: an id or a sub-domain, or nothing where the token tells.
    pub account: &'static str,
    /// The credential.
    pub token: &'static str,
    /// Whether the account has been proposed and approved when the test begins.
    pub connected: bool,
}

impl Default for KatapultOptions {
    /// Builds of 30 s, annotations that reach machines, the organization's own token, an account that serves all products.
    fn default() -> Self {
        Self {
            platform: Config::quick(Duration::from_secs(30)),
            account: Config::ORGANIZATION,
            token: Config::TOKEN,
            connected: true,
        }
    }
}

impl Rig<Katapult> {
    /// A whole engine on a simulated Katapult. Whether annotations reach machines is known of the platform as it is.
    pub async fn katapult(options: KatapultOptions) -> Self {
        let stand = Stand {
            kind: PlatformKind::Katapult,
            server: Module::DEFAULT_SERVER,
            connected: options.connected,
            account: options.account.to_owned(),
            token: options.token,
            profile: PlatformProfile {
                markers_reach_machines: options.platform.annotations == Annotations::ReachTheMachine,
                ..unhurried()
            },
            module: "katapult",
            order: || katapult_order(CLIENT),
        };
        let driver: Arc<dyn Driver> = Arc::new(KatapultDriver);
        let platform = generous(options.platform);
        let program = Program {
            config: quick(),
            driver,
            resolvers: Vec::new(),
        };
        let rig = Self::on(platform, stand, ProductPolicy::default(), program, true).await;
        rig.panel.move_consoles(rig.clock.now(), &rig.platform.endpoint);
        rig
    }

    /// What a person does in Katapult's console.
    pub fn act(&self, act: Act) {
        let hand = self.panel.hand(self.clock.now());
        hand.act(act).expect("the platform obeys");
    }

    /// How many requests the platform has received.
    pub fn calls(&self) -> usize {
        self.panel.calls().len()
    }
}

/// A platform that keeps nobody waiting: what it permits is honoured, and that would be real time.
pub(super) fn generous(mut config: Config) -> Katapult {
    for token in &mut config.tokens {
        token.per_minute = token.per_minute.max(1_000_000);
    }
    Katapult::new(config)
}

/// What a client orders unless a test says otherwise: a `rock-3` in London with Ubuntu 22.04.
pub fn katapult_order(client: u64) -> Order {
    let options = [
        ("data_center", "uk-lon-01|London"),
        ("disk_template", "templates/ubuntu-22-04|Ubuntu 22.04"),
    ];
    Order {
        customer: Customer {
            client_id: client,
            name: "Jane Doe".to_owned(),
            email: format!("client{client}@example.test"),
        },
        hostname: Some("web.example.test".to_owned()),
        settings: [("package".to_owned(), "rock-3".to_owned())].into(),
        options: options
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..Order::default()
    }
}
