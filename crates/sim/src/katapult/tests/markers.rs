use super::*;
use crate::katapult::Annotations;

fn marked(organization: &str, hostname: &str, attempt: &str) -> Value {
    let mut order = Desk::order(organization, hostname);
    order["annotations"] = json!([
        {"key": "hostler-service", "value": "svc_1"},
        {"key": "hostler-attempt", "value": attempt},
    ]);
    order
}

fn found(desk: &Desk, organization: &str, filter: &str) -> Vec<Value> {
    let (status, got) = desk.get(&format!("{}&{filter}", of("virtual_machines", organization)));
    assert_eq!(status, 200, "{got}");
    let machines = got["virtual_machines"].as_array().unwrap();
    machines
        .iter()
        .map(|machine| machine["hostname"].clone())
        .collect()
}

const BY_SERVICE: &str = "annotations[][key]=hostler-service&annotations[][value]=svc_1";

#[test]
fn a_build_s_annotations_reach_its_machine() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let (_, got) = desk.post(BUILD, &marked(&organization, "web-1", "a1"));
    assert_eq!(
        got["annotations"][1],
        json!({"key": "hostler-attempt", "value": "a1"})
    );
    desk.ordered(&marked(&organization, "web-2", "a2"));
    desk.wait(3);
    assert!(
        found(&desk, &organization, BY_SERVICE).is_empty(),
        "no machine, no mark"
    );
    desk.wait(8);
    assert_eq!(
        found(&desk, &organization, BY_SERVICE),
        [json!("web-1"), json!("web-2")]
    );
    let both = format!("{BY_SERVICE}&annotations[][key]=hostler-attempt&annotations[][value]=a2");
    assert_eq!(found(&desk, &organization, &both), [json!("web-2")]);
    assert_eq!(
        found(&desk, &organization, "annotations[][key]=hostler-attempt").len(),
        2
    );
    assert!(found(&desk, &organization, "annotations[][key]=other").is_empty());
    let no_key = desk.get(&format!(
        "{}&annotations[][value]=a",
        of("virtual_machines", &organization)
    ));
    assert_eq!(refusal(&no_key), (400, "missing_required_argument"));
}

#[test]
fn a_build_s_annotations_may_stay_with_the_build() {
    let mut desk = Desk::with(Config {
        annotations: Annotations::StayWithTheBuild,
        ..Config::quick(Duration::from_secs(8))
    });
    let organization = desk.organization("ada");
    let build = desk.ordered(&marked(&organization, "web-1", "a1"));
    desk.wait(11);
    assert!(found(&desk, &organization, BY_SERVICE).is_empty());
    assert_eq!(found(&desk, &organization, ""), [json!("web-1")]);
    let target = format!("/virtual_machines/builds/virtual_machine_build?virtual_machine_build[id]={build}");
    let (_, got) = desk.get(&target);
    assert_eq!(got["annotations"][0]["key"], json!("hostler-service"));
    let machine = id(&got["virtual_machine_build"]["virtual_machine"]);
    assert_eq!(desk.get(&vm("", &machine)).1["annotations"], json!([]));
}

#[test]
fn annotations_of_a_machine_are_set_one_by_one() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let build = desk.ordered(&marked(&organization, "web-1", "a1"));
    desk.wait(11);
    let machine = id(&desk.build(&build)["virtual_machine"]);
    let body = json!({
        "virtual_machine": {"id": machine},
        "properties": {},
        "annotations": [{"key": "hostler-attempt", "value": "a9"}, {"key": "new", "value": "x"}],
    });
    let (status, got) = desk.patch("/virtual_machines/virtual_machine", &body);
    let expected = json!([
        {"key": "hostler-service", "value": "svc_1"},
        {"key": "hostler-attempt", "value": "a9"},
        {"key": "new", "value": "x"},
    ]);
    assert_eq!((status, &got["annotations"]), (200, &expected));
    desk.act(Act::ClearAnnotations {
        machine: machine.clone(),
    });
    assert_eq!(desk.get(&vm("", &machine)).1["annotations"], json!([]));
}

#[test]
fn organizations_carry_annotations_too() {
    let desk = Desk::new();
    let body = json!({
        "organization": {"sub_domain": "acme"}, "name": "Ada", "sub_domain": "ada",
        "annotations": [{"key": "hostler-client", "value": "7"}],
    });
    assert_eq!(desk.post("/organizations/organization/managed", &body).0, 201);
    desk.organization("bob");
    let list = "/organizations/organization/managed?organization[sub_domain]=acme";
    let count = |more: &str| desk.get(&format!("{list}{more}")).1["pagination"]["total"].clone();
    assert_eq!(count(""), json!(2));
    assert_eq!(
        count("&annotations[][key]=hostler-client&annotations[][value]=7"),
        json!(1)
    );
    assert_eq!(
        count("&annotations[][key]=hostler-client&annotations[][value]=8"),
        json!(0)
    );
}
