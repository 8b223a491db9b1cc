//! `hostler product`: list, set.

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use domain::id::InstallationId;
use domain::record::{Activation, Product};
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
    },
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

const HEADS: [&str; 7] = [
    "INSTALLATION",
    "PRODUCT",
    "ACTIVATION",
    "WAIT",
    "UNDO",
    "DRY RUN",
    "WELCOME MAIL",
];

async fn known(desk: &Desk, installation: &InstallationId) -> Result<()> {
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
    ]
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
    })
}
