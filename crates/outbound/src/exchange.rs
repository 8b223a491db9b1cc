//! One exchange: the request as HTTP, sent once, and its end sorted into answered, not sent and lost.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use domain::Clock;
use domain::http::{Failure, FailureKind, Method, Outcome, Request, Response};
use domain::id::CallId;
use reqwest::Client;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::allowance::Allowance;
use crate::breaker::Health;
use crate::endpoint::{Credential, Endpoint};
use crate::fault::{Fault, judge, root_cause};
use crate::retry_after;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The end of an exchange, and what it says about the platform.
#[derive(Debug)]
pub struct Exchanged {
    pub outcome: Outcome,
    pub health: Health,
    /// What the platform says of its own limit.
    pub allowance: Option<Allowance>,
}

/// A request ready to be sent.
#[derive(Debug)]
pub struct Prepared {
    client: Client,
    request: reqwest::Request,
    host: String,
    largest_body: usize,
    /// Sent instead when the first connection turns out to be stale; reads only.
    spare: Option<reqwest::Request>,
}

impl Prepared {
    /// Writes the request as HTTP; the reason when it cannot be written.
    pub fn new(
        client: Client,
        endpoint: &Endpoint,
        call: CallId,
        request: &Request,
        largest_body: usize,
    ) -> Result<Self, String> {
        let url = endpoint.url(&request.path, &request.query)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut http = reqwest::Request::new(method(request.method), url);
        let headers = http.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        let (name, key) = authorization(endpoint.credential())?;
        headers.insert(name, key);
        headers.insert(
            REQUEST_ID,
            HeaderValue::from_str(&call.to_string()).map_err(|error| error.to_string())?,
        );
        match &request.body {
            Some(body) => *http.body_mut() = Some(body.to_string().into()),
            // Strict proxies answer 411 to a change that does not state its length, even when there is no body.
            None if request.method != Method::Get => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            None => {}
        }
        let spare = if request.changes() { None } else { http.try_clone() };
        Ok(Self {
            client,
            request: http,
            host,
            largest_body,
            spare,
        })
    }

    /// Sends it and waits for the end, until `end` at the latest.
    pub async fn send(self, clock: &dyn Clock, end: Instant) -> Exchanged {
        let Self {
            client,
            request,
            host,
            largest_body,
            spare,
        } = self;
        let start = Instant::now();
        let mut answer = in_time(end, client.execute(request)).await;
        if let (Ok(Err(error)), Some(spare)) = (&answer, spare)
            && judge(error) == Fault::Cut
        {
            answer = in_time(end, client.execute(spare)).await;
        }
        let head = match answer {
            Ok(Ok(head)) => head,
            Ok(Err(error)) if judge(&error) == Fault::NoConnection => {
                let outcome = Outcome::not_sent(format!("cannot connect to {host}: {}", root_cause(&error)));
                return Exchanged {
                    outcome,
                    health: Health::Bad,
                    allowance: None,
                };
            }
            Ok(Err(error)) => {
                return Exchanged {
                    outcome: Outcome::lost(root_cause(&error)),
                    health: Health::Unclear,
                    allowance: None,
                };
            }
            Err(_) => {
                return Exchanged {
                    outcome: Outcome::lost(out_of_time(start, end)),
                    health: Health::Bad,
                    allowance: None,
                };
            }
        };
        let status = head.status().as_u16();
        let allowance = Allowance::told(head.headers());
        let retry_after = head
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after::seconds(value, clock.now()));
        let lost = |message, timed_out| Exchanged {
            outcome: Outcome::Failed(Failure {
                kind: FailureKind::Lost,
                message,
                status: Some(status),
            }),
            health: if timed_out {
                Health::Bad
            } else {
                health_of(status, Health::Unclear)
            },
            allowance,
        };
        match timeout_at(end, read_body(head, largest_body)).await {
            Ok(Ok(body)) => Exchanged {
                outcome: Outcome::Answered(Response {
                    status,
                    body,
                    retry_after,
                }),
                health: health_of(status, Health::Good),
                allowance,
            },
            Ok(Err(reason)) => lost(reason, false),
            Err(_) => lost(out_of_time(start, end), true),
        }
    }
}

const fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn authorization(credential: &Credential) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = match credential {
        Credential::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose())),
        Credential::Header(name, key) => {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| format!("{name}: {error}"))?;
            (name, key.expose().to_owned())
        }
    };
    let mut value = HeaderValue::from_str(&value)
        .map_err(|_| "the token contains characters that no header can carry".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// A refusal is a sign of life; these four are the platform's own word that it is not well.
const fn health_of(status: u16, otherwise: Health) -> Health {
    if matches!(status, 500 | 502 | 503 | 504) {
        Health::Bad
    } else {
        otherwise
    }
}

/// Like `timeout_at`, which looks at the clock after each step of the future: this looks before it. A program that was
/// stopped in the middle (SIGSTOP) does not go on with a request whose time was over meanwhile, which is another worker's
/// by then. The clock is the monotonic one: while a whole host is suspended it stands on Linux, and the request goes on
/// with what was left of its time.
async fn in_time<F: Future>(end: Instant, future: F) -> Result<F::Output, OutOfTime> {
    let (mut future, mut alarm) = (pin!(future), pin!(sleep_until(end)));
    poll_fn(|context| {
        if Instant::now() >= end || alarm.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(OutOfTime));
        }
        future.as_mut().poll(context).map(Ok)
    })
    .await
}

/// The time for a request is over.
#[derive(Debug)]
struct OutOfTime;

fn out_of_time(start: Instant, end: Instant) -> String {
    format!(
        "no whole answer within {:.1} s",
        end.saturating_duration_since(start).as_secs_f64()
    )
}

/// Reads the decompressed body piece by piece, so that neither a lie about its length nor a small compressed one that
/// unfolds can fill the memory.
async fn read_body(mut head: reqwest::Response, largest: usize) -> Result<String, String> {
    let mut body = Vec::new();
    loop {
        match head.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() > largest => {
                return Err(format!("the answer is larger than {largest} bytes"));
            }
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return Ok(String::from_utf8_lossy(&body).into_owned()),
            Err(error) => return Err(format!("the answer was cut short: {}", root_cause(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_goes_on_after_its_time_even_where_it_could() {
        let end = Instant::now() + Duration::from_secs(5);
        assert!(in_time(end, async { 7 }).await.is_ok_and(|seven| seven == 7));
        tokio::time::advance(Duration::from_secs(5)).await;
        let mut went_on = false;
        let late = in_time(end, async { went_on = true }).await;
        assert!(late.is_err());
        assert!(!went_on);
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_ends_is_given_up_at_its_time() {
        let end = Instant::now() + Duration::from_secs(5);
        assert!(in_time(end, std::future::pending::<()>()).await.is_err());
        assert_eq!(Instant::now(), end);
    }
}
