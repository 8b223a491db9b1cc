//! Reservations, as carts and orders make and end them.

use std::collections::BTreeMap;

use domain::capacity::Demand;
use domain::id::{InstallationId, PlatformId};
use domain::order::Order;
use domain::record::{OperationKind, Platform, ServiceStatus, Standing};
use domain::{Moment, ServiceView};
use store::{Replacement, StoreError};

use super::ledger::{HELD_FOR, Ledger, Reservation};
use super::{Line, Warehouse, document};
use crate::engine::{DECISIONS, Engine};
use crate::error::EngineError;

/// A product in a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    /// Its id in the billing system.
    pub product: u64,
    /// What the client chose, by the driver's keys.
    pub options: BTreeMap<String, String>,
}

/// Whose cart it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The browser's session, which holds the cart; without one nothing is held.
    pub session: Option<String>,
    /// The client, or the address of somebody who is none yet.
    pub owner: String,
}

impl Holder {
    /// A client, whatever the session.
    pub fn client(id: u64, session: Option<String>) -> Self {
        Self {
            session,
            owner: format!("client {id}"),
        }
    }

    /// Room that is held from now on, for an hour.
    fn reserves(
        &self,
        installation: &InstallationId,
        (product, demand, service): (u64, Demand, Option<u64>),
        now: Moment,
    ) -> Reservation {
        Reservation {
            installation: installation.clone(),
            product,
            demand,
            holder: self.session.clone().unwrap_or_else(|| self.owner.clone()),
            owner: self.owner.clone(),
            service,
            made_at: now,
            until: Some(now + HELD_FOR),
        }
    }
}

impl Engine {
    /// Why what lies in a cart cannot be ordered, a sentence for each product of which there is none left. Where it can
    /// and `holds`, room for it is held until the order is placed, for an hour at most.
    ///
    /// The look and the hold are one step: of two carts at the same moment the second one sees what the first one holds.
    pub async fn check_cart(
        &self,
        installation: &InstallationId,
        holder: &Holder,
        cart: &[CartLine],
        holds: bool,
    ) -> Result<Vec<String>, EngineError> {
        let mut objections = Vec::new();
        for platform in self.platforms_used_by(installation).await? {
            if self.tells_room(&platform) {
                let said = self
                    .check_cart_on(&platform, installation, (holder, cart), holds)
                    .await?;
                objections.extend(said);
            }
        }
        Ok(objections)
    }

    async fn check_cart_on(
        &self,
        platform: &Platform,
        installation: &InstallationId,
        (holder, cart): (&Holder, &[CartLine]),
        holds: bool,
    ) -> Result<Vec<String>, EngineError> {
        let lines = self.lines_of(platform).await?;
        let of = |item: &CartLine| {
            lines
                .iter()
                .find(|line| line.installation == *installation && line.product.product == item.product)
        };
        let wanted: Vec<(&Line, Demand)> = cart
            .iter()
            .filter_map(|item| {
                let line = of(item)?;
                let driver = self.drivers().of(platform.kind)?;
                Some((line, line.product.demand(driver, &item.options)?))
            })
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        for _ in 0..DECISIONS {
            let (ledger, former) = self.ledger(platform.id).await?;
            let mut warehouse = self.warehouse_with(platform.id, &lines, ledger).await?;
            let now = self.now();
            warehouse.ledger.expire(now);
            let of_cart = holder.reserves(installation, (0, Demand::default(), None), now);
            warehouse.ledger.let_go(installation, &of_cart.holder);
            let objections = put_into(&mut warehouse, &wanted, &of_cart);
            warehouse
                .ledger
                .cap(installation, &of_cart.holder, &of_cart.owner);
            let done = !holds || holder.session.is_none() || !objections.is_empty();
            if done
                || self
                    .replace_ledger(platform.id, former, &warehouse.ledger)
                    .await?
            {
                return Ok(objections);
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// An order was placed for a service: its room is held for an hour, and once it is paid until it is built.
    pub async fn note_ordered(
        &self,
        installation: &InstallationId,
        (service, product): (u64, u64),
        holder: &Holder,
    ) -> Result<(), EngineError> {
        let Some((platform, demand)) = self.demand_of(installation, product, None).await? else {
            return Ok(());
        };
        let now = self.now();
        let ordered = holder.reserves(installation, (product, demand, Some(service)), now);
        self.change_ledger(platform.id, |ledger| {
            ledger.order(ordered.clone(), holder.session.as_deref());
        })
        .await
    }

    /// The order of a service is paid.
    pub async fn note_paid(&self, installation: &InstallationId, service: u64) -> Result<(), EngineError> {
        self.change_ledgers(installation, |ledger| ledger.pay(installation, service))
            .await
    }

    /// Nothing is to be built for a service any more.
    pub async fn note_dropped(&self, installation: &InstallationId, service: u64) -> Result<(), EngineError> {
        self.change_ledgers(installation, |ledger| ledger.release(installation, service))
            .await
    }

    /// A machine is to be built for a service now, with this order: its words count. The room is held for an hour, as where
    /// nothing comes of it, and by the duty for as long as a create is under way.
    pub async fn note_building(
        &self,
        installation: &InstallationId,
        (service, product): (u64, u64),
        order: &Order,
    ) -> Result<(), EngineError> {
        let Some((platform, demand)) = self.demand_of(installation, product, Some(order)).await? else {
            return Ok(());
        };
        let built = self.view(installation, service).await?;
        if built.is_some_and(|view| view.link.is_some()) {
            return Ok(());
        }
        let holder = Holder::client(order.customer.client_id, None);
        let building = holder.reserves(installation, (product, demand, Some(service)), self.now());
        self.change_ledger(platform.id, |ledger| ledger.build(building.clone()))
            .await
    }

    /// On which platform a service is made and what its order takes; `None` where the platform does not tell how much room
    /// it has, or the product is not known.
    async fn demand_of(
        &self,
        installation: &InstallationId,
        product: u64,
        order: Option<&Order>,
    ) -> Result<Option<(Platform, Demand)>, EngineError> {
        let Some(sold) = self.sold_product(installation, product).await? else {
            return Ok(None);
        };
        let Some(platform) = self.houses().await?.of(installation, &sold).cloned() else {
            return Ok(None);
        };
        let driver = self.drivers().of(platform.kind);
        let demand = driver.and_then(|driver| match order {
            Some(order) => driver.demand(order),
            None => sold.demand(driver, &BTreeMap::new()),
        });
        Ok(demand.map(|demand| (platform, demand)))
    }

    /// Changes what is promised of every platform that an installation uses.
    async fn change_ledgers(
        &self,
        installation: &InstallationId,
        change: impl Fn(&mut Ledger),
    ) -> Result<(), EngineError> {
        for platform in self.platforms_used_by(installation).await? {
            self.change_ledger(platform.id, &change).await?;
        }
        Ok(())
    }

    /// Ends reservations that are over, and those whose machines the platform shows, or never will; holds those that are being
    /// built.
    pub(super) async fn settle_reservations(
        &self,
        platform: PlatformId,
        warehouse: &mut Warehouse,
    ) -> Result<(), EngineError> {
        let now = self.now();
        let (mut over, mut building) = (Vec::new(), Vec::new());
        for held in &warehouse.ledger.reservations {
            let Some(service) = held.service else { continue };
            let view = self.view(&held.installation, service).await?;
            let Some(view) = view else { continue };
            let of = (held.installation.clone(), service);
            match &view.link {
                Some(link) if warehouse.shows(&held.demand, link.opened_at, now) => over.push(of),
                Some(_) => building.push(of),
                None if is_given_up(&view, held.made_at) => over.push(of),
                None if is_building(&view) => building.push(of),
                None => {}
            }
        }
        self.change_ledger(platform, |ledger| {
            for (installation, service) in &building {
                ledger.pay(installation, *service);
            }
            ledger.expire(now);
            for (installation, service) in &over {
                ledger.release(installation, *service);
            }
        })
        .await?;
        (warehouse.ledger, _) = self.ledger(platform).await?;
        Ok(())
    }

    /// What is promised of a platform, and the document that says so.
    pub(super) async fn ledger(&self, platform: PlatformId) -> Result<(Ledger, Option<String>), EngineError> {
        let text = self.store().meta(&book(platform)).await?;
        let ledger = match &text {
            None => Ledger::default(),
            Some(text) => Ledger::parse(text).map_err(|why| {
                EngineError::Invalid(format!("what is promised of {platform} cannot be read: {why}"))
            })?,
        };
        Ok((ledger, text))
    }

    async fn change_ledger(
        &self,
        platform: PlatformId,
        change: impl Fn(&mut Ledger),
    ) -> Result<(), EngineError> {
        for _ in 0..DECISIONS {
            let (before, former) = self.ledger(platform).await?;
            let mut after = before.clone();
            change(&mut after);
            if after == before || self.replace_ledger(platform, former, &after).await? {
                return Ok(());
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn replace_ledger(
        &self,
        platform: PlatformId,
        former: Option<String>,
        ledger: &Ledger,
    ) -> Result<bool, EngineError> {
        let replacement = Replacement {
            name: book(platform),
            former,
            text: document(ledger)?,
        };
        Ok(self.store().replace_meta(&replacement).await?)
    }
}

/// Takes the room of everything in a cart of which there is some left; a sentence for everything else. What is taken first is
/// not there for the next.
fn put_into(warehouse: &mut Warehouse, wanted: &[(&Line, Demand)], of_cart: &Reservation) -> Vec<String> {
    let mut objections = Vec::new();
    for (line, demand) in wanted {
        let counts = line.product.stock_control;
        if counts && warehouse.is_sold_out(demand, line.product.buffer(), line.rule) {
            objections.push(format!("{} is sold out at present.", line.product.name));
            continue;
        }
        warehouse.ledger.hold(Reservation {
            product: line.product.product,
            demand: demand.clone(),
            ..of_cart.clone()
        });
    }
    objections
}

/// Whether no machine will be made: the service is over, or a create that began after the promise has ended without one.
fn is_given_up(view: &ServiceView, promised_at: Moment) -> bool {
    let over = matches!(
        view.service.status,
        ServiceStatus::Cancelled | ServiceStatus::Terminated | ServiceStatus::Fraud
    );
    let tried = view
        .create()
        .and_then(|create| create.finished_at)
        .is_some_and(|ended| ended >= promised_at);
    over || view.service.standing == Standing::Ended
        || (!is_building(view) && tried && view.service.standing == Standing::Vacant)
}

/// Whether a create is under way.
fn is_building(view: &ServiceView) -> bool {
    let mut open = view.open.iter();
    open.any(|operation| operation.kind == OperationKind::Create)
}

/// Where it is kept what is promised of a platform.
fn book(platform: PlatformId) -> String {
    format!("stock_ledger:{platform}")
}
