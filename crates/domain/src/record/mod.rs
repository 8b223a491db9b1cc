//! What the store keeps, as plain values. The store converts them to rows and back; nobody else knows of rows.

mod call;
mod cause;
mod effect;
mod link;
mod module;
mod names;
mod operation;
mod platform;
mod policy;
mod question;
mod recovery;
mod service;

pub use call::{Call, CallState};
pub use cause::Cause;
pub use effect::{BuildHook, Effect, EffectBody, EffectClass, EffectState, RerunFunction};
pub use link::{Link, LinkRole};
pub use module::Module;
pub use names::{NamePlace, NamePurpose, NameSeen, NameState, NameSubject, NameWish, NameWork};
pub use operation::{
    ActOutcome, FORMAT_VERSION, Hindrance, Lease, Milestone, Notes, Operation, OperationInput, OperationKind,
    OperationState, StepPhase, StepRecord,
};
pub use platform::{
    Attachment, CreateProtocol, Platform, PlatformKind, PlatformProfile, PlatformState, Relation,
};
pub use policy::{Activation, ClientRule, Product, ProductPolicy, StockPolicy, StockRule};
pub use question::{
    Alarm, AuditLine, FactRecord, Installation, InstallationSettings, Question, QuestionKind,
};
pub use recovery::Recovery;
pub use service::{FIRST_OWN_ID, Service, ServiceStatus, Standing};
