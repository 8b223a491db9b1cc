use std::time::Duration;

use domain::record::{OperationKind, QuestionKind};

use super::*;

const NOW: Moment = Moment::from_seconds(1_800_000_000);

#[test]
fn a_running_machine_shows_its_state_with_its_age_and_its_addresses() {
    let live = ClientLive::new(&sample::live(NOW), true, NOW);
    assert_eq!(live.badge.key, "running");
    assert_eq!(live.as_of.map(|when| (when.n, when.unit)), Some((12, "seconds")));
    assert!(!live.stale);
    assert_eq!(live.addresses.ipv4, ["192.0.2.10", "192.0.2.11"]);
    assert!(live.power.buttons.iter().all(|button| button.enabled));
    assert_eq!((live.power.note, live.every), (None, EVERY_QUIET));
}

#[test]
fn what_was_never_seen_is_unknown_and_not_off() {
    let mut view = sample::live(NOW);
    view.machine = None;
    let live = ClientLive::new(&view, true, NOW);
    assert_eq!(live.badge.key, "unknown");
    assert!(!live.addresses.known);
    assert_eq!(live.as_of, None);
}

#[test]
fn an_old_reading_is_shown_with_its_own_age_and_is_old_where_the_engine_says_so() {
    let later = NOW + Duration::from_secs(700);
    let live = ClientLive::new(&sample::live(NOW), true, later);
    assert!(!live.stale, "no page decides that by itself");
    let old = live.seen(None, true);
    assert!(old.stale);
    assert_eq!(old.badge.key, "running");
    assert_eq!(old.as_of.map(|when| (when.n, when.unit)), Some((11, "minutes")));
}

#[test]
fn buttons_that_cannot_be_pressed_say_why() {
    let mut view = sample::live(NOW);
    assert_eq!(ClientLive::new(&view, false, NOW).power.note, Some("permission"));
    view.open = vec![sample::operation(
        OperationKind::Power,
        OperationState::Running,
        NOW,
    )];
    assert_eq!(ClientLive::new(&view, true, NOW).power.note, Some("busy"));
    for (standing, note) in [
        (Standing::Building, "building"),
        (Standing::Suspended, "suspended"),
        (Standing::Ending, "ending"),
        (Standing::Ended, "ended"),
        (Standing::Vacant, "none"),
    ] {
        view.service.standing = standing;
        let power = ClientLive::new(&view, true, NOW).power;
        assert_eq!(power.note, Some(note));
        assert!(power.buttons.iter().all(|button| !button.enabled));
    }
}

#[test]
fn a_question_that_holds_no_change_leaves_the_buttons() {
    let mut view = sample::live(NOW);
    for kind in QuestionKind::ALL.iter().copied() {
        view.questions = vec![domain::record::Question {
            kind,
            operation: None,
            ..sample::question(NOW)
        }];
        let note = ClientLive::new(&view, true, NOW).power.note;
        assert_eq!(note, kind.holds().then_some("question"), "{kind}");
    }
    assert!(!QuestionKind::Drifted.holds() && !QuestionKind::Orphan.holds());
}

#[test]
fn addresses_end_with_the_service() {
    let mut view = sample::live(NOW);
    for (standing, known) in [
        (Standing::Suspended, true),
        (Standing::Ending, false),
        (Standing::Ended, false),
    ] {
        view.service.standing = standing;
        assert_eq!(ClientLive::new(&view, true, NOW).addresses.known, known);
    }
}

#[test]
fn what_runs_is_shown_before_what_waits_and_what_ended_goes_after_a_while() {
    let mut view = sample::live(NOW);
    view.open = vec![
        sample::operation(OperationKind::Power, OperationState::Queued, NOW),
        sample::operation(OperationKind::ChangePackage, OperationState::Asking, NOW),
    ];
    let title = |view: &ServiceView, now| ClientLive::new(view, true, now).progress.map(|p| p.title);
    assert_eq!(title(&view, NOW).as_deref(), Some("change-package"));
    view.open.clear();
    view.recent = vec![sample::operation(
        OperationKind::Power,
        OperationState::Failed,
        NOW,
    )];
    assert_eq!(title(&view, NOW).as_deref(), Some("power-restart"));
    assert_eq!(title(&view, Moment::from_seconds(1_800_000_000 + 400)), None);
}

#[test]
fn what_staff_has_to_settle_is_not_explained_to_the_client() {
    let mut view = sample::live(NOW);
    let cause = |view: &ServiceView| {
        let shown = ClientLive::new(view, true, NOW)
            .progress
            .expect("something is under way");
        shown.cause
    };
    let mut failing = sample::operation(OperationKind::Create, OperationState::Running, NOW);
    failing.steps[1].failures = 1;
    view.open = vec![failing.clone()];
    assert_eq!(cause(&view).as_deref(), Some("held-up"));
    failing.state = OperationState::Asking;
    view.open = vec![failing];
    assert_eq!(cause(&view), None);
}

/// A machine in a state that the platform has a word for, as its owner sees it.
fn in_state(word: &str, power: Fact<Power>) -> ClientLive {
    let mut machine = sample::machine_with(power);
    machine.raw = serde_json::json!({ "state": word });
    let hosting = engine::Hosting {
        user: Some("root".to_owned()),
        ..engine::Hosting::of(&machine)
    };
    let mut view = sample::live(NOW);
    view.machine = Some(sample::fact(Fact::Known(machine), NOW));
    let offers = engine::Offers {
        console: true,
        login: true,
        states: true,
        ..engine::Offers::default()
    };
    ClientLive::new(&view, true, NOW).offering(&view, offers, Some(hosting), (true, true))
}

#[test]
fn kt_102_the_platforms_word_is_shown_with_spaces_and_names_its_class() {
    let state = in_state("shutting_down", Fact::Unknown).state.expect("a word");
    assert_eq!(
        (state.word.as_str(), state.text.as_str()),
        ("shutting_down", "shutting down")
    );
    let strange = in_state("<b>\"x", Fact::Unknown).state.expect("a word");
    assert_eq!(strange.word, "bx");
}

#[test]
fn kt_103_the_line_for_a_terminal_needs_an_address() {
    let login = in_state("started", Fact::Known(Power::On))
        .login
        .expect("a login");
    assert_eq!(
        (login.user.as_str(), login.address.as_deref()),
        ("root", Some("192.0.2.10"))
    );
    let mut view = sample::live(NOW);
    let mut machine = sample::machine_with(Fact::Unknown);
    (machine.ipv4, machine.ipv6) = (Vec::new(), Vec::new());
    let hosting = engine::Hosting {
        user: Some("root".to_owned()),
        ..engine::Hosting::of(&machine)
    };
    view.machine = Some(sample::fact(Fact::Known(machine), NOW));
    let offers = engine::Offers {
        login: true,
        ..engine::Offers::default()
    };
    let live = ClientLive::new(&view, true, NOW).offering(&view, offers, Some(hosting), (true, true));
    assert_eq!(live.login.expect("a login").address, None);
    assert_eq!((live.console, live.state), (None, None));
}

#[test]
fn kt_106_what_a_machines_power_makes_pointless_cannot_be_pressed_whatever_the_platform_calls_it() {
    let enabled = |power: Fact<Power>| -> Vec<&str> {
        let buttons = in_state("any_word", power).power.buttons;
        assert!(buttons.iter().all(|button| button.confirm), "{power:?}");
        let pressed = buttons.iter().filter(|button| button.enabled);
        pressed.map(|button| button.action.as_str()).collect()
    };
    assert_eq!(
        enabled(Fact::Known(Power::On)),
        ["restart", "shutdown", "poweroff"]
    );
    assert_eq!(enabled(Fact::Known(Power::Off)), ["boot"]);
    assert_eq!(enabled(Fact::Unknown).len(), 4);
}

#[test]
fn kt_106_a_machine_that_is_being_built_cannot_be_switched() {
    let mut view = sample::live(NOW);
    view.service.standing = Standing::Building;
    (view.link, view.machine) = (None, None);
    view.open = vec![sample::operation(
        OperationKind::Create,
        OperationState::Running,
        NOW,
    )];
    let offers = engine::Offers {
        states: true,
        ..engine::Offers::default()
    };
    let live = ClientLive::new(&view, true, NOW).offering(&view, offers, None, (true, true));
    assert!(live.power.buttons.iter().all(|button| !button.enabled));
    assert_eq!(live.state.expect("a word").word, "building");
}

#[test]
fn kt_117_a_machine_that_is_still_being_made_is_called_so_whatever_the_service_is() {
    let offers = engine::Offers {
        states: true,
        ..engine::Offers::default()
    };
    let mut view = sample::live(NOW);
    (view.link, view.machine) = (None, None);
    let word = |view: &ServiceView| {
        let live = ClientLive::new(view, true, NOW).offering(view, offers, None, (true, true));
        live.state.expect("a word").word
    };
    assert_eq!(word(&view), "unknown");
    let create = sample::operation(OperationKind::Create, OperationState::Running, NOW);
    view.open = vec![create];
    assert_eq!(word(&view), "building");
    view.service.generation = 2;
    assert_eq!(word(&view), "unknown", "that create was of a former life");
}

#[test]
fn a_state_that_a_list_confirmed_is_as_young_as_that_list() {
    let later = NOW + Duration::from_hours(1);
    let read = ClientLive::new(&sample::live(NOW), true, later);
    let at = When::new(later, later - Duration::from_secs(60));
    let confirmed = read.clone().seen(Some(at.clone()), false);
    assert_eq!(confirmed.as_of, Some(at));
    assert_eq!(read.clone().seen(None, false), read);
}

#[test]
fn kt_107_a_machine_that_was_never_read_is_unknown_and_its_page_is_there() {
    let mut view = sample::live(NOW);
    view.machine = None;
    let offers = engine::Offers {
        console: true,
        login: true,
        states: true,
        ..engine::Offers::default()
    };
    let live = ClientLive::new(&view, true, NOW).offering(&view, offers, None, (true, true));
    assert_eq!(live.state.expect("a word").word, "unknown");
    assert_eq!(live.login, None);
    let console = live.console.expect("a console");
    assert_eq!(
        (console.enabled, console.action, console.window),
        (true, "console", false)
    );
}

#[test]
fn vf_196_a_screen_has_a_window_of_its_own_and_is_opened_by_who_may_while_the_service_is_in_use() {
    let offers = engine::Offers {
        acts: &[OperationKind::Console],
        ..engine::Offers::default()
    };
    let mut view = sample::live(NOW);
    let console = |view: &ServiceView, may_open| {
        let live = ClientLive::new(view, true, NOW).offering(view, offers, None, (true, may_open));
        live.console
    };
    let shown = console(&view, true).expect("a console");
    assert_eq!(
        (shown.enabled, shown.action, shown.window),
        (true, "vncViewer", true)
    );
    assert!(
        !console(&view, false).expect("a console").enabled,
        "without the permission"
    );
    let never = domain::record::ClientRule {
        withheld: true,
        ..domain::record::ClientRule::default()
    };
    view.policy = domain::record::ProductPolicy {
        clients: [(OperationKind::Console, never)].into(),
        ..domain::record::ProductPolicy::default()
    };
    assert_eq!(console(&view, true), None, "the operator withholds it");
    view.policy = domain::record::ProductPolicy::default();
    view.service.standing = Standing::Suspended;
    assert_eq!(console(&view, true), None);
}
