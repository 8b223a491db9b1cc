use super::*;
use crate::katapult::Template;

fn names(got: &Value, list: &str) -> Vec<String> {
    let text = |item: &Value| item["name"].as_str().unwrap().to_owned();
    got[list].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn kt_018_lists_come_in_pages_of_thirty_unless_asked_otherwise() {
    let mut config = Config::quick(Duration::from_secs(8));
    config.catalogue.templates = (0..65)
        .map(|number| {
            Template::universal(
                &format!("templates/t{number:02}"),
                &format!("T{number:02}"),
                "Linux",
            )
        })
        .collect();
    let desk = Desk::with(config);
    let organization = desk.organization("ada");
    let list = format!("{}&include_universal=yes", of("disk_templates", &organization));
    let page = |number: u64| desk.get(&format!("{list}&page={number}")).1;
    let first = page(1);
    let pagination = json!({
        "current_page": 1, "total_pages": 3, "total": 65, "per_page": 30, "large_set": false,
    });
    assert_eq!(first["pagination"], pagination);
    let all: Vec<String> = (1..=3)
        .flat_map(|number| names(&page(number), "disk_templates"))
        .collect();
    assert_eq!(
        all,
        (0..65).map(|number| format!("T{number:02}")).collect::<Vec<_>>()
    );
    assert_eq!(page(4)["disk_templates"], json!([]));
    let (_, whole) = desk.get(&format!("{list}&per_page=200"));
    assert_eq!(names(&whole, "disk_templates").len(), 65);
    for wrong in ["page=0", "per_page=0", "per_page=201", "page=x"] {
        let got = desk.get(&format!("{list}&{wrong}"));
        assert_eq!(refusal(&got), (400, "invalid_argument"), "{wrong}");
    }
}

#[test]
fn kt_017_universal_templates_are_listed_where_asked_for() {
    let mut config = Config::quick(Duration::from_secs(8));
    config.catalogue.templates.push(Template {
        owner: Some("ada".to_owned()),
        ..Template::universal("templates/own", "Own", "Linux")
    });
    let desk = Desk::with(config);
    let (ada, bob) = (desk.organization("ada"), desk.organization("bob"));
    let list = |whose: &str, more: &str| {
        names(
            &desk.get(&format!("{}{more}", of("disk_templates", whose))).1,
            "disk_templates",
        )
    };
    assert_eq!(list(&ada, ""), ["Own"]);
    assert_eq!(list(&ada, "&include_universal=1").len(), 10);
    assert_eq!(list(&bob, "&include_universal=true").len(), 9);
    let mut order = Desk::order(&bob, "web-1");
    order["disk_template"] = json!({"permalink": "templates/own"});
    assert_eq!(
        refusal(&desk.post(BUILD, &order)),
        (404, "disk_template_not_found")
    );
    let debian = desk
        .get(&format!("{}&include_universal=1", of("disk_templates", &ada)))
        .1;
    let system = debian["disk_templates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["permalink"] == json!("templates/debian-11"))
        .map(|item| id(&item["operating_system"]))
        .unwrap();
    let of_system = list(
        &ada,
        &format!("&include_universal=1&operating_system[id]={system}"),
    );
    assert_eq!(of_system, ["Debian 10", "Debian 11"]);
}

#[test]
fn an_empty_list_has_no_pages_and_a_large_one_no_totals() {
    let mut desk = Desk::with(Config {
        large_set: 2,
        ..Config::quick(Duration::from_secs(8))
    });
    let organization = desk.organization("ada");
    let list = of("virtual_machines", &organization);
    let pagination = desk.get(&list).1["pagination"].clone();
    assert_eq!(
        (&pagination["total"], &pagination["total_pages"]),
        (&json!(0), &json!(0))
    );
    for number in 1..=3 {
        desk.machine(&organization, &format!("web-{number}"));
    }
    let (_, got) = desk.get(&format!("{list}&per_page=2"));
    assert_eq!(
        got["pagination"],
        json!({"current_page": 1, "per_page": 2, "large_set": true})
    );
    assert_eq!(names(&got, "virtual_machines"), ["web-1", "web-2"]);
    assert_eq!(
        names(
            &desk.get(&format!("{list}&per_page=2&page=2")).1,
            "virtual_machines"
        ),
        ["web-3"]
    );
}

#[test]
fn lists_of_machines_show_less_and_leave_the_trash_out() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let listed = desk.get(&of("virtual_machines", &organization)).1["virtual_machines"][0].clone();
    let fields: Vec<&String> = listed.as_object().unwrap().keys().collect();
    let expected = [
        "created_at",
        "fqdn",
        "gpu_type",
        "hostname",
        "id",
        "ip_addresses",
        "name",
        "package",
        "zone",
    ];
    assert_eq!(fields, expected);
    assert_eq!(listed["package"], json!({"name": "ROCK-3"}));
    assert_eq!(listed["ip_addresses"][0].as_object().unwrap().len(), 1);
    desk.trashed(&machine);
    assert_eq!(
        desk.get(&of("virtual_machines", &organization)).1["virtual_machines"],
        json!([])
    );
}

#[test]
fn a_thing_is_named_by_query_body_or_path() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let all = [
        vm("", &machine),
        format!("/virtual_machines/{machine}"),
        format!("/virtual_machines/_?virtual_machine[id]={machine}"),
        "/virtual_machines/virtual_machine?virtual_machine[fqdn]=web-1.ada.katapult.cloud".to_owned(),
    ];
    for target in &all {
        assert_eq!(
            desk.get(target).1["virtual_machine"]["id"],
            json!(machine),
            "{target}"
        );
    }
    let unnamed = desk.get("/virtual_machines/virtual_machine");
    assert_eq!(
        refusal(&unnamed),
        (404, "virtual_machine_not_found"),
        "the path names an id"
    );
    let stop = format!("/virtual_machines/virtual_machine/stop?virtual_machine[id]={machine}");
    assert_eq!(desk.call(Method::Post, &stop, None).0, 200);
}

#[test]
fn offers_come_and_go_while_what_was_made_of_them_stays() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let (permalink, name) = ("de-fra-01".to_owned(), "Frankfurt".to_owned());
    desk.act(Act::OfferDataCenter { permalink, name });
    for permalink in ["uk-lon-01", "templates/ubuntu-22-04", "rock-3"] {
        desk.act(Act::Withdraw {
            permalink: permalink.to_owned(),
        });
    }
    let (permalink, name) = ("us-nyc-01".to_owned(), "Manhattan".to_owned());
    desk.act(Act::RenameOffer { permalink, name });
    let places = names(&desk.get("/data_centers").1, "data_centers");
    assert_eq!(places, ["Amsterdam", "Manhattan", "Frankfurt"]);
    let packages = names(
        &desk.get("/virtual_machine_packages").1,
        "virtual_machine_packages",
    );
    assert!(
        !packages.contains(&"ROCK-3".to_owned()) && packages.len() == 8,
        "{packages:?}"
    );
    let shown = desk.shown(&machine);
    assert_eq!(shown["zone"]["data_center"]["permalink"], json!("uk-lon-01"));
    assert_eq!(shown["package"]["permalink"], json!("rock-3"));
    let refused = desk.post(BUILD, &Desk::order(&organization, "web-2"));
    assert_eq!(refusal(&refused), (404, "data_center_not_found"));
    let mut order = Desk::order(&organization, "web-2");
    order["data_center"] = json!({"permalink": "de-fra-01"});
    order["package"] = json!({"permalink": "rock-1"});
    order["disk_template"] = json!({"permalink": "templates/debian-11"});
    assert_eq!(desk.post(BUILD, &order).0, 201);
}
