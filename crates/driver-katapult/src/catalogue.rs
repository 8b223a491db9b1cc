//! What Katapult has on offer: data centers, disk templates, packages.
//!
//! Templates are an organization's, and those that are universal. Without a configured account the organizations that
//! the token sees are asked first, and which one counts as the operator's own is told to whoever asked.

use domain::catalogue::{Catalogue, Offer};
use domain::http::{Outcome, Request};
use driver::{CataloguePage, Verdict};

use crate::answer;
use crate::list;
use crate::requests;
use crate::wire::{Article, ArticlePage, DataCenters, Organizations};

/// The first requests.
pub fn first(account: &str) -> Vec<Request> {
    let templates = if account.is_empty() {
        requests::list_organizations()
    } else {
        requests::list_templates(account, 1)
    };
    vec![
        templates,
        requests::list_data_centers(),
        requests::list_packages(1),
    ]
}

/// One page; `Err` says in one sentence why it cannot be used.
pub fn page(request: &Request, outcome: &Outcome) -> Result<CataloguePage, String> {
    read(request, outcome).map_err(|verdict| match verdict {
        Verdict::Refused(answered) => answered.reason,
        Verdict::Unknown(text) => text,
        Verdict::Done(_) | Verdict::Next(..) | Verdict::Wait { .. } => {
            "The catalogue cannot be read".to_owned()
        }
    })
}

fn read(request: &Request, outcome: &Outcome) -> Result<CataloguePage, Verdict> {
    match request.name.as_str() {
        "list_organizations" => {
            let seen: Organizations = answer::data(request, outcome)?;
            let parent = list::parent(&seen).ok_or_else(|| {
                Verdict::Unknown("No parent organization has been set, and the token sees none".to_owned())
            })?;
            Ok(CataloguePage {
                account: Some(parent.id.clone()),
                more: vec![requests::list_templates(&parent.id, 1)],
                ..CataloguePage::default()
            })
        }
        "list_data_centers" => {
            let all: DataCenters = answer::data(request, outcome)?;
            Ok(CataloguePage {
                part: Catalogue {
                    places: offers(&all.data_centers),
                    ..Catalogue::default()
                },
                ..CataloguePage::default()
            })
        }
        "list_templates" => {
            let account = requests::asked(request, "organization", "id")
                .or_else(|| requests::asked(request, "organization", "sub_domain"))
                .unwrap_or_default();
            let next = |number| requests::list_templates(account, number);
            let (templates, more) = articles(request, outcome, next)?;
            let part = Catalogue {
                templates,
                ..Catalogue::default()
            };
            Ok(CataloguePage {
                part,
                more,
                account: None,
            })
        }
        "list_packages" => {
            let (packages, more) = articles(request, outcome, requests::list_packages)?;
            let part = Catalogue {
                packages,
                ..Catalogue::default()
            };
            Ok(CataloguePage {
                part,
                more,
                account: None,
            })
        }
        other => Err(Verdict::Unknown(format!("{other} is no part of the catalogue"))),
    }
}

fn articles(
    request: &Request,
    outcome: &Outcome,
    next: impl FnOnce(u64) -> Request,
) -> Result<(Vec<Offer>, Vec<Request>), Verdict> {
    let page: ArticlePage = answer::data(request, outcome)?;
    let number = page.pagination.next(request, page.articles.len())?;
    Ok((offers(&page.articles), number.map(next).into_iter().collect()))
}

/// What can be ordered of a list: everything that has a permalink. A bar sign would end it too early in the billing
/// system's names.
fn offers(articles: &[Article]) -> Vec<Offer> {
    let offer = |article: &Article| {
        let key = article.permalink.as_deref()?.trim();
        (!key.is_empty() && !key.contains('|')).then(|| Offer {
            key: key.to_owned(),
            name: article
                .name
                .as_deref()
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .unwrap_or(key)
                .to_owned(),
            least_disk_gb: article.size_in_gb,
        })
    };
    articles.iter().filter_map(offer).collect()
}

#[cfg(test)]
mod tests {
    use domain::http::Response;
    use serde_json::{Value, json};

    use super::*;

    fn answered(status: u16, body: &Value) -> Outcome {
        Outcome::Answered(Response {
            status,
            body: body.to_string(),
            retry_after: None,
        })
    }

    fn templates(number: u64, pages: u64, names: &[&str]) -> Outcome {
        let rows: Vec<Value> = names
            .iter()
            .map(|name| json!({ "permalink": format!("templates/{name}"), "name": name, "size_in_gb": 10 }))
            .collect();
        answered(
            200,
            &json!({
                "pagination": { "current_page": number, "total_pages": pages, "per_page": 2 },
                "disk_templates": rows,
            }),
        )
    }

    #[test]
    fn kt_017_kt_018_templates_are_read_page_by_page_with_the_universal_ones() {
        let first = first("acme").remove(0);
        let asked = |request: &Request, key: &str| {
            let found = request.query.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.clone())
        };
        assert_eq!(asked(&first, "include_universal").as_deref(), Some("true"));
        assert_eq!(asked(&first, "organization[sub_domain]").as_deref(), Some("acme"));
        let one = page(&first, &templates(1, 2, &["a", "b"])).expect("a page");
        assert_eq!(one.part.templates.len(), 2);
        let [next] = one.more.as_slice() else {
            panic!("one page follows")
        };
        assert_eq!(asked(next, "page").as_deref(), Some("2"));
        assert_eq!(asked(next, "organization[sub_domain]").as_deref(), Some("acme"));
        assert_eq!(asked(next, "include_universal").as_deref(), Some("true"));
        let two = page(next, &templates(2, 2, &["c"])).expect("a page");
        assert_eq!(
            (two.part.templates[0].key.as_str(), two.more.len()),
            ("templates/c", 0)
        );
        assert_eq!(two.part.templates[0].least_disk_gb, Some(10));
        // What answers with another page than the one that was asked for would be read for ever.
        assert!(page(next, &templates(1, 2, &["a", "b"])).is_err());
    }

    #[test]
    fn kt_009_without_an_account_the_first_organization_below_no_other_is_told_and_its_templates_asked() {
        let request = first("").remove(0);
        let seen = json!({ "organizations": [
            { "id": "org_m", "managed": true }, { "id": "org_1", "managed": false }, { "id": "org_2", "managed": false },
        ] });
        let found = page(&request, &answered(200, &seen)).expect("a page");
        assert_eq!(found.account.as_deref(), Some("org_1"));
        assert_eq!(
            requests::asked(&found.more[0], "organization", "id"),
            Some("org_1")
        );
        let none = page(&request, &answered(200, &json!({ "organizations": [] }))).expect_err("none");
        assert!(none.contains("No parent organization has been set"), "{none}");
    }

    #[test]
    fn kt_016_kt_025_places_and_packages_have_their_permalinks_and_names() {
        let rows = json!({ "data_centers": [
            { "permalink": "uk-lon-01", "name": "London" }, { "permalink": "us-nyc-01", "name": " " },
            { "name": "nameless upstream" }, { "permalink": "a|b", "name": "barred" },
        ] });
        let places = page(&requests::list_data_centers(), &answered(200, &rows)).expect("a page");
        let shown: Vec<_> = places
            .part
            .places
            .iter()
            .map(|offer| (offer.key.as_str(), offer.name.as_str()))
            .collect();
        assert_eq!(shown, [("uk-lon-01", "London"), ("us-nyc-01", "us-nyc-01")]);
        let rows = json!({
            "pagination": { "current_page": 1, "total_pages": 1 },
            "virtual_machine_packages": [{ "permalink": "rock-3", "name": "ROCK-3" }],
        });
        let packages = page(&requests::list_packages(1), &answered(200, &rows)).expect("a page");
        assert_eq!(packages.part.packages[0].name, "ROCK-3");
    }

    #[test]
    fn kt_013_a_refusal_is_told_in_katapults_words_and_an_unreadable_page_is_none() {
        let refused =
            json!({ "error": { "code": "invalid_api_token", "description": "no such token", "detail": {} } });
        for request in first("acme") {
            let why = page(&request, &answered(403, &refused)).expect_err("refused");
            assert!(why.contains("invalid_api_token") && why.contains("403"), "{why}");
            for body in [json!([]), json!({}), json!({ "disk_templates": [] })] {
                assert!(
                    page(&request, &answered(200, &body)).is_err(),
                    "{} {body}",
                    request.name
                );
            }
            assert!(page(&request, &Outcome::lost("reset")).is_err());
        }
    }
}
