//! Power actions and the change of package: tasks on one machine.

use serde_json::json;

use super::config::PointlessAction;
use super::find::{self, PERMALINK};
use super::offers::find_package;
use super::problem::Problem;
use super::record::{Power, Work};
use super::render;
use super::route::{Ask, Handled, changed};
use super::state::State;

/// `POST …/start`.
pub fn start(state: &mut State, ask: &Ask<'_>) -> Handled {
    power(state, ask, Work::Start)
}

/// `POST …/stop`.
pub fn stop(state: &mut State, ask: &Ask<'_>) -> Handled {
    power(state, ask, Work::Stop)
}

/// `POST …/shutdown`.
pub fn shutdown(state: &mut State, ask: &Ask<'_>) -> Handled {
    power(state, ask, Work::Shutdown)
}

/// `POST …/reset`.
pub fn reset(state: &mut State, ask: &Ask<'_>) -> Handled {
    power(state, ask, Work::Reset)
}

/// A stopped machine is started, a started one is stopped, shut down or reset; a machine on its way from the build to
/// its first run is stopped too.
fn power(state: &mut State, ask: &Ask<'_>, work: Work) -> Handled {
    let machine = find::changeable(state, ask)?;
    // A suspended machine is never switched on, and may always be switched off.
    match work {
        Work::Stop | Work::Shutdown => find::unoccupied(state, machine)?,
        _ => find::free(state, machine)?,
    }
    let (serial, organization) = (machine.serial, machine.organization);
    let runs = machine.power.is_on() || machine.booting;
    let pointless = match work {
        Work::Start => runs,
        Work::Reset | Work::Shutdown => machine.power != Power::Started && !machine.booting,
        _ => !runs && machine.power != Power::Failed,
    };
    let work = match (pointless, state.config.pointless) {
        (false, _) => work,
        (true, PointlessAction::Accepted) => Work::Nothing(work.title(false).to_owned()),
        (true, PointlessAction::Refused) => {
            let details = format!(
                "The virtual machine is {}",
                machine.power.word().replace('_', " ")
            );
            return Err(Problem::not_queued(&details));
        }
    };
    let task = state.queue_task(organization, Some(serial), work);
    let task = state
        .tasks
        .get(task)
        .map(|task| render::brief_task(task, state.now));
    changed(200, &json!({ "task": task }))
}

/// `PUT …/package`. Disks and addresses stay as they are.
pub fn package(state: &mut State, ask: &Ask<'_>) -> Handled {
    let lookup = ask.arguments.lookup("virtual_machine_package", PERMALINK)?;
    find::changeable(state, ask)?;
    let permalink = find_package(state, &lookup)?.permalink.clone();
    let machine = find::idle(state, ask)?;
    let (serial, organization) = (machine.serial, machine.organization);
    let task = state.queue_task(organization, Some(serial), Work::Package(permalink));
    let task = state
        .tasks
        .get(task)
        .map(|task| render::task(task, state.now, ask.dates));
    changed(200, &json!({ "task": task }))
}
