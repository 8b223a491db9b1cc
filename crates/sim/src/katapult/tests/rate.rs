use super::*;

fn limited(per_minute: u32) -> Desk {
    let mut config = Config::default();
    config.tokens[0].per_minute = per_minute;
    Desk::with(config)
}

fn header(answer: &Answer, name: &str) -> Option<u32> {
    answer.header(name).map(|text| text.parse().unwrap())
}

#[test]
fn kt_120_every_answer_tells_the_rate_and_what_is_left_of_it() {
    let mut desk = limited(2);
    let incoming = desk.incoming(Method::Get, "/data_centers", None);
    let told = |desk: &Desk| {
        let answer = desk.answer(&incoming);
        let permitted = header(&answer, "x-ratelimit-permitted");
        (answer.status, permitted, header(&answer, "x-ratelimit-remaining"))
    };
    assert_eq!(told(&desk), (200, Some(2), Some(1)));
    assert_eq!(told(&desk), (200, Some(2), Some(0)));
    assert_eq!(told(&desk), (429, Some(2), Some(0)));
    let answer = desk.answer(&incoming);
    assert_eq!(answer.header("retry-after"), None, "none was ever recorded");
    let error = answer.value().unwrap()["error"].clone();
    assert_eq!(
        (&error["code"], &error["detail"]),
        (&json!("rate_limit_reached"), &json!({"total_permitted": 2}))
    );
    desk.token = Config::USER_TOKEN;
    assert_eq!(desk.get("/data_centers").0, 200, "the limit is the token's");
    desk.wait(60);
    assert_eq!(
        told(&desk),
        (200, Some(2), Some(1)),
        "the next minute allows as many again"
    );
}

#[test]
fn refused_requests_count_and_unknown_tokens_have_no_rate() {
    let desk = limited(1);
    let missing = desk.answer(&desk.incoming(Method::Get, "/tasks/task", None));
    assert_eq!(
        (missing.status, header(&missing, "x-ratelimit-remaining")),
        (404, Some(0))
    );
    assert_eq!(desk.get("/data_centers").0, 429);
    let mut stranger = desk.incoming(Method::Get, "/data_centers", None);
    stranger
        .headers
        .insert("authorization".to_owned(), "Bearer nobody".to_owned());
    let answer = desk.answer(&stranger);
    assert_eq!(
        (answer.status, answer.header("x-ratelimit-permitted")),
        (403, None)
    );
}

#[test]
fn answers_have_the_headers_that_were_recorded() {
    let desk = Desk::new();
    let good = desk.answer(&desk.incoming(Method::Get, "/data_centers", None));
    assert_eq!(good.header("content-type"), Some("application/json"));
    assert!(good.header("etag").unwrap().starts_with("W/\""));
    assert_eq!(
        good.header("cache-control"),
        Some("max-age=0, private, must-revalidate")
    );
    assert_eq!(good.header("x-api-schema"), None);
    let bad = desk.answer(&desk.incoming(Method::Get, "/nowhere", None));
    assert_eq!(bad.header("cache-control"), Some("no-cache"));
    assert_eq!(bad.header("x-api-schema"), Some("json-error"));
    assert_eq!(bad.header("etag"), None);
    let number = |answer: &Answer| answer.header("x-request-id").unwrap().len();
    assert_eq!((number(&good), number(&bad)), (36, 36));
}
