//! What is tried.

use domain::id::OperationId;
use domain::record::{CreateProtocol, OperationKind, Standing};

use super::Broken;
use super::bench::Bench;

/// How the platform and the product are set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// How creates stay single.
    pub protocol: CreateProtocol,
    /// Which of the platform's kinds it is, in the subject's words.
    pub version: &'static str,
    /// Whether the order has an SSH key and the product asks for a dry run first.
    pub full: bool,
}

impl Variant {
    /// Creates as `protocol` says, on the newest generation.
    pub const fn of(protocol: CreateProtocol) -> Self {
        Self {
            protocol,
            version: "v7",
            full: false,
        }
    }
}

/// One operation in one situation.
#[derive(Clone, Copy)]
pub struct Scene {
    /// What it is called.
    pub name: &'static str,
    /// What the operation intends.
    pub kind: OperationKind,
    /// The platform and the product.
    pub variant: Variant,
    /// Brings the service into the state that the operation needs.
    pub prepare: fn(&mut Bench) -> Result<(), Broken>,
    /// Begins the operation.
    pub begin: fn(&mut Bench) -> Result<OperationId, Broken>,
    /// Where the service stands when the operation has succeeded.
    pub goal: Standing,
}

impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
