//! Suspend, unsuspend, terminate and change package.

use std::time::Duration;

use domain::record::RerunFunction;
use domain::{Actor, ActorKind};
use engine::core::{Intent, RefusalCode};
use engine::{Goal, Progress, Submitted, Wish};

use super::order::{order, told};
use super::{Asked, Function, Said, ServiceParams, fault, plain, refused, sentence};
use crate::actions::FOREIGN;
use crate::problem::Problem;

/// What counts as done, how long a function waits for that, and which function is called again where that was too short.
pub struct Aim {
    pub goal: Goal,
    pub wait: Duration,
    pub rerun: Option<RerunFunction>,
}

fn plan(asked: &Asked<'_>, params: &ServiceParams) -> (Intent, Aim) {
    let (intent, goal, seconds, rerun) = match asked.function {
        Function::SuspendAccount => {
            let reason = params.suspendreason.clone().unwrap_or_default();
            (
                Intent::Suspend { reason },
                Goal::Accepted,
                3,
                RerunFunction::SuspendAccount,
            )
        }
        Function::UnsuspendAccount => (
            Intent::Unsuspend,
            Goal::Accepted,
            3,
            RerunFunction::UnsuspendAccount,
        ),
        Function::ChangePackage => (
            Intent::ChangePackage(order(asked.module, params)),
            Goal::Final,
            20,
            RerunFunction::ChangePackage,
        ),
        _ => (
            Intent::Terminate { window: None },
            Goal::Accepted,
            3,
            RerunFunction::TerminateAccount,
        ),
    };
    let aim = Aim {
        goal,
        wait: asked.wait(Duration::from_secs(seconds)),
        rerun: Some(rerun),
    };
    (intent, aim)
}

/// Answers one of the four.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let (intent, mut aim) = plan(asked, params);
    let view = view(asked, params).await?;
    let actor = match speaks(asked, params, view.as_ref()) {
        Ok(actor) => actor,
        Err(said) => return Ok(said),
    };
    // While the platform's breaker is open nothing will be accepted within the wait: the answer comes at once.
    let known = view.is_some();
    let platform = view.and_then(|view| view.platform);
    if platform.is_some_and(|platform| asked.state.engine().breaker_open_until(&platform).is_some()) {
        aim.wait = Duration::ZERO;
    }
    carry(asked, params, (intent, actor), aim, known).await
}

/// Hands a wish to the engine and says how it stands when its time is over; what is not there yet is promised, and where
/// nothing is waited for that is committed together with the wish.
pub async fn carry(
    asked: &Asked<'_>,
    params: &ServiceParams,
    (intent, actor): (Intent, Actor),
    aim: Aim,
    known: bool,
) -> Result<Said, Problem> {
    let promise = aim.rerun.filter(|_| aim.wait.is_zero());
    let promise = promise.map(|function| (aim.goal, function));
    match submit(asked, params, (intent, actor), promise).await? {
        Err(error) => no(&error, params, known),
        Ok((_, Some(promised))) => Ok(said(promised)),
        Ok((submitted, None)) => settle(asked, submitted, aim).await,
    }
}

/// The service as the engine has it.
pub async fn view(asked: &Asked<'_>, params: &ServiceParams) -> Result<Option<domain::ServiceView>, Problem> {
    let engine = asked.state.engine();
    engine
        .view(&asked.admitted.installation.id, params.serviceid)
        .await
        .map_err(|error| fault(&error))
}

/// In whose name a function is carried out. A function that runs in a client's request (a payment unsuspends) is the
/// billing system's, but only for that client's own service.
pub fn speaks(
    asked: &Asked<'_>,
    params: &ServiceParams,
    view: Option<&domain::ServiceView>,
) -> Result<Actor, Said> {
    let actor = asked.context.actor();
    if actor.kind != ActorKind::Client {
        return Ok(actor);
    }
    // Without a selected account (a guest's checkout) it is the billing system that acts.
    let owns = asked.context.client_id.is_none_or(|client| {
        client == params.userid && view.is_none_or(|view| view.service.client_id == client)
    });
    if owns {
        Ok(asked.context.billing())
    } else {
        Err(Said::sentence(asked.voice().tell(FOREIGN)))
    }
}

/// Hands a wish to the engine, with what is promised if it begins something; how far that is, where it was promised.
pub async fn submit(
    asked: &Asked<'_>,
    params: &ServiceParams,
    (intent, actor): (Intent, Actor),
    promise: Option<(Goal, RerunFunction)>,
) -> Result<Result<(Submitted, Option<Progress>), engine::EngineError>, Problem> {
    let wish = Wish {
        installation: asked.admitted.installation.id.clone(),
        billing_id: params.serviceid,
        server_id: (params.serverid > 0).then_some(params.serverid),
        told: told(asked, params),
        intent,
        actor,
    };
    let outcome = asked.state.engine().submit_promising(wish, promise).await;
    match &outcome {
        Err(error @ engine::EngineError::Store(_)) => return Err(fault(error)),
        Err(error) if refused(error).is_some_and(|refusal| refusal.code == RefusalCode::Overtaken) => {
            // Asking for it once more would hold up what comes behind it, and hear the same.
            if let Some(id) = asked.applying.and_then(|id| id.parse().ok()) {
                let engine = asked.state.engine();
                let installation = &asked.admitted.installation.id;
                let withdrawn = engine.withdraw_rerun(installation, params.serviceid, id).await;
                withdrawn.map_err(|error| fault(&error))?;
            }
        }
        _ => {}
    }
    Ok(outcome)
}

/// The engine's no. The ways in which there is nothing to work on are told apart.
pub fn no(error: &engine::EngineError, params: &ServiceParams, known: bool) -> Result<Said, Problem> {
    let Some(refusal) = refused(error) else {
        return plain(error).map(Said::sentence);
    };
    Ok(Said {
        result: sentence::nothing_there(refusal, params.serviceid, known),
        ..Said::refused(refusal.clone())
    })
}

/// Waits for the goal and says how it stands; what is not there yet is promised.
async fn settle(asked: &Asked<'_>, submitted: Submitted, aim: Aim) -> Result<Said, Problem> {
    let Aim { goal, wait, rerun } = aim;
    let Submitted::Operation(id) = submitted else {
        return Ok(Said::success());
    };
    let engine = asked.state.engine();
    let mut progress = engine.wait(id, goal, wait).await.map_err(|error| fault(&error))?;
    if let (false, false, Some(function)) = (progress.met, progress.failed, rerun) {
        progress = engine
            .promise_rerun(id, goal, function)
            .await
            .map_err(|error| fault(&error))?;
    }
    Ok(said(progress))
}

fn said(progress: Progress) -> Said {
    let said = if progress.met {
        Said::success()
    } else if progress.failed {
        Said::sentence(sentence::ended(&progress.operation))
    } else {
        Said::sentence(sentence::unfinished(&progress.operation))
    };
    said.of(progress.operation)
}
