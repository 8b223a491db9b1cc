//! The golden vectors of signatures, which the PHP side checks too.

use domain::{Moment, Secret};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::*;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/signing.json")).unwrap()
}

fn keys(vector: &Value) -> Vec<Secret> {
    let keys = vector["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| Secret::new(key.as_str().unwrap()))
        .collect()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap()
}

fn headers(vector: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set =
        |name: &'static str, value: &str| headers.insert(name, HeaderValue::from_str(value).unwrap());
    set(HEADER_INSTALLATION, text(vector, "installation"));
    set(HEADER_TIMESTAMP, &vector["timestamp"].to_string());
    set(HEADER_NONCE, text(vector, "nonce"));
    set(HEADER_SIGNATURE, text(vector, "signature"));
    headers
}

/// The judgement of a vector with `now` as the clock, by an engine that knows the installations `main` and `shop-2`.
fn judge(vector: &Value) -> Result<(), Problem> {
    let claims = Claims::read(&headers(vector))?;
    if !matches!(claims.installation().as_str(), "main" | "shop-2") {
        return Err(Problem::new(Code::UnknownInstallation, ""));
    }
    let now = Moment::from_seconds(
        vector["now"]
            .as_i64()
            .unwrap_or(vector["timestamp"].as_i64().unwrap()),
    );
    judge_time(&claims, now, Moment::from_seconds(1_795_164_000 - 3600))?;
    let head = Head {
        method: text(vector, "method"),
        path: text(vector, "path"),
    };
    judge_signature(&claims, head, text(vector, "body").as_bytes(), &keys(vector))
}

#[test]
fn golden_requests_are_signed_and_accepted_as_written() {
    let vectors = vectors();
    for vector in vectors["requests"].as_array().unwrap() {
        let claims = Claims::read(&headers(vector)).unwrap();
        let head = Head {
            method: text(vector, "method"),
            path: text(vector, "path"),
        };
        let message = canonical::request(&claims, head, text(vector, "body").as_bytes());
        assert_eq!(message, text(vector, "canonical"), "{}", vector["name"]);
        assert_eq!(
            mac::sign_all(&keys(vector), &message),
            text(vector, "signature"),
            "{}",
            vector["name"]
        );
        assert_eq!(judge(vector), Ok(()), "{}", vector["name"]);
    }
}

#[test]
fn golden_answers_are_signed_as_written() {
    let vectors = vectors();
    for vector in vectors["answers"].as_array().unwrap() {
        let status = u16::try_from(vector["status"].as_u64().unwrap()).unwrap();
        let signed = answer_headers(
            &text(vector, "installation").parse().unwrap(),
            &keys(vector),
            text(vector, "nonce"),
            status,
            Moment::from_seconds(vector["timestamp"].as_i64().unwrap()),
            text(vector, "body").as_bytes(),
        );
        assert_eq!(signed[2].1, text(vector, "signature"), "{}", vector["name"]);
    }
}

#[test]
fn gx_011_golden_refusals_are_refused_with_their_code() {
    let vectors = vectors();
    let refused = vectors["refused"].as_array().unwrap();
    assert!(refused.len() >= 13, "the vectors were cut");
    for vector in refused {
        let problem = judge(vector).expect_err(text(vector, "name"));
        assert_eq!(problem.code.as_str(), text(vector, "code"), "{}", vector["name"]);
    }
}

#[test]
fn a_nudge_is_signed_for_its_fixed_path() {
    let vectors = vectors();
    let vector = vectors["requests"]
        .as_array()
        .unwrap()
        .iter()
        .find(|vector| vector["path"] == NUDGE_PATH)
        .unwrap();
    let signed = nudge_headers(
        &"main".parse().unwrap(),
        &keys(vector),
        text(vector, "nonce"),
        Moment::from_seconds(vector["timestamp"].as_i64().unwrap()),
    );
    assert_eq!(signed[3].1, text(vector, "signature"));
}

#[test]
fn messages_from_before_the_start_are_refused_within_the_tolerance() {
    let vectors = vectors();
    let claims = Claims::read(&headers(&vectors["requests"][0])).unwrap();
    let stamp = claims.seconds();
    let at = Moment::from_seconds;
    assert!(judge_time(&claims, at(stamp + 300), at(stamp)).is_ok());
    let early = judge_time(&claims, at(stamp + 10), at(stamp + 1)).unwrap_err();
    assert_eq!(early.code, Code::StaleTimestamp);
}

#[test]
fn a_header_sent_twice_is_refused() {
    let vectors = vectors();
    for name in [
        HEADER_INSTALLATION,
        HEADER_TIMESTAMP,
        HEADER_NONCE,
        HEADER_SIGNATURE,
    ] {
        let mut headers = headers(&vectors["requests"][0]);
        let value = headers[name].clone();
        headers.append(name, value);
        assert_eq!(Claims::read(&headers).unwrap_err().code, Code::Unsigned, "{name}");
        headers.remove(name);
        assert_eq!(Claims::read(&headers).unwrap_err().code, Code::Unsigned, "{name}");
    }
}
