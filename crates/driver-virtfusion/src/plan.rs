//! Which steps an operation has on a VirtFusion panel.
//!
//! Everything that can be refused by looking at the order alone is refused here, before anything is made.

use domain::given::Reinstall;
use domain::http::RetryClass::{Convergent, Creating, Disruptive};
use domain::machine::{Power, PowerAction};
use domain::order::Order;
use domain::record::{CreateProtocol, Milestone, OperationInput, OperationKind};
use driver::{Answered, Plan, PlanInput, StepSpec};

use crate::key::KeyWish;
use crate::order::{amount, image, key_ids, package, server_body, system};
use crate::requests::ExternalId;

const IDENTIFY: StepSpec = StepSpec::look("identify", "identifying the server");

/// The steps of an operation.
pub fn plan(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    match input.kind {
        OperationKind::Create => create(input),
        OperationKind::Suspend => Ok(Plan::of(vec![
            IDENTIFY,
            StepSpec::act("suspend", "suspending the server", Convergent)
                .harming()
                .insistent(),
            StepSpec::act("off", "switching the server off", Convergent).harming(),
        ])),
        OperationKind::Unsuspend => Ok(unsuspend(input)),
        OperationKind::Terminate => Ok(terminate()),
        OperationKind::ChangePackage => change_package(input),
        OperationKind::Power => power(input),
        OperationKind::Refresh => Ok(Plan::of(vec![StepSpec::look("read", "reading the server")])),
        OperationKind::Validate => {
            server_body(order(input)?, None)?;
            Ok(Plan::of(vec![StepSpec::look(
                "dry_run",
                "asking the panel without effect",
            )]))
        }
        OperationKind::SignOn => Ok(Plan::of(vec![StepSpec::look(
            "sign_on",
            "asking for a sign-on address",
        )])),
        OperationKind::Adopt => Ok(Plan::of(vec![StepSpec::look(
            "read",
            "reading the server and its owner",
        )])),
        OperationKind::CloseAccounts => Ok(Plan::of(match input.profile.create_protocol {
            CreateProtocol::Staging => {
                vec![StepSpec::act(
                    "close",
                    "removing empty staging accounts",
                    Convergent,
                )]
            }
            CreateProtocol::List => Vec::new(),
        })),
        OperationKind::RemoveStray => Ok(Plan::of(vec![
            IDENTIFY,
            StepSpec::act("delete", "deleting the undelivered server", Convergent),
        ])),
        OperationKind::Rename => Ok(Plan::of(vec![
            IDENTIFY,
            // The name may be the one of before the change before this one.
            StepSpec::act("rename", "renaming the server", Convergent)
                .harming()
                .insistent(),
        ])),
        OperationKind::ResetPassword => Ok(Plan::of(vec![
            IDENTIFY,
            StepSpec::act("password", "setting a new password", Disruptive).harming(),
        ])),
        OperationKind::ResetAccountPassword => Ok(Plan::of(vec![
            IDENTIFY,
            StepSpec::act(
                "account_password",
                "setting a new password for the panel",
                Disruptive,
            )
            .harming(),
        ])),
        OperationKind::Reinstall => reinstall(input),
        OperationKind::Console => console(input),
        OperationKind::ReverseDns => Err(Answered::permanent(
            "The names of addresses are kept by name servers",
        )),
    }
}

fn order<'a>(input: &PlanInput<'a>) -> Result<&'a Order, Answered> {
    input
        .input
        .order()
        .ok_or_else(|| Answered::permanent(format!("The operation {} needs an order", input.kind)))
}

fn create(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    let order = order(input)?;
    image(order)?;
    server_body(order, None)?;
    let has_key = KeyWish::read(order.ssh_key.as_deref())?.is_some();
    let mut steps = vec![StepSpec::act("account", "preparing the account", Convergent)];
    if input.dry_run {
        steps.push(StepSpec::look(
            "validate",
            "asking the panel whether it would take the order",
        ));
    }
    if has_key {
        // Sent twice it makes two keys, which the client would see, so a lost one is searched for first.
        steps.push(StepSpec::act("ssh_key", "preparing the SSH key", Disruptive).resendable());
    }
    let machine = StepSpec::act("machine", "creating the server", Creating).reaching(Milestone::Accepted);
    let exclusive = match input.profile.create_protocol {
        CreateProtocol::Staging => {
            if input.profile.staging_domain.is_none() {
                return Err(Answered::permanent(
                    "The staging protocol needs staging_domain in the platform's profile",
                ));
            }
            steps.push(StepSpec::act(
                "staging",
                "preparing the staging account",
                Convergent,
            ));
            steps.push(machine.resendable());
            steps.push(StepSpec::act("handover", "handing the server over", Convergent));
            None
        }
        CreateProtocol::List => {
            steps.push(StepSpec::look("baseline", "listing the client's servers"));
            steps.push(machine);
            let owner = ExternalId::of(input.relation, input.installation, input.client_id);
            Some(format!("owner:{owner}"))
        }
    };
    // A build whose answer was lost is never sent again by itself: the first may still come, and would wipe the machine.
    let build = StepSpec::act("build", "installing the operating system", Disruptive);
    steps.push(build.reaching(Milestone::Created));
    steps.push(StepSpec::look("ready", "waiting for the installation").reaching(Milestone::Ready));
    Ok(Plan { steps, exclusive })
}

fn unsuspend(input: &PlanInput<'_>) -> Plan {
    let mut steps = vec![
        IDENTIFY,
        StepSpec::act("unsuspend", "releasing the server", Convergent)
            .harming()
            .insistent(),
    ];
    if input.power_before_suspend == Some(Power::On) {
        steps.push(
            StepSpec::act("restore_power", "switching the server on again", Convergent)
                .harming()
                .insistent(),
        );
    }
    Plan::of(steps)
}

fn terminate() -> Plan {
    Plan::of(vec![
        IDENTIFY,
        StepSpec::act("delete", "deleting the server", Convergent).harming(),
    ])
}

fn change_package(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    let order = order(input)?;
    if package(order).is_none() {
        return Err(Answered::permanent("The product names no VirtFusion package"));
    }
    let mut steps = vec![
        IDENTIFY,
        StepSpec::act("package", "changing the package", Convergent).harming(),
    ];
    for (key, name, label) in [
        ("memory", "memory", "changing the memory"),
        ("cpuCores", "cores", "changing the processor cores"),
        ("traffic", "traffic", "changing the traffic allowance"),
    ] {
        if amount(order, key).is_some() {
            steps.push(StepSpec::act(name, label, Convergent).harming());
        }
    }
    Ok(Plan::of(steps))
}

/// What can be installed and with which keys is looked at before the machine is touched.
fn reinstall(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    let OperationInput::Reinstall(how) = input.input else {
        return Err(Answered::permanent("Nothing was said about the reinstallation"));
    };
    let Reinstall { keys, new_key, .. } = how;
    system(how)?;
    key_ids(how)?;
    let mut steps = vec![
        IDENTIFY,
        StepSpec::look("template", "looking for the operating system"),
    ];
    if !keys.is_empty() {
        steps.push(StepSpec::look("keys", "looking for the SSH keys"));
    }
    if KeyWish::read(new_key.as_deref())?.is_some() {
        steps.push(StepSpec::act("ssh_key", "preparing the SSH key", Disruptive).resendable());
    }
    // As with the first installation: one whose answer was lost may still come, and a second would wipe the machine again.
    let install = StepSpec::act("reinstall", "installing the operating system", Disruptive);
    steps.push(install.harming());
    steps.push(StepSpec::look("installed", "waiting for the installation"));
    Ok(Plan::of(steps))
}

fn console(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    let OperationInput::Console { open } = input.input else {
        return Err(Answered::permanent(
            "It was not said what is to become of the console",
        ));
    };
    let (name, label) = if *open {
        ("console", "opening the console")
    } else {
        ("close_console", "closing the console")
    };
    Ok(Plan::of(vec![
        IDENTIFY,
        StepSpec::act(name, label, Convergent).harming(),
    ]))
}

fn power(input: &PlanInput<'_>) -> Result<Plan, Answered> {
    let OperationInput::Power { action } = input.input else {
        return Err(Answered::permanent("No power action was asked for"));
    };
    let (label, class) = match action {
        PowerAction::Boot => ("switching the server on", Convergent),
        PowerAction::Shutdown => ("shutting the server down", Convergent),
        PowerAction::PowerOff => ("switching the server off", Convergent),
        PowerAction::Restart => ("restarting the server", Disruptive),
    };
    // The id may be another machine's by now, and nobody else's machine is to be switched.
    Ok(Plan::of(vec![
        IDENTIFY,
        StepSpec::act("power", label, class).harming().insistent(),
    ]))
}
