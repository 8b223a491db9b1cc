//! What a billing system does by itself: fetching effects, delivering what waits, and its cron.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::bridge::fresh;
use crate::bridge::message::{MODULE, ServiceRow};
use crate::module::WELCOME;
use crate::shop::{Principal, Shop};

/// How often effects are fetched when no nudge comes.
const EFFECTS_EVERY: Duration = Duration::from_secs(1);
/// How often the cron runs.
const CRON_EVERY: Duration = Duration::from_mins(1);
/// Services per page of a snapshot.
const PAGE: usize = 500;

impl Shop {
    /// Fetches and applies effects and delivers stored events, every second and at each nudge, and runs the cron
    /// (now, and then every minute), until `stop` is ready.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut cron_due = Instant::now();
        loop {
            self.deliver_events().await;
            if Instant::now() >= cron_due {
                cron_due = Instant::now() + CRON_EVERY;
                self.cron().await;
            }
            if let Err(error) = self.apply_effects().await {
                tracing::debug!(%error, "effects were not fetched");
            }
            tokio::select! {
                () = &mut stop => return,
                () = self.nudged() => {}
                () = tokio::time::sleep(EFFECTS_EVERY) => {}
            }
        }
    }

    /// Tells the engine that the cron runs, and sends a snapshot when it asks for one.
    pub(crate) async fn cron(&self) {
        let waiting = self.books().events.len();
        match self
            .ask_event("cron", json!({ "waiting": waiting }), &Principal::Cron)
            .await
        {
            Ok(data) if data["snapshot"] == json!(true) => self.snapshot().await,
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "the cron was not heard"),
        }
    }

    /// Every service, by ascending id, in pages.
    async fn snapshot(&self) {
        let rows: Vec<ServiceRow> = {
            let books = self.books();
            books.services.keys().filter_map(|id| books.row(*id)).collect()
        };
        let pages: Vec<&[ServiceRow]> = if rows.is_empty() {
            vec![&[]]
        } else {
            rows.chunks(PAGE).collect()
        };
        let run = fresh(self.random.as_ref());
        for (index, items) in pages.iter().enumerate() {
            let body = json!({
                "run": run,
                "page": index + 1,
                "last": index + 1 == pages.len(),
                "products": if index == 0 { self.product_rows() } else { Vec::new() },
                "items": items,
            });
            self.tell("snapshot", body, &Principal::Cron).await;
        }
    }

    fn product_rows(&self) -> Vec<Value> {
        let books = self.books();
        let stock = |id: u64| books.shelves.get(&id).and_then(|shelf| shelf.stock);
        let row = |product: &crate::config::Product| {
            json!({
                "product": product.id,
                "name": product.name,
                "module": MODULE,
                "server_group": 1,
                "settings": product.settings(),
                "stock_control": stock(product.id).is_some(),
                "qty": stock(product.id).unwrap_or(0),
                "welcome_template": WELCOME,
                "auto_setup": "payment",
                "hidden": false,
                "retired": false,
            })
        };
        self.config.products.iter().map(row).collect()
    }
}
