//! What the shop records beside its services: mails, log lines, tickets, the to-do list, and what changes about products.

use std::collections::{BTreeMap, BTreeSet};

use domain::Moment;

/// A mail that went out.
#[derive(Debug, Clone)]
pub struct Mail {
    /// When.
    pub at: Moment,
    /// About which service.
    pub service: u64,
    /// To whom.
    pub to: String,
    /// The template.
    pub template: String,
    /// The text.
    pub text: String,
}

/// A line of the activity log.
#[derive(Debug, Clone)]
pub struct Line {
    /// When.
    pub at: Moment,
    /// About which service.
    pub service: Option<u64>,
    /// The line.
    pub message: String,
}

/// A line of the module log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleLine {
    /// About which service.
    pub service: Option<u64>,
    /// The action.
    pub action: String,
    /// The request, masked.
    pub request: String,
    /// The answer, masked.
    pub response: String,
    /// What was made of it, masked.
    pub processed: String,
}

/// A support ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Whose.
    pub client: Option<u64>,
    /// Subject.
    pub subject: String,
    /// Message.
    pub message: String,
    /// `Low`, `Medium` or `High`.
    pub priority: String,
}

/// An entry of the to-do list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// `YYYY-MM-DD`.
    pub due: String,
    /// Whether it is closed.
    pub done: bool,
}

/// How many of a product there are until the engine has told it.
const TYPED: u64 = 5;

/// What changes about a product.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    /// How many are left; `None` while stock control is off.
    pub stock: Option<u64>,
    /// Custom fields by name.
    pub fields: BTreeMap<String, CustomField>,
}

impl Shelf {
    /// One whose stock is counted, with what an operator types who does not know yet how much room there is.
    pub fn new() -> Self {
        Self {
            stock: Some(TYPED),
            ..Self::default()
        }
    }
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomField {
    /// How it is shown and asked for.
    pub field: Field,
    /// Whether the order form shows it.
    pub show_on_order: bool,
    /// Its place.
    pub sort_order: i64,
}

/// How a custom field is shown and asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `text`, …
    pub kind: String,
    /// The text beside it.
    pub description: String,
    /// Whether only administrators see it.
    pub admin_only: bool,
    /// Whether it must be filled in.
    pub required: bool,
}

/// A group of configurable options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// What it is called.
    pub label: String,
    /// The products that offer it.
    pub products: BTreeSet<u64>,
    /// The products that it was given to, whether they still offer it or not.
    pub given: BTreeSet<u64>,
    /// Its options by key.
    pub options: BTreeMap<String, Offer>,
}

/// A configurable option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What clients read.
    pub label: String,
    /// `dropdown`, …
    pub option_type: String,
    /// Its place.
    pub sort_order: usize,
    /// Its values by key.
    pub values: BTreeMap<String, Choice>,
}

/// A value of a configurable option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What clients read.
    pub label: String,
    /// What an effect wrote there last; none where no effect did.
    pub written: Option<String>,
    /// Its place.
    pub sort_order: usize,
    /// Whether the order form hides it.
    pub hidden: bool,
    /// What it costs a month.
    pub price: String,
}
