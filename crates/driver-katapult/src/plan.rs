//! Which steps an operation has on Katapult.
//!
//! Everything that can be refused by looking at the order alone is refused here, before anything is made.

use domain::http::RetryClass::{Convergent, Creating, Disruptive};
use domain::machine::{Power, PowerAction};
use domain::order::Order;
use domain::record::{Milestone, OperationInput, OperationKind};
use driver::{Answered, Plan, PlanInput, StepSpec};

use crate::order::{Wish, disk, package};

const IDENTIFY: StepSpec = StepSpec::look("identify", "identifying the machine");
const CHECK: StepSpec = StepSpec::look("check", "checking what was ordered");
const OFF: StepSpec = StepSpec::act("off", "switching the machine off", Convergent);
const POLICIES: StepSpec = StepSpec::act("policies", "deleting the backup policies", Convergent);
const DELETE: StepSpec = StepSpec::act("delete", "deleting the machine", Convergent);

/// The steps of an operation.
pub fn plan(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    match input.kind {
        OperationKind::Create => create(input),
        OperationKind::Suspend => Ok(Plan::of(vec![
            IDENTIFY,
            StepSpec::act("shutdown", "asking the guest to shut down", Convergent)
                .harming()
                .insistent(),
            OFF.harming(),
        ])),
        OperationKind::Unsuspend => Ok(unsuspend(input)),
        OperationKind::Terminate => Ok(Plan::of(vec![
            IDENTIFY,
            OFF.harming(),
            POLICIES.harming(),
            DELETE.harming(),
        ])),
        OperationKind::ChangePackage => change_package(input),
        OperationKind::Power => power(input),
        OperationKind::Refresh => Ok(Plan::of(vec![StepSpec::look("read", "reading the machine")])),
        OperationKind::Validate => {
            Wish::of(order(input)?)?;
            Ok(Plan::of(vec![CHECK]))
        }
        OperationKind::SignOn => Ok(Plan::of(vec![StepSpec::look("console", "opening a console")])),
        OperationKind::Adopt => Ok(Plan::of(vec![StepSpec::look(
            "read",
            "reading the machine and its organization",
        )])),
        // The organization is the client's and stays.
        OperationKind::CloseAccounts => Ok(Plan::of(Vec::new())),
        OperationKind::RemoveStray => Ok(Plan::of(vec![IDENTIFY, OFF, POLICIES, DELETE])),
        OperationKind::Rename => Ok(Plan::of(vec![
            IDENTIFY,
            StepSpec::act("rename", "renaming the machine", Convergent)
                .harming()
                .insistent(),
        ])),
        OperationKind::ResetPassword
        | OperationKind::ResetAccountPassword
        | OperationKind::Reinstall
        | OperationKind::Console
        | OperationKind::ReverseDns => Err(Answered::permanent(format!(
            "Katapult has nothing for the operation {}",
            input.kind
        ))),
    }
}

fn order<'a>(input: &PlanInput<'a>) -> Result<&'a Order, Answered> {
    input
        .input
        .order()
        .ok_or_else(|| Answered::permanent(format!("The operation {} needs an order", input.kind)))
}

/// The catalogue is read before anything is made, so that an order that cannot be built leaves no empty organization.
/// Creates of one client come one after the other until their machines are linked: two at once would choose the same
/// hostname, and a lost one of two could not be found by its time.
fn create(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    Wish::of(order(input)?)?;
    let machine = StepSpec::act("machine", "building the machine", Creating).reaching(Milestone::Accepted);
    let machine = if input.profile.markers_reach_machines {
        machine.resendable()
    } else {
        machine
    };
    Ok(Plan {
        steps: vec![
            CHECK,
            StepSpec::act("account", "preparing the organization", Convergent),
            StepSpec::look("name", "choosing the hostname"),
            machine,
            StepSpec::look("ready", "waiting for the build").reaching(Milestone::Ready),
        ],
        exclusive: Some(format!("organization:{}:{}", input.installation, input.client_id)),
    })
}

/// A machine that was deleted while it was suspended is fetched back while that is possible.
fn unsuspend(input: &PlanInput<'_>) -> Plan {
    let mut steps = vec![
        StepSpec::act(
            "restore",
            "looking whether the machine has to be fetched back",
            Convergent,
        ),
        IDENTIFY,
    ];
    if input.power_before_suspend == Some(Power::On) {
        steps.push(
            StepSpec::act("restore_power", "switching the machine on again", Convergent)
                .harming()
                .insistent(),
        );
    }
    Plan::of(steps)
}

fn change_package(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    let order = order(input)?;
    if package(order).is_none() {
        return Err(Answered::permanent("The order names no Katapult package"));
    }
    let mut steps = vec![
        IDENTIFY,
        StepSpec::act("package", "changing the package", Convergent).harming(),
    ];
    if disk(order)?.is_some() {
        steps.push(StepSpec::act("disk", "changing the size of the disk", Convergent).harming());
    }
    Ok(Plan::of(steps))
}

fn power(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    let OperationInput::Power { action } = input.input else {
        return Err(Answered::permanent("No power action was asked for"));
    };
    let (label, class) = match action {
        PowerAction::Boot => ("starting the machine", Convergent),
        PowerAction::Shutdown => ("shutting the machine down", Convergent),
        PowerAction::PowerOff => ("stopping the machine", Convergent),
        PowerAction::Restart => ("resetting the machine", Disruptive),
    };
    // Nobody else's machine is to be switched, whatever id is stored.
    Ok(Plan::of(vec![
        IDENTIFY,
        StepSpec::act("power", label, class).harming().insistent(),
    ]))
}
