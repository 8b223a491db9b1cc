use super::*;

const PATH: &str = "/organizations/organization/virtual_machines/build_from_spec";

/// The smallest specification.
pub fn smallest(hostname: &str) -> String {
    format!(
        "<VirtualMachineSpec><DataCenter by=\"permalink\">uk-lon-01</DataCenter>\
         <Resources><Package by=\"permalink\">rock-1</Package></Resources>\
         <DiskTemplate><DiskTemplate by=\"permalink\">templates/debian-11</DiskTemplate></DiskTemplate>\
         <Hostname><Hostname>{hostname}</Hostname></Hostname></VirtualMachineSpec>"
    )
}

fn ask(desk: &Desk, organization: &str, xml: &str) -> Got {
    desk.post(PATH, &json!({"organization": {"id": organization}, "xml": xml}))
}

/// A specification that leaves nothing out.
fn whole(key: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<VirtualMachineSpec>\n\
         <Zone by=\"permalink\">uk-lon-01-zone-1</Zone>\n\
         <Resources><Memory>16</Memory><CPUCores>4</CPUCores></Resources>\n\
         <DiskTemplate><DiskTemplate by=\"permalink\">templates/debian-11</DiskTemplate>\
         <Version by=\"number\">1</Version></DiskTemplate>\n\
         <CloudInit><UserData>#cloud-config&#xA;a: '&lt;&amp;'</UserData></CloudInit>\n\
         <SystemDisks><Disk><Name>Root</Name><Size>40</Size><Speed>nvme</Speed>\
         <BackupPolicies><BackupPolicy><Retention>24</Retention><Schedule><Interval>weekly</Interval>\
         <Frequency>2</Frequency><Time>13</Time></Schedule></BackupPolicy></BackupPolicies></Disk></SystemDisks>\n\
         <NetworkInterfaces><NetworkInterface><Network by=\"permalink\">uk-lon-01-public</Network>\
         <IPAddressAllocation type=\"new\"><Version>4</Version></IPAddressAllocation>\
         <IPAddressAllocation type=\"new\"><Version>4</Version></IPAddressAllocation></NetworkInterface>\
         </NetworkInterfaces>\n\
         <Hostname><Hostname>web-1</Hostname></Hostname><Name>Web &amp; more</Name><Description>one</Description>\n\
         <AuthorizedKeys><SSHKeys><SSHKey>{key}</SSHKey></SSHKeys></AuthorizedKeys>\n\
         <BackupPolicies><BackupPolicy><Retention>3</Retention></BackupPolicy></BackupPolicies>\n\
         <Tags><Tag>web</Tag></Tags></VirtualMachineSpec>"
    )
}

#[test]
fn a_specification_says_all_about_a_machine() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let key = json!({"name": "k", "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ada"});
    let key = json!({"organization": {"id": organization}, "ssh_key": key});
    let key = id(&desk.post("/organizations/organization/ssh_keys", &key).1["ssh_key"]);
    let xml = whole(&key);
    let (status, got) = ask(&desk, &organization, &xml);
    assert_eq!((status, &got["hostname"]), (201, &json!("web-1")), "{got}");
    desk.wait(11);
    let build = desk.build(&id(&got["build"]));
    assert_eq!(build["spec_xml"], json!(xml));
    let machine = id(&build["virtual_machine"]);
    let shown = desk.shown(&machine);
    assert_eq!(
        (&shown["name"], &shown["tag_names"]),
        (&json!("Web & more"), &json!(["web"]))
    );
    assert_eq!(
        (&shown["package"], &shown["memory_in_gb"]),
        (&Value::Null, &json!(16))
    );
    assert_eq!(shown["ip_addresses"].as_array().unwrap().len(), 2);
    let kept = desk.katapult.machine(desk.now, &machine).unwrap();
    assert_eq!(
        (kept.keys, kept.user_data.as_deref()),
        (vec![key], Some("#cloud-config\na: '<&'"))
    );
    assert_eq!(kept.template, Some(("templates/debian-11".to_owned(), 1)));
    let all = desk
        .get(&format!(
            "{}&include_disks=true",
            vm("/disk_backup_policies", &machine)
        ))
        .1;
    let intervals: Pairs = all["disk_backup_policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| {
            (
                policy["target"]["type"].to_string(),
                policy["schedule"]["interval"].to_string(),
            )
        })
        .collect();
    let expected = [("\"Disk\"", "\"weekly\""), ("\"VirtualMachine\"", "\"daily\"")];
    assert_eq!(
        intervals,
        expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into()
    );
}

type Pairs = std::collections::BTreeSet<(String, String)>;

#[test]
fn a_wrong_specification_says_what_is_wrong_with_it() {
    let desk = Desk::new();
    let organization = desk.organization("ada");
    for (from, to, error) in [
        ("VirtualMachineSpec", "Spec", "Spec is not a VirtualMachineSpec"),
        ("uk-lon-01", "mars", "The location does not exist"),
        ("rock-1", "pebble", "The package does not exist"),
        ("templates/debian-11", "x", "The disk template does not exist"),
        (
            "<Resources>",
            "<Colour/><Resources>",
            "Colour is not known in a VirtualMachineSpec",
        ),
        ("</Resources>", "", "VirtualMachineSpec ends as"),
        (
            "<Resources>",
            "<Resources><Memory>x</Memory></Resources><Resources>",
            "Memory is not a number",
        ),
    ] {
        let got = ask(&desk, &organization, &smallest("web-1").replace(from, to));
        assert_eq!(refusal(&got), (400, "invalid_spec_xml"), "{to}");
        let errors = got.1["error"]["detail"]["errors"].as_str().unwrap();
        assert!(errors.contains(error) || errors.contains("ends as"), "{errors}");
    }
    let upper = ask(&desk, &organization, &smallest("WEB"));
    assert_eq!(refusal(&upper), (422, "validation_error"));
    let missing = desk.post(PATH, &json!({"organization": {"id": organization}}));
    assert_eq!(refusal(&missing), (400, "missing_required_argument"));
}

#[test]
fn a_build_from_a_package_shows_its_specification_too() {
    let desk = Desk::new();
    let organization = desk.organization("ada");
    let build = desk.ordered(&Desk::order(&organization, "web-1"));
    let xml = desk.build(&build)["spec_xml"].as_str().unwrap().to_owned();
    let again = ask(&desk, &organization, &xml.replace("web-1", "web-2"));
    assert_eq!(again.0, 201, "{xml}: {again:?}");
}
