//! What operators configure: installations, platforms, products. Each write is a small transaction with its audit line.

mod installations;
mod platforms;
mod products;
mod typed;

pub use installations::BRIDGE_KEY;
pub use platforms::{PLATFORM_CREDENTIAL, Proposal};
pub use typed::Replacement;
