//! What pages show is read before they ask: by lists, by age, by interest; and silence is heard of.

use std::time::Duration;

use domain::http::Lane;
use domain::id::{LinkId, ServiceId};
use domain::observed::FactKind;
use domain::ports::CountingRandom;
use domain::record::{FactRecord, Link, LinkRole, PlatformState, ServiceStatus};
use domain::{Actor, Change, Clock, Commit, Moment};
use engine::core::{Ages, Intent};
use engine::{EngineConfig, UsagePage};
use sim::calls::Call;
use sim::platform::Outage;
use sim::virtfusion::Act;
use testkit::rig::{CLIENT, Rig, RigOptions, SERVER, katapult_order};

use super::katapult::{Kat, usual};

pub(super) const HOUR: Duration = Duration::from_secs(3_600);

pub(super) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// An engine that sweeps.
pub(super) async fn sweeping() -> Rig {
    sweeping_by(Ages::default()).await
}

pub(super) async fn sweeping_by(ages: Ages) -> Rig {
    let usual = RigOptions::default();
    Rig::with(RigOptions {
        engine: EngineConfig {
            sweep: true,
            ages,
            ..usual.engine
        },
        ..usual
    })
    .await
}

/// Waits until everything has been read of these services once, and nothing is due for a while.
pub(super) async fn swept(rig: &Rig, services: &[u64]) {
    rig.until("the first sweep", HOUR, async |rig: &Rig| {
        for billing_id in services {
            fact(rig, *billing_id, "live").await?;
            fact(rig, *billing_id, "traffic").await?;
        }
        Some(())
    })
    .await;
    rig.pass(seconds(120)).await;
}

/// The panel's calls of an endpoint.
pub(super) fn asked(rig: &Rig, endpoint: &str) -> Vec<Call> {
    let all = rig.panel.calls().into_iter();
    all.filter(|call| call.endpoint == endpoint).collect()
}

/// Those for which the panel asks a hypervisor.
pub(super) fn asked_live(rig: &Rig) -> Vec<Call> {
    let mut calls = asked(rig, "get_server");
    calls.retain(|call| call.query.iter().any(|(name, _)| name == "remoteState"));
    calls
}

pub(super) async fn fact(rig: &Rig, billing_id: u64, kind: &str) -> Option<FactRecord> {
    let service = rig.view(billing_id).await.service.id;
    let facts = rig
        .engine
        .store()
        .facts(service)
        .await
        .expect("facts can be read");
    facts.into_iter().find(|fact| fact.kind == kind)
}

pub(super) fn machine_of(view: &domain::ServiceView) -> u64 {
    let link = view.link.as_ref().expect("a link");
    link.identity.id.parse().expect("an id of this panel")
}

/// Polls a page, as so many tabs do, for a while.
async fn poll(rig: &Rig, tabs: u32, time: Duration) {
    let end = rig.clock.now() + time;
    rig.until("the end of the polls", time + seconds(10), async |rig: &Rig| {
        for _ in 0..tabs {
            let shown = rig.engine.show_interest(&rig.view(501).await).await;
            shown.expect("the service is known");
        }
        (rig.clock.now() >= end).then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_007_one_list_says_of_all_machines_that_they_are_as_they_were_and_what_changed_is_read() {
    let rig = sweeping().await;
    for billing_id in 501..504 {
        rig.ready(billing_id).await;
    }
    swept(&rig, &[501, 502, 503]).await;
    let changed = machine_of(&rig.view(502).await);
    let act = Act::Resize {
        server: changed,
        memory: 3_072,
    };
    rig.panel.hand(rig.clock.now()).act(act).expect("a person may");
    rig.panel.clear_calls();
    let since = rig.clock.now();
    rig.until("the change", HOUR, async |rig: &Rig| {
        (rig.view(502).await.reading()?.memory_mb == Some(3_072)).then_some(())
    })
    .await;
    for billing_id in 501..504 {
        let listed = fact(&rig, billing_id, FactRecord::LISTED)
            .await
            .expect("it was listed");
        assert!(listed.observed_at >= since, "{billing_id}");
    }
    let unchanged = fact(&rig, 501, FactRecord::MACHINE).await.expect("it was read");
    assert!(
        unchanged.observed_at < since,
        "what is as it was is not read anew"
    );
    assert!(
        asked(&rig, "list_servers").len() <= 4,
        "a list covers all of them"
    );
    let read: Vec<_> = asked(&rig, "get_server")
        .into_iter()
        .map(|call| call.path)
        .collect();
    assert!(!read.is_empty());
    assert!(
        read.iter()
            .all(|path| path.ends_with(&format!("/servers/{changed}"))),
        "{read:?}"
    );
    // What was looked at once is no news again.
    rig.panel.clear_calls();
    rig.pass(seconds(1_300)).await;
    assert!(asked(&rig, "list_servers").len() >= 2);
    assert_eq!(asked(&rig, "get_server").len(), 0);
}

#[tokio::test]
async fn gx_007_traffic_is_read_again_at_its_age_with_one_request_per_machine() {
    let traffic = seconds(600);
    let rig = sweeping_by(Ages {
        traffic,
        ..Ages::default()
    })
    .await;
    rig.ready(501).await;
    swept(&rig, &[501]).await;
    rig.panel.clear_calls();
    let first = fact(&rig, 501, "traffic").await.expect("it was read").observed_at;
    rig.until("the next reading", HOUR * 2, async |rig: &Rig| {
        (fact(rig, 501, "traffic").await?.observed_at > first).then_some(())
    })
    .await;
    let again = fact(&rig, 501, "traffic").await.expect("it was read").observed_at;
    let age = again.since(first);
    assert!(age >= traffic && age <= traffic + seconds(400), "{age:?}");
    assert_eq!(asked(&rig, "server_traffic").len(), 1);
    // Which machine it is was on the list a moment before.
    assert_eq!(asked(&rig, "get_server").len(), 0);
}

#[tokio::test]
async fn vf_211_vf_212_a_page_that_is_open_is_one_reading_per_half_minute_however_many_tabs() {
    let rig = sweeping().await;
    rig.ready(501).await;
    swept(&rig, &[501]).await;
    rig.told().await;
    rig.panel.clear_calls();
    poll(&rig, 3, seconds(60)).await;
    let live = asked_live(&rig);
    assert!((2..=3).contains(&live.len()), "{live:?}");
    let first = live[0].at;
    assert!(
        live.iter().skip(1).all(|call| call.at >= first + seconds(30)),
        "{live:?}"
    );
    assert_eq!(asked(&rig, "server_traffic").len(), 1);
    let read = fact(&rig, 501, "live").await.expect("it is read").observed_at;
    assert!(rig.clock.now().since(read) <= seconds(45));
    // Nobody looks any more: within a minute nobody is asked any more, and billing was told nothing of it.
    rig.pass(seconds(70)).await;
    rig.panel.clear_calls();
    rig.pass(seconds(200)).await;
    assert_eq!(asked_live(&rig).len(), 0);
    assert_eq!(rig.told().await, Vec::new());
}

/// What was on its way to the panel when the engine stopped has reached it.
async fn arrived(rig: &Rig) {
    let (mut calls, mut same) = (rig.panel.calls().len(), 0);
    while same < 50 {
        tokio::time::sleep(Duration::from_millis(3)).await;
        let now = rig.panel.calls().len();
        same = if now == calls { same + 1 } else { 0 };
        calls = now;
    }
}

#[tokio::test]
async fn gx_008_a_page_is_shown_without_a_call_with_each_age_and_while_the_platform_is_down() {
    let mut rig = sweeping().await;
    rig.ready(501).await;
    swept(&rig, &[501]).await;
    rig.stop().await;
    arrived(&rig).await;
    let down = Some((Outage::Refused, rig.clock.now() + HOUR * 24));
    for outage in [None, down] {
        rig.panel.set_outage(outage);
        rig.panel.clear_calls();
        rig.clock.advance(seconds(100));
        for _ in 0..200 {
            let shown = rig.engine.shown(rig.installation_id(), 501).await;
            let shown = shown.expect("the store can be read").expect("it is known");
            assert!(shown.view.link.is_some());
            let ages = [
                shown.state_age(),
                shown.age(FactKind::Live),
                shown.age(FactKind::Traffic),
            ];
            assert!(
                ages.iter().all(|age| age.is_some_and(|age| age >= seconds(100))),
                "{ages:?}"
            );
            let interest = rig.engine.show_interest(&rig.view(501).await).await;
            interest.expect("it is known");
        }
        assert_eq!(rig.panel.calls().len(), 0);
    }
    let unknown = rig.engine.shown(rig.installation_id(), 999).await;
    assert!(unknown.expect("the store can be read").is_none());
}

#[tokio::test]
async fn gx_008_the_state_that_a_list_confirmed_is_as_young_as_the_list() {
    let rig = sweeping().await;
    rig.ready(501).await;
    let first = rig.clock.now();
    rig.until("two lists", HOUR, async |rig: &Rig| {
        (fact(rig, 501, FactRecord::LISTED).await?.observed_at > first + seconds(500)).then_some(())
    })
    .await;
    let shown = rig.engine.shown(rig.installation_id(), 501).await;
    let shown = shown.expect("the store can be read").expect("it is known");
    let listed = fact(&rig, 501, FactRecord::LISTED).await.expect("it was listed");
    let newest = shown.machine.clone().expect("it is known");
    assert_eq!(newest.seen_at, listed.observed_at);
    assert!(shown.state_age() <= Some(Ages::default().state));
    // What only a whole reading shows is still there.
    assert!(newest.machine.raw.is_object(), "{newest:?}");
}

#[tokio::test]
async fn kt_071_a_page_view_has_a_build_looked_at_within_a_quarter_of_a_minute() {
    let rig = usual().await;
    let wish = rig.wish(501, Intent::Create(katapult_order(CLIENT)));
    let create = rig.submit(wish).await;
    let far = rig.clock.now() + HOUR;
    // However long it would wait for its next look.
    rig.until("the build", HOUR, async |rig: &Kat| {
        let operation = rig.engine.operation(create).await.expect("it exists");
        let taken = operation.milestone.is_some() && operation.lease.is_none();
        if taken && operation.due_at != Some(far) {
            rig.engine.store().put_off(create, far).await.expect("it is open");
            return None;
        }
        taken.then_some(())
    })
    .await;
    rig.pass(seconds(60)).await;
    assert!(rig.view(501).await.link.is_none(), "nobody has looked");
    let shown = rig.clock.now();
    let calls = rig.calls();
    let interest = rig.engine.show_interest(&rig.view(501).await).await;
    interest.expect("it is known");
    assert_eq!(rig.calls(), calls, "the page itself asks nobody");
    let operation = rig.engine.operation(create).await.expect("it exists");
    assert_eq!(operation.due_at, Some(shown + seconds(15)));
    // The clock goes no further: what has not looked by then is late.
    rig.clock.set(shown + seconds(15));
    rig.at_once("the look", async |rig: &Kat| (rig.calls() > calls).then_some(()))
        .await;
    rig.until("the machine", HOUR, async |rig: &Kat| rig.view(501).await.link)
        .await;
}

#[tokio::test]
async fn mx_113_nothing_recorded_of_services_for_a_day_is_an_alarm_until_something_is() {
    let rig = sweeping().await;
    for billing_id in [501, 502] {
        rig.ready(billing_id).await;
    }
    let alarm = "services_unread";
    let state = async |rig: &Rig, state: PlatformState| {
        let store = rig.engine.store();
        let set = store
            .set_platform_state(rig.platform.id, state, &Actor::host("test"))
            .await;
        set.expect("the platform is known");
    };
    swept(&rig, &[501, 502]).await;
    // One list has recorded both, after everything else was read.
    let recorded = rig
        .until("a list", HOUR, async |rig: &Rig| {
            let mut listed = Vec::new();
            for billing_id in [501, 502] {
                let read = fact(rig, billing_id, FactRecord::MACHINE).await?.observed_at;
                let seen = fact(rig, billing_id, FactRecord::LISTED).await?.observed_at;
                listed.push((seen, seen > read));
            }
            let after_all = listed.iter().all(|(_, is_last)| *is_last);
            (after_all && listed[0] == listed[1]).then_some(listed[0].0)
        })
        .await;
    state(&rig, PlatformState::Disabled).await;
    let day = HOUR * 24;
    rig.clock.set(recorded + day - seconds(60));
    rig.pass(seconds(60)).await;
    assert_eq!(rig.clock.now(), recorded + day);
    assert!(!rig.is_raised(alarm).await, "a day is not over");
    // The duty's next turn; while it is made the rig's clock goes on, at most until the duty itself is late.
    rig.until("the alarm", seconds(600), async |rig: &Rig| {
        rig.is_raised(alarm).await.then_some(())
    })
    .await;
    let alarms = rig.engine.store().alarms().await.expect("alarms can be read");
    let text = &alarms
        .iter()
        .find(|raised| raised.name == alarm)
        .expect("it stands")
        .text;
    assert!(text.contains("2 services") && text.contains("main/501"), "{text}");
    state(&rig, PlatformState::Approved).await;
    rig.until("its end", HOUR, async |rig: &Rig| {
        (!rig.is_raised(alarm).await).then_some(())
    })
    .await;
}

#[tokio::test]
async fn mx_113_a_platform_whose_list_cannot_be_read_makes_the_duty_an_alarm() {
    let rig = sweeping().await;
    rig.ready(501).await;
    let until = rig.clock.now() + HOUR * 24;
    rig.panel.set_outage(Some((Outage::Refused, until)));
    rig.until("the alarm", HOUR * 3, async |rig: &Rig| {
        rig.is_raised("duty:sweep").await.then_some(())
    })
    .await;
    rig.panel.set_outage(None);
    rig.until("its end", HOUR, async |rig: &Rig| {
        (!rig.is_raised("duty:sweep").await).then_some(())
    })
    .await;
}

/// A thousand services like one that is there, each with a machine of its own and what was read of it.
async fn thousand(rig: &Rig) {
    let like = rig.view(501).await;
    let random = CountingRandom::new(7_000_000);
    let facts = rig
        .engine
        .store()
        .facts(like.service.id)
        .await
        .expect("facts can be read");
    let (now, platform) = (rig.clock.now(), rig.platform.id);
    let numbers: Vec<u64> = (1_001..2_001).collect();
    for some in numbers.chunks(200) {
        let mut changes = Vec::new();
        for number in some {
            let mut service = like.service.clone();
            service.id = ServiceId::at(now, &random);
            (service.billing_id, service.version) = (*number, 0);
            service.status = ServiceStatus::Active;
            let mut identity = like.link.clone().expect("a link").identity;
            identity.id = (100_000 + number).to_string();
            let of_it = facts.iter().cloned().map(|mut fact| {
                fact.service = service.id;
                if let domain::Fact::Known(value) = &mut fact.value
                    && fact.kind == FactRecord::MACHINE
                {
                    value["identity"]["id"] = identity.id.clone().into();
                }
                Change::PutFact(fact)
            });
            let of_it: Vec<Change> = of_it.collect();
            changes.push(Change::InsertService(service.clone()));
            changes.push(Change::PutLink(Link {
                id: LinkId::at(now, &random),
                service: service.id,
                generation: service.generation,
                platform,
                role: LinkRole::Primary,
                resource: "instance".to_owned(),
                identity,
                opened_at: Moment::EPOCH,
                closed_at: None,
                close_reason: None,
            }));
            changes.extend(of_it);
        }
        let commit = Commit {
            changes,
            ..Commit::default()
        };
        rig.engine.store().commit(commit).await.expect("they are new");
    }
}

#[tokio::test]
async fn vf_076_vf_087_the_usage_of_a_thousand_services_is_two_pages_and_no_platform_call() {
    let mut rig = Rig::start().await;
    rig.ready(501).await;
    for kind in [FactKind::Live, FactKind::Traffic] {
        let read = rig
            .engine
            .read_fact(rig.installation_id(), 501, kind, Lane::Background)
            .await;
        read.expect("the store can be read").expect("it can be read");
    }
    rig.stop().await;
    thousand(&rig).await;
    rig.panel.clear_calls();
    let (mut after, mut pages, mut rows) = (0, 0, Vec::new());
    loop {
        let page = rig
            .engine
            .usage(rig.installation_id(), SERVER, "VirtFusionDirect", after)
            .await;
        let UsagePage { services, next } = page.expect("a platform stands behind the server");
        pages += 1;
        rows.extend(services);
        let Some(next) = next else { break };
        assert!(next > after, "every page goes on");
        after = next;
    }
    // Service 501 is pending for its billing system, and the rest are active.
    assert_eq!((pages, rows.len()), (2, 1_000));
    assert!(rows.is_sorted_by_key(|row| row.service));
    let whole = |row: &engine::UsageRow| {
        let columns = row.columns;
        columns
            .diskusage
            .and(columns.disklimit)
            .and(columns.bwusage)
            .and(columns.bwlimit)
    };
    assert!(rows.iter().all(|row| whole(row).is_some()));
    assert_eq!(rig.panel.calls().len(), 0);
    let nowhere = rig
        .engine
        .usage(rig.installation_id(), 9, "VirtFusionDirect", 0)
        .await;
    assert!(nowhere.is_err());
}
