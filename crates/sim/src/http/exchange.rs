//! One connection: requests in, replies out as the platform words them.

use std::sync::{Arc, Mutex, PoisonError};

use domain::http::Method;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming as IncomingBody;
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::script::{HungUp, Script};
use super::stream::{Abort, Stream};
use super::{Offer, Shared, screen};
use crate::wire::{Answer, Incoming, Reply};
use crate::{control, date};

/// The largest body that is read.
const LARGEST_BODY: usize = 1 << 20;

/// Serves one connection to its end.
pub async fn connection(shared: &Arc<Shared>, stream: TcpStream) {
    let abort = Abort::default();
    // Small answers leave at once; without it they wait for the peer's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection delays small answers");
    }
    let stream = match &shared.options.tls {
        None => Stream::plain(stream, abort.clone()),
        Some(tls) => match tokio_rustls::TlsAcceptor::from(Arc::clone(&tls.0))
            .accept(stream)
            .await
        {
            Ok(stream) => Stream::tls(stream, abort.clone()),
            Err(error) => {
                tracing::debug!(%error, "a client does not agree to TLS");
                return;
            }
        },
    };
    let changing = Changing::default();
    let service = service_fn(|request| answer(shared, &abort, &changing, request));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the simulator ended early");
    }
    if let Some((upgrade, incoming)) = changing.take()
        && let Ok(upgraded) = upgrade.await
    {
        screen::serve(shared, upgraded, &incoming).await;
    }
}

/// The connection's change of protocol that was agreed upon, if there was one, and the request for it.
#[derive(Debug, Default)]
struct Changing(Mutex<Option<(OnUpgrade, Incoming)>>);

impl Changing {
    fn agree(&self, upgrade: OnUpgrade, incoming: Incoming) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((upgrade, incoming));
    }

    fn take(&self) -> Option<(OnUpgrade, Incoming)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

async fn answer(
    shared: &Shared,
    abort: &Abort,
    changing: &Changing,
    mut request: Request<IncomingBody>,
) -> Result<Response<Script>, HungUp> {
    let upgrade = hyper::upgrade::on(&mut request);
    let Some(incoming) = incoming(request).await else {
        return Ok(whole(
            shared,
            Answer::text(400, "text/plain", "the request cannot be read"),
        ));
    };
    let now = shared.clock.now();
    if shared.options.offer != Offer::Platform
        && let Some(answer) = control::answer(shared.platform.as_ref(), now, &incoming)
    {
        return Ok(whole(shared, answer));
    }
    if shared.options.offer == Offer::Control {
        return Ok(whole(
            shared,
            Answer::text(404, "text/plain", "only /_sim/ is here"),
        ));
    }
    let reply = shared.platform.handle(now, &incoming);
    if !shared.options.delay.is_zero() {
        tokio::time::sleep(shared.options.delay).await;
    }
    let mut response = voiced(shared, abort, reply).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        for (name, value) in screen::headers(&incoming) {
            response.headers_mut().insert(name, value);
        }
        changing.agree(upgrade, incoming);
    }
    Ok(response)
}

/// Puts a reply on the wire, or ends the connection the way it says.
async fn voiced(shared: &Shared, abort: &Abort, reply: Reply) -> Result<Response<Script>, HungUp> {
    let patience = shared.options.patience;
    match reply {
        Reply::Answer(answer) => Ok(whole(shared, answer)),
        Reply::Late { answer, after } => {
            tokio::time::sleep(after.min(patience)).await;
            Ok(whole(shared, answer))
        }
        Reply::SlowDrip { answer, over } => Ok(response(shared, answer, |body| {
            Script::dripping(body, over.min(patience))
        })),
        Reply::ResetMidBody(answer) => {
            let abort = abort.clone();
            Ok(response(shared, answer, |body| Script::reset(body, abort)))
        }
        Reply::TruncatedBody(answer) => Ok(response(shared, answer, Script::truncated)),
        Reply::Reset | Reply::Refuse => {
            abort.set();
            Err(HungUp)
        }
        Reply::Silence | Reply::ConnectTimeout => {
            tokio::time::sleep(patience).await;
            Err(HungUp)
        }
    }
}

fn whole(shared: &Shared, answer: Answer) -> Response<Script> {
    response(shared, answer, Script::whole)
}

fn response(shared: &Shared, answer: Answer, script: impl FnOnce(String) -> Script) -> Response<Script> {
    let mut response = Response::new(script(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let date = ("date".to_owned(), date::http(shared.clock.now()));
    for (name, value) in std::iter::once(date).chain(answer.headers) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The request as a value; `None` when it is larger or stranger than a platform's ever is.
async fn incoming(request: Request<IncomingBody>) -> Option<Incoming> {
    let (head, body) = request.into_parts();
    let method: Method = head.method.as_str().parse().ok()?;
    let query = serde_urlencoded::from_str(head.uri.query().unwrap_or_default()).ok()?;
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers = head
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?)))
        .collect();
    let body = Limited::new(body, LARGEST_BODY)
        .collect()
        .await
        .ok()?
        .to_bytes()
        .to_vec();
    Some(Incoming {
        method,
        path: head.uri.path().to_owned(),
        query,
        headers,
        body,
    })
}
