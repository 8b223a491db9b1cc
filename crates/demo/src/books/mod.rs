//! What the shop knows, in memory: a billing system's tables as far as the protocol touches them.

mod ledger;
mod records;
mod service;

use std::collections::{BTreeMap, VecDeque};

pub use ledger::{Claim, Ledger, Outcome};
pub use records::{Choice, CustomField, Field, Group, Line, Mail, ModuleLine, Offer, Shelf, Ticket, Todo};
pub use service::{CallNote, Client, Link, Order, Service, Status};

use crate::bridge::message::{EventRequest, ServiceRow};
use crate::config::Product;

/// The first service's id. Not 1, so that nobody takes a service id for an order's or a machine's.
const FIRST_SERVICE: u64 = 501;

/// All tables.
#[derive(Debug, Default)]
pub struct Books {
    /// The clients.
    pub clients: BTreeMap<u64, Client>,
    /// The services.
    pub services: BTreeMap<u64, Service>,
    /// The orders.
    pub orders: BTreeMap<u64, Order>,
    /// What changes about products: stock, fields.
    pub shelves: BTreeMap<u64, Shelf>,
    /// Groups of configurable options by key.
    pub groups: BTreeMap<String, Group>,
    /// Mails, oldest first.
    pub mails: Vec<Mail>,
    /// The activity log, oldest first.
    pub activity: Vec<Line>,
    /// The module log, oldest first.
    pub module_log: Vec<ModuleLine>,
    /// Support tickets.
    pub tickets: Vec<Ticket>,
    /// The to-do list by key.
    pub todos: BTreeMap<String, Todo>,
    /// Hooks that were run, with their service.
    pub hooks: Vec<(Option<u64>, String)>,
    /// Which effects were begun and how they ended.
    pub ledger: Ledger,
    /// Events that the engine did not take yet, in order.
    pub events: VecDeque<EventRequest>,
}

impl Books {
    /// Empty books with one client and a shelf for each product.
    pub fn new(products: &[Product]) -> Self {
        let client = Client {
            id: 1,
            firstname: "Ada".to_owned(),
            lastname: "Example".to_owned(),
            email: "ada@example.test".to_owned(),
            country: "DE".to_owned(),
        };
        Self {
            clients: BTreeMap::from([(client.id, client)]),
            shelves: products
                .iter()
                .map(|product| (product.id, Shelf::new()))
                .collect(),
            ..Self::default()
        }
    }

    /// Enters an order with its one service; the service's id.
    pub fn order(&mut self, client: u64, product: u64, server: u64, domain: &str) -> u64 {
        let id = self.services.keys().last().map_or(FIRST_SERVICE, |last| last + 1);
        let order = self.orders.keys().last().map_or(1, |last| last + 1);
        self.orders.insert(
            order,
            Order {
                status: "Pending".to_owned(),
            },
        );
        let mut service = Service::new(id, client, product, server, order, domain);
        let fields = self
            .shelves
            .get(&product)
            .into_iter()
            .flat_map(|shelf| shelf.fields.keys());
        service.customfields = fields.map(|name| (name.clone(), String::new())).collect();
        self.services.insert(id, service);
        id
    }

    /// The present state of a service, as messages carry it.
    pub fn row(&self, service: u64) -> Option<ServiceRow> {
        let service = self.services.get(&service)?;
        let order_status = self.orders.get(&service.order).map(|order| order.status.clone());
        Some(service.row(order_status.unwrap_or_default()))
    }

    /// The status of an order; `""` when there is none.
    pub fn order_status(&self, order: u64) -> &str {
        self.orders.get(&order).map_or("", |order| order.status.as_str())
    }
}
