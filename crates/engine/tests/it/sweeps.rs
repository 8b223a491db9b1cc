//! Rounds that learn nothing are heard of, silent hypervisors keep only their own waiting, and no list is read twice.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::record::{EffectBody, FactRecord};
use domain::{Actor, Clock};
use engine::EngineConfig;
use engine::core::{Ages, Intent};
use sim::fault::{Fault, FaultRule};
use sim::platform::{Outage, Platform};
use sim::virtfusion::{Act, GroupConfig, HypervisorConfig, PanelConfig};
use testkit::rig::{Rig, RigOptions};
use tokio::time::Instant;

use super::freshness::{HOUR, asked, asked_live, fact, machine_of, seconds, sweeping, sweeping_by, swept};

/// Keeps a page of each service open.
async fn look(rig: &Rig, services: &[u64]) {
    for billing_id in services {
        let shown = rig.engine.show_interest(&rig.view(*billing_id).await).await;
        shown.expect("the service is known");
    }
}

/// Why a duty fails, where it does.
fn trouble(rig: &Rig, duty: &str) -> Option<String> {
    let duties = rig.engine.freshness().into_iter();
    duties
        .filter(|fresh| fresh.duty == duty)
        .find_map(|fresh| fresh.trouble)
}

#[tokio::test]
async fn gx_012_what_people_look_at_and_cannot_be_read_is_an_alarm_until_it_can() {
    let rig = sweeping().await;
    rig.ready(501).await;
    swept(&rig, &[501]).await;
    let (name, down) = ("duty:interest", rig.clock.now());
    rig.panel.set_outage(Some((Outage::Refused, down + HOUR * 24)));
    rig.until("the alarm", HOUR, async |rig: &Rig| {
        look(rig, &[501]).await;
        rig.is_raised(name).await.then_some(())
    })
    .await;
    // Five minutes of rounds in vain, then five of the duty.
    assert!(rig.clock.now() >= down + seconds(300));
    let why = trouble(&rig, "interest").expect("it fails");
    assert!(why.contains("watch") && why.contains("not to be asked"), "{why}");
    rig.panel.set_outage(None);
    rig.until("its end", HOUR, async |rig: &Rig| {
        look(rig, &[501]).await;
        (!rig.is_raised(name).await).then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_012_a_kind_that_is_answered_and_cannot_be_kept_is_an_alarm_until_it_can() {
    let rig = sweeping_by(Ages {
        traffic: seconds(600),
        ..Ages::default()
    })
    .await;
    rig.ready(501).await;
    swept(&rig, &[501]).await;
    let name = "duty:sweep";
    let rule = rig
        .panel
        .add_fault(FaultRule::at("server_traffic", Fault::TruncatedJson));
    rig.until("the alarm", HOUR * 2, async |rig: &Rig| {
        rig.is_raised(name).await.then_some(())
    })
    .await;
    let why = trouble(&rig, "sweep").expect("it fails");
    assert!(why.contains("traffic") && why.contains("could be kept"), "{why}");
    rig.panel.remove_fault(rule);
    rig.until("its end", HOUR, async |rig: &Rig| {
        (!rig.is_raised(name).await).then_some(())
    })
    .await;
}

#[tokio::test]
async fn mx_113_an_alarm_about_services_of_which_nothing_is_recorded_ends_with_the_sweeps() {
    let rig = Rig::start().await;
    let alarm = domain::record::Alarm {
        name: "services_unread".to_owned(),
        text: "of before the sweeps were switched off".to_owned(),
        raised_at: rig.clock.now(),
    };
    let raised = rig.engine.store().raise_alarm(&alarm).await;
    raised.expect("it is raised");
    rig.until("its end", HOUR, async |rig: &Rig| {
        (!rig.is_raised(&alarm.name).await).then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_007_a_round_over_the_machines_reads_the_list_once_for_both() {
    let rig = sweeping().await;
    rig.ready(501).await;
    swept(&rig, &[501]).await;
    rig.panel.clear_calls();
    let listed = fact(&rig, 501, FactRecord::LISTED).await.expect("it was listed");
    rig.pass(seconds(1_800)).await;
    // Every five minutes, both ends counted, and not every ten besides.
    let lists = asked(&rig, "list_servers").len();
    assert!((4..=7).contains(&lists), "{lists}");
    let again = fact(&rig, 501, FactRecord::LISTED).await.expect("it was listed");
    assert!(again.observed_at >= listed.observed_at + seconds(1_000));
}

#[tokio::test]
async fn an_address_that_is_first_seen_in_passing_reaches_the_billing_system_once() {
    let rig = sweeping().await;
    rig.ready(501).await;
    swept(&rig, &[501]).await;
    rig.drain_effects(501).await;
    let server = machine_of(&rig.view(501).await);
    let add = Act::AddAddress { server };
    rig.panel.hand(rig.clock.now()).act(add).expect("a person may");
    rig.until("the address", HOUR, async |rig: &Rig| {
        let machine = rig.view(501).await.reading()?;
        (machine.ipv4.len() > 1).then_some(())
    })
    .await;
    rig.pass(seconds(1_300)).await;
    let told = rig.drain_effects(501).await;
    let [
        EffectBody::SetHosting {
            dedicatedip: Some(first),
            assignedips: Some(further),
            ..
        },
    ] = told.as_slice()
    else {
        panic!("{told:?}")
    };
    assert!(
        !first.is_empty() && !further.is_empty() && first != further,
        "{first}, {further}"
    );
}

/// An open operation that waits until a moment, and an engine that has just started.
async fn waiting(rig: &mut Rig, until: Duration) -> domain::id::OperationId {
    rig.stop().await;
    let restart = Intent::Power(PowerAction::Restart);
    let operation = rig.submit(rig.wish(501, restart)).await;
    put_off(rig, operation, until).await;
    rig.restart().await;
    operation
}

async fn put_off(rig: &Rig, operation: domain::id::OperationId, until: Duration) {
    let due = rig.clock.now() + until;
    let put_off = rig.engine.store().put_off(operation, due).await;
    assert!(put_off.expect("the store can be written"), "it is open");
}

#[tokio::test]
async fn gx_008_the_machine_of_an_operation_at_work_is_looked_at_though_nobody_has_its_page_open() {
    let mut rig = sweeping().await;
    rig.ready(501).await;
    let operation = waiting(&mut rig, seconds(40)).await;
    rig.panel.clear_calls();
    let started = rig.clock.now();
    // The lists begin a minute after the start.
    rig.until("a look", seconds(50), async |rig: &Rig| {
        put_off(rig, operation, seconds(40)).await;
        let listed = fact(rig, 501, FactRecord::LISTED).await?;
        (listed.observed_at >= started).then_some(())
    })
    .await;
    assert_eq!(asked(&rig, "list_servers").len(), 0);
}

#[tokio::test]
async fn gx_007_a_change_that_was_seen_while_an_operation_was_open_is_read_once_it_has_ended() {
    let mut rig = sweeping().await;
    let server = machine_of(&rig.ready(501).await);
    let operation = waiting(&mut rig, HOUR * 24).await;
    let act = Act::Resize {
        server,
        memory: 3_072,
    };
    rig.panel.hand(rig.clock.now()).act(act).expect("a person may");
    rig.panel.clear_calls();
    // The hypervisor's word is no look at what the panel says.
    let glances = |rig: &Rig| asked(rig, "get_server").len() - asked_live(rig).len();
    rig.until("two looks", HOUR, async |rig: &Rig| {
        (glances(rig) >= 2).then_some(())
    })
    .await;
    let memory = async |rig: &Rig| {
        rig.view(501)
            .await
            .reading()
            .and_then(|machine| machine.memory_mb)
    };
    assert_ne!(memory(&rig).await, Some(3_072), "it is left to the operation");
    let cancelled = rig.engine.cancel(operation, &Actor::host("test")).await;
    cancelled.expect("it has not begun");
    rig.ended(operation, HOUR).await;
    rig.until("the change", HOUR, async |rig: &Rig| {
        (memory(rig).await == Some(3_072)).then_some(())
    })
    .await;
}

/// An engine that sweeps, on a panel with one machine per hypervisor.
async fn apart() -> Rig {
    let usual = RigOptions::default();
    let one = HypervisorConfig {
        servers: 1,
        ..HypervisorConfig::default()
    };
    Rig::with(RigOptions {
        engine: EngineConfig {
            sweep: true,
            ..usual.engine
        },
        panel: PanelConfig {
            groups: vec![GroupConfig {
                id: 1,
                name: "London".to_owned(),
                enabled: true,
                ipv4: 100,
                hypervisors: vec![one; 4],
            }],
            ..usual.panel
        },
        ..usual
    })
    .await
}

#[tokio::test]
async fn gx_007_a_hypervisor_that_does_not_answer_keeps_no_other_page_waiting() {
    /// Less than the engine waits for an answer in a rig.
    const PATIENCE: Duration = Duration::from_millis(400);
    let rig = apart().await;
    let (silent, other) = (rig.ready(501).await, rig.ready(502).await);
    let (silent, other) = (machine_of(&silent), machine_of(&other));
    swept(&rig, &[501, 502]).await;
    rig.panel.add_fault(FaultRule {
        path: Some(format!("/servers/{silent}")),
        query: Some("remoteState".to_owned()),
        ..FaultRule::at("get_server", Fault::TimeoutBefore)
    });
    let live_of = |rig: &Rig, server: u64| {
        let mut calls = asked_live(rig);
        calls.retain(|call| call.path.ends_with(&format!("/servers/{server}")));
        calls.len()
    };
    // Where the machine that runs the test is slow, the silent one's time may be over before the other one's turn came.
    for _ in 0..20 {
        // Whatever was silent is asked again.
        rig.clock.advance(seconds(120));
        rig.panel.clear_calls();
        rig.at_once("the silent one", async |rig: &Rig| {
            look(rig, &[501, 502]).await;
            (live_of(rig, silent) > 0).then_some(())
        })
        .await;
        let asked = Instant::now();
        rig.at_once("the other one", async |rig: &Rig| {
            let read = fact(rig, 502, "live").await?.observed_at;
            (read == rig.clock.now()).then_some(())
        })
        .await;
        let before = live_of(&rig, other);
        rig.clock.advance(seconds(31));
        while asked.elapsed() < PATIENCE {
            look(&rig, &[501, 502]).await;
            if live_of(&rig, other) > before {
                assert_eq!(live_of(&rig, silent), 1, "one time-out");
                return;
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        // Until its time is over, so that it is asked anew.
        tokio::time::sleep(PATIENCE).await;
    }
    panic!("a page waits for another one's hypervisor");
}
