//! Real answers of a real server that are lost, cut short or replaced on their way.

use std::time::Duration;

use domain::http::Method;
use rdns::Pointers;
use rdns::powerdns::{ServerError, answer};
use serde_json::json;
use testkit::dns::{Client, Mode, NameServer, Proxy, RecordSet, Reply, Rule, ask, differences, until};

use crate::world::{ZONE, api, delete, furnished, held, name, place, pointers, read, replace};

/// A client that gives up soon where no answer will ever come, and is patient with a busy machine otherwise.
fn client(proxy: &Proxy, server: &NameServer, mode: &Mode) -> Client {
    let client = proxy.client(server.key());
    match mode {
        Mode::Hang => client.with_patience(Duration::from_millis(300)),
        _ => client,
    }
}

/// What may stand in the place of an answer that is expected.
fn replies() -> Vec<Reply> {
    vec![
        Reply::error(500, "Internal Server Error"),
        Reply::html(502),
        Reply::html(200),
        Reply::json(200, &json!({"rrsets": 5})),
        Reply::json(200, &json!([])),
        Reply::text(401, "Unauthorized"),
        Reply::text(404, "Not Found"),
        Reply::text(429, "").retry_after(7),
    ]
}

#[tokio::test]
async fn vf_252_vf_253_whatever_happens_on_the_way_nothing_is_taken_for_an_empty_name_or_list() {
    let server = furnished().await;
    let mut proxy = Proxy::start(server.api()).await;
    let mut modes = vec![Mode::Hang, Mode::Close, Mode::Lost, Mode::Truncated];
    for reply in replies() {
        modes.push(Mode::Answer(reply.clone()));
        modes.push(Mode::Instead(reply));
    }
    for mode in &modes {
        proxy.set(mode.clone());
        let client = client(&proxy, &server, mode);
        let held = pointers(&client.send(&api().read_pointers(&place(5))).await, &place(5));
        assert!(matches!(held, Pointers::Unknown(_)), "{mode:?}: {held:?}");
        let zones = answer::zones(&client.send(&api().list_zones()).await);
        // An empty list is a list; only the reading of a name finds fault with it.
        let empty = Reply::json(200, &json!([]));
        let is_empty = *mode == Mode::Answer(empty.clone()) || *mode == Mode::Instead(empty);
        assert_eq!(zones.is_ok(), is_empty, "{mode:?}: {zones:?}");
    }
    let client = client(&proxy, &server, &Mode::Pass);
    proxy.refuse(true).await;
    let outcome = client.send(&api().read_pointers(&place(5))).await;
    assert!(outcome.summary().starts_with("not sent: "), "{outcome:?}");
    proxy.refuse(false).await;
    proxy.set(Mode::Slow(Duration::from_millis(50)));
    let outcome = client.send(&api().read_pointers(&place(5))).await;
    assert_eq!(held(&pointers(&outcome, &place(5))), ["five.example.test"]);
    assert_eq!(proxy.received(), 2 * modes.len() + 1);
    assert_eq!(proxy.writes(), Vec::new());
}

/// What may become of a change that is not answered as it should be, and whether it is made all the same.
fn troubles() -> Vec<(Mode, bool)> {
    let mut modes = vec![(Mode::Lost, true), (Mode::Close, false), (Mode::Hang, false)];
    for reply in [Reply::error(500, "Internal Server Error"), Reply::html(502)] {
        modes.push((Mode::Instead(reply.clone()), true));
        modes.push((Mode::Answer(reply), false));
    }
    modes
}

#[tokio::test]
async fn vf_247_vf_248_a_change_whose_answer_is_lost_is_unclear_and_can_be_made_again() {
    let server = furnished().await;
    let proxy = Proxy::start(server.api()).await;
    let record = format!("5.{ZONE}");
    let old = [RecordSet::pointers(&record, &["five.example.test."])];
    for (one, result) in [
        (
            replace(&record, "new.example.test", 60),
            vec!["new.example.test."],
        ),
        (delete(&record), vec![]),
    ] {
        let request = api().change(&name(ZONE), &[one]);
        for (mode, is_made) in troubles() {
            server.put(ZONE, &old).await;
            let writes = proxy.writes().len();
            // Only the first attempt fails.
            proxy.add(Rule::new(mode.clone()).method(Method::Patch).times(1));
            let error = answer::changed(&client(&proxy, &server, &mode).send(&request).await);
            assert!(
                matches!(error, Err(ServerError::Unclear(_))),
                "{mode:?}: {error:?}"
            );
            let seen = ask(server.dns(), &record, "PTR").await;
            let expected = if is_made {
                result.clone()
            } else {
                vec!["five.example.test."]
            };
            assert_eq!(seen.values("PTR"), expected, "{mode:?}");
            let again = proxy.client(server.key()).send(&request).await;
            assert_eq!(answer::changed(&again), Ok(()), "{mode:?}");
            let seen = ask(server.dns(), &record, "PTR").await;
            assert_eq!(seen.values("PTR"), result, "{mode:?}");
            assert_eq!(proxy.writes().len() - writes, 1 + usize::from(is_made));
        }
    }
}

#[tokio::test]
async fn vf_247_a_change_comes_late_when_its_sender_has_given_up() {
    let server = furnished().await;
    let proxy = Proxy::start(server.api()).await;
    proxy.add(Rule::new(Mode::Slow(Duration::from_secs(2))).times(1));
    let client = proxy
        .client(server.key())
        .with_patience(Duration::from_millis(100));
    let before = server.dump().await;
    let write = api().change(
        &name(ZONE),
        &[replace(&format!("1.{ZONE}"), "late.example.test", 60)],
    );
    let error = answer::changed(&client.send(&write).await);
    assert!(matches!(error, Err(ServerError::Unclear(_))), "{error:?}");
    assert_eq!(read(&server, &place(1)).await, Pointers::Nothing);
    until("the change is made late", async || {
        (read(&server, &place(1)).await != Pointers::Nothing).then_some(())
    })
    .await;
    let changed = differences(&before, &server.dump().await);
    assert_eq!(changed.len(), 2, "{changed:?}");
    let writes = proxy.writes();
    assert!(
        writes.len() == 1 && writes[0].body.contains("late.example.test."),
        "{writes:?}"
    );
}

#[tokio::test]
async fn vf_247_a_notification_is_told_from_the_change_before_it() {
    let server = furnished().await;
    let proxy = Proxy::start(server.api()).await;
    let client = proxy.client(server.key());
    let zone = api().notify(&name(ZONE)).path;
    proxy.add(Rule::new(Mode::Answer(Reply::error(422, "Domain is not a master domain"))).path(&zone));
    let write = api().change(
        &name(ZONE),
        &[replace(&format!("1.{ZONE}"), "one.example.test", 60)],
    );
    assert_eq!(answer::changed(&client.send(&write).await), Ok(()));
    let error = answer::notified(&client.send(&api().notify(&name(ZONE))).await);
    assert_eq!(
        error,
        Err(ServerError::Refused(
            "Domain is not a master domain (HTTP 422)".to_owned()
        ))
    );
    assert_eq!(held(&read(&server, &place(1)).await), ["one.example.test"]);
    assert_eq!(proxy.writes().len(), 1);
}
