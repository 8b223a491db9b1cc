//! Backups, and what happens to an engine that is given an older database.

use std::fs;

use serde_json::{Value, json};

use crate::shop::{Shop, until};
use crate::support::Place;

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn gx_013_a_service_is_explained_while_it_is_built_and_when_all_is_final() {
    let shop = Shop::open(4);
    let answer = shop.billing.create(501);
    assert_eq!(answer["result"], "success", "{answer}");
    let why = shop.place.ask_json(&["service", "why", "main/501"]);
    let open = &why["open"][0];
    assert_eq!(open["operation"], answer["operation"], "{why}");
    for part in ["cause", "next", "deadline"] {
        assert!(!open[part].is_null() && open[part] != "", "{part}: {why}");
    }
    let evidence = texts(&open["evidence"]);
    assert!(!evidence.is_empty(), "{why}");
    let journal = shop.place.ask(&[
        "--json",
        "operation",
        "show",
        answer["operation"].as_str().unwrap(),
    ]);
    assert!(evidence.iter().all(|call| journal.contains(call)), "{journal}");
    let said = shop.place.ask(&["service", "why", "main/501"]);
    for part in ["cause:", "evidence:", "next:", "by:"] {
        assert!(said.contains(part), "{said}");
    }
    until("all is final", || {
        shop.place
            .ask(&["service", "why", "main/501"])
            .contains("All is final")
    });
    let id = shop.place.ask_json(&["service", "show", "main/501"])["id"].clone();
    let said = shop.place.ask(&["service", "why", id.as_str().unwrap()]);
    assert!(said.contains("main/501 is live"), "{said}");
    assert!(said.contains("create") && said.contains("succeeded"), "{said}");
}

#[test]
fn mx_101_a_restored_engine_makes_nothing_until_its_lost_service_has_its_machine_back() {
    let mut shop = Shop::open(1);
    let first = shop.sell(501);
    let backup = shop.file("backup.db");
    let created = shop.place.ask_json(&["backup", "create", &backup]);
    assert_eq!((&created["services"], &created["links"]), (&json!(1), &json!(1)));
    let lost = shop.sell(502);

    let refused = shop.place.refused(&["backup", "restore", &backup]);
    assert!(
        refused.contains("in use by process") && refused.contains("systemctl stop hostler"),
        "{refused}"
    );
    shop.stop();
    let restored = shop.place.ask_json(&["backup", "restore", &backup]);
    let kept = restored["kept"].as_str().unwrap();
    assert!(fs::metadata(kept).unwrap().len() > 0, "{restored}");
    assert_eq!(restored["taken_at"], created["taken_at"]);

    shop.start();
    let report = shop.place.ask_json(&["recover"]);
    assert_eq!(
        (&report["sure"], &report["without_copies"]),
        (&json!(1), &json!(["main"]))
    );
    assert_eq!(report["unsure"][0]["machine"], json!(lost), "{report}");
    let refused = shop.place.refused(&["recover", "--finish"]);
    assert!(
        refused.contains("installation main has not sent its services") && refused.contains(&lost),
        "{refused}"
    );

    shop.billing.send_services(&[(501, &first), (502, &lost)]);
    let report = shop.place.ask_json(&["recover"]);
    assert_eq!(report["relinked"], json!([["main/502", lost]]), "{report}");
    assert_eq!(report["unsure"], json!([]));
    let refused = shop.place.refused(&["recover", "--finish"]);
    assert!(
        refused.contains("service main/502 has not got machine"),
        "{refused}"
    );
    shop.place.ask(&["recover", "--apply"]);
    until("the lost service has its machine", || {
        shop.place.ask_json(&["recover"])["sure"] == 2
    });
    assert_eq!((shop.machine_of(501), shop.machine_of(502)), (first, lost));
    shop.place.ask(&["recover", "--finish"]);
    assert_eq!(shop.place.ask_json(&["recover"])["recovery"], Value::Null);

    shop.sell(503);
    assert_eq!(shop.simulator.machines(), 3);
    let compared = shop.place.ask_json(&["platform", "reconcile"]);
    assert_eq!(
        (&compared[0]["compared"], &compared[0]["suspected"]),
        (&json!(3), &json!([]))
    );
}

#[test]
fn mx_101_what_no_copy_names_is_decided_by_service_and_machine() {
    let mut shop = Shop::open(1);
    let backup = shop.file("backup.db");
    shop.place.ask(&["backup", "create", &backup]);
    let (first, second) = (shop.sell(501), shop.sell(502));
    shop.stop();
    shop.place.ask(&["backup", "restore", &backup]);
    shop.start();

    // A copy that names a machine which is not there, and a machine that no copy names.
    shop.billing.send_services(&[(501, "999999")]);
    let said = shop.place.ask(&["recover"]);
    for part in [
        "hostler recover --link main/501=MACHINE".to_owned(),
        "hostler recover --none main/501".to_owned(),
        format!("hostler recover --ignore {second}"),
    ] {
        assert!(said.contains(&part), "{part}: {said}");
    }
    let unknown = shop.place.refused(&["recover", "--none", "77"]);
    assert!(unknown.contains("there is no service main/77"), "{unknown}");
    let report = shop
        .place
        .ask_json(&["recover", "--link", &format!("501={first}"), "--ignore", &second]);
    assert_eq!(report["recovery"]["epoch"], 1, "{report}");
    until("the machine is linked", || {
        shop.place.ask_json(&["recover"])["sure"] == 1
    });
    assert_eq!(shop.machine_of(501), first);
    shop.place.ask(&["recover", "--finish"]);
    let refused = shop.place.refused(&["recover", "--ignore", &second]);
    assert!(refused.contains("no recovery is under way"), "{refused}");
}

#[test]
fn mx_101_a_database_that_was_copied_over_is_noticed_at_the_start() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    let copy = place.path("copy.db");
    drop(place.serve());
    place.ask(&["installation", "enrol", "main"]);
    fs::copy(place.path("hostler.db"), &copy).unwrap();

    // It goes on, and is then put back by hand, with nothing that says so.
    let mut engine = place.serve();
    assert_eq!(place.ask_json(&["recover"])["recovery"], Value::Null);
    engine.end_by("TERM");
    fs::copy(&copy, place.path("hostler.db")).unwrap();
    let engine = place.serve();
    let report = place.ask_json(&["recover"]);
    let why = report["recovery"]["why"].as_str().unwrap();
    assert!(why.contains("older than its last mark"), "{report}");
    let refused = place.refused(&["recover", "--finish"]);
    assert!(refused.contains("installation main"), "{refused}");
    place.ask(&["recover", "--finish", "--force"]);
    drop(engine);
    let _engine = place.serve();
    assert_eq!(place.ask_json(&["recover"])["recovery"], Value::Null);
}

#[test]
fn mx_101_a_new_database_in_the_place_of_a_marked_one_is_in_recovery() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    let mut engine = place.serve();
    engine.end_by("TERM");
    fs::remove_file(place.path("hostler.db")).unwrap();
    // Whoever asks first finds out, engine or not.
    let report = place.ask_json(&["recover"]);
    let why = report["recovery"]["why"].as_str().unwrap();
    assert!(why.contains("no mark"), "{report}");
    let _engine = place.serve();
    assert_eq!(place.ask_json(&["recover"])["recovery"], report["recovery"]);
}

#[test]
fn mx_101_a_damaged_backup_is_refused_by_name() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    let backup = place.path("backup.db");
    let name = backup.display().to_string();
    place.ask(&["backup", "create", &name]);
    assert!(
        place
            .ask(&["backup", "verify", &name])
            .contains("Nothing is wrong")
    );
    let again = place.refused(&["backup", "create", &name]);
    assert!(
        again.contains(&name) && again.contains("there is something already"),
        "{again}"
    );

    let mut bytes = fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&backup, bytes).unwrap();
    let before = fs::read(place.path("hostler.db")).unwrap();
    for command in ["verify", "restore"] {
        let refused = place.refused(&["backup", command, &name]);
        assert!(
            refused.contains(&name) && refused.contains("damaged") && refused.contains("Take another backup"),
            "{command}: {refused}"
        );
    }
    assert_eq!(fs::read(place.path("hostler.db")).unwrap(), before);
    let missing = place.refused(&["backup", "verify", "/nowhere/backup.db"]);
    assert!(missing.contains("there is no such file"), "{missing}");
}

#[test]
fn a_backup_of_another_key_is_refused_and_no_key_is_made_for_it() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    let name = place.path("backup.db").display().to_string();
    place.ask(&["backup", "create", &name]);
    let other = Place::new();
    let refused = other.refused(&["backup", "restore", &name]);
    assert!(
        refused.contains("database.key_file") && refused.contains("no such file"),
        "{refused}"
    );
    assert!(!other.path("key").exists());
    other.ask(&["installation", "add", "main"]);
    let refused = other.refused(&["backup", "restore", &name]);
    assert!(refused.contains("encrypted with the key"), "{refused}");
}

#[test]
fn a_backup_is_put_where_there_is_no_database_any_more() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    let name = place.path("backup.db").display().to_string();
    place.ask(&["backup", "create", &name]);
    fs::remove_file(place.path("hostler.db")).unwrap();
    let restored = place.ask_json(&["backup", "restore", &name]);
    assert_eq!(restored["kept"], Value::Null);
    assert_eq!(place.ask_json(&["installation", "list"])[0]["name"], "main");
    assert!(place.ask(&["recover"]).contains("restored from the backup"));
}

#[test]
fn a_recovery_is_begun_by_hand_and_refused_what_it_is_not_there_for() {
    let place = Place::new();
    let engine = place.serve();
    for arguments in [
        ["recover", "--apply"].as_slice(),
        &["recover", "--finish"],
        &["recover", "--finish", "--force"],
    ] {
        let refused = place.refused(arguments);
        assert!(
            refused.contains("no recovery is under way"),
            "{arguments:?}: {refused}"
        );
    }
    let begun = place.ask_json(&["recover", "--begin", "a snapshot of the volume was put back"]);
    assert_eq!(begun["recovery"]["epoch"], 1);
    let said = place.ask(&["recover"]);
    assert!(
        said.contains("a snapshot of the volume was put back") && said.contains("hostler recover --finish"),
        "{said}"
    );
    let refused = place.refused(&["platform", "reconcile"]);
    assert!(refused.contains("a recovery is under way"), "{refused}");
    drop(engine);
    let _engine = place.serve();
    assert_eq!(place.ask_json(&["recover"])["recovery"]["epoch"], 1);
    assert!(place.ask(&["recover", "--finish"]).contains("has ended"));
}

#[test]
fn gx_013_a_line_of_the_audit_that_was_changed_in_the_file_is_named() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    place.ask(&["installation", "enrol", "main"]);
    place.ask(&["installation", "rotate-key", "main"]);
    assert_eq!(place.ask_json(&["audit", "verify"])["lines"], 3);
    let path = place.path("hostler.db");
    let mut bytes = fs::read(&path).unwrap();
    let (word, forged) = (b"installation.enrol", b"installation.enxol");
    let places: Vec<usize> = (0..bytes.len() - word.len())
        .filter(|at| bytes[*at..].starts_with(word))
        .collect();
    assert!(!places.is_empty(), "the line is not where it was looked for");
    for at in places {
        bytes[at..at + word.len()].copy_from_slice(forged);
    }
    fs::write(&path, bytes).unwrap();
    let refused = place.refused(&["audit", "verify"]);
    assert!(
        refused.contains("the chain of main at line 2 (aud_") && refused.contains("1 lines before it hold"),
        "{refused}"
    );
}
