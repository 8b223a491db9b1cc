use super::*;

#[test]
fn resources_of_more_hypervisors_than_a_page_holds_come_in_pages() {
    let desk = Desk::new();
    let target = "/compute/hypervisors/groups/1/resources";
    let (_, first) = desk.get(target);
    assert_eq!(
        (&first["total"], &first["last_page"], &first["per_page"]),
        (&json!(21), &json!(2), &json!(20))
    );
    assert_eq!(first["data"].as_array().unwrap().len(), 20);
    assert_eq!(
        first["next_page_url"],
        json!(format!("https://cp.example.com/api/v1{target}?page=2"))
    );
    let (_, second) = desk.get(&format!("{target}?page=2"));
    assert_eq!((&second["from"], &second["to"]), (&json!(21), &json!(21)));
    assert_eq!(second["data"][0]["hypervisor"]["id"], json!(21));
    let (_, all) = desk.get(&format!("{target}?results=200"));
    assert_eq!(all["data"].as_array().unwrap().len(), 21);
    let (_, beyond) = desk.get(&format!("{target}?page=3"));
    assert_eq!((&beyond["data"], &beyond["from"]), (&json!([]), &Value::Null));
    assert_eq!(desk.get("/compute/hypervisors/groups").1["total"], json!(3));
    assert_eq!(
        desk.get("/compute/hypervisors/groups/2").1["data"]["name"],
        json!("Frankfurt")
    );
}

#[test]
fn servers_are_written_with_each_field_once_and_in_order() {
    let desk = Desk::new();
    let user = desk.user(1);
    let id = desk.created(user);
    for target in [
        format!("/servers/{id}?remoteState=true"),
        format!("/servers/user/{user}"),
        "/servers?type=full".to_owned(),
        "/servers".to_owned(),
        "/compute/hypervisors/groups".to_owned(),
    ] {
        let Reply::Answer(answer) = desk.reply(Method::Get, &target, None) else {
            panic!("{target} is answered");
        };
        let tree: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(answer.body, tree.to_string(), "{target}");
    }
}

#[test]
fn the_servers_of_all_owners_are_listed_simply_fully_and_by_hypervisor() {
    let desk = Desk::new();
    let user = desk.user(1);
    let ids: Vec<u64> = (0..25).map(|_| desk.created(user)).collect();
    let (_, first) = desk.get("/servers");
    assert_eq!((&first["total"], &first["last_page"]), (&json!(25), &json!(2)));
    assert_eq!(first["data"][0]["commissioned"], json!(0));
    let (_, second) = desk.get("/servers?page=2&results=20");
    assert_eq!(second["data"].as_array().unwrap().len(), 5);
    assert_eq!(second["data"][4]["id"], json!(ids[24]));
    let (_, full) = desk.get("/servers?type=full&results=1");
    assert_eq!(full["data"][0]["owner"]["id"], json!(user));
    let on_first = desk.get("/servers?hypervisorId=1&results=200").1;
    assert_eq!(on_first["total"], json!(2));
    let on_two = desk
        .get("/servers?hypervisorId[]=1&hypervisorId[]=5&results=200")
        .1;
    assert_eq!(on_two["total"], json!(3));
}

#[test]
fn packages_and_templates_are_listed() {
    let desk = Desk::new();
    let (_, packages) = desk.get("/packages");
    assert_eq!(packages["data"].as_array().unwrap().len(), 4);
    assert_eq!(desk.get("/packages/2").1["data"]["memory"], json!(2048));
    let (_, templates) = desk.get("/media/templates/fromServerPackageSpec/1");
    let ids: Vec<u64> = templates["data"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["templates"].as_array().unwrap())
        .map(|template| template["id"].as_u64().unwrap())
        .collect();
    assert!(ids.contains(&49) && !ids.contains(&90), "{ids:?}");
    let user = desk.user(1);
    let id = desk.created(user);
    assert_eq!(desk.get(&format!("/servers/{id}/templates")).1, templates);
    assert_eq!(desk.get("/media/templates/fromServerPackageSpec/99").0, 404);
}

#[test]
fn a_users_servers_are_the_users_only() {
    let mut desk = Desk::new();
    let (jane, joan) = (desk.user(1), desk.user(2));
    let (first, second) = (desk.built(jane), desk.created(joan));
    let (_, got) = desk.get(&format!("/servers/user/{jane}"));
    assert_eq!(got["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&got["data"][0]["id"], &got["data"][0]["state"]),
        (&json!(first), &json!("complete"))
    );
    assert_eq!(
        desk.get(&format!("/servers/user/{joan}")).1["data"][0]["id"],
        json!(second)
    );
    assert_eq!(desk.get("/servers/user/99").0, 404);
}
