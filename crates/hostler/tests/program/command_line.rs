//! The command line, with an engine and without.

use std::fs;

use serde_json::json;

use crate::support::{Place, program, said};

#[test]
fn commands_do_the_same_with_and_without_a_running_engine() {
    let place = Place::new();
    let added = place.ask_json(&["installation", "add", "alone"]);
    assert!(added["key"].as_str().unwrap().starts_with("hbk_"), "{added}");
    let alone = place.ask_json(&["installation", "list"]);
    let engine = place.serve();
    assert_eq!(place.ask_json(&["installation", "list"]), alone);
    let beside = place.ask_json(&["installation", "add", "beside"]);
    assert_ne!(beside["key"], added["key"]);
    assert_eq!(
        place
            .ask_json(&["installation", "list"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    drop(engine);
}

#[test]
fn every_listing_has_json() {
    let place = Place::new();
    for listing in ["platform", "installation", "product", "service", "operation"] {
        assert_eq!(place.ask_json(&[listing, "list"]), json!([]), "{listing}");
    }
    assert_eq!(place.ask_json(&["operation", "answer"]), json!([]));
}

#[test]
fn a_key_is_shown_once_and_never_listed() {
    let place = Place::new();
    let key = place.ask_json(&["installation", "add", "main"])["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let listed = place.ask(&["--json", "installation", "list"]) + &place.ask(&["installation", "list"]);
    assert!(!listed.contains(&key));
    let refused = place.refused(&["installation", "add", "main"]);
    assert!(refused.contains("main"), "{refused}");
}

#[test]
fn gx_011_a_platform_is_proposed_inert_and_approved_on_the_host() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    fs::write(place.path("token"), "secret-token\n").unwrap();
    let token = place.path("token").display().to_string();
    let endpoint = "https://Panel.Example.COM/";
    let arguments = [
        "platform",
        "propose",
        "--installation",
        "main",
        "--server",
        "1",
        "--endpoint",
        endpoint,
    ];
    let mut all = arguments.to_vec();
    all.extend(["--token-file", &token]);
    let proposed = place.ask_json(&all);
    assert_eq!(proposed["state"], "proposed");
    assert_eq!(proposed["endpoint"], "https://panel.example.com");
    let id = proposed["id"].as_str().unwrap();
    let inert = place.refused(&["platform", "test", id]);
    assert!(
        inert.contains("not approved") && inert.contains("nothing was sent"),
        "{inert}"
    );
    let approved = place.ask_json(&["platform", "approve", id, "--rate", "120"]);
    assert_eq!(
        (&approved["state"], &approved["rate_per_minute"]),
        (&json!("approved"), &json!(120))
    );
    let listed = place.ask_json(&["platform", "list"]);
    assert_eq!(listed[0]["servers"], json!(["main/1"]));
    assert!(!listed.to_string().contains("secret-token"));
    let options = place.refused(&["platform", "options", id]);
    assert!(options.contains("options of a virtfusion"), "{options}");
    let refused = place.refused(&["platform", "approve", id, "--rate", "0"]);
    assert!(
        refused.contains("--rate 0") && refused.contains("at least 1"),
        "{refused}"
    );
}

#[test]
fn a_products_policy_is_set_piece_by_piece() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    place.ask(&[
        "product",
        "set",
        "main",
        "7",
        "--activation",
        "ready",
        "--undo-minutes",
        "60",
    ]);
    place.ask(&["product", "set", "main", "7", "--wait-seconds", "5"]);
    let listed = place.ask_json(&["product", "list"]);
    assert_eq!(
        (
            &listed[0]["activation"],
            &listed[0]["undo_minutes"],
            &listed[0]["wait_seconds"]
        ),
        (&json!("ready"), &json!(60), &json!(5))
    );
    let refused = place.refused(&["product", "set", "main", "7", "--wait-seconds", "121"]);
    assert!(
        refused.contains("--wait-seconds 121") && refused.contains("0 to 120"),
        "{refused}"
    );
    let refused = place.refused(&["product", "set", "other", "7"]);
    assert!(
        refused.contains("other") && refused.contains("hostler installation list"),
        "{refused}"
    );
}

#[test]
fn an_enrol_window_opens_and_closes() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    let opened = place.ask_json(&["installation", "enrol", "main", "--minutes", "15"]);
    assert!(opened["enrol_until"].is_string(), "{opened}");
    let closed = place.ask_json(&["installation", "enrol", "main", "--minutes", "0"]);
    assert!(closed["enrol_until"].is_null(), "{closed}");
    let refused = place.refused(&["installation", "enrol", "main", "--minutes", "9999"]);
    assert!(refused.contains("--minutes 9999"), "{refused}");
}

#[test]
fn an_installations_settings_are_changed_one_by_one() {
    let place = Place::new();
    let url = "https://shop.example.com/modules/addons/hostler/nudge.php";
    place.ask(&["installation", "add", "main", "--operator-role", "Support"]);
    let set = |arguments: &[&str]| {
        let mut all = vec!["installation", "set", "main"];
        all.extend(arguments);
        place.ask_json(&all)
    };
    let _engine = place.serve();
    let changed = set(&["--nudge-url", url, "--destructive-budget", "5"]);
    assert_eq!(
        (&changed["nudge_url"], &changed["destructive_budget"]),
        (&json!(url), &json!(5))
    );
    assert_eq!(changed["operator_roles"], json!(["Support"]));
    let changed = set(&[
        "--operator-role",
        "Full Administrator",
        "--operator-role",
        "Sales",
    ]);
    assert_eq!(changed["operator_roles"], json!(["Full Administrator", "Sales"]));
    assert_eq!(changed["nudge_url"], url);
    assert_eq!(changed["module_log"], false);
    assert_eq!(set(&["--module-log", "true"])["module_log"], true);
    set(&["--nudge-url", "", "--destructive-budget", "default"]);
    let listed = place.ask_json(&["installation", "list"]);
    assert_eq!(
        (&listed[0]["nudge_url"], &listed[0]["destructive_budget"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(listed[0]["module_log"], true);
    assert_eq!(
        listed[0]["panel_name"],
        json!(null),
        "clients read no name of a panel by default"
    );
    assert_eq!(
        set(&["--panel-name", " Cloud Panel "])["panel_name"],
        "Cloud Panel"
    );
    assert_eq!(set(&["--panel-name", ""])["panel_name"], json!(null));
}

#[test]
fn a_folder_of_overrides_that_is_not_there_is_named_and_not_called_in_order() {
    let place = Place::new();
    let missing = place.path("no-such-folder");
    let missing = missing.to_str().unwrap();
    let refused = place.refused(&["templates", "check", missing]);
    assert!(
        refused.contains(missing) && refused.contains("there is no folder"),
        "{refused}"
    );
    let file = place.path("hostler.toml");
    let refused = place.refused(&["templates", "check", file.to_str().unwrap()]);
    assert!(refused.contains("there is no folder"), "{refused}");
    let empty = place.path("overrides");
    std::fs::create_dir(&empty).unwrap();
    let said = place.ask(&["templates", "check", empty.to_str().unwrap()]);
    assert!(said.contains("is in order"), "{said}");
}

#[test]
fn a_wrong_setting_of_an_installation_is_named_with_value_and_remedy() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    for (arguments, parts) in [
        (
            vec!["main", "--nudge-url", "http://shop.example.com/nudge.php"],
            ["--nudge-url http://shop.example.com/nudge.php", "write https://"],
        ),
        (
            vec!["main", "--destructive-budget", "many"],
            ["--destructive-budget", "write a number"],
        ),
        (
            vec!["main", "--operator-role", " "],
            ["--operator-role", "write the name of a role"],
        ),
        (
            vec!["main", "--panel-name", "two\nlines"],
            ["--panel-name", "in one line"],
        ),
        (
            vec!["other", "--destructive-budget", "5"],
            ["there is no installation other", "hostler installation list"],
        ),
    ] {
        let mut all = vec!["installation", "set"];
        all.extend(&arguments);
        let refused = place.refused(&all);
        for part in parts {
            assert!(refused.contains(part), "{arguments:?}: {refused}");
        }
    }
    let listed = place.ask_json(&["installation", "list"]);
    assert!(listed[0]["nudge_url"].is_null(), "{listed}");
}

#[test]
fn a_key_is_rotated_in_two_steps() {
    let place = Place::new();
    let first = place.ask_json(&["installation", "add", "main"])["key"].clone();
    let begin = ["installation", "rotate-key", "main"];
    let finish = ["installation", "rotate-key", "main", "--finish"];
    let refused = place.refused(&finish);
    assert!(refused.contains("not being rotated"), "{refused}");
    let rotating = place.ask_json(&begin);
    assert!(
        rotating["key"].as_str().unwrap().starts_with("hbk_"),
        "{rotating}"
    );
    assert_ne!(rotating["key"], first);
    assert_eq!(rotating["rotating"], true);
    let refused = place.refused(&begin);
    assert!(
        refused.contains("hostler installation rotate-key main --finish"),
        "{refused}"
    );
    let finished = place.ask_json(&finish);
    assert_eq!(
        (&finished["rotating"], &finished["key"]),
        (&json!(false), &json!(null))
    );
    let listed = place.ask(&["--json", "installation", "list"]);
    assert!(!listed.contains("hbk_"), "{listed}");
}

#[test]
fn a_disabled_platform_is_inert_until_it_is_approved_again() {
    let place = Place::new();
    fs::write(place.path("token"), "secret-token\n").unwrap();
    let token = place.path("token").display().to_string();
    let endpoint = "https://panel.example.com";
    let proposed = place.ask_json(&[
        "platform",
        "propose",
        "--endpoint",
        endpoint,
        "--token-file",
        &token,
    ]);
    let id = proposed["id"].as_str().unwrap();
    place.ask(&["platform", "approve", id]);
    assert_eq!(place.ask_json(&["platform", "disable", id])["state"], "disabled");
    let inert = place.refused(&["platform", "test", id]);
    assert!(inert.contains("nothing was sent"), "{inert}");
    assert_eq!(place.ask_json(&["platform", "approve", id])["state"], "approved");
}

#[test]
fn the_audit_is_verified_line_by_line() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    place.ask(&["installation", "enrol", "main"]);
    let whole = place.ask_json(&["audit", "verify"]);
    assert_eq!((&whole["ok"], &whole["lines"]), (&json!(true), &json!(2)));
    assert_eq!(
        whole["chains"],
        json!([{ "installation": "main", "lines": 2, "late": 0 }])
    );
}

#[test]
fn the_archive_is_listed_by_service() {
    let place = Place::new();
    let refused = place.refused(&["operation", "list", "--archived"]);
    assert!(refused.contains("--service"), "{refused}");
    let refused = place.refused(&["operation", "list", "--archived", "--all", "--service", "main/1"]);
    assert!(refused.contains("cannot be used with"), "{refused}");
}

#[test]
fn what_is_not_there_is_named_with_the_command_that_lists_it() {
    let place = Place::new();
    let id = "0199c0de00007000a000000000000001";
    for (arguments, remedy) in [
        (
            vec!["operation".to_owned(), "show".to_owned(), format!("op_{id}")],
            "hostler operation list",
        ),
        (
            vec!["service".to_owned(), "show".to_owned(), "main/1".to_owned()],
            "hostler service list",
        ),
        (
            vec!["platform".to_owned(), "approve".to_owned(), format!("plt_{id}")],
            "hostler platform list",
        ),
        (
            vec!["platform".to_owned(), "disable".to_owned(), format!("plt_{id}")],
            "hostler platform list",
        ),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let refused = place.refused(&arguments);
        assert!(
            refused.contains(remedy) && refused.contains("there is no"),
            "{arguments:?}: {refused}"
        );
    }
}

#[test]
fn config_check_names_setting_value_and_remedy() {
    let place = Place::new();
    assert!(place.ask(&["config", "check"]).contains("is right"));
    let text = fs::read_to_string(place.path("hostler.toml")).unwrap();
    fs::write(
        place.path("hostler.toml"),
        format!("{text}[operator]\nlisten = \"0.0.0.0:80\"\n"),
    )
    .unwrap();
    let refused = place.refused(&["config", "check"]);
    for part in [
        "operator.listen",
        "0.0.0.0:80",
        "no login",
        "Use a loopback address",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    fs::write(place.path("hostler.toml"), "[bridge]\nlissten = \"off\"\n").unwrap();
    let refused = place.refused(&["config", "check"]);
    assert!(
        refused.contains("bridge.lissten") && refused.contains("bridge.listen"),
        "{refused}"
    );
}

#[test]
fn the_printed_template_is_a_right_configuration() {
    let place = Place::new();
    fs::write(place.path("hostler.toml"), place.ask(&["config", "template"])).unwrap();
    let output = place.hostler(&["operation", "--help"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    // Only what the defaults name on this machine may be missing, never a setting.
    let output = place.hostler(&["config", "check"]).output().unwrap();
    assert!(
        !said(&output).contains("there is no such setting"),
        "{}",
        said(&output)
    );
}

#[test]
fn doctor_tells_a_stopped_engine_from_a_running_one() {
    let place = Place::new();
    let stopped = place.refused(&["doctor"]);
    assert!(stopped.contains("systemctl start hostler"), "{stopped}");
    let _engine = place.serve();
    let found = place.ask_json(&["doctor"]);
    assert_eq!(found["ok"], true, "{found}");
}

#[test]
fn the_openapi_document_is_json() {
    let output = program().arg("openapi").output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["paths"]["/bridge/v1/call"].is_object());
}
