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

fn group() -> StockItem {
    StockItem::Group("5".to_owned())
}

fn row() -> Value {
    json!({
        "hypervisor": { "id": 1, "name": "hv-1", "enabled": true, "prohibit": false, "accept": false, "commissioned": true },
        "resources": {
            "servers": { "units": "#", "max": 0, "allocated": 1, "free": -1, "percent": null },
            "memory": { "units": "MB", "max": 65536, "allocated": 40536, "free": 25000, "percent": 61.9 },
            "cpuCores": { "units": "#", "max": 0, "allocated": 12, "free": -12, "percent": null },
            "localStorage": { "enabled": 1, "name": "Local", "storageType": 0, "units": "GB", "max": 500, "allocated": 100,
                              "free": 400, "percent": 20 },
            "otherStorage": [{ "id": 20, "name": "pool", "enabled": 1, "path": "/mnt/a", "units": "GB", "storageType": 4,
                               "isDatastore": false, "max": 10000, "allocated": 1000, "free": 9000, "percent": 10 }],
            "network": { "total": { "ipv4": { "free": 470 } } },
        },
    })
}

fn page(rows: &[Value], current: u64, last: u64) -> Value {
    json!({ "current_page": current, "data": rows, "last_page": last, "per_page": 200, "total": rows.len() })
}

fn read_group(status: u16, body: &Value) -> Result<StockPage, String> {
    let request = begin(&group()).expect("it is a number");
    read(&group(), &request, &answered(status, body))
}

fn only(body: &Value) -> Hypervisor {
    match read_group(200, &page(std::slice::from_ref(body), 1, 1)) {
        Ok(StockPage::Group(mut all, None)) if all.len() == 1 => all.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn vf_237_every_page_of_a_groups_hypervisors_is_read() {
    let first = begin(&group()).expect("it is a number");
    assert_eq!(first.path, "/compute/hypervisors/groups/5/resources");
    let read = read(&group(), &first, &answered(200, &page(&[row()], 1, 3)));
    let Ok(StockPage::Group(all, Some(next))) = read else {
        panic!("{read:?}");
    };
    assert_eq!(all.len(), 1);
    let query = |request: &Request, key: &str| {
        let mut all = request.query.iter();
        all.find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    assert_eq!(query(&next, "page").as_deref(), Some("2"));
    assert_eq!(query(&next, "results").as_deref(), Some("200"));
    let again = super::read(&group(), &next, &answered(200, &page(&[row()], 1, 3)));
    assert!(again.is_err(), "the same page again has no end: {again:?}");
}

#[test]
fn vf_231_a_hypervisor_is_read_with_its_storages_by_their_types() {
    let read = only(&row());
    let pool = |max, free| Some(Pool { max, free });
    assert_eq!(
        (read.id.as_str(), read.name.as_str(), read.closed),
        ("1", "hv-1", None)
    );
    assert_eq!(
        (read.servers, read.memory, read.cores),
        (pool(0, -1), pool(65_536, 25_000), pool(0, -12))
    );
    let local = read.local.expect("its own disks");
    assert_eq!((local.code, local.enabled, local.pool.free), (0, true, 400));
    assert_eq!(read.others.len(), 1);
    assert_eq!(
        (
            read.others[0].code,
            read.others[0].enabled,
            read.others[0].pool.free
        ),
        (4, true, 9_000)
    );
    assert_eq!(read.ipv4_free, Some(470));
}

#[test]
fn vf_230_a_hypervisor_takes_machines_only_where_the_panel_says_all_that_it_takes() {
    for (field, value, expected) in [
        ("enabled", json!(0), Some(Closed::Disabled)),
        ("enabled", Value::Null, Some(Closed::Disabled)),
        ("commissioned", json!(false), Some(Closed::NotCommissioned)),
        ("commissioned", Value::Null, Some(Closed::NotCommissioned)),
        ("prohibit", json!("1"), Some(Closed::Prohibited)),
        ("prohibit", Value::Null, None),
        ("accept", json!(false), None),
    ] {
        let mut row = row();
        row["hypervisor"][field] = value;
        assert_eq!(only(&row).closed, expected, "{field}");
    }
}

#[test]
fn vf_232_addresses_that_are_not_told_of_are_unknown_and_none_is_none() {
    for (told, expected) in [
        (json!({ "total": { "ipv4": { "free": 0 } } }), Some(0)),
        (json!({ "total": { "ipv4": { "free": "-3" } } }), Some(0)),
        (json!({ "total": { "ipv4": {} } }), None),
        (json!([]), None),
        (Value::Null, None),
    ] {
        let mut row = row();
        row["resources"]["network"] = told.clone();
        assert_eq!(only(&row).ipv4_free, expected, "{told}");
    }
}

#[test]
fn what_a_hypervisor_does_not_tell_of_is_not_there_and_a_row_that_cannot_be_read_is_no_row_less() {
    let mut bare = row();
    bare["resources"] = json!({ "memory": { "free": 5 }, "localStorage": false, "otherStorage": null });
    let read = only(&bare);
    assert_eq!((read.memory, read.cores, read.local), (None, None, None));
    assert!(read.others.is_empty());
    let mut broken = row();
    broken["hypervisor"] = json!({ "name": "no id" });
    let page = page(&[row(), broken], 1, 1);
    assert!(read_group(200, &page).is_err());
    assert!(
        read_group(200, &json!({ "message": "fine" })).is_err(),
        "no list is no empty list"
    );
    assert_eq!(
        read_group(200, &super::tests::page(&[], 1, 1)),
        Ok(StockPage::Group(Vec::new(), None))
    );
}

#[test]
fn vf_235_what_the_panel_does_not_have_is_absent_and_what_it_does_not_say_is_unknown() {
    let missing = json!({ "message": "hypervisor group not found" });
    assert_eq!(read_group(404, &missing), Ok(StockPage::Absent));
    for (status, body) in [
        (500, json!({ "message": "error" })),
        (503, Value::Null),
        (429, json!({ "message": "Too Many Attempts." })),
        (401, json!({ "message": "Unauthenticated." })),
        (200, json!("fine")),
    ] {
        assert!(read_group(status, &body).is_err(), "{status}");
    }
    let request = begin(&group()).expect("it is a number");
    let html = Outcome::Answered(Response {
        status: 404,
        body: "<html>nginx</html>".to_owned(),
        retry_after: None,
    });
    assert!(
        read(&group(), &request, &html).is_err(),
        "something in between answered"
    );
}

#[test]
fn vf_226_a_package_is_read_whole_or_not_at_all() {
    let item = StockItem::Package("9".to_owned());
    let request = begin(&item).expect("it is a number");
    let whole = json!({ "id": 9, "name": "VPS-2", "enabled": true, "memory": 2048, "primaryStorage": 40, "traffic": 2000,
                        "cpuCores": 2, "primaryStorageProfile": 4 });
    let read = |data: &Value| super::read(&item, &request, &answered(200, &json!({ "data": data })));
    let need = Need {
        memory: 2_048,
        cores: 2,
        storage: 40,
        storage_code: 4,
        ipv4: 0,
    };
    assert_eq!(
        read(&whole),
        Ok(StockPage::Package(Package { enabled: true, need }))
    );
    for field in ["id", "enabled", "memory", "primaryStorage", "cpuCores"] {
        let mut part = whole.clone();
        part[field] = Value::Null;
        assert!(read(&part).is_err(), "without {field}");
    }
    let mut other = whole;
    other["id"] = json!(10);
    assert!(read(&other).is_err(), "another package");
}

#[test]
fn vf_238_an_order_takes_what_its_client_chose_and_its_package_the_rest() {
    let map = |pairs: &[(&str, &str)]| {
        let owned = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        owned.collect()
    };
    let settings = [("package", "9"), ("group", "5"), ("ipv4", "1")];
    let package = Package {
        enabled: true,
        need: Need {
            memory: 2_048,
            cores: 2,
            storage: 40,
            storage_code: 4,
            ipv4: 0,
        },
    };
    let of = |options: &[(&str, &str)]| {
        demand(&Order {
            settings: map(&settings),
            options: map(options),
            ..Order::default()
        })
    };
    let plain = of(&[]);
    assert_eq!(
        (plain.group.as_deref(), plain.package.as_deref()),
        (Some("5"), Some("9"))
    );
    assert_eq!(
        plain.need(&package),
        Need {
            ipv4: 1,
            ..package.need
        }
    );
    let chosen = of(&[
        ("memory", "4"),
        ("cpuCores", "3"),
        ("storage", "80"),
        ("storageProfile", "0"),
        ("ipv4", "0"),
        ("hypervisorId", "6|Paris"),
        ("packageId", "12"),
    ]);
    assert_eq!(
        (chosen.group.as_deref(), chosen.package.as_deref()),
        (Some("5"), Some("12"))
    );
    let expected = Need {
        memory: 4_096,
        cores: 3,
        storage: 80,
        storage_code: 0,
        ipv4: 0,
    };
    assert_eq!(chosen.need(&package), expected);
    assert_eq!(of(&[("hypervisorId", "6")]).group.as_deref(), Some("6"));
    assert_eq!(
        demand(&Order::default()),
        Demand {
            ipv4: 1,
            ..Demand::default()
        }
    );
    for bad in ["", "0", "-1", "abc"] {
        assert_eq!(of(&[("memory", bad)]).memory, None, "{bad:?}");
    }
    assert!(begin(&StockItem::Group("../users".to_owned())).is_err());
}
