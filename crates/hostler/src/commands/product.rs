//! `hostler product`: list, set.

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use domain::id::InstallationId;
use domain::record::{Activation, ClientRule, OperationKind, Product, ProductPolicy, StockPolicy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Desk;
use super::answer::Answer;

/// What can be asked about products.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductCommand {
    /// Lists the products with a policy of their own. All others have the default one.
    List {
        /// Of this installation; of all if none.
        #[arg(long)]
        installation: Option<InstallationId>,
    },
    /// Sets a product's policy. What is not named stays as it is.
    Set {
        /// The billing system.
        installation: InstallationId,
        /// The product's id there.
        product: u64,
        /// When CreateAccount is answered with success: accepted, created or ready.
        #[arg(long)]
        activation: Option<Activation>,
        /// How long CreateAccount waits for it, in seconds (0 to 120).
        #[arg(long)]
        wait_seconds: Option<u32>,
        /// How long a termination can be taken back, in minutes (0 to 43200). A shorter time holds for later ones only.
        #[arg(long)]
        undo_minutes: Option<u32>,
        /// Whether the platform is asked without effect before a create.
        #[arg(long)]
        dry_run: Option<bool>,
        /// The welcome mail's template; an empty text for the product's own.
        #[arg(long)]
        welcome_template: Option<String>,
        /// What clients may ask for on their page, and how often: `reinstall=off`, `power=30` for once in 30 seconds,
        /// `power=usual`. May be given several times.
        #[arg(long = "client", value_name = "WISH=off|SECONDS|usual")]
        #[serde(default)]
        clients: Vec<ClientSetting>,
        /// How its stock is counted: joint (beside everything that is promised) or independent (as if nothing else were
        /// sold).
        #[arg(long)]
        stock_policy: Option<StockPolicy>,
        /// How many machines of it may be in use or ordered. For platforms that do not tell how much room they have it is
        /// the only bound.
        #[arg(long, value_name = "NUMBER|none")]
        stock_cap: Option<StockCap>,
    },
}

/// A bound of stock, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockCap(Option<u64>);

impl std::str::FromStr for StockCap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let number = text
            .parse()
            .map_err(|_| format!("\"{text}\" is neither a number nor none"))?;
        Ok(Self(Some(number)))
    }
}

/// One thing that clients may ask for, and what is decided about it; as usual where `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSetting {
    kind: OperationKind,
    rule: Option<ClientRule>,
}

/// The longest time that a client can be made to wait: a day.
const LONGEST_INTERVAL: u32 = 86_400;

impl std::str::FromStr for ClientSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kinds = || {
            let all = OperationKind::ALL.iter().filter(|kind| kind.is_for_clients());
            all.map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
        };
        let (kind, word) = text.split_once('=').ok_or_else(|| {
            format!(
                "write it as WISH=off, WISH=SECONDS or WISH=usual; the wishes are {}",
                kinds()
            )
        })?;
        let kind = kind
            .parse::<OperationKind>()
            .ok()
            .filter(|kind| kind.is_for_clients());
        let kind = kind.ok_or_else(|| format!("clients can ask for {}", kinds()))?;
        let rule = match word {
            "usual" => None,
            "off" => Some(ClientRule {
                withheld: true,
                interval_seconds: None,
            }),
            seconds => {
                let seconds = seconds
                    .parse()
                    .ok()
                    .filter(|seconds| *seconds <= LONGEST_INTERVAL);
                let seconds = seconds.ok_or_else(|| {
                    format!("\"{word}\" is neither off nor usual nor a number from 0 to {LONGEST_INTERVAL}")
                })?;
                Some(ClientRule {
                    withheld: false,
                    interval_seconds: Some(seconds),
                })
            }
        };
        Ok(Self { kind, rule })
    }
}

impl ProductCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::List { installation } => list(desk, installation).await,
            Self::Set {
                installation,
                product,
                activation,
                wait_seconds,
                undo_minutes,
                dry_run,
                welcome_template,
                clients,
                stock_policy,
                stock_cap,
            } => {
                let store = desk.engine.store();
                known(desk, &installation).await?;
                let mut policy = store.product_policy(&installation, product).await?;
                policy.activation = activation.or(policy.activation);
                policy.wait_seconds =
                    within("--wait-seconds", wait_seconds, 120)?.unwrap_or(policy.wait_seconds);
                policy.undo_minutes =
                    within("--undo-minutes", undo_minutes, 43_200)?.unwrap_or(policy.undo_minutes);
                policy.dry_run = dry_run.unwrap_or(policy.dry_run);
                if let Some(template) = welcome_template {
                    policy.welcome_template = Some(template).filter(|template| !template.is_empty());
                }
                for ClientSetting { kind, rule } in clients {
                    match rule {
                        Some(rule) => policy.clients.insert(kind, rule),
                        None => policy.clients.remove(&kind),
                    };
                }
                policy.stock.policy = stock_policy.unwrap_or(policy.stock.policy);
                policy.stock.cap = stock_cap.map_or(policy.stock.cap, |cap| cap.0);
                let product = Product {
                    installation,
                    product_id: product,
                    policy,
                };
                store.set_product_policy(&product, &desk.actor).await?;
                let row = super::answer::table(&HEADS, &[row(&product)]);
                Ok(Answer::new(row, shown(&product)))
            }
        }
    }
}

const HEADS: [&str; 9] = [
    "INSTALLATION",
    "PRODUCT",
    "ACTIVATION",
    "WAIT",
    "UNDO",
    "DRY RUN",
    "WELCOME MAIL",
    "CLIENTS",
    "STOCK",
];

/// An error where there is no such installation.
pub(super) async fn known(desk: &Desk, installation: &InstallationId) -> Result<()> {
    desk.engine
        .store()
        .installation(installation)
        .await?
        .map(|_| ())
        .with_context(|| {
            format!("there is no installation {installation}; `hostler installation list` names them all")
        })
}

fn within(argument: &str, given: Option<u32>, most: u32) -> Result<Option<u32>> {
    match given {
        Some(number) if number > most => {
            bail!("{argument} {number}: it is too much; write a number from 0 to {most}")
        }
        other => Ok(other),
    }
}

async fn list(desk: &Desk, installation: Option<InstallationId>) -> Result<Answer> {
    let store = desk.engine.store();
    let installations = match installation {
        Some(one) => {
            known(desk, &one).await?;
            vec![one]
        }
        None => store
            .installations()
            .await?
            .into_iter()
            .map(|installation| installation.id)
            .collect(),
    };
    let mut products = Vec::new();
    for installation in &installations {
        products.extend(store.products(installation).await?);
    }
    let rows: Vec<Vec<String>> = products.iter().map(row).collect();
    let nothing =
        "Every product has the default policy. Change one: hostler product set INSTALLATION PRODUCT …";
    Ok(Answer::listing(
        nothing,
        &HEADS,
        &rows,
        products.iter().map(shown).collect(),
    ))
}

fn row(product: &Product) -> Vec<String> {
    let policy = &product.policy;
    vec![
        product.installation.to_string(),
        product.product_id.to_string(),
        policy
            .activation
            .map_or("the module's own", Activation::as_str)
            .to_owned(),
        format!("{} s", policy.wait_seconds),
        format!("{} min", policy.undo_minutes),
        if policy.dry_run { "yes" } else { "no" }.to_owned(),
        policy
            .welcome_template
            .clone()
            .unwrap_or_else(|| "the product's own".to_owned()),
        clients(policy),
        match policy.stock.cap {
            Some(cap) => format!("{}, at most {cap}", policy.stock.policy),
            None => policy.stock.policy.to_string(),
        },
    ]
}

/// What is decided about clients, in a few words.
fn clients(policy: &ProductPolicy) -> String {
    let rules = policy
        .clients
        .iter()
        .map(|(kind, rule)| match rule.interval_seconds {
            _ if rule.withheld => format!("no {kind}"),
            Some(seconds) => format!("{kind} once in {seconds} s"),
            None => format!("{kind} as usual"),
        });
    let rules: Vec<String> = rules.collect();
    if rules.is_empty() {
        "as usual".to_owned()
    } else {
        rules.join(", ")
    }
}

fn shown(product: &Product) -> Value {
    json!({
        "installation": product.installation,
        "product": product.product_id,
        "activation": product.policy.activation,
        "wait_seconds": product.policy.wait_seconds,
        "undo_minutes": product.policy.undo_minutes,
        "dry_run": product.policy.dry_run,
        "welcome_template": product.policy.welcome_template,
        "clients": product.policy.clients,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_101_what_clients_may_ask_for_is_set_by_word() {
        let read = |text: &str| text.parse::<ClientSetting>();
        let off = read("reinstall=off").expect("a setting");
        assert_eq!(off.kind, OperationKind::Reinstall);
        assert!(off.rule.expect("a rule").withheld);
        let often = read("power=90").expect("a setting");
        assert_eq!(often.rule.expect("a rule").interval_seconds, Some(90));
        assert_eq!(read("power=usual").expect("a setting").rule, None);
        for wrong in ["power", "terminate=off", "explode=1", "power=-1", "power=99999"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
