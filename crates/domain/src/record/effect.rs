//! Effects: what the billing system has to do or record. A closed list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{EffectId, InstallationId, OperationId, SecretId, ServiceId};
use crate::text::text_enum;
use crate::time::Moment;

text_enum! {
    /// How an effect stays single.
    EffectClass {
        /// State-setting SQL and the effect id in one transaction.
        Row = "row",
        /// Claim → guard on the billing system's present state → call → outcome; repeating meets the guard.
        Guarded = "guarded",
        /// Claim first; a claim found without outcome is not repeated but acknowledged `unknown`.
        Telling = "telling",
    }
}

text_enum! {
    /// Where an effect stands.
    EffectState {
        /// To be fetched, perhaps not before `due_at`.
        Waiting = "waiting",
        /// Done.
        Applied = "applied",
        /// The guard said no; final.
        Refused = "refused",
        /// Given up after its last try; a question stands for it.
        Failed = "failed",
        /// Claimed by the applier, outcome not known; final for telling effects.
        Unknown = "unknown",
    }
}

text_enum! {
    /// The functions that WHMCS may be made to call again.
    RerunFunction {
        /// Create.
        CreateAccount = "CreateAccount",
        /// Suspend.
        SuspendAccount = "SuspendAccount",
        /// Unsuspend.
        UnsuspendAccount = "UnsuspendAccount",
        /// Terminate.
        TerminateAccount = "TerminateAccount",
        /// Change package.
        ChangePackage = "ChangePackage",
    }
}

text_enum! {
    /// What happened to a build, for those who listen.
    BuildHook {
        /// The platform took the order.
        Requested = "BuildRequested",
        /// The machine is ready.
        Built = "Built",
        /// It takes longer than expected.
        TimedOut = "BuildTimedOut",
        /// It ended badly.
        Failed = "BuildFailed",
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EffectBody {
    /// Fields of the hosting row; absent keys are left alone. `domain_if_empty` never overwrites.
    SetHosting {
        /// The first address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dedicatedip: Option<String>,
        /// Further addresses, newline-separated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignedips: Option<String>,
        /// The hostname, written only where the billing system has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        domain_if_empty: Option<String>,
        /// The hostname, written over the one that is there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        domain: Option<String>,
        /// The account's user name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<String>,
    },
    /// A copy of the link on the billing side; `resource_id` `None` removes it.
    SetLink {
        /// The module whose table also gets it.
        module: String,
        /// The upstream id.
        resource_id: Option<String>,
        /// The unchangeable identity.
        identity: Option<String>,
        /// The platform, by our id.
        platform: String,
        /// The server's id in the billing system.
        server_id: Option<u64>,
        /// What the old module would have stored of the machine, secrets masked.
        object: Option<Value>,
    },
    /// A product custom field that has to exist; never changes one that does.
    EnsureCustomField {
        /// The product.
        product_id: u64,
        /// The field's name.
        name: String,
        /// `text`, `textarea`, …
        field_type: String,
        /// Whether only administrators see it.
        admin_only: bool,
        /// Whether the order form shows it.
        show_order: bool,
    },
    /// A custom field's value.
    SetCustomField {
        /// The field's name.
        name: String,
        /// The value.
        value: String,
    },
    /// The service's password, as a one-time reference.
    SetPassword {
        /// What to redeem.
        secret: SecretId,
    },
    /// Usage columns, in MB.
    SetUsage {
        /// Disk used.
        diskusage: Option<u64>,
        /// Disk allowed.
        disklimit: Option<u64>,
        /// Traffic used.
        bwusage: Option<u64>,
        /// Traffic allowed.
        bwlimit: Option<u64>,
    },
    /// A product's stock. Services of it with a greater id than `after`, beyond `counted`, were ordered since the number
    /// was computed, and are subtracted where it is applied.
    SetStock {
        /// The product.
        product_id: u64,
        /// The number.
        qty: u64,
        /// From which id of services on they are counted.
        after: u64,
        /// How many of these the number accounts for.
        counted: u64,
    },
    /// A configurable option with its choices, by natural key.
    UpsertOption {
        /// The whole option as the applier needs it.
        option: Value,
    },
    /// Accept the order of the service.
    AcceptOrder {
        /// The order.
        order_id: u64,
        /// Always false for us: machines are made by the engine.
        autosetup: bool,
        /// Whether the order confirmation goes out.
        sendemail: bool,
    },
    /// Make the billing system call a module function again, which is then answered at once.
    Rerun {
        /// Which.
        function: RerunFunction,
        /// The `domainstatus` that must still stand.
        status: String,
    },
    /// A mail by template.
    SendMail {
        /// The template; the product's welcome mail when `None`.
        template: Option<String>,
        /// Merge fields.
        fields: BTreeMap<String, String>,
    },
    /// A line of the activity log.
    LogActivity {
        /// The line.
        message: String,
    },
    /// A line of the module log, masked.
    LogModuleCall {
        /// The action.
        action: String,
        /// The request.
        request: Value,
        /// The answer.
        response: Value,
    },
    /// A hook that others listen to.
    RunHook {
        /// Its name.
        hook: String,
        /// Its arguments.
        arguments: Value,
    },
    /// A support ticket.
    OpenTicket {
        /// Subject.
        subject: String,
        /// Message.
        message: String,
    },
    /// A line on the administrators' to-do list.
    Todo {
        /// Title.
        title: String,
        /// Description.
        description: String,
    },
}

impl EffectBody {
    /// How it stays single.
    pub const fn class(&self) -> EffectClass {
        match self {
            Self::SetHosting { .. }
            | Self::SetLink { .. }
            | Self::EnsureCustomField { .. }
            | Self::SetCustomField { .. }
            | Self::SetPassword { .. }
            | Self::SetUsage { .. }
            | Self::SetStock { .. }
            | Self::UpsertOption { .. } => EffectClass::Row,
            Self::AcceptOrder { .. } | Self::Rerun { .. } => EffectClass::Guarded,
            Self::SendMail { .. }
            | Self::LogActivity { .. }
            | Self::LogModuleCall { .. }
            | Self::RunHook { .. }
            | Self::OpenTicket { .. }
            | Self::Todo { .. } => EffectClass::Telling,
        }
    }

    /// The kind's stored name.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SetHosting { .. } => "set_hosting",
            Self::SetLink { .. } => "set_link",
            Self::EnsureCustomField { .. } => "ensure_custom_field",
            Self::SetCustomField { .. } => "set_custom_field",
            Self::SetPassword { .. } => "set_password",
            Self::SetUsage { .. } => "set_usage",
            Self::SetStock { .. } => "set_stock",
            Self::UpsertOption { .. } => "upsert_option",
            Self::AcceptOrder { .. } => "accept_order",
            Self::Rerun { .. } => "rerun",
            Self::SendMail { .. } => "send_mail",
            Self::LogActivity { .. } => "log_activity",
            Self::LogModuleCall { .. } => "log_module_call",
            Self::RunHook { .. } => "run_hook",
            Self::OpenTicket { .. } => "open_ticket",
            Self::Todo { .. } => "todo",
        }
    }
}

/// Something the billing system has to do or record; leaves through the outbox, in order per service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Our id.
    pub id: EffectId,
    /// The billing system.
    pub installation: InstallationId,
    /// The service it concerns, and its billing id.
    pub service: Option<(ServiceId, u64)>,
    /// The operation it came from.
    pub operation: Option<OperationId>,
    /// The order among the service's effects (or the installation's, without a service). Set by the store.
    pub sequence: i64,
    /// What is to be done.
    pub body: EffectBody,
    /// Where it stands.
    pub state: EffectState,
    /// How often it was fetched.
    pub tries: u32,
    /// Not to be fetched before.
    pub due_at: Moment,
    /// Why it was refused or failed.
    pub reason: Option<String>,
    /// When it was committed.
    pub created_at: Moment,
    /// When it became final.
    pub finished_at: Option<Moment>,
}
