//! The kit's checks, on panels of both generations.

use domain::http::RetryClass;
use domain::machine::PowerAction;
use domain::record::{CreateProtocol, OperationInput, OperationKind};
use driver::Driver;
use driver_kit::{Ended, Heard, Losing, PanelWire, Scene, check, live, termination};
use driver_virtfusion::VirtFusion;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{Panel, Profile};

use super::scenes::{PROFILES, create, order, panel, play, start};

/// A whole life: created with a key and a dry run, changed, power-cycled, suspended, released. Ends before terminate.
fn life(protocol: CreateProtocol) -> Vec<Scene> {
    let mut ordered = order();
    ordered.ssh_key =
        Some("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a".to_owned());
    let mut larger = ordered.clone();
    larger.settings.insert("package".to_owned(), "3".to_owned());
    for (key, value) in [("memory", "8"), ("cpuCores", "3"), ("traffic", "500")] {
        larger.options.insert(key.to_owned(), value.to_owned());
    }
    let mut all = vec![create(ordered, protocol)];
    all[0].dry_run = true;
    let mut add = |kind, input| {
        let mut scene = Scene::new(kind, input, start());
        scene.profile = all[0].profile.clone();
        scene.power_before_suspend = Some(domain::machine::Power::On);
        all.push(scene);
    };
    add(OperationKind::ChangePackage, OperationInput::Order(larger));
    for action in [
        PowerAction::Restart,
        PowerAction::Shutdown,
        PowerAction::Boot,
        PowerAction::PowerOff,
    ] {
        add(OperationKind::Power, OperationInput::Power { action });
    }
    add(OperationKind::Refresh, OperationInput::Nothing);
    add(OperationKind::SignOn, OperationInput::Nothing);
    add(
        OperationKind::Suspend,
        OperationInput::Suspend {
            reason: String::new(),
        },
    );
    add(OperationKind::Unsuspend, OperationInput::Nothing);
    all
}

/// What is left on the panel, without dates and jobs.
fn end_state(panel: &Panel, now: domain::Moment) -> Value {
    let servers: Vec<Value> = panel
        .servers(now)
        .iter()
        .map(|server| {
            json!([
                server.owner,
                server.name,
                server.hostname,
                server.stage,
                server.suspended,
                server.running,
                server.package,
                server.memory,
                server.cores,
                server.storage,
                server.traffic,
                server.template,
                server.keys.len(),
            ])
        })
        .collect();
    let totals = panel.totals(now);
    json!({
        "servers": servers, "keys": panel.keys(now).len(), "made": totals.servers_created, "builds": totals.builds,
    })
}

#[test]
fn vf_273_the_whole_life_works_on_panels_of_both_generations() {
    for profile in PROFILES {
        for protocol in [CreateProtocol::List, CreateProtocol::Staging] {
            let panel = panel(profile);
            let (ended, _, scene) = live(&VirtFusion, PanelWire::new(&panel), life(protocol), false);
            assert!(
                ended.iter().all(|ended| *ended == Ended::Done),
                "{profile:?} {protocol}: {ended:?}"
            );
            let (ended, player) = play(&panel, termination(&scene));
            assert_eq!(ended, Ended::Done);
            assert!(panel.servers(player.scene.now).is_empty());
        }
    }
}

#[test]
fn the_table_covers_every_request_and_names_none_that_is_never_made() {
    let mut heard = Vec::new();
    for protocol in [CreateProtocol::List, CreateProtocol::Staging] {
        let panel = panel(Profile::V7);
        let (_, mut some, scene) = live(&VirtFusion, PanelWire::new(&panel), life(protocol), false);
        heard.append(&mut some);
        let mut after = play(&panel, termination(&scene)).1;
        heard.append(&mut after.heard);
        let mut close = after.scene;
        close.kind = OperationKind::CloseAccounts;
        close.input = OperationInput::Accounts { attempts: 1 };
        heard.append(&mut play(&panel, close).1.heard);
    }
    heard.append(&mut lost_creates());
    let mut unheard = check::table(&VirtFusion, &heard);
    for request in VirtFusion.probes("").iter().chain(VirtFusion.list("").iter()) {
        assert_eq!(request.class, RetryClass::Read);
        assert!(
            unheard.remove(request.name.as_str()),
            "{} stands not in the table",
            request.name
        );
    }
    // Only a late machine of an attempt that was given up is read as a stray; tests of its own make one.
    assert_eq!(unheard.into_iter().collect::<Vec<_>>(), ["read_stray"]);
}

fn lost_creates() -> Vec<Heard> {
    let panel = panel(Profile::V7);
    panel.add_fault(FaultRule::once("create_server", Fault::TimeoutAfter));
    play(&panel, create(order(), CreateProtocol::List)).1.heard
}

#[test]
fn every_answer_has_a_verdict_and_no_garbage_passes_for_success() {
    let mut heard = lost_creates();
    for protocol in [CreateProtocol::List, CreateProtocol::Staging] {
        let panel = panel(Profile::V7);
        let (_, mut some, scene) = live(&VirtFusion, PanelWire::new(&panel), life(protocol), false);
        heard.append(&mut some);
        heard.append(&mut play(&panel, termination(&scene)).1.heard);
    }
    check::verdicts_are_total(&VirtFusion, &heard, 60);
}

#[test]
fn every_step_can_run_twice_with_the_same_end_state() {
    for profile in PROFILES {
        for protocol in [CreateProtocol::List, CreateProtocol::Staging] {
            let once = panel(profile);
            let (_, _, scene) = live(&VirtFusion, PanelWire::new(&once), life(protocol), false);
            let expected = end_state(&once, scene.now);
            let twice = panel(profile);
            let (ended, _, scene) = live(&VirtFusion, PanelWire::new(&twice), life(protocol), true);
            assert!(
                ended.iter().all(|ended| *ended == Ended::Done),
                "{profile:?} {protocol}: {ended:?}"
            );
            assert_eq!(end_state(&twice, scene.now), expected, "{profile:?} {protocol}");
        }
    }
}

#[test]
fn an_answer_lost_at_any_point_ends_as_if_none_had_been_or_with_a_question() {
    for protocol in [CreateProtocol::List, CreateProtocol::Staging] {
        let clean = panel(Profile::V7);
        let (_, heard, scene) = live(&VirtFusion, PanelWire::new(&clean), life(protocol), false);
        let expected = end_state(&clean, scene.now);
        let changes = heard.iter().filter(|heard| heard.request.changes()).count();
        assert!(changes > 10, "the life has {changes} changes");
        for at in 0..changes {
            for effect in [true, false] {
                let panel = panel(Profile::V7);
                let mut wire = Losing::new(PanelWire::new(&panel), at, effect);
                let (ended, _, scene) = live(&VirtFusion, &mut wire, life(protocol), false);
                assert!(wire.has_struck());
                let state = end_state(&panel, scene.now);
                let asks = ended.iter().any(|ended| matches!(ended, Ended::Asks(_)));
                let refused = ended.iter().find(|ended| matches!(ended, Ended::Refused(_)));
                assert!(
                    refused.is_none() || asks,
                    "{protocol}, change {at}, effect {effect}: {ended:?}"
                );
                assert!(
                    asks || state == expected,
                    "{protocol}, change {at}, effect {effect}: {state} {expected}"
                );
                assert!(
                    panel.totals(scene.now).servers_created <= 1,
                    "{protocol}, change {at}, effect {effect}"
                );
                // Under the staging protocol only what must not be done twice is asked about, and never the create.
                for text in ended.iter().filter_map(asked) {
                    let expected = text.contains("restart") || text.contains("build");
                    assert!(
                        protocol == CreateProtocol::List || expected,
                        "change {at}, effect {effect}: {text}"
                    );
                }
            }
        }
    }
}

fn asked(ended: &Ended) -> Option<&str> {
    match ended {
        Ended::Asks(text) => Some(text),
        Ended::Done | Ended::Refused(_) => None,
    }
}
