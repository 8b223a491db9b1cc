//! The panels of the client's page over a whole engine: by capability, from the store, whatever the platform does.

use std::time::Duration;

use domain::given::Reinstall;
use domain::http::Lane;
use domain::machine::PowerAction;
use domain::observed::FactKind;
use domain::record::{OperationState, ServiceStatus};
use domain::{Actor, ActorKind, Clock};
use engine::Wish;
use engine::core::Intent;
use sim::fault::{Fault, FaultRule};
use testkit::rig::{CLIENT, Rig};
use web::{PageAnswer, PageRequest, Pages};

use crate::support::{client, live, text, with_machine};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_mins(30);

/// A wish of the client who looks at the page.
fn wish(rig: &Rig, intent: Intent) -> Wish {
    let mut wish = rig.wish(501, intent);
    wish.told.status = ServiceStatus::Active;
    wish.actor = reader("test");
    wish
}

fn reader(id: &str) -> Actor {
    Actor {
        kind: ActorKind::Client,
        id: id.to_owned(),
        ip: None,
        correlation: None,
    }
}

async fn read(rig: &Rig, kinds: &[FactKind]) {
    for kind in kinds {
        let read = rig
            .engine
            .read_fact(rig.installation_id(), 501, *kind, Lane::Click);
        read.await.expect("the store can be read").expect("it was read");
    }
}

fn has(answer: &PageAnswer, panel: &str) -> bool {
    answer.body.contains(&format!(" id=\"hostler-{panel}\""))
}

/// The revision of a panel's content.
fn revision(answer: &PageAnswer, panel: &str) -> String {
    let (_, rest) = answer
        .body
        .split_once(&format!(" id=\"hostler-{panel}\""))
        .expect("a panel");
    let (_, rest) = rest.split_once("data-hostler-rev=\"").expect("a revision");
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn with(mut request: PageRequest, name: &str, value: &str) -> PageRequest {
    request.query.insert(name.to_owned(), value.to_owned());
    request
}

async fn shown(rig: &Rig, pages: &Pages) -> PageAnswer {
    let answer = pages.serve(live(rig, 501)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

#[tokio::test]
async fn vf_197_what_was_not_read_yet_has_its_place_and_says_so_and_what_was_is_there() {
    let (rig, pages) = with_machine(501).await;
    let before = shown(&rig, &pages).await;
    for panel in ["traffic", "figures", "manage", "reinstall", "resources"] {
        assert!(has(&before, panel), "{panel}");
    }
    assert!(!has(&before, "usage") && !has(&before, "backups"));
    assert_eq!(text(&before).matches("This has not been read yet.").count(), 2);
    read(&rig, FactKind::ALL).await;
    let after = shown(&rig, &pages).await;
    assert!(!text(&after).contains("not been read yet"), "{}", text(&after));
    for panel in ["traffic-table", "reinstall-form"] {
        assert!(has(&after, panel), "{panel}");
    }
    // What the account has used was read, and the product is one without self-service.
    assert!(!has(&after, "usage"));
}

#[tokio::test]
async fn vf_197_the_gallery_tells_its_age_in_words_and_is_not_sent_again_for_being_read_again() {
    let (mut rig, pages) = with_machine(501).await;
    read(&rig, FactKind::ALL).await;
    let have = format!(
        "hostler-reinstall:{}",
        revision(&shown(&rig, &pages).await, "reinstall")
    );
    rig.clock.advance(Duration::from_mins(5));
    read(&rig, FactKind::ALL).await;
    let anew = pages.serve(with(live(&rig, 501), "have", &have)).await;
    assert!(!has(&anew, "reinstall-form") && has(&anew, "reinstall-go"));
    assert!(text(&anew).contains("List as of just now"), "{}", text(&anew));
    rig.stop().await;
    rig.clock.advance(Duration::from_mins(10));
    let later = pages.serve(with(live(&rig, 501), "have", &have)).await;
    assert!(!has(&later, "reinstall-form"), "{}", later.body);
    assert!(
        text(&later).contains("List as of 10 minutes ago"),
        "{}",
        text(&later)
    );
}

#[tokio::test]
async fn vf_212_mx_043_the_page_reads_the_store_and_works_while_the_platform_is_down() {
    let (rig, pages) = with_machine(501).await;
    read(&rig, FactKind::ALL).await;
    rig.panel.add_fault(FaultRule::anywhere(Fault::Refused));
    let (calls, effects) = (rig.panel.calls().len(), rig.drain_effects(501).await.len());
    assert!(effects > 0, "the service was made");
    for _ in 0..20 {
        assert!(has(&shown(&rig, &pages).await, "figures"));
        let watched = with(live(&rig, 501), "watch", "1");
        assert_eq!(pages.serve(watched).await.status, 200);
    }
    assert_eq!(rig.panel.calls().len(), calls);
    assert_eq!(
        rig.drain_effects(501).await,
        Vec::new(),
        "and tells the billing system nothing"
    );
    // What is asked for now is taken, and waits.
    let operation = rig.submit(wish(&rig, Intent::Power(PowerAction::Restart))).await;
    let answer = shown(&rig, &pages).await;
    assert!(text(&answer).contains("Restarting: "), "{}", text(&answer));
    assert!(answer.body.contains(&operation.to_string()));
}

#[tokio::test]
async fn vf_211_figures_are_fetched_at_a_calm_pace_and_faster_while_something_runs() {
    let (mut rig, pages) = with_machine(501).await;
    assert!(
        shown(&rig, &pages)
            .await
            .body
            .contains("data-hostler-every=\"15000\"")
    );
    rig.stop().await;
    rig.submit(wish(&rig, Intent::Power(PowerAction::Restart))).await;
    assert!(
        shown(&rig, &pages)
            .await
            .body
            .contains("data-hostler-every=\"2000\"")
    );
}

#[tokio::test]
async fn vf_194_a_suspended_service_explains_itself_and_lets_nobody_change_anything() {
    let (rig, pages) = with_machine(501).await;
    read(&rig, FactKind::ALL).await;
    let reason = "unpaid".to_owned();
    let operation = rig.submit(wish(&rig, Intent::Suspend { reason })).await;
    rig.ended(operation, LONG).await;
    let answer = shown(&rig, &pages).await;
    assert!(
        text(&answer).contains("This service is suspended."),
        "{}",
        text(&answer)
    );
    let buttons = answer.body.split("<button").skip(1);
    let buttons = buttons.filter_map(|rest| rest.split('>').next());
    for tag in buttons.filter(|tag| tag.contains("type=\"submit\"")) {
        assert!(tag.contains(" disabled"), "{tag}");
    }
}

/// The forms of a page that post an action.
fn forms<'a>(answer: &'a PageAnswer, action: &str) -> Vec<&'a str> {
    let forms = answer.body.split("<form").skip(1);
    let forms = forms.filter_map(|form| form.split("</form>").next());
    let named = format!("action={action}\"");
    let found: Vec<_> = forms.filter(|form| form.contains(&named)).collect();
    for form in &found {
        assert!(form.contains("name=\"hostler_return\" value=\"1\""), "{action}");
        assert!(form.contains("name=\"hostler_once\" value=\"0nce\""), "{action}");
    }
    assert!(!found.is_empty(), "no form for {action}");
    found
}

/// The tags of an element in markup.
fn tags<'a>(html: &'a str, element: &str) -> Vec<&'a str> {
    let opening = format!("{element} ");
    let pieces = html.split('<').filter(|piece| piece.starts_with(&opening));
    pieces.filter_map(|piece| piece.split('>').next()).collect()
}

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let (_, rest) = tag
        .split_once(&format!(" {name}=\""))
        .unwrap_or_else(|| panic!("no {name} in {tag}"));
    rest.split('"').next().unwrap_or_default()
}

#[tokio::test]
async fn vf_202_vf_213_vf_217_forms_tell_the_script_what_to_ask_and_how_long_to_wait() {
    let (rig, pages) = with_machine(501).await;
    read(&rig, FactKind::ALL).await;
    let answer = pages.serve(client(&rig, CLIENT, 501, "client-area")).await;
    name_editor(
        forms(&answer, "rename")[0],
        &rig.panel.servers(rig.clock.now())[0].name,
    );
    switches(&forms(&answer, "powerAction"));
    reinstallation(forms(&answer, "rebuild")[0]);
    let submit = tags(&answer.body, "button");
    let submit = submit
        .iter()
        .find(|tag| tag.contains("id=\"hostler-reinstall-submit\""));
    let submit = submit.expect("a button outside of the form");
    assert_eq!(attribute(submit, "form"), "hostler-reinstall-form");
    assert!(!submit.contains(" disabled"), "{submit}");
    for action in ["resetServerPassword", "resetPassword"] {
        let confirm = attribute(forms(&answer, action)[0], "data-hostler-confirm");
        assert!(confirm.ends_with("Go on?"), "{action}: {confirm}");
    }
    let sign_on = forms(&answer, "loginAsServerOwner")[0];
    assert!(sign_on.contains("target=\"_blank\"") && sign_on.contains("data-hostler-open"));
}

/// VF-202: the present name is there to be changed and saved; the script has words for suggesting names, and for more.
fn name_editor(form: &str, name: &str) {
    assert!(form.contains("data-hostler-action"), "{form}");
    let fields = tags(form, "input");
    let field = fields
        .iter()
        .find(|tag| tag.contains("name=\"name\""))
        .expect("a field");
    assert_eq!(attribute(field, "value"), name);
    assert_eq!(attribute(field, "maxlength"), "63");
    assert!(
        field.contains(" required") && !field.contains(" disabled"),
        "{field}"
    );
    let save = tags(form, "button")[0];
    assert!(
        attribute(save, "type") == "submit" && !save.contains(" disabled"),
        "{save}"
    );
    let suggest = tags(form, "div")[0];
    assert_eq!(attribute(suggest, "data-hostler-suggest"), attribute(field, "id"));
    assert_eq!(attribute(suggest, "data-hostler-label"), "Suggest a name");
    assert_eq!(attribute(suggest, "data-hostler-more"), "More suggestions");
}

/// VF-213: four switches that are sent by the script, rest for three seconds after, and of which the cut is asked for.
fn switches(forms: &[&str]) {
    let action = |form: &&str| {
        let fields = tags(form, "input");
        let field = fields.iter().find(|tag| tag.contains("name=\"powerAction\""));
        attribute(field.expect("a field"), "value").to_owned()
    };
    let actions: Vec<_> = forms.iter().map(action).collect();
    assert_eq!(actions, ["boot", "restart", "shutdown", "poweroff"]);
    for (form, action) in forms.iter().zip(actions) {
        assert!(form.contains("data-hostler-action"), "{action}");
        assert_eq!(attribute(form, "data-hostler-cool"), "3", "{action}");
        assert!(!tags(form, "button")[0].contains(" disabled"), "{action}");
        assert_eq!(
            form.contains("data-hostler-confirm"),
            action == "poweroff",
            "{action}"
        );
    }
}

/// VF-217: a system and a consent have to be given, seconds are told while it is sent, and it rests for thirty.
fn reinstallation(form: &str) {
    let fields = tags(form, "input");
    let systems: Vec<_> = fields
        .iter()
        .filter(|tag| tag.contains("type=\"radio\""))
        .collect();
    assert!(!systems.is_empty(), "{form}");
    for system in systems {
        assert!(
            system.contains(" required") && !system.contains(" checked"),
            "{system}"
        );
        assert_eq!(attribute(system, "name"), "osId");
    }
    let sure = fields
        .iter()
        .find(|tag| tag.contains("name=\"sure\""))
        .expect("a consent");
    assert_eq!(attribute(sure, "type"), "checkbox");
    assert!(sure.contains(" required") && !sure.contains(" checked"), "{sure}");
    assert_eq!(attribute(form, "data-hostler-elapsed"), "Under way for %s s");
    assert_eq!(attribute(form, "data-hostler-cool"), "30");
}

#[tokio::test]
async fn mx_032_a_new_password_waits_for_whoever_asked_and_no_page_holds_it() {
    let (rig, pages) = with_machine(501).await;
    let operation = rig.submit(wish(&rig, Intent::ResetPassword)).await;
    let ended = rig.ended(operation, LONG).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let answer = shown(&rig, &pages).await;
    assert!(has(&answer, "secrets"));
    assert!(
        answer
            .body
            .contains(&format!("name=\"operation\" value=\"{operation}\""))
    );
    let mut other = live(&rig, 501);
    "another".clone_into(&mut other.actor.id);
    assert!(
        !has(&pages.serve(other).await, "secrets"),
        "another user of the account"
    );
    let secret = rig
        .engine
        .reveal(operation, &reader("test"))
        .await
        .unwrap()
        .expect("a password");
    let access = domain::Access::open(&secret).expect("a user and a password");
    assert!(!answer.body.contains(access.password.expose()));
    assert!(!has(&shown(&rig, &pages).await, "secrets"), "it was shown");
}

#[tokio::test]
async fn mx_032_a_new_password_that_comes_late_is_offered_whatever_was_asked_for_since() {
    let (mut rig, _) = with_machine(501).await;
    rig.stop().await;
    let operation = rig.submit(wish(&rig, Intent::ResetPassword)).await;
    // The platform is out of reach for a while, and much is asked for after.
    rig.clock.advance(Duration::from_mins(10));
    rig.restart().await;
    let pages = crate::support::pages(&rig);
    let ended = rig.ended(operation, LONG).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    for _ in 0..21 {
        let later = rig.submit(rig.wish(501, Intent::Power(PowerAction::Boot))).await;
        rig.ended(later, LONG).await;
    }
    let recent = rig.view(501).await.recent;
    assert!(
        recent.iter().all(|one| one.id != operation),
        "it is not among the newest"
    );
    let answer = shown(&rig, &pages).await;
    assert!(has(&answer, "secrets"), "{}", text(&answer));
    assert!(answer.body.contains(&operation.to_string()));
    let secret = rig.engine.reveal(operation, &reader("test")).await.unwrap();
    assert!(secret.is_some());
    assert!(!has(&shown(&rig, &pages).await, "secrets"), "it was shown");
}

#[tokio::test]
async fn mx_030_a_reinstallation_is_watched_step_by_step_and_a_failure_says_why() {
    let (rig, pages) = with_machine(501).await;
    let system = Reinstall {
        image: "46".to_owned(),
        hostname: None,
        keys: Vec::new(),
        new_key: None,
    };
    let operation = rig.submit(wish(&rig, Intent::Reinstall(system))).await;
    let answer = shown(&rig, &pages).await;
    assert!(text(&answer).contains("Installing anew: "), "{}", text(&answer));
    rig.ended(operation, LONG).await;
    let done = text(&shown(&rig, &pages).await);
    assert!(done.contains("Installing anew: done"), "{done}");
    let nothing = Reinstall {
        image: "999999".to_owned(),
        hostname: None,
        keys: Vec::new(),
        new_key: None,
    };
    rig.clock.advance(Duration::from_mins(2));
    let operation = rig.submit(wish(&rig, Intent::Reinstall(nothing))).await;
    let ended = rig.ended(operation, LONG).await;
    assert_eq!(ended.state, OperationState::Failed);
    let answer = shown(&rig, &pages).await;
    assert!(has(&answer, "reason") && has(&answer, "next"), "{}", answer.body);
    assert!(text(&answer).contains("You can try again"), "{}", text(&answer));
}

#[tokio::test]
async fn mx_029_a_switch_is_pending_until_the_machine_has_followed() {
    let (mut rig, pages) = with_machine(501).await;
    rig.stop().await;
    let operation = rig.submit(wish(&rig, Intent::Power(PowerAction::PowerOff))).await;
    let pending = shown(&rig, &pages).await;
    assert!(text(&pending).contains("Powering off: "), "{}", text(&pending));
    assert!(text(&pending).contains("Something is under way."));
    rig.restart().await;
    let pages = crate::support::pages(&rig);
    rig.ended(operation, LONG).await;
    let done = text(&shown(&rig, &pages).await);
    assert!(
        done.contains("Powering off: done") && done.contains("Your server is switched off."),
        "{done}"
    );
}

#[tokio::test]
async fn mx_114_the_history_comes_page_by_page_and_is_sent_once() {
    let (rig, pages) = with_machine(501).await;
    for _ in 0..22 {
        let operation = rig.submit(rig.wish(501, Intent::Power(PowerAction::Boot))).await;
        rig.ended(operation, LONG).await;
    }
    let answer = shown(&rig, &pages).await;
    let (_, more) = answer
        .body
        .split_once("data-hostler-more=\"")
        .expect("there is more");
    let after = more
        .split("after=")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a cursor");
    let further = pages
        .serve(with(client(&rig, CLIENT, 501, "history"), "after", after))
        .await;
    assert_eq!(further.status, 200, "{}", further.body);
    assert!(text(&further).contains("Setting up: done"), "{}", text(&further));
    let have = format!(
        "hostler-history:{},hostler-reinstall:{}",
        revision(&answer, "history"),
        revision(&answer, "reinstall")
    );
    let again = pages.serve(with(live(&rig, 501), "have", &have)).await;
    assert_eq!(again.body.matches(" data-hostler-same").count(), 2);
    assert!(!has(&again, "history-list") && has(&again, "reinstall-go"));
    assert!(again.body.len() < answer.body.len());
    let foreign = pages.serve(client(&rig, CLIENT + 1, 501, "history")).await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test]
async fn a_german_page_is_german_and_names_no_platform() {
    let (rig, pages) = with_machine(501).await;
    read(&rig, FactKind::ALL).await;
    let mut request = client(&rig, CLIENT, 501, "client-area");
    "german".clone_into(&mut request.language);
    let shown = text(&pages.serve(request).await);
    for word in [
        "Übersicht",
        "Datenverkehr",
        "Neu installieren",
        "Verlauf",
        "Einrichtung: erledigt",
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    for word in ["Restart", "as of", "minutes ago", "Reinstall"] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
    assert!(!shown.to_lowercase().contains("virtfusion"), "{shown}");
}

#[tokio::test]
async fn the_panel_is_named_to_clients_where_the_operator_gives_it_a_name() {
    let (rig, pages) = with_machine(501).await;
    let page = async || text(&pages.serve(client(&rig, CLIENT, 501, "client-area")).await);
    let before = page().await;
    assert!(before.contains("Open the control panel"), "{before}");
    let settings = domain::record::InstallationSettings {
        panel_name: Some("Example Cloud".to_owned()),
        ..domain::record::InstallationSettings::default()
    };
    let store = rig.engine.store();
    store
        .set_installation_settings(rig.installation_id(), settings, &Actor::host("test"))
        .await
        .unwrap();
    let after = page().await;
    for words in ["Open Example Cloud", "New password for Example Cloud"] {
        assert!(after.contains(words), "{words}: {after}");
    }
    assert!(!after.contains("control panel"), "{after}");
}
