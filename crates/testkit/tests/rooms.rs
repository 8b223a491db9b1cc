//! The walls between the rooms: which crate may use which. An edge that is not in this table is a defect, whatever it
//! is good for; a wall is moved here and in ARCHITECTURE.md together, with a reason in `docs/decisions/`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const ALL: &str = "*";

fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    BTreeMap::from([
        ("domain", vec![]),
        ("outbound", vec!["domain"]),
        ("store", vec!["domain"]),
        ("driver", vec!["domain"]),
        ("stock", vec!["domain"]),
        ("rdns", vec!["domain"]),
        ("driver-virtfusion", vec!["driver", "domain"]),
        ("driver-katapult", vec!["driver", "domain"]),
        (
            "engine",
            vec!["driver", "outbound", "store", "stock", "rdns", "domain"],
        ),
        ("bridge", vec!["engine", "store", "domain"]),
        ("web", vec!["engine", "stock", "store", "domain"]),
        ("sim", vec!["domain"]),
        ("demo", vec!["domain"]),
        (
            "driver-kit",
            vec!["engine", "driver", "sim", "outbound", "domain"],
        ),
        ("testkit", vec![ALL]),
        ("hostler", vec![ALL]),
        ("benches", vec![ALL]),
        ("chaos", vec![ALL]),
        ("engine-tests", vec![ALL]),
        // It starts programs and links none of the rooms, so that it works while a room does not compile.
        ("xtask", vec![]),
    ])
}

/// What tests of any room may use besides.
const IN_TESTS: [&str; 3] = ["driver-kit", "testkit", "sim"];

fn metadata() -> serde_json::Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

#[test]
fn every_edge_between_rooms_is_in_the_table() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let table = table();
    let rooms: BTreeSet<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("a package has a name");
        let Some(allowed) = table.get(name) else {
            wrong.push(format!("{name} is not in the table of rooms"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let on = dependency["name"].as_str().expect("a dependency has a name");
            let in_tests = dependency["kind"] == "dev";
            // Cargo lists the package itself where its own tests enable one of its features.
            let may = on == name
                || allowed.contains(&ALL)
                || allowed.contains(&on)
                || (in_tests && IN_TESTS.contains(&on));
            if rooms.contains(on) && !may {
                let how = if in_tests { "in its tests " } else { "" };
                wrong.push(format!("{name} may not {how}use {on}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn only_the_store_names_the_database_layer() {
    let metadata = metadata();
    let users: Vec<&str> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            dependencies.iter().any(|dependency| {
                dependency["name"]
                    .as_str()
                    .is_some_and(|name| name.starts_with("sea-orm") || name == "sqlx")
            })
        })
        .filter_map(|package| package["name"].as_str())
        // The benchmarks look after the server that they measure on; the kills are followed by a look at the file.
        .filter(|name| !["benches", "chaos"].contains(name))
        .collect();
    assert_eq!(users, ["store"]);
}
