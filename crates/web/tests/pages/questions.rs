//! Why something is open, on the operator's pages; and the button that settles it.

use std::time::Duration;

use crate::support::{SHORT, operator, pages, posting, text, with_machine};
use domain::Clock;
use domain::record::{OperationState, QuestionKind};
use engine::core::Intent;
use sim::fault::{Fault, FaultRule};
use testkit::rig::{Rig, order};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn gx_013_what_is_open_is_explained_on_its_pages_with_the_calls_that_show_it() {
    let rig = Rig::start().await;
    let pages = pages(&rig);
    rig.panel
        .add_fault(FaultRule::at("create_server", Fault::TimeoutBefore));
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.until("a lost answer", HOUR, async |rig: &Rig| {
        let operation = rig.engine.operation(create).await.ok()?;
        // At rest until its next look, so that no further call is made meanwhile.
        let rests = operation.lease.is_none() && operation.due_at > Some(rig.clock.now());
        (operation.reason.contains("lost") && rests).then_some(())
    })
    .await;
    let reason = "overdue".to_owned();
    let queued = rig.submit(rig.wish(501, Intent::Suspend { reason })).await;
    let service = rig.view(501).await.service.id;
    let of_create = format!("operations/{create}");
    let of_service = format!("services/{service}");
    let why = rig.engine.why(rig.installation_id(), 501).await.unwrap().unwrap();
    let lost = why.open.iter().find(|one| one.operation == Some(create)).unwrap();
    assert!(!lost.evidence.is_empty(), "{lost:?}");
    for page in [&of_create, &of_service] {
        let answer = pages.serve(operator(None, page)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let shown = text(&answer);
        for word in [
            "Cause creating the server: the answer was lost",
            "Shown by call",
            "Next is",
            "By when in 5 hours",
        ] {
            assert!(shown.contains(word), "{page}: {word} in {shown}");
        }
        for call in &lost.evidence {
            let leads = format!("operations&#x2f;{create}#{call}");
            assert!(answer.body.contains(&leads), "{page}: {leads} in {}", answer.body);
        }
    }
    let calls = pages.serve(operator(None, &of_create)).await.body;
    assert!(
        lost.evidence
            .iter()
            .all(|call| calls.contains(&format!("id=\"{call}\"")))
    );
    assert!(
        !calls.contains(&queued.to_string()),
        "the page is about one operation"
    );
    let of_queued = text(&pages.serve(operator(None, &format!("operations/{queued}"))).await);
    let behind = format!("create {create} is under way and comes first");
    assert!(of_queued.contains(&behind), "{behind} in {of_queued}");
}

/// The values of the hidden fields of the form with this answer.
fn form_of(body: &str, word: &str) -> Vec<(String, String)> {
    let value = format!("name=\"word\" value=\"{word}\"");
    let mut forms = body.split("<form").skip(1);
    let form = forms
        .find(|form| form.contains(&value))
        .expect("there is a button");
    let form = form.split("</form>").next().expect("a form ends");
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
    fields
        .map(|field| {
            let mut parts = field.split('"');
            let name = parts.next().expect("a field has a name").to_owned();
            (
                name,
                parts.nth(1).expect("a field has a value").replace("&#x2f;", "/"),
            )
        })
        .collect()
}

#[tokio::test]
async fn gx_013_an_operator_answers_by_the_pages_button_and_the_operation_goes_on() {
    let rig = Rig::start().await;
    let pages = pages(&rig);
    let now = rig.clock.now();
    rig.panel.hand(now).fail_builds(1).expect("the panel obeys");
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::BuildFailed);
    let page = format!("operations/{create}");
    let asked = pages.serve(operator(None, &page)).await;
    let shown = text(&asked);
    for words in [
        "Answer the question: The build failed",
        "By when When an operator has acted",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let fields = form_of(&asked.body, "send-again");
    let fields: Vec<_> = fields
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert!(fields.contains(&("hostler_token", "t0ken")), "{fields:?}");
    let answer = pages.serve(posting(operator(None, ""), "answer", &fields)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.headers["location"].ends_with(&format!("page={page}")));

    let ended = rig.ended(create, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let stored = rig.engine.store().question(question.id).await.unwrap().unwrap();
    assert_eq!(stored.answer.as_deref(), Some("send-again"));
    assert_eq!(stored.answered_by.unwrap().id, "test");
    let after = text(&pages.serve(operator(None, &page)).await);
    assert!(!after.contains("Why it has not ended"), "{after}");
    let again = pages.serve(posting(operator(None, ""), "answer", &fields)).await;
    assert_eq!(again.status, 409, "a question is answered once");
}

#[tokio::test]
async fn gx_013_a_question_for_the_host_is_refused_from_a_page_in_a_plain_sentence() {
    let (rig, pages) = with_machine(501).await;
    rig.allow_destructive(0).await;
    let end = rig
        .submit(rig.wish(501, Intent::Terminate { window: None }))
        .await;
    let question = rig.view(501).await.questions[0].clone();
    assert!(question.host_only);
    let page = pages.serve(operator(None, &format!("operations/{end}"))).await;
    let shown = text(&page);
    for words in [
        "Only the command line on the engine&#x27;s host answers this",
        "When somebody has acted at the command line of the engine&#x27;s host",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!page.body.contains("name=\"word\""), "there is no button");

    let id = question.id.to_string();
    let fields = [
        ("question", id.as_str()),
        ("word", "allow"),
        ("back", "questions"),
    ];
    let answer = pages.serve(posting(operator(None, ""), "answer", &fields)).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    let sentence = "this question is answered by `hostler operation answer` on the engine&#x27;s host only";
    assert!(text(&answer).contains(sentence), "{}", text(&answer));
    rig.pass(SHORT).await;
    let asked = rig.engine.store().question(question.id).await.unwrap().unwrap();
    assert_eq!(asked.answer, None);
    assert!(rig.view(501).await.link.is_some(), "nothing was deleted");
}
