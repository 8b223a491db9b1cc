//! `hostler stock`: show, explain, recalculate.

use anyhow::{Result, bail};
use clap::Subcommand;
use domain::id::InstallationId;
use engine::supply::{GroupStock, ProductStock, Sellable};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stock::{Count, Limit, Place, Resource};

use super::Desk;
use super::answer::{Answer, table};
use super::product::known;

/// What can be asked about stock.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockCommand {
    /// Shows how many more of each product can be sold, by what is known. No platform is asked.
    Show {
        /// Of this installation; of all if none.
        #[arg(long)]
        installation: Option<InstallationId>,
    },
    /// Says why a product's number is what it is: hypervisor by hypervisor, and what there is the least of.
    Explain {
        /// The billing system.
        installation: InstallationId,
        /// The product's id there.
        product: u64,
    },
    /// Reads what is older than it may be, tells the billing system what changed, and shows it.
    Recalculate {
        /// The billing system.
        installation: InstallationId,
    },
}

impl StockCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::Show { installation } => show(desk, installation).await,
            Self::Explain {
                installation,
                product,
            } => explain(desk, &installation, product).await,
            Self::Recalculate { installation } => {
                known(desk, &installation).await?;
                let all = desk.engine.recalculate_stock(&installation).await?;
                let rows: Vec<_> = all
                    .into_iter()
                    .map(|stock| (installation.clone(), stock))
                    .collect();
                Ok(listed(&rows))
            }
        }
    }
}

async fn show(desk: &Desk, only: Option<InstallationId>) -> Result<Answer> {
    if let Some(only) = &only {
        known(desk, only).await?;
    }
    let mut rows = Vec::new();
    for installation in desk.engine.store().installations().await? {
        if only.as_ref().is_none_or(|only| *only == installation.id) {
            let all = desk.engine.stock(&installation.id).await?;
            rows.extend(all.into_iter().map(|stock| (installation.id.clone(), stock)));
        }
    }
    Ok(listed(&rows))
}

fn listed(rows: &[(InstallationId, ProductStock)]) -> Answer {
    let heads = [
        "INSTALLATION",
        "PRODUCT",
        "NAME",
        "LEFT",
        "COUNTED",
        "POLICY",
        "READ",
    ];
    let cells = rows.iter().map(|(installation, stock)| {
        vec![
            installation.to_string(),
            stock.product.to_string(),
            stock.name.clone(),
            number(&stock.sellable),
            if stock.stock_control { "yes" } else { "no" }.to_owned(),
            stock.policy.to_string(),
            oldest(stock),
        ]
    });
    let cells: Vec<Vec<String>> = cells.collect();
    let values = rows.iter().map(|(installation, stock)| {
        let mut value = json!(stock);
        value["installation"] = json!(installation);
        value
    });
    Answer::listing(
        "No product is known. A billing system tells of its products at its next cron, and of each one when it is saved.",
        &heads,
        &cells,
        values.collect::<Vec<Value>>(),
    )
}

fn number(sellable: &Sellable) -> String {
    match sellable {
        Sellable::Known(count) => count.to_string(),
        Sellable::Unknown(_) => "unknown".to_owned(),
    }
}

fn oldest(stock: &ProductStock) -> String {
    let read = stock.groups.iter().map(|group| group.observed_at);
    match read.min() {
        Some(Some(at)) => at.to_string(),
        Some(None) | None => "never".to_owned(),
    }
}

async fn explain(desk: &Desk, installation: &InstallationId, product: u64) -> Result<Answer> {
    known(desk, installation).await?;
    let all = desk.engine.stock(installation).await?;
    let Some(stock) = all.into_iter().find(|stock| stock.product == product) else {
        bail!("no product {product} of {installation} is known; list them: hostler stock show");
    };
    let mut lines = vec![match &stock.sellable {
        Sellable::Known(count) => format!("{}: {count} more can be sold.", stock.name),
        Sellable::Unknown(why) => format!("{}: nobody knows how many more can be sold: {why}.", stock.name),
    }];
    if !stock.stock_control {
        lines.push("The billing system does not count its stock, so that it is not told.".to_owned());
    }
    if let Some(cap) = stock.cap {
        lines.push(format!(
            "At most {cap} may be in use; {} are, or are ordered.",
            stock.in_use
        ));
    }
    if let Some(need) = &stock.need {
        lines.push(format!(
            "One needs {} MB of memory, {} cores, {} GB of storage (type {}) and {} IPv4 addresses.",
            need.memory, need.cores, need.storage, need.storage_code, need.ipv4
        ));
    }
    lines.push(format!(
        "{} % of memory, cores and storage is kept free.",
        stock.buffer
    ));
    for group in &stock.groups {
        lines.extend(in_group(group));
    }
    let value = json!(stock);
    Ok(Answer::new(lines.join("\n"), value))
}

fn in_group(group: &GroupStock) -> Vec<String> {
    let read = group
        .observed_at
        .map_or_else(|| "never read".to_owned(), |at| format!("read at {at}"));
    let mut lines = vec![match &group.sellable {
        Sellable::Known(count) => format!(
            "Group {}: {count}, with {} promised and not built ({read})",
            group.group, group.promised
        ),
        Sellable::Unknown(why) => format!("Group {}: unknown: {why} ({read})", group.group),
    }];
    let Some(alone) = &group.alone else {
        return lines;
    };
    let rows: Vec<Vec<String>> = alone.places.iter().map(place).collect();
    if !rows.is_empty() {
        lines.push(table(
            &[
                "HYPERVISOR",
                "FITS",
                "LIMITED BY",
                "MEMORY",
                "CORES",
                "STORAGE",
                "MACHINES",
            ],
            &rows,
        ));
    }
    lines.extend(
        alone
            .addresses
            .map(|count| format!("Addresses are left for {count}.")),
    );
    lines
}

fn place(place: &Place) -> Vec<String> {
    let by = |resource| {
        let count = place.by.get(&resource);
        count.map_or_else(|| "no limit".to_owned(), ToString::to_string)
    };
    let limit = match place.limit {
        None => "nothing".to_owned(),
        Some(Limit::Closed(closed)) => json!(closed).as_str().unwrap_or_default().replace('_', " "),
        Some(Limit::Short(resource)) => json!(resource).as_str().unwrap_or_default().to_owned(),
    };
    let fits = match place.count {
        Count::Of(count) => count.to_string(),
        Count::Unlimited => "no limit".to_owned(),
    };
    let mut cells = vec![place.name.clone(), fits, limit];
    cells.extend(
        [
            Resource::Memory,
            Resource::Cores,
            Resource::Storage,
            Resource::Servers,
        ]
        .map(by),
    );
    cells
}
