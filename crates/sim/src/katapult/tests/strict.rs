use super::*;

fn issue(got: &Got) -> (u16, &str, &str) {
    let error = &got.1["error"];
    (
        got.0,
        error["code"].as_str().unwrap_or_default(),
        error["detail"]["issue"].as_str().unwrap_or_default(),
    )
}

#[test]
fn what_cannot_be_read_says_where_it_stands() {
    let desk = Desk::new();
    let organization = desk.organization("ada");
    let with = |field: &str, value: Value| {
        let mut order = Desk::order(&organization, "web-1");
        order[field] = value;
        desk.post(BUILD, &order)
    };
    for (field, value, word) in [
        ("package", json!("rock-3"), "object_expected"),
        ("package", json!({}), "missing_lookup_value"),
        (
            "package",
            json!({"id": "a", "permalink": "b"}),
            "ambiguous_lookup_values",
        ),
        ("package", json!({"name": "x"}), "missing_lookup_value"),
        ("organization", json!({"id": 7}), "invalid_scalar"),
        ("hostname", json!(7), "invalid_scalar"),
        ("disks", json!({}), "array_expected"),
        ("disks", json!([7]), "object_expected"),
        ("disks", json!([{"size_in_gb": "many"}]), "parse_error"),
        (
            "disks",
            json!([{"size_in_gb": 25, "system": "maybe"}]),
            "parse_error",
        ),
        (
            "disks",
            json!([{"size_in_gb": 25, "storage_speed": "tape"}]),
            "invalid_enum_value",
        ),
        ("annotations", json!("x"), "array_expected"),
    ] {
        let got = with(field, value);
        assert_eq!(issue(&got), (400, "invalid_argument", word), "{field}");
        let detail = &got.1["error"]["detail"];
        assert_eq!(detail["path"][0], json!(field), "{detail}");
        assert!(detail["argument"]["name"].is_string());
    }
    let missing = with("disks", json!([{"system": true}]));
    let path = &missing.1["error"]["detail"]["path"];
    assert_eq!(
        (refusal(&missing), path),
        (
            (400, "missing_required_argument"),
            &json!(["disks", "0", "size_in_gb"])
        )
    );
    assert_eq!(desk.katapult.totals(desk.now).builds, 0);
}

#[test]
fn what_is_missing_is_named_and_what_is_unknown_is_ignored() {
    let desk = Desk::new();
    let organization = desk.organization("ada");
    let mut order = Desk::order(&organization, "web-1");
    order.as_object_mut().unwrap().remove("package");
    let got = desk.post(BUILD, &order);
    assert_eq!(refusal(&got), (400, "missing_required_argument"));
    assert_eq!(got.1["error"]["detail"]["argument"]["name"], json!("package"));
    let incoming = {
        let mut order = Desk::order(&organization, "web-1");
        order["colour"] = json!("red");
        desk.incoming(Method::Post, &format!("{BUILD}?shape=round"), Some(&order))
    };
    assert_eq!(desk.answer(&incoming).status, 201);
}

#[test]
fn a_body_is_json_where_it_says_so_and_nothing_where_it_does_not() {
    let desk = Desk::new();
    let organization = desk.organization("ada");
    let mut incoming = desk.incoming(Method::Post, BUILD, Some(&Desk::order(&organization, "web-1")));
    for text in ["{", "[]", "7"] {
        incoming.body = text.as_bytes().to_vec();
        let answer = desk.answer(&incoming);
        let code = answer.value().unwrap()["error"]["code"].clone();
        assert_eq!((answer.status, code), (400, json!("invalid_json_body")), "{text}");
    }
    let mut plain = desk.incoming(Method::Post, BUILD, Some(&Desk::order(&organization, "web-1")));
    plain
        .headers
        .insert("content-type".to_owned(), "text/plain".to_owned());
    let answer = desk.answer(&plain);
    assert_eq!(
        answer.value().unwrap()["error"]["code"],
        json!("missing_required_argument")
    );
    let query: Vec<(String, String)> = [
        ("organization[id]", organization.as_str()),
        ("data_center[permalink]", "uk-lon-01"),
        ("package[permalink]", "rock-1"),
        ("hostname", "web-9"),
    ]
    .iter()
    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
    .collect();
    let mut asked = desk.incoming(Method::Post, BUILD, None);
    asked.query = query;
    assert_eq!(
        desk.answer(&asked).status,
        201,
        "the same may all be said in the query"
    );
}

#[test]
fn a_build_names_a_place_and_things_that_exist() {
    let desk = Desk::new();
    let organization = desk.organization("ada");
    let with = |field: &str, value: Value| {
        let mut order = Desk::order(&organization, "web-1");
        order[field] = value;
        desk.post(BUILD, &order)
    };
    let mut nowhere = Desk::order(&organization, "web-1");
    nowhere.as_object_mut().unwrap().remove("data_center");
    assert_eq!(refusal(&desk.post(BUILD, &nowhere)), (422, "location_required"));
    for (field, code) in [
        ("data_center", "data_center_not_found"),
        ("zone", "zone_not_found"),
        ("package", "package_not_found"),
        ("disk_template", "disk_template_not_found"),
        ("network", "network_not_found"),
    ] {
        assert_eq!(refusal(&with(field, json!({"permalink": "x"}))), (404, code));
    }
    assert_eq!(
        refusal(&with("organization", json!({"id": "org_x"}))),
        (404, "organization_not_found")
    );
    assert_eq!(with("network", json!({"permalink": "nl-ams-01-public"})).0, 422);
    assert_eq!(with("zone", json!({"permalink": "uk-lon-01-zone-1"})).0, 201);
}

#[test]
fn there_is_no_route_but_the_known_ones() {
    let desk = Desk::new();
    for (method, path) in [
        (Method::Get, "/nothing"),
        (Method::Put, "/organizations"),
        (Method::Get, "/virtual_machines/a/b/c"),
        (Method::Get, "/virtual_machines"),
    ] {
        assert_eq!(
            refusal(&desk.call(method, path, None)),
            (404, "route_not_found"),
            "{path}"
        );
    }
    let mut outside = desk.incoming(Method::Get, "/data_centers", None);
    outside.path = "/data_centers".to_owned();
    assert_eq!(desk.answer(&outside).status, 404);
}

#[test]
fn a_machine_is_renamed_within_the_rules() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    desk.machine(&organization, "web-2");
    let ask = |properties: Value| {
        let body = json!({"virtual_machine": {"id": machine}, "properties": properties});
        desk.patch("/virtual_machines/virtual_machine", &body)
    };
    let (status, got) =
        ask(json!({"hostname": "web-9", "name": "Nine", "description": "x", "tag_names": ["a"]}));
    let shown = &got["virtual_machine"];
    assert_eq!(
        (status, &shown["fqdn"]),
        (200, &json!("web-9.ada.katapult.cloud"))
    );
    assert_eq!(
        (&shown["name"], &shown["tag_names"]),
        (&json!("Nine"), &json!(["a"]))
    );
    assert_eq!(
        ask(json!({"hostname": "web-9"})).0,
        200,
        "its own name is free to it"
    );
    assert_eq!(
        refusal(&ask(json!({"hostname": "web-2"}))),
        (422, "validation_error")
    );
    assert_eq!(
        refusal(&ask(json!({"hostname": "Web"}))),
        (422, "validation_error")
    );
    assert_eq!(refusal(&ask(json!({"name": " "}))), (422, "validation_error"));
    let cleared = ask(json!({"description": null})).1;
    assert_eq!(cleared["virtual_machine"]["description"], Value::Null);
}
