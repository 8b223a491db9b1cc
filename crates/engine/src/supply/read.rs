//! Reading a platform's groups and packages, each when it is due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Moment;
use domain::capacity::{Capacity, StockItem};
use domain::http::Lane;
use domain::id::ServiceId;
use domain::record::Platform;
use driver::StockPage;

use super::item::{ItemState, SETTLES, Seen};
use super::{Line, Warehouse};
use crate::engine::Engine;
use crate::error::EngineError;

/// How long one reading may take.
const TURN: Duration = Duration::from_secs(60);

/// A group with more pages than this has no end.
const MOST_PAGES: usize = 50;

/// Readings per turn of the duty; more wait for the next.
const READ_AT_ONCE: usize = 20;

/// Links that are looked at to see what changed. Where more were changed, everything was.
const CHANGES: u64 = 500;

impl Engine {
    /// Reads what is due of a platform. What cannot be read, where something cannot.
    pub(super) async fn read_due(
        &self,
        platform: &Platform,
        lines: &[Line],
        warehouse: &mut Warehouse,
    ) -> Result<Option<String>, EngineError> {
        if self.tells_room(platform) {
            let changed = self.changed(platform, lines, warehouse).await?;
            let (ages, now) = (self.config().stock, self.now());
            let due = |(item, state): (&StockItem, &ItemState)| {
                state
                    .is_due(changed.get(item).copied(), &ages, now)
                    .then(|| item.clone())
            };
            let due: Vec<StockItem> = warehouse
                .items
                .iter()
                .filter_map(due)
                .take(READ_AT_ONCE)
                .collect();
            self.read_all(platform, due, warehouse).await?;
        }
        let mut items = warehouse.items.iter();
        Ok(items.find_map(|(item, state)| {
            let trouble = state.trouble.as_ref()?;
            Some(format!("{item} cannot be read: {trouble}"))
        }))
    }

    /// Reads what is older than whoever asks would have it.
    pub(super) async fn read_old(
        &self,
        platform: &Platform,
        warehouse: &mut Warehouse,
    ) -> Result<(), EngineError> {
        if !self.tells_room(platform) {
            return Ok(());
        }
        let (ages, now) = (self.config().stock, self.now());
        let old = |(item, state): (&StockItem, &ItemState)| {
            let age = match item {
                StockItem::Group(_) => ages.group,
                StockItem::Package(_) => ages.package,
            };
            state.is_older_than(age, now).then(|| item.clone())
        };
        let old = warehouse.items.iter().filter_map(old).collect();
        self.read_all(platform, old, warehouse).await
    }

    async fn read_all(
        &self,
        platform: &Platform,
        items: Vec<StockItem>,
        warehouse: &mut Warehouse,
    ) -> Result<(), EngineError> {
        for item in items {
            let now = self.now();
            let read = match tokio::time::timeout(TURN, self.read_item(platform, &item)).await {
                Ok(read) => read?,
                Err(_) => Err(format!("it took longer than {} s", TURN.as_secs())),
            };
            let state = warehouse.items.remove(&item).unwrap_or_default();
            let state = match read {
                Ok(seen) => state.read(seen, now),
                Err(why) => state.failed(why, now),
            };
            self.keep_item(platform.id, &item, &state).await?;
            warehouse.items.insert(item, state);
        }
        Ok(())
    }

    async fn read_item(
        &self,
        platform: &Platform,
        item: &StockItem,
    ) -> Result<Result<Seen, String>, EngineError> {
        let Some(driver) = self.drivers().of(platform.kind) else {
            return Ok(Err(format!("there is no driver for {}", platform.kind)));
        };
        let mut request = match driver.stock(item) {
            Ok(request) => request,
            Err(why) => return Ok(Err(why)),
        };
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let outcome = self.read(platform, &request, Lane::Background).await?;
            request = match driver.read_stock(item, &request, &outcome) {
                Err(why) => return Ok(Err(why)),
                Ok(StockPage::Absent) => return Ok(Ok(Seen::Absent)),
                Ok(StockPage::Package(package)) => return Ok(Ok(Seen::Package(package))),
                Ok(StockPage::Group(some, next)) => {
                    all.extend(some);
                    match next {
                        Some(next) => next,
                        None => return Ok(Ok(Seen::Group(Capacity { hypervisors: all }))),
                    }
                }
            };
        }
        Ok(Err(format!("it has no end after {MOST_PAGES} pages")))
    }

    /// When something last happened to each group: a machine of a product that is put there came or went.
    async fn changed(
        &self,
        platform: &Platform,
        lines: &[Line],
        warehouse: &Warehouse,
    ) -> Result<BTreeMap<StockItem, Moment>, EngineError> {
        let groups = || {
            warehouse
                .items
                .keys()
                .filter(|item| matches!(item, StockItem::Group(_)))
        };
        let tried = groups().filter_map(|item| warehouse.items.get(item)?.tried_at);
        let Some(oldest) = tried.min() else {
            return Ok(BTreeMap::new());
        };
        // What happened right before a reading is read once more after it.
        let since = oldest - SETTLES - SETTLES;
        let relinked = self.store().relinked(platform.id, since, CHANGES).await?;
        let mut changed: BTreeMap<StockItem, Moment> = BTreeMap::new();
        let mut note = |item: StockItem, at: Moment| {
            let last = changed.entry(item).or_insert(at);
            *last = at.max(*last);
        };
        let all = relinked.len() as u64 == CHANGES;
        let (started, resized) = self.resized_since(since);
        for item in groups().cloned() {
            if let Some(started) = started {
                note(item, started);
            }
        }
        for (service, at) in relinked.iter().chain(&resized) {
            let groups = if all {
                groups().cloned().collect()
            } else {
                self.groups_of(*service, lines).await?
            };
            for group in groups {
                note(group, *at);
            }
        }
        Ok(changed)
    }

    /// When this engine began to notice what happens, and which services were given other resources since then.
    fn resized_since(&self, since: Moment) -> (Option<Moment>, Vec<(ServiceId, Moment)>) {
        let mut tally = self.tally();
        tally.resized.retain(|_, at| *at >= since);
        let resized = tally
            .resized
            .iter()
            .map(|(service, at)| (*service, *at))
            .collect();
        (tally.started, resized)
    }

    /// The groups in which a service's machine may stand.
    async fn groups_of(
        &self,
        service: ServiceId,
        lines: &[Line],
    ) -> Result<BTreeSet<StockItem>, EngineError> {
        let Some(service) = self.store().service(service).await? else {
            return Ok(BTreeSet::new());
        };
        let own = lines.iter().find(|line| {
            line.installation == service.installation && line.product.product == service.product_id
        });
        let demands = own.into_iter().flat_map(|line| &line.demands);
        Ok(demands
            .filter_map(|demand| demand.group.clone().map(StockItem::Group))
            .collect())
    }
}
