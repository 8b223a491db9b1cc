use super::*;
use crate::virtfusion::{Scope, Token};

#[test]
fn a_token_does_what_its_scope_allows() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let order = Desk::order(user);
    for (token, connect, groups, create) in [
        (PanelConfig::TOKEN, 200, 200, 201),
        (PanelConfig::READ_TOKEN, 200, 200, 403),
        (PanelConfig::NO_COMPUTE_TOKEN, 200, 403, 201),
        ("unknown", 401, 401, 401),
        ("", 401, 401, 401),
    ] {
        desk.token = token;
        let got = (
            desk.get("/connect").0,
            desk.get("/compute/hypervisors/groups?results=1").0,
            desk.post("/servers", &order).0,
        );
        assert_eq!(got, (connect, groups, create), "{token}");
    }
    assert_eq!(desk.panel.totals(desk.now).servers_created, 2);
}

#[test]
fn without_a_token_the_answer_is_no_json() {
    let desk = Desk::new();
    let mut incoming = desk.incoming(Method::Get, "/connect", None);
    incoming.headers.remove("authorization");
    let Reply::Answer(answer) = desk.panel.handle(desk.now, &incoming) else {
        panic!("an answer")
    };
    assert_eq!((answer.status, answer.body.as_str()), (401, "401 Unauthorized"));
    assert_eq!(answer.value(), None);
}

#[test]
fn a_rate_is_kept_by_the_minute() {
    let token = Token {
        per_minute: Some(2),
        ..Token::new(PanelConfig::TOKEN, Scope::Full)
    };
    let mut desk = Desk::with(PanelConfig {
        tokens: vec![token],
        ..PanelConfig::default()
    });
    desk.wait(20);
    let statuses: Vec<u16> = (0..3).map(|_| desk.get("/connect").0).collect();
    assert_eq!(statuses, [200, 200, 429]);
    let (outcome, _) = desk.exchange(&Request::get("connect", "/connect"));
    let Outcome::Answered(response) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((response.status, response.retry_after), (429, Some(40)));
    desk.wait(40);
    assert_eq!(desk.get("/connect").0, 200);
}

#[test]
fn the_call_log_tells_each_call_and_is_bounded() {
    let desk = Desk::with(PanelConfig {
        log_capacity: 3,
        ..PanelConfig::default()
    });
    let user = desk.user(1);
    desk.get("/servers?results=5&page=1");
    desk.post("/servers", &Desk::order(user));
    desk.post("/servers", &json!({}));
    let calls = desk.panel.calls();
    let short: Vec<_> = calls
        .iter()
        .map(|call| (call.number, call.endpoint, call.status, call.effect.happened()))
        .collect();
    assert_eq!(
        short,
        [
            (2, "list_servers", Some(200), false),
            (3, "create_server", Some(201), true),
            (4, "create_server", Some(422), false),
        ]
    );
    assert_eq!(
        calls[0].query,
        [
            ("results".to_owned(), "5".to_owned()),
            ("page".to_owned(), "1".to_owned())
        ]
    );
    assert_eq!(
        (&calls[1].body, calls[1].path.as_str()),
        (&Desk::order(user), "/api/v1/servers")
    );
    assert_eq!(
        (calls[1].request_id.as_deref(), calls[1].at),
        (Some("call_1"), desk.now)
    );
    let told = serde_json::to_string(&calls).unwrap();
    assert!(!told.contains(PanelConfig::TOKEN));
    assert_eq!(
        desk.platform().books(desk.now)["totals"]["servers_created"],
        json!(1)
    );
}

#[test]
fn the_books_as_json_carry_no_password() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    let server = desk.panel.server(desk.now, id).unwrap();
    let told = desk.platform().books(desk.now).to_string();
    assert!(told.contains(&server.uuid));
    assert!(!told.contains(&server.password) && !told.contains(&server.console_secret.0));
}
