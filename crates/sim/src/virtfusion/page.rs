//! Paged lists, in the panel's envelope.

use serde_json::json;

use super::problem::Problem;
use super::route::Ask;
use crate::written::{Object, Written};

/// One page of `items`, each written by `render`.
pub fn page<T>(
    ask: &Ask<'_>,
    url: &str,
    items: &[T],
    render: impl Fn(&T) -> Written,
) -> Result<Written, Problem> {
    let asked = ask.number("results", 1, 200)?;
    let results = asked.unwrap_or(20);
    let page = ask.number("page", 1, u64::from(u32::MAX))?.unwrap_or(1);
    let total = items.len() as u64;
    let last = total.div_ceil(results).max(1);
    let skip = usize::try_from((page - 1).saturating_mul(results)).unwrap_or(usize::MAX);
    let take = usize::try_from(results).unwrap_or(usize::MAX);
    let data: Vec<Written> = items.iter().skip(skip).take(take).map(render).collect();
    let path = format!("{url}{}", ask.incoming.path);
    let link = |number: u64| match asked {
        Some(results) => format!("{path}?results={results}&page={number}"),
        None => format!("{path}?page={number}"),
    };
    let previous = (page > 1).then(|| link(page - 1));
    let next = (page < last).then(|| link(page + 1));
    let mut links = vec![json!({ "url": previous, "label": "&laquo; Previous", "active": false })];
    for number in 1..=last.min(20) {
        links.push(json!({ "url": link(number), "label": number.to_string(), "active": number == page }));
    }
    links.push(json!({ "url": next, "label": "Next &raquo;", "active": false }));
    let first_item = (!data.is_empty()).then_some(skip as u64 + 1);
    let last_item = (!data.is_empty()).then_some((skip + data.len()) as u64);
    Ok(Object::default()
        .with("current_page", &page)
        .with_written("data", &Written::list(data))
        .with("first_page_url", &link(1))
        .with("from", &first_item)
        .with("last_page", &last)
        .with("last_page_url", &link(last))
        .with("links", &links)
        .with("next_page_url", &next)
        .with("path", &format!("{url}{}", ask.incoming.path))
        .with("per_page", &results)
        .with("prev_page_url", &previous)
        .with("to", &last_item)
        .with("total", &total)
        .end())
}
