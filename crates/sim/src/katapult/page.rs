//! Paged lists, in Katapult's envelope.

use serde_json::{Value, json};

use super::problem::Problem;
use super::route::Ask;

/// The most items of one page.
const MOST: i64 = 200;

/// The pagination and one page of `items`, each written by `render`. Beyond `large` items the totals are left out.
pub fn page<T>(
    ask: &Ask<'_>,
    items: &[T],
    large: usize,
    render: impl Fn(&T) -> Value,
) -> Result<(Value, Vec<Value>), Problem> {
    let page = ask.arguments.bounded("page", i64::MAX, "")?.unwrap_or(1);
    let per_page = ask
        .arguments
        .bounded("per_page", MOST, "less_than_or_equal_to_two_hundred")?;
    let per_page = per_page.unwrap_or(30);
    let skip = usize::try_from((page - 1).saturating_mul(per_page)).unwrap_or(usize::MAX);
    let take = usize::try_from(per_page).unwrap_or(usize::MAX);
    let shown: Vec<Value> = items.iter().skip(skip).take(take).map(render).collect();
    let total = items.len();
    let pagination = if total > large {
        json!({ "current_page": page, "per_page": per_page, "large_set": true })
    } else {
        json!({
            "current_page": page,
            "total_pages": (total as u64).div_ceil(per_page),
            "total": total,
            "per_page": per_page,
            "large_set": false,
        })
    };
    Ok((pagination, shown))
}
