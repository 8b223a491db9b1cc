//! `template`: whether the operating system is one that the machine's package may have.

use domain::http::{Outcome, Request};
use domain::record::OperationInput;
use driver::facts::foreign;
use driver::{Answered, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, done, reached};
use crate::order::system;
use crate::requests;
use crate::wire::{List, TemplateGroup};

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(requests::list_templates(server)))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    if request.name != "list_templates" {
        return Err(foreign(context, request));
    }
    let wanted = wanted(context).map_err(Verdict::Refused)?;
    let response = answer::success(request, outcome)?;
    let groups: List<TemplateGroup> = answer::body(request, response)?;
    let mut offered = groups.data.iter().flat_map(|group| &group.templates);
    match offered.find(|template| template.id == wanted) {
        Some(template) => Ok(done(
            reached().note(facts::ADMINISTRATOR, template.administrator()),
        )),
        None => Err(Verdict::Refused(Answered::permanent(format!(
            "The operating system {wanted} is not offered for this server"
        )))),
    }
}

/// The operating system that is to be installed.
pub fn wanted(context: &StepContext<'_>) -> Result<u64, Answered> {
    match context.input {
        OperationInput::Reinstall(how) => system(how),
        _ => Err(Answered::permanent("Nothing was said about the reinstallation")),
    }
}
