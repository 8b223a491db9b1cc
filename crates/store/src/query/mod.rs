//! Reading for pages, sweeps and metrics. Every list has an end: a page has at most [`HARD_LIMIT`] items.

mod counts;
mod freshness;
mod operations;
mod page;
mod records;
mod services;

pub use counts::Counts;
pub use freshness::NamesSeen;
pub use operations::OperationFilter;
pub(crate) use page::{Cursor, capped};
pub use page::{HARD_LIMIT, Page, PageRequest};
pub use records::{AuditFilter, EffectFilter, QuestionFilter};
pub use services::ServiceFilter;
