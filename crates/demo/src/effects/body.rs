//! The bodies of the effects, read strictly where they matter.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

/// What is to be done.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Body {
    /// Fields of the service; absent ones stay.
    SetHosting {
        /// The first address.
        #[serde(default)]
        dedicatedip: Option<String>,
        /// Further addresses.
        #[serde(default)]
        assignedips: Option<String>,
        /// The hostname, where there is none.
        #[serde(default)]
        domain_if_empty: Option<String>,
        /// The hostname, whatever there is.
        #[serde(default)]
        domain: Option<String>,
        /// The user name.
        #[serde(default)]
        username: Option<String>,
    },
    /// The copy of the link.
    SetLink(LinkBody),
    /// A product's custom field that has to exist.
    EnsureCustomField(FieldBody),
    /// A custom field's value.
    SetCustomField {
        /// Which.
        name: String,
        /// The value.
        value: String,
    },
    /// The service's password.
    SetPassword {
        /// What to redeem.
        secret: String,
    },
    /// What was used; absent values stay.
    SetUsage {
        /// Disk.
        #[serde(default)]
        diskusage: Option<u64>,
        /// Disk allowed.
        #[serde(default)]
        disklimit: Option<u64>,
        /// Traffic.
        #[serde(default)]
        bwusage: Option<u64>,
        /// Traffic allowed.
        #[serde(default)]
        bwlimit: Option<u64>,
    },
    /// A product's stock.
    SetStock {
        /// Which.
        product: u64,
        /// How many.
        qty: u64,
        /// Services with a greater id are counted.
        after: u64,
        /// How many of them the number accounts for.
        counted: u64,
    },
    /// A group of configurable options.
    UpsertOption(GroupBody),
    /// An entry of the to-do list.
    Todo {
        /// Names the entry.
        key: String,
        /// Title.
        title: String,
        /// Description.
        description: String,
        /// `YYYY-MM-DD`.
        due: String,
        /// Whether it is to be closed.
        done: bool,
    },
    /// Accept an order.
    AcceptOrder {
        /// Which.
        order: u64,
        /// Whether the modules are to be called; never done here.
        #[serde(rename = "autosetup")]
        _autosetup: bool,
        /// Whether the client is told.
        sendemail: bool,
    },
    /// Call a function again.
    Rerun {
        /// Which.
        function: String,
    },
    /// A mail.
    SendMail {
        /// The template; the product's welcome mail when absent.
        #[serde(default)]
        template: Option<String>,
        /// Merge fields.
        #[serde(default)]
        vars: BTreeMap<String, String>,
    },
    /// A line of the activity log.
    LogActivity {
        /// The line.
        message: String,
    },
    /// A line of the module log.
    LogModuleCall {
        /// The action.
        action: String,
        /// The request.
        request: String,
        /// The answer.
        response: String,
        /// What was made of it.
        processed: String,
        /// What must not be seen.
        #[serde(default)]
        mask: Vec<String>,
    },
    /// A hook that others listen to.
    RunHook {
        /// Its name.
        hook: String,
    },
    /// A ticket.
    OpenTicket {
        /// Whose.
        #[serde(default)]
        client: Option<u64>,
        /// Subject.
        subject: String,
        /// Message.
        message: String,
        /// `Low`, `Medium` or `High`.
        priority: String,
    },
}

/// The copy of the link.
#[derive(Debug, Deserialize)]
pub struct LinkBody {
    /// The service's life.
    pub generation: u64,
    /// The platform's id.
    pub platform: String,
    /// The machine's id.
    pub upstream_id: String,
    /// What never changes about it.
    pub identity: String,
    /// Whether it is over.
    pub closed: bool,
    /// For the old module's table.
    #[serde(default)]
    pub mapped_id: Option<u64>,
}

/// A custom field that has to exist.
#[derive(Debug, Deserialize)]
pub struct FieldBody {
    /// Of which product.
    pub product: u64,
    /// Its name.
    pub name: String,
    /// `text`, …
    pub field_type: String,
    /// The text beside it.
    pub description: String,
    /// Whether only administrators see it.
    pub admin_only: bool,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether the order form shows it.
    pub show_on_order: bool,
    /// Its place.
    pub sort_order: i64,
}

/// A group of configurable options that has to be there.
#[derive(Debug, Clone, Deserialize)]
pub struct GroupBody {
    /// Names it.
    pub key: String,
    /// What it is called at first.
    pub label: String,
    /// Its options, in their first order.
    pub options: Vec<OptionBody>,
}

/// A configurable option that has to be there.
#[derive(Debug, Clone, Deserialize)]
pub struct OptionBody {
    /// Names it within the group.
    pub key: String,
    /// What it is called at first.
    pub label: String,
    /// `dropdown`, …, at first.
    pub option_type: String,
    /// The values that have to be there, in their first order.
    pub values: Vec<ValueBody>,
    /// Keys of values that are to be hidden.
    #[serde(default)]
    pub withdrawn: Vec<String>,
}

/// A value of a configurable option.
#[derive(Debug, Clone, Deserialize)]
pub struct ValueBody {
    /// Names it within the option.
    pub key: String,
    /// What clients read, unless the shop's operator named it otherwise.
    pub label: String,
}

impl Body {
    /// Reads the body of a kind.
    pub fn read(kind: &str, body: &Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(json!({ "kind": kind, "body": body }))
    }

    /// Whether it makes no sense without a service.
    pub const fn needs_a_service(&self) -> bool {
        matches!(
            self,
            Self::SetHosting { .. }
                | Self::SetLink(_)
                | Self::SetCustomField { .. }
                | Self::SetPassword { .. }
                | Self::SetUsage { .. }
                | Self::AcceptOrder { .. }
                | Self::Rerun { .. }
                | Self::SendMail { .. }
        )
    }

    /// The products that it touches.
    pub fn products(&self) -> &[u64] {
        match self {
            Self::EnsureCustomField(FieldBody { product, .. }) | Self::SetStock { product, .. } => {
                std::slice::from_ref(product)
            }
            _ => &[],
        }
    }
}
