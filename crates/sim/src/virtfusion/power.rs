//! Suspension, power, passwords inside the guest, and the queue.

use serde_json::{Value, json};

use super::body::{self, ResetPassword};
use super::problem::Problem;
use super::record::Work;
use super::route::{Ask, Handled, changed, shown};
use super::servers::{changeable, idle};
use super::state::State;
use crate::platform::Performed;
use crate::wire::Answer;

/// `POST /servers/{id}/suspend`. On a busy server it waits for the running job.
pub fn suspend(state: &mut State, ask: &Ask<'_>) -> Handled {
    let server = changeable(state, ask)?;
    let (id, already) = (
        server.id,
        server.suspended && !server.running && server.job.is_none(),
    );
    if already {
        return Ok(Performed {
            answer: Answer::empty(204),
            effect: false,
        });
    }
    state.start(id, Work::Suspend);
    changed(Answer::empty(204))
}

/// `POST /servers/{id}/unsuspend`. The machine stays off.
pub fn unsuspend(state: &mut State, ask: &Ask<'_>) -> Handled {
    let server = changeable(state, ask)?;
    let (id, already) = (server.id, !server.suspended && server.job.is_none());
    if already {
        return Ok(Performed {
            answer: Answer::empty(204),
            effect: false,
        });
    }
    state.start(id, Work::Unsuspend);
    changed(Answer::empty(204))
}

/// `POST /servers/{id}/power/boot`.
pub fn boot(state: &mut State, ask: &Ask<'_>) -> Handled {
    power(state, ask, Work::Boot)
}

/// `POST /servers/{id}/power/shutdown`.
pub fn shutdown(state: &mut State, ask: &Ask<'_>) -> Handled {
    power(state, ask, Work::Shutdown)
}

/// `POST /servers/{id}/power/restart`.
pub fn restart(state: &mut State, ask: &Ask<'_>) -> Handled {
    power(state, ask, Work::Restart)
}

/// `POST /servers/{id}/power/poweroff`.
pub fn power_off(state: &mut State, ask: &Ask<'_>) -> Handled {
    power(state, ask, Work::PowerOff)
}

/// A suspended server may be switched off, never on. Where nothing is to be done there is no queue item.
fn power(state: &mut State, ask: &Ask<'_>, work: Work) -> Handled {
    let server = idle(state, ask)?;
    if server.built.is_none() {
        return Err(Problem::Conflict("server has not been built"));
    }
    let starts = matches!(work, Work::Boot | Work::Restart);
    if server.suspended && starts {
        return Err(Problem::Locked("server is suspended"));
    }
    let (id, running) = (server.id, server.running);
    let nothing_to_do = match work {
        Work::Boot => running,
        Work::Restart => false,
        _ => !running,
    };
    if nothing_to_do {
        return shown(200, &json!({ "data": { "queueId": null } }));
    }
    let queue = state.start(id, work);
    changed(Answer::json(200, &json!({ "data": { "queueId": queue } })))
}

/// `POST /servers/{id}/resetPassword`.
pub fn reset_password(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: ResetPassword = body::checked(ask.incoming)?;
    let server = idle(state, ask)?;
    if !server.running {
        return Err(Problem::Conflict("server is not running"));
    }
    let (id, owner) = (server.id, server.owner);
    let password = state.secret(20);
    state.change_server(id, |server| server.password.clone_from(&password));
    if body.send_mail
        && let Some(to) = state.users.get(owner).map(|user| user.email.clone())
    {
        state.mail(&to, "password");
    }
    let queue = state.start(id, Work::ResetPassword);
    changed(Answer::json(
        200,
        &json!({ "data": { "queueId": queue, "expectedPassword": password } }),
    ))
}

/// `GET /queue/{id}`.
pub fn queue(state: &mut State, ask: &Ask<'_>) -> Handled {
    let job = state
        .jobs
        .get(&ask.id())
        .ok_or(Problem::Missing("queue item not found"))?;
    let ended = job.finished.filter(|at| *at <= ask.seen_at);
    let dates = ask.dates;
    let failed = job.failed && ended.is_some();
    let message = if failed {
        json!("the task failed on the hypervisor")
    } else {
        Value::Null
    };
    let progress = if ended.is_some() {
        100
    } else {
        job.progress(ask.seen_at)
    };
    shown(
        200,
        &json!({ "data": {
            "id": job.id,
            "jobId": job.id.to_string(),
            "job": job.work.class(),
            "hypervisorId": job.hypervisor,
            "serverId": job.server,
            "action": job.work.action(),
            "queue": "default",
            "started": dates.iso(job.started),
            "updated": dates.iso(ended.unwrap_or(ask.seen_at.max(job.started))),
            "finished": ended.map(|at| dates.iso(at)),
            "failed": failed,
            "progress": progress,
            "errors": { "exception": {
                "stringable": false, "errors": [], "type": null, "trace": null, "message": message,
            } },
            "primaryActions": [],
            "subActions": [],
        } }),
    )
}
