//! What a machine's addresses are called in reverse: `rdnsList` and `rdnsUpdate` for its client, `rdnsStatus` and
//! `rdnsReconcile` for administrators. Lists come from the store; what is changed is judged by the engine, which asks whose
//! the address is, and whether the hostname leads back to it.

mod edit;
mod list;
pub mod staff;

pub use edit::{address, change};
pub use list::seen;

use domain::ServiceView;
use engine::ShownName;

use super::{Asked, Stop};

/// The names of a service's addresses as they were seen last; `None` where there is no name server.
async fn shown(asked: &Asked<'_>, view: &ServiceView) -> Result<Option<Vec<ShownName>>, Stop> {
    let names = asked.state.engine().shown_names(view).await;
    names.map_err(|error| Stop::fault(&error))
}
