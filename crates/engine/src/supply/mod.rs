//! Stock: how many more of each product can be sold, and telling it to whoever sells.
//!
//! * [`ItemState`] is what is kept of a group's room or a package: the last reading with its age, and why the last try
//!   failed. An unknown is no number, and absent is what two readings lack.
//! * [`Ledger`] is what is promised and not built: carts, orders, creates under way. A reservation ends when it expires,
//!   when its order ends, and when the platform itself must show its machine.
//! * [`Warehouse`] computes from both, purely. [`stock`] is the arithmetic.
//! * The duty `stock` reads what is due, and tells every billing system the numbers that changed.
//!
//! What happened is derived from what is stored (links that were opened and closed), not noted beside it: a crash between
//! a change and its note loses nothing.
//!
//! Rejected: counting what is sold ourselves (people make machines in the platform as well), and a number per cart page
//! (each view would wait for the platform).

mod houses;
mod item;
mod ledger;
mod product;
mod promise;
mod read;
mod tell;
mod warehouse;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::Moment;
use domain::capacity::{Demand, StockItem};
use domain::id::{InstallationId, PlatformId, ServiceId};
use domain::order::Order;
use domain::record::{Platform, PlatformState, StockRule};
use serde::Serialize;
use store::PageRequest;

pub use item::{ItemState, Seen, StockAges};
pub use ledger::{Ledger, MOST_HELD, Reservation};
pub use product::SoldProduct;
pub use promise::{CartLine, Holder};
pub use warehouse::{GroupStock, MOST_TOLD, Memo, ProductStock, Sellable, Warehouse};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::runner::report;

/// Rows of a list that are read at once.
const AT_ONCE: u64 = 500;

/// A product of a billing system, with what its stock depends on.
#[derive(Debug, Clone)]
pub struct Line {
    /// The billing system.
    pub installation: InstallationId,
    /// The product.
    pub product: SoldProduct,
    /// What an order takes at each place where its machine can be put.
    pub demands: Vec<Demand>,
    /// What the operator decided.
    pub rule: StockRule,
    /// How many machines of it are in use or ordered.
    pub in_use: u64,
}

/// What the engine remembers between two turns of the duty, for the work that it spares.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Of each platform what the numbers that were told last follow from, and what was counted for them.
    counted: BTreeMap<PlatformId, (u64, Memo)>,
    /// Services that were given other resources, and when.
    resized: BTreeMap<ServiceId, Moment>,
    /// Since when this engine runs: what happened before was perhaps not noticed.
    started: Option<Moment>,
}

/// What is known of a group's room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Room {
    /// The platform's name.
    pub platform: String,
    /// The group's id upstream.
    pub group: String,
    /// How many machines are promised there and not built.
    pub promised: u64,
    /// What was read of it.
    pub state: ItemState,
}

impl Engine {
    /// Reads what is due, ends what is over, and tells what changed. An error while a platform's room cannot be read.
    pub(crate) async fn keep_stock(&self) -> Result<(), EngineError> {
        if self.recovering().is_some() {
            return Ok(());
        }
        let mut troubles = Vec::new();
        for platform in self.store().platforms().await? {
            if platform.state != PlatformState::Approved {
                continue;
            }
            match self.keep_stock_of(&platform).await {
                Ok(Some(trouble)) => troubles.push(format!("{}: {trouble}", platform.name)),
                Ok(None) => {}
                // What is wrong with one platform keeps no other's stock from being told.
                Err(error) => {
                    tracing::error!(platform.id = %platform.id, error = %report(&error), "a stock was not kept");
                    troubles.push(format!("{}: {}", platform.name, report(&error)));
                }
            }
        }
        if troubles.is_empty() {
            return Ok(());
        }
        Err(EngineError::Invalid(troubles.join("; ")))
    }

    /// What cannot be read of the platform, where something cannot.
    async fn keep_stock_of(&self, platform: &Platform) -> Result<Option<String>, EngineError> {
        let lines = self.lines_of(platform).await?;
        if lines.is_empty() {
            return Ok(None);
        }
        let mut warehouse = self.warehouse(platform.id, &lines).await?;
        self.settle_reservations(platform.id, &mut warehouse).await?;
        let trouble = self.read_due(platform, &lines, &mut warehouse).await?;
        self.measure_room(platform, &warehouse);
        let print = fingerprint(&lines, &warehouse);
        let before = self.tally().counted.remove(&platform.id);
        let (told, mut memo) = before.map_or_else(Default::default, |(told, memo)| (Some(told), memo));
        if told != Some(print) {
            let counts = warehouse.count_all(&lines, &mut memo);
            self.tell_stock(&lines, &counts).await?;
            tell::measure(&lines, &counts);
        }
        self.tally().counted.insert(platform.id, (print, memo));
        Ok(trouble)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts and ages stay far below 2^52")]
    fn measure_room(&self, platform: &Platform, warehouse: &Warehouse) {
        let name = platform.name.clone();
        let promised = warehouse.ledger.reservations.len() as f64;
        metrics::gauge!("hostler_stock_promised", "platform" => name.clone()).set(promised);
        let oldest = warehouse
            .items
            .values()
            .filter_map(|state| state.observed_at)
            .min();
        if let Some(oldest) = oldest {
            let age = self.now().since(oldest).as_secs() as f64;
            metrics::gauge!("hostler_stock_age_seconds", "platform" => name).set(age);
        }
    }

    /// Every product of an installation as it stands, from the store alone.
    pub async fn stock(&self, installation: &InstallationId) -> Result<Vec<ProductStock>, EngineError> {
        let mut all = Vec::new();
        for platform in self.platforms_used_by(installation).await? {
            let lines = self.lines_of(&platform).await?;
            let warehouse = self.warehouse(platform.id, &lines).await?;
            let own = lines.iter().filter(|line| line.installation == *installation);
            all.extend(own.map(|line| warehouse.stock(line)));
        }
        all.sort_by_key(|stock: &ProductStock| stock.product);
        Ok(all)
    }

    /// At which of its places a product is sold out, by the values that a client chooses. A place of which nobody knows it is
    /// none of them. From the store alone.
    pub async fn places_sold_out(
        &self,
        installation: &InstallationId,
        product: u64,
    ) -> Result<Vec<String>, EngineError> {
        let Some(sold) = self.sold_product(installation, product).await? else {
            return Ok(Vec::new());
        };
        let houses = self.houses().await?;
        let (Some((key, values)), Some(platform)) = (sold.places.clone(), houses.of(installation, &sold))
        else {
            return Ok(Vec::new());
        };
        let Some(driver) = self.drivers().of(platform.kind) else {
            return Ok(Vec::new());
        };
        let lines = self.lines_of(platform).await?;
        let own = |line: &&Line| line.installation == *installation && line.product.product == product;
        let Some(line) = lines.iter().find(own) else {
            return Ok(Vec::new());
        };
        let warehouse = self.warehouse(platform.id, &lines).await?;
        let stock = warehouse.stock(line);
        let is_sold_out = |value: &String| {
            let options = BTreeMap::from([(key.clone(), value.clone())]);
            let group = sold.demand(driver, &options).and_then(|demand| demand.group);
            let mut groups = stock.groups.iter();
            let there = groups.find(|there| Some(&there.group) == group.as_ref());
            there.is_some_and(|there| there.sellable == Sellable::Known(0))
        };
        Ok(values.into_iter().filter(is_sold_out).collect())
    }

    /// The room of every group in which an installation's machines are put, from the store alone; of all installations where
    /// none is named.
    pub async fn rooms(&self, installation: Option<&InstallationId>) -> Result<Vec<Room>, EngineError> {
        let mut rooms = Vec::new();
        for platform in self.store().platforms().await? {
            let lines = self.lines_of(&platform).await?;
            let own = |line: &Line| installation.is_none_or(|own| *own == line.installation);
            let own: Vec<Line> = lines.into_iter().filter(own).collect();
            let warehouse = self.warehouse(platform.id, &own).await?;
            let groups: BTreeSet<&str> = own.iter().flat_map(Line::groups).collect();
            for group in groups {
                let item = StockItem::Group(group.to_owned());
                rooms.push(Room {
                    platform: platform.name.clone(),
                    promised: warehouse.promised(group),
                    state: warehouse.items.get(&item).cloned().unwrap_or_default(),
                    group: group.to_owned(),
                });
            }
        }
        Ok(rooms)
    }

    /// Reads what is older than it may be and tells what changed, now. What cannot be read stays as it is.
    pub async fn recalculate_stock(
        &self,
        installation: &InstallationId,
    ) -> Result<Vec<ProductStock>, EngineError> {
        if self.recovering().is_none() {
            for platform in self.platforms_used_by(installation).await? {
                let lines = self.lines_of(&platform).await?;
                let mut warehouse = self.warehouse(platform.id, &lines).await?;
                self.settle_reservations(platform.id, &mut warehouse).await?;
                self.read_old(&platform, &mut warehouse).await?;
                let counts = warehouse.count_all(&lines, &mut Memo::default());
                self.tell_stock(&lines, &counts).await?;
            }
        }
        self.stock(installation).await
    }

    /// The products that are made on a platform, of all billing systems.
    async fn lines_of(&self, platform: &Platform) -> Result<Vec<Line>, EngineError> {
        let Some(driver) = self.drivers().of(platform.kind) else {
            return Ok(Vec::new());
        };
        let houses = self.houses().await?;
        let mut lines = Vec::new();
        for installation in self.users_of(platform.id).await? {
            let rules: BTreeMap<u64, StockRule> = self
                .store()
                .products(&installation)
                .await?
                .into_iter()
                .map(|product| (product.product_id, product.policy.stock))
                .collect();
            // Counting goes over all services, and only a bound asks for it.
            let counts = if rules.values().any(|rule| rule.cap.is_some()) {
                self.store().count_by_product(&installation, 0).await?
            } else {
                BTreeMap::new()
            };
            for product in self.sold_products(&installation).await? {
                let made_on = houses.of(&installation, &product);
                if made_on.is_none_or(|made_on| made_on.id != platform.id) {
                    continue;
                }
                lines.push(Line {
                    demands: product.demands(driver),
                    rule: rules.get(&product.product).copied().unwrap_or_default(),
                    in_use: counts.get(&product.product).map_or(0, |(_, in_use)| *in_use),
                    installation: installation.clone(),
                    product,
                });
            }
        }
        Ok(lines)
    }

    /// What an installation sells.
    async fn sold_products(&self, installation: &InstallationId) -> Result<Vec<SoldProduct>, EngineError> {
        let stored = self.documents(&sold(installation, "")).await?;
        Ok(stored
            .values()
            .filter_map(|text| SoldProduct::parse(text))
            .collect())
    }

    /// Whether a billing system has told of any product yet.
    pub async fn knows_products(&self, installation: &InstallationId) -> Result<bool, EngineError> {
        let first = self
            .store()
            .metas(&sold(installation, ""), &PageRequest::first(1))
            .await?;
        Ok(!first.items.is_empty())
    }

    /// The stored documents whose names begin with a prefix.
    async fn documents(&self, prefix: &str) -> Result<BTreeMap<String, String>, EngineError> {
        let mut page = PageRequest::first(AT_ONCE);
        let mut all = BTreeMap::new();
        loop {
            let found = self.store().metas(prefix, &page).await?;
            all.extend(found.items);
            match found.next {
                Some(next) => page = PageRequest::after(next, AT_ONCE),
                None => return Ok(all),
            }
        }
    }

    /// What an installation sells under an id.
    async fn sold_product(
        &self,
        installation: &InstallationId,
        product: u64,
    ) -> Result<Option<SoldProduct>, EngineError> {
        let text = self
            .store()
            .meta(&sold(installation, &product.to_string()))
            .await?;
        Ok(text.and_then(|text| SoldProduct::parse(&text)))
    }

    /// A billing system has these products and no others of our modules: one that is not among them is sold no more.
    pub async fn note_all_products(
        &self,
        installation: &InstallationId,
        products: &[u64],
    ) -> Result<(), EngineError> {
        for mut gone in self.sold_products(installation).await? {
            if gone.stock_control && !products.contains(&gone.product) {
                gone.stock_control = false;
                self.note_product(installation, &gone).await?;
            }
        }
        Ok(())
    }

    /// Keeps what a billing system tells of a product.
    pub async fn note_product(
        &self,
        installation: &InstallationId,
        product: &SoldProduct,
    ) -> Result<(), EngineError> {
        let name = sold(installation, &product.product.to_string());
        let text = document(product)?;
        if self.store().meta(&name).await?.as_ref() != Some(&text) {
            self.store().set_meta(&name, &text).await?;
        }
        self.note_shown(installation, product.product, product.qty).await
    }

    /// What is known of a platform's room, as far as these products and what is promised depend on it.
    async fn warehouse(&self, platform: PlatformId, lines: &[Line]) -> Result<Warehouse, EngineError> {
        let (ledger, _) = self.ledger(platform).await?;
        self.warehouse_with(platform, lines, ledger).await
    }

    /// The same with what is promised as it was just read.
    async fn warehouse_with(
        &self,
        platform: PlatformId,
        lines: &[Line],
        ledger: Ledger,
    ) -> Result<Warehouse, EngineError> {
        let promised = ledger.reservations.iter().map(|held| &held.demand);
        let demands = lines.iter().flat_map(|line| &line.demands).chain(promised);
        let mut items = BTreeMap::new();
        let wanted: BTreeSet<StockItem> = demands.flat_map(items_of).collect();
        let stored = self.documents(&format!("stock_item:{platform}:")).await?;
        for item in wanted {
            let text = stored.get(&kept(platform, &item));
            let state = text.map(|text| ItemState::parse(text)).unwrap_or_default();
            items.insert(item, state);
        }
        Ok(Warehouse { items, ledger })
    }

    async fn keep_item(
        &self,
        platform: PlatformId,
        item: &StockItem,
        state: &ItemState,
    ) -> Result<(), EngineError> {
        Ok(self
            .store()
            .set_meta(&kept(platform, item), &document(state)?)
            .await?)
    }

    /// From now on the engine notices what happens.
    pub(crate) fn begin_tally(&self) {
        self.tally().started = Some(self.now());
    }

    /// A service was given other resources.
    pub(crate) fn note_resized(&self, service: ServiceId) {
        let now = self.now();
        self.tally().resized.insert(service, now);
    }

    /// Whether a platform tells how much room it has.
    pub(crate) fn tells_room(&self, platform: &Platform) -> bool {
        let driver = self.drivers().of(platform.kind);
        driver.is_some_and(|driver| driver.demand(&Order::default()).is_some())
    }
}

impl Line {
    /// The groups in which its machines can be put, by their ids upstream.
    fn groups(&self) -> impl Iterator<Item = &str> {
        self.demands.iter().filter_map(|demand| demand.group.as_deref())
    }
}

/// What a demand depends on.
fn items_of(demand: &Demand) -> impl Iterator<Item = StockItem> {
    let group = demand.group.clone().map(StockItem::Group);
    let package = demand.package.clone().map(StockItem::Package);
    group.into_iter().chain(package)
}

/// Everything that the numbers follow from, in one number: where it is the same, so are they.
fn fingerprint(lines: &[Line], warehouse: &Warehouse) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (item, state) in &warehouse.items {
        (item, state.observed_at, state.trouble.is_some()).hash(&mut hasher);
    }
    for held in &warehouse.ledger.reservations {
        (&held.demand, held.service, held.made_at).hash(&mut hasher);
    }
    for line in lines {
        let rule = (line.rule.policy.as_str(), line.rule.cap, line.in_use);
        (&line.installation, &line.product.settings, &line.product.places).hash(&mut hasher);
        let product = (line.product.product, line.product.stock_control);
        (product, rule).hash(&mut hasher);
    }
    hasher.finish()
}

fn document<T: Serialize>(value: &T) -> Result<String, EngineError> {
    serde_json::to_string(value).map_err(|error| EngineError::Invalid(error.to_string()))
}

/// Where an item of a platform is kept.
fn kept(platform: PlatformId, item: &StockItem) -> String {
    match item {
        StockItem::Group(id) => format!("stock_item:{platform}:group:{id}"),
        StockItem::Package(id) => format!("stock_item:{platform}:package:{id}"),
    }
}

/// Where a product of an installation is kept.
fn sold(installation: &InstallationId, product: &str) -> String {
    format!("stock_product:{installation}:{product}")
}
