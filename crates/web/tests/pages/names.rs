//! The operator's page about the names of addresses, with a real name server and a real resolver.

use testkit::dns::Stage;
use testkit::rig::RigOptions;

use super::support::{SHORT, operator, pages, posting, text};

#[tokio::test]
async fn vf_260_the_page_says_what_an_address_is_called_and_why_and_nothing_of_others_machines() {
    let stage = Stage::unapproved(RigOptions::default()).await;
    stage.point_to(&["mail.customer.example."]).await;
    let pages = pages(&stage.rig);
    let asked = format!("names?address={}&host=", stage.address);

    for unanswered in [asked.as_str(), "names?look=plain"] {
        let none = text(&pages.serve(operator(None, unanswered)).await);
        assert!(none.contains("No name server is approved"), "{none}");
    }
    let (endpoint, key) = (stage.server.url(), stage.server.key());
    stage.approve(&endpoint, key, "Names & <b>numbers</b>").await;

    let page = pages.serve(operator(None, &asked)).await;
    let shown = text(&page);
    for words in [
        stage.record.as_str(),
        "(main/501)",
        "web501.example.test. The hostname does not lead to the address: web501.example.test has no A record",
        "mail.customer.example",
        "Another pointer is there already and stays",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!page.body.contains("<b>numbers"), "{}", page.body);
    assert!(!page.body.contains(key), "the key is shown nowhere");

    let other = "other".parse().unwrap();
    let foreign = text(&pages.serve(operator(Some(&other), &asked)).await);
    assert!(foreign.contains("none is known to have it"), "{foreign}");
    assert!(
        !foreign.contains(Stage::HOST) && !foreign.contains("501"),
        "{foreign}"
    );

    let wrong = pages
        .serve(operator(None, "names?address=<script>alert(1)</script>"))
        .await;
    assert_eq!(wrong.status, 200);
    assert!(!wrong.body.contains("<script>alert"), "{}", wrong.body);
    assert!(
        text(&wrong).contains("An address is written as"),
        "{}",
        text(&wrong)
    );
    let empty = pages.serve(operator(None, "names")).await;
    assert!(!empty.body.contains("alert-warning"), "nothing was asked yet");
}

#[tokio::test]
async fn vf_254_vf_255_what_a_preview_shows_is_begun_by_the_button_below_it_and_a_reset_only_below_its_own() {
    let stage = Stage::unapproved(RigOptions::default()).await;
    let other = Stage::machine(&stage.rig, 502).await;
    stage
        .approve(&stage.proxy.url(), stage.server.key(), "names")
        .await;
    stage.answered_by(&[&stage.server.dns().to_string()]).await;
    stage.confirm().await;
    stage.lead("web502.example.test", &[other]).await;
    stage.point_to(&["mail.customer.example."]).await;
    let pages = pages(&stage.rig);
    let show = async |page: &str| pages.serve(operator(None, page)).await;
    let button = "look_after_names";
    let begin = |look: &str| posting(operator(None, ""), button, &[("look", look)]);

    assert!(
        !show("names").await.body.contains(button),
        "nothing is begun that nobody has seen"
    );
    let plain = show("names?look=plain").await;
    let shown = text(&plain);
    for words in [
        "1 added, 1 preserved",
        "Service 502 (main)",
        "The pointer is set to web502.example.test",
        "Write what is missing",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    for words in ["mail.customer.example", "Write over what is there"] {
        assert!(!shown.contains(words), "{words} in {shown}");
    }
    assert_eq!(stage.proxy.writes().len(), 0, "a preview changes nothing");

    let mut by_get = begin("plain");
    by_get.method = "GET".to_owned();
    for refused in [by_get, begin(""), begin("everything")] {
        assert_eq!(pages.serve(refused).await.status, 404);
    }
    let foreign = "other".parse().unwrap();
    let theirs = posting(operator(Some(&foreign), ""), button, &[("look", "reset")]);
    let answer = pages.serve(theirs).await;
    assert!(
        answer.headers["location"].ends_with("page=names&begun=0"),
        "{:?}",
        answer.headers
    );
    let answer = pages.serve(begin("plain")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(
        answer.headers["location"].ends_with("page=names&begun=1"),
        "{:?}",
        answer.headers
    );
    stage.leads_to(other, &["web502.example.test."], SHORT).await;
    assert_eq!(stage.held(stage.address).await, ["mail.customer.example."]);
    let told = text(&show("names?begun=1").await);
    assert!(told.contains("One operation was begun."), "{told}");
    let all = text(&show("operations?state=all").await);
    assert!(all.contains("Looking after names of addresses"), "{all}");

    let shown = text(&show("names?look=reset").await);
    for words in [
        "1 reset, 1 preserved",
        "mail.customer.example",
        "The pointer is changed to web501.example.test",
        "Write over what is there",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let page = pages.serve(operator(Some(&foreign), "names?look=reset")).await;
    assert!(
        text(&page).contains("No name would change") && !page.body.contains(button),
        "{}",
        text(&page)
    );
    pages.serve(begin("reset")).await;
    let host = format!("{}.", Stage::HOST);
    stage.leads_to(stage.address, &[&host], SHORT).await;
    let done = show("names?look=reset").await;
    assert!(
        text(&done).contains("2 preserved") && !done.body.contains(button),
        "{}",
        text(&done)
    );
}
