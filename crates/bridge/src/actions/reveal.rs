//! `revealLogin`: the user and first password of a machine. The password is the billing system's to keep; whether it is
//! shown is decided here, and written down.

use domain::Random;
use serde_json::json;

use super::gates::Subject;
use super::{Asked, Stop, words, written};
use crate::page::{Fill, PageAnswer};

/// Answers with the user, and with the place that the billing system puts the password in.
pub async fn answer(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let engine = asked.state.engine();
    let view = &subject.view;
    let platform = view.platform.as_ref();
    let offered = platform.filter(|platform| engine.offers(platform.kind).login);
    let hosting = offered.and_then(|_| engine.hosting(view));
    let Some(user) = hosting.and_then(|hosting| hosting.user) else {
        return Err(Stop::said(409, words::NO_LOGIN));
    };
    written(asked, subject, "login.revealed", json!({})).await?;
    Ok(filled(&user, view.service.billing_id, engine.random().as_ref()))
}

fn filled(user: &str, service: u64, random: &dyn Random) -> PageAnswer {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes);
    // Nobody can have chosen a text that holds it.
    let placeholder = format!("fill-{}", hex::encode(bytes));
    let mut answer = PageAnswer::done(&json!({ "username": user, "password": placeholder }));
    answer.fill = Some(Fill {
        placeholder,
        service,
        field: "password",
    });
    answer
}
