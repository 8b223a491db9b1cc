//! Telling billing systems how many more they can sell.

use std::collections::BTreeMap;

use domain::id::InstallationId;
use domain::record::EffectBody;
use serde::{Deserialize, Serialize};

use super::{Line, Sellable, document};
use crate::engine::Engine;
use crate::error::EngineError;

/// How many of the last services are counted again where a number is applied: orders of which the engine has not heard
/// are among them.
const LOOKED_BACK: u64 = 500;

/// What a billing system was told last of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    qty: u64,
    /// How many services of the product there were: the billing system has counted down by itself with each.
    services: u64,
}

/// An installation's services by product: how many, and how many in use.
struct Counts {
    after: u64,
    /// Of those after it.
    last: BTreeMap<u64, (u64, u64)>,
    all: BTreeMap<u64, (u64, u64)>,
}

impl Engine {
    /// A billing system shows a number for a product. Another one than it was told was put in its place, or there were orders
    /// since: then the number is told again, with what it accounts for.
    pub(super) async fn note_shown(
        &self,
        installation: &InstallationId,
        product: u64,
        shown: i64,
    ) -> Result<(), EngineError> {
        let name = said(installation, product);
        let text = self.store().meta(&name).await?.unwrap_or_default();
        let told = serde_json::from_str::<Told>(&text).ok();
        if told.is_some_and(|told| i64::try_from(told.qty).ok() != Some(shown)) {
            self.store().set_meta(&name, "").await?;
            // Every number is looked at once more, though nothing that they follow from has changed.
            self.tally().counted.clear();
        }
        Ok(())
    }

    /// Tells every billing system the numbers that are others than it was told last.
    pub(super) async fn tell_stock(&self, lines: &[Line], left: &[Sellable]) -> Result<(), EngineError> {
        let mut counts: BTreeMap<&InstallationId, Counts> = BTreeMap::new();
        for (line, left) in lines.iter().zip(left) {
            let Some(qty) = left.count().filter(|_| line.product.stock_control) else {
                continue;
            };
            if !counts.contains_key(&line.installation) {
                counts.insert(&line.installation, self.counts(&line.installation).await?);
            }
            if let Some(counts) = counts.get(&line.installation) {
                self.tell_number(line, qty, counts).await?;
            }
        }
        Ok(())
    }

    async fn tell_number(&self, line: &Line, qty: u64, counts: &Counts) -> Result<(), EngineError> {
        let product = line.product.product;
        let told = Told {
            qty,
            services: counts.all.get(&product).map_or(0, |(services, _)| *services),
        };
        let (name, text) = (said(&line.installation, product), document(&told)?);
        if self.store().meta(&name).await?.as_ref() == Some(&text) {
            return Ok(());
        }
        let body = EffectBody::SetStock {
            product_id: product,
            qty,
            after: counts.after,
            counted: counts.last.get(&product).map_or(0, |(services, _)| *services),
        };
        self.tell(&line.installation, None, body).await?;
        Ok(self.store().set_meta(&name, &text).await?)
    }

    async fn counts(&self, installation: &InstallationId) -> Result<Counts, EngineError> {
        let store = self.store();
        let after = store
            .last_billing_id(installation)
            .await?
            .saturating_sub(LOOKED_BACK);
        Ok(Counts {
            after,
            last: store.count_by_product(installation, after).await?,
            all: store.count_by_product(installation, 0).await?,
        })
    }
}

/// Publishes how many are left of each product, and of how many products nobody knows it.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(super) fn measure(lines: &[Line], left: &[Sellable]) {
    let mut unknown: BTreeMap<&InstallationId, u64> = BTreeMap::new();
    for (line, left) in lines.iter().zip(left) {
        let (installation, product) = (line.installation.to_string(), line.product.product.to_string());
        let count = unknown.entry(&line.installation).or_default();
        match left.count() {
            Some(left) => {
                metrics::gauge!("hostler_stock_left", "installation" => installation, "product" => product)
                    .set(left as f64);
            }
            None => *count += 1,
        }
    }
    for (installation, count) in unknown {
        metrics::gauge!("hostler_stock_unknown", "installation" => installation.to_string())
            .set(count as f64);
    }
}

/// Where it is kept what an installation was told last of a product.
fn said(installation: &InstallationId, product: u64) -> String {
    format!("stock_told:{installation}:{product}")
}
