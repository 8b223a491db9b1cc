//! `check`: whether what was ordered exists and fits together. Katapult has no dry run, so that its catalogue is read.

use domain::http::{Outcome, Request};
use domain::record::Notes;
use driver::{Answered, Prepared, StepContext, Verdict};

use crate::answer;
use crate::doubt;
use crate::facts::{done, foreign, ordered, reached};
use crate::order::Wish;
use crate::requests;
use crate::wire::{Article, OneArticle};

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let wish = Wish::of(ordered(context)?)?;
    Ok(Prepared::Send(requests::read_package(&wish.package)))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let wish = ordered(context).and_then(Wish::of).map_err(Verdict::Refused)?;
    match request.name.as_str() {
        "read_package" => {
            article(context, request, outcome, "virtual_machine_package")?;
            let next = requests::read_data_center(&wish.data_center);
            Ok(Verdict::Next(next, Notes::new()))
        }
        "read_data_center" => {
            article(context, request, outcome, "data_center")?;
            let next = requests::read_template(&wish.template);
            Ok(Verdict::Next(next, Notes::new()))
        }
        "read_template" => {
            let template = article(context, request, outcome, "disk_template")?;
            fits(&wish, &template)?;
            Ok(done(reached()))
        }
        _ => Err(foreign(context, request)),
    }
}

/// What was read of the catalogue. That there is no such thing, seen twice, is a final answer to the order.
fn article(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
    thing: &str,
) -> Result<Article, Verdict> {
    // The package's code is its last word only.
    let missing = format!("{}_not_found", thing.trim_start_matches("virtual_machine_"));
    if answer::says(outcome, 404, &missing) {
        let asked = requests::asked(request, thing, "permalink").unwrap_or_default();
        if let Some(findings) = doubt::once(context, asked) {
            return Err(done(findings));
        }
        let words = match answer::refused_for_good(request, outcome) {
            Verdict::Refused(answered) => answered.reason,
            _ => missing,
        };
        return Err(Verdict::Refused(Answered::permanent(format!(
            "Katapult has nothing called \"{asked}\" any more: {words}"
        ))));
    }
    let read: OneArticle = answer::data(request, outcome)?;
    let shown = read.article.permalink.as_deref().unwrap_or_default();
    answer::is_about(request, thing, "permalink", shown)?;
    Ok(read.article)
}

/// A disk must hold what its template brings.
fn fits(wish: &Wish, template: &Article) -> Result<(), Verdict> {
    match (wish.disk, template.size_in_gb) {
        (Some(size), Some(least)) if size < least => {
            let name = template.name.as_deref().unwrap_or(&wish.template);
            Err(Verdict::Refused(Answered::permanent(format!(
                "Custom disk size must be at least {least}GB for {name}"
            ))))
        }
        _ => Ok(()),
    }
}
